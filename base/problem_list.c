/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/problem_list.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdlib.h>

struct problem {
	char *file;            /* NULL: a problem of the whole */
	size_t file_rank;      /* files in the order in which they were first named */
	unsigned line, column; /* 0: no position */
	bool warning;
	char *text; /* with the path in front */
	size_t rank;
};

struct problem_list {
	struct problem *problems;
	size_t count, capacity;
	size_t errors;
};

struct problem_list *problem_list_create(void)
{
	return memory_new(1, sizeof(struct problem_list));
}

void problem_list_destroy(struct problem_list *list)
{
	if (list == NULL) {
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		free(list->problems[i].file);
		free(list->problems[i].text);
	}
	free(list->problems);
	free(list);
}

static size_t rank_of_file(const struct problem_list *list, const char *file)
{
	size_t rank = 1;
	if (file == NULL) {
		return 0;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct problem *problem = &list->problems[i];
		if (problem->file != NULL && strcmp(problem->file, file) == 0) {
			return problem->file_rank;
		}
		if (problem->file_rank >= rank) {
			rank = problem->file_rank + 1;
		}
	}
	return rank;
}

static struct problem *add(struct problem_list *list, const char *file, bool warning)
{
	size_t file_rank = rank_of_file(list, file);
	if (list->count == list->capacity) {
		list->capacity = list->capacity > 0 ? list->capacity * 2 : 16;
		list->problems =
			memory_resize(list->problems, list->capacity, sizeof(*list->problems));
	}
	struct problem *problem = &list->problems[list->count];
	*problem =
		(struct problem){ .file_rank = file_rank, .rank = list->count, .warning = warning };
	if (file != NULL) {
		problem->file = memory_text(span_from_text(file));
	}
	list->count++;
	list->errors += !warning;
	return problem;
}

static void append_path(struct buffer *out, const struct json_node *node)
{
	if (node->parent == NULL) {
		return;
	}
	append_path(out, node->parent);
	if (span_present(node->name)) {
		json_path_append_name(out, node->name);
	} else {
		json_path_append_index(out, node->index);
	}
}

/* Where in its file a problem stands; `offset` is the node's value or name. */
static void set_place(struct problem *problem, const struct json_node *at, size_t offset)
{
	json_position(json_tree_text(at->tree), offset, &problem->line, &problem->column);
}

/* Texts may quote the file: what would move the cursor of a terminal becomes a question mark. */
static void append_printable(struct buffer *out, const char *text)
{
	for (; *text != '\0'; text++) {
		bool control = (unsigned char)*text < 0x20 || *text == 0x7f;
		buffer_append_char(out, control ? '?' : *text);
	}
}

static char *make_text(const struct json_node *at, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static char *make_text(const struct json_node *at, const char *format, va_list args)
{
	struct buffer out = { 0 };
	char *text;
	if (at != NULL) {
		append_path(&out, at);
		if (out.len == 0) {
			buffer_append_literal(&out, ".");
		}
		buffer_append_literal(&out, ": ");
	}
	if (vasprintf(&text, format, args) < 0) {
		text = memory_text(SPAN("out of memory"));
	}
	append_printable(&out, text);
	free(text);
	text = memory_text(buffer_span(&out));
	buffer_finish(&out);
	return text;
}

static const char *file_of(const struct json_node *at)
{
	return at != NULL ? json_tree_file(at->tree) : NULL;
}

static struct problem *add_at(struct problem_list *list, const struct json_node *at, bool warning,
	const char *format, va_list args) __attribute__((format(printf, 4, 0)));

static struct problem *add_at(struct problem_list *list, const struct json_node *at, bool warning,
	const char *format, va_list args)
{
	struct problem *problem = add(list, file_of(at), warning);
	problem->text = make_text(at, format, args);
	if (at != NULL) {
		set_place(problem, at, at->offset);
	}
	return problem;
}

void problem_list_error(
	struct problem_list *list, const struct json_node *at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add_at(list, at, false, format, args);
	va_end(args);
}

void problem_list_error_name(
	struct problem_list *list, const struct json_node *at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set_place(add_at(list, at, false, format, args), at, at->name_offset);
	va_end(args);
}

void problem_list_warning(
	struct problem_list *list, const struct json_node *at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add_at(list, at, true, format, args);
	va_end(args);
}

void problem_list_file(struct problem_list *list, const char *file, struct span text, size_t offset,
	const char *reason)
{
	struct problem *problem = add(list, file, false);
	if (!span_present(text)) {
		problem->text = memory_text(span_from_text(reason));
		return;
	}
	struct buffer out = { 0 };
	json_path_append_place(&out, text, offset);
	buffer_append_format(&out, "%s: %s", out.len == 0 ? "." : "", reason);
	problem->text = memory_text(buffer_span(&out));
	buffer_finish(&out);
	json_position(text, offset, &problem->line, &problem->column);
}

bool problem_list_has_errors(const struct problem_list *list)
{
	return list->errors > 0;
}

size_t problem_list_errors(const struct problem_list *list)
{
	return list->errors;
}

static int compare(const void *left, const void *right)
{
	const struct problem *a = left, *b = right;
	if (a->file_rank != b->file_rank) {
		return a->file_rank < b->file_rank ? -1 : 1;
	}
	if (a->line != b->line) {
		return a->line < b->line ? -1 : 1;
	}
	if (a->column != b->column) {
		return a->column < b->column ? -1 : 1;
	}
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* Said already: what several mappings use, a convention for example, is compiled for each. */
static bool is_repeated(const struct problem *sorted, size_t at)
{
	const struct problem *problem = &sorted[at];
	for (size_t i = at; problem->line > 0 && i > 0; i--) {
		const struct problem *before = &sorted[i - 1];
		if (before->file_rank != problem->file_rank || before->line != problem->line ||
			before->column != problem->column) {
			return false;
		}
		if (strcmp(before->text, problem->text) == 0) {
			return true;
		}
	}
	return false;
}

void problem_list_print(const struct problem_list *list, FILE *out)
{
	size_t count = list->count;
	struct problem *sorted = memory_new(count, sizeof(*sorted));
	if (count > 0) {
		memcpy(sorted, list->problems, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), compare);
	}
	for (size_t i = 0; i < count; i++) {
		const struct problem *problem = &sorted[i];
		if (is_repeated(sorted, i)) {
			continue;
		}
		if (problem->file != NULL) {
			fprintf(out, "%s:", problem->file);
		}
		if (problem->line > 0) {
			fprintf(out, "%u:%u:", problem->line, problem->column);
		}
		fprintf(out, "%s%s: %s\n", problem->file != NULL ? " " : "",
			problem->warning ? "warning" : "error", problem->text);
	}
	free(sorted);
}
