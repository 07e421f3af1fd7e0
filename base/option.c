/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Reading goes over the rows twice: defaults first, so that a target is whole whatever the file
 * says, then the members of the object, so that an unknown key is seen in its place.
 *
 *     option.c            rows, types and what to say about them
 *     option_value.c      durations, sizes, addresses as text
 *     option_reference.c  ${env:…} and ${file:…}
 *     option_nearest.c    what a mistyped key probably meant
 *     option_document.c   the rows as Markdown
 */
#include "base/option.h"

#include "base/memory.h"
#include "base/option_value.h"

#include <assert.h>
#include <stdlib.h>

/* Of a value quoted in a problem; more is of no use and may be large. */
#define QUOTE_MAX 40
/* So many valid keys are listed when none is near. */
#define KEYS_LISTED_MAX 12

static void append_names(struct buffer *out, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		buffer_append_format(out, "%s\"%s\"", i > 0 ? ", " : "", names[i]);
	}
}

static void append_range(struct buffer *out, const struct option *row)
{
	if (option_value_is_bounded(row)) {
		buffer_append_literal(out, " ");
		option_value_append_range(out, row);
	}
}

static void append_expected(struct buffer *out, const struct option *row)
{
	static const char *const texts[] = {
		[OPTION_BOOL] = "true or false",
		[OPTION_INTEGER] = "a whole number",
		[OPTION_DURATION] = "a duration such as \"250ms\", \"5s\", \"2m\" or \"1h\"",
		[OPTION_SIZE] = "a size such as 4096, \"64KiB\" or \"1MiB\"",
		[OPTION_TEXT] = "a string",
		[OPTION_ENUM] = "one of ",
		[OPTION_ADDRESS] = ("an address such as \"127.0.0.1:8080\", \"[::]:8080\" or "
				    "\"unix:/run/x.sock\""),
		[OPTION_TEXTS] = "a string or an array of strings",
		[OPTION_OBJECT] = "an object",
	};
	buffer_append_format(out, "%s", texts[row->type]);
	if (row->type == OPTION_ENUM) {
		append_names(out, row->names);
	}
	if (row->type == OPTION_INTEGER || row->type == OPTION_DURATION ||
		row->type == OPTION_SIZE) {
		append_range(out, row);
	}
}

static void append_found(struct buffer *out, const struct json_node *node)
{
	static const char *const texts[] = {
		[JSON_NULL] = "null",
		[JSON_FALSE] = "false",
		[JSON_TRUE] = "true",
		[JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
	};
	bool secret = node->type == JSON_STRING && option_has_reference(node->string);
	if (node->type != JSON_STRING && node->type != JSON_NUMBER) {
		buffer_append_format(out, "%s", texts[node->type]);
	} else if (secret || node->text.len > QUOTE_MAX) {
		buffer_append_format(
			out, "%s", node->type == JSON_STRING ? "a string" : "a long number");
	} else {
		buffer_append_format(
			out, "the %s ", node->type == JSON_STRING ? "string" : "number");
		buffer_append_span(out, node->text);
	}
}

/* "expected …, found …", and a hint where there is one. */
static void report(const struct option *row, const struct json_node *node, const char *hint,
	struct problem_list *problems)
{
	struct buffer text = { 0 };
	buffer_append_literal(&text, "expected ");
	append_expected(&text, row);
	buffer_append_literal(&text, ", found ");
	append_found(&text, node);
	if (hint != NULL) {
		buffer_append_format(&text, "; %s", hint);
	}
	problem_list_error(problems, node, "%.*s", (int)text.len, buffer_span(&text).ptr);
	buffer_finish(&text);
}

static bool in_range(const struct option *row, int64_t value)
{
	return !option_value_is_bounded(row) || (value >= row->min && value <= row->max);
}

/* Numbers, durations and sizes; `is_string` tells "5s" from 5. */
static bool parse_number(const struct option *row, struct span text, bool is_string, int64_t *value)
{
	bool good;
	if (row->type == OPTION_INTEGER) {
		good = !is_string && option_parse_integer(text, value);
	} else if (row->type == OPTION_DURATION) {
		good = is_string ? option_parse_duration(text, value)
				 : option_parse_integer(text, value) && *value == 0;
	} else {
		good = is_string ? option_parse_size(text, value)
				 : option_parse_integer(text, value) && *value >= 0;
	}
	return good && in_range(row, *value);
}

static bool parse_enum(const struct option *row, struct span text, int *value)
{
	for (int i = 0; row->names[i] != NULL; i++) {
		if (span_equal(text, span_from_text(row->names[i]))) {
			*value = i;
			return true;
		}
	}
	return false;
}

static void add_text(struct option_texts *texts, char *text)
{
	texts->items = memory_resize(texts->items, texts->count + 1, sizeof(*texts->items));
	texts->items[texts->count++] = text;
}

/* The fallback is ours, so it is right or the row is wrong. */
static void set_default(const struct option *row, char *field)
{
	struct span text = span_from_text(row->fallback);
	bool good = true;
	switch (row->type) {
	case OPTION_BOOL:
		*(bool *)field = span_equal(text, SPAN("true"));
		good = *(bool *)field || span_equal(text, SPAN("false"));
		break;
	case OPTION_INTEGER:
	case OPTION_DURATION:
	case OPTION_SIZE:
		good = parse_number(row, text, false, (int64_t *)field) ||
		       parse_number(row, text, true, (int64_t *)field);
		break;
	case OPTION_TEXT: *(char **)field = memory_text(text); break;
	case OPTION_ENUM: good = parse_enum(row, text, (int *)field); break;
	case OPTION_ADDRESS:
		good = option_parse_address(text, (struct option_address *)field) == NULL;
		((struct option_address *)field)->text = memory_text(text);
		break;
	case OPTION_TEXTS:
		if (!span_equal(text, SPAN("[]"))) {
			add_text((struct option_texts *)field, memory_text(text));
		}
		break;
	case OPTION_OBJECT:
	case OPTION_NODE:
	case OPTION_LATER: break;
	}
	assert(good && "the fallback of an option row");
	(void)good;
}

static size_t size_of(const struct option *row)
{
	static const size_t sizes[] = {
		[OPTION_BOOL] = sizeof(bool),
		[OPTION_INTEGER] = sizeof(int64_t),
		[OPTION_DURATION] = sizeof(int64_t),
		[OPTION_SIZE] = sizeof(int64_t),
		[OPTION_TEXT] = sizeof(char *),
		[OPTION_ENUM] = sizeof(int),
		[OPTION_ADDRESS] = sizeof(struct option_address),
		[OPTION_TEXTS] = sizeof(struct option_texts),
		[OPTION_NODE] = sizeof(const struct json_node *),
	};
	return row->type == OPTION_OBJECT || row->type == OPTION_LATER ? 0 : sizes[row->type];
}

static void set_defaults(const struct option *rows, char *target)
{
	for (const struct option *row = rows; row->name != NULL; row++) {
		char *field = target + row->offset;
		if (row->type == OPTION_OBJECT) {
			set_defaults(row->rows, field);
			continue;
		}
		memset(field, 0, size_of(row));
		if (row->fallback != NULL) {
			set_default(row, field);
		}
	}
}

static void read_bool(const struct option *row, const struct json_node *node, bool *field,
	struct problem_list *problems)
{
	if (node->type == JSON_TRUE || node->type == JSON_FALSE) {
		*field = node->type == JSON_TRUE;
	} else {
		report(row, node, NULL, problems);
	}
}

static void read_number(const struct option *row, const struct json_node *node, int64_t *field,
	struct problem_list *problems)
{
	int64_t value;
	bool good = false;
	if (node->type == JSON_NUMBER) {
		good = parse_number(row, node->text, false, &value);
	} else if (node->type == JSON_STRING && row->type != OPTION_INTEGER) {
		char *text = option_expand(node, problems);
		if (text == NULL) {
			return;
		}
		good = parse_number(row, span_from_text(text), true, &value);
		free(text);
	}
	if (!good) {
		report(row, node, NULL, problems);
		return;
	}
	*field = value;
}

static void read_enum(const struct option *row, const struct json_node *node, char *text,
	int *field, struct problem_list *problems)
{
	if (!parse_enum(row, span_from_text(text), field)) {
		char hint[96];
		const char *near = option_nearest_name(span_from_text(text), row->names);
		bool shown = near != NULL && !option_has_reference(node->string);
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?", shown ? near : "");
		report(row, node, shown ? hint : NULL, problems);
	}
	free(text);
}

/* Takes `text`. */
static void read_address(const struct option *row, const struct json_node *node, char *text,
	struct option_address *field, struct problem_list *problems)
{
	struct option_address address;
	const char *why = option_parse_address(span_from_text(text), &address);
	if (why != NULL) {
		report(row, node, why, problems);
		free(text);
		return;
	}
	address.text = text;
	free(field->text);
	*field = address;
}

/* The types that are written as one string. */
static void read_string(const struct option *row, const struct json_node *node, char *field,
	struct problem_list *problems)
{
	if (node->type != JSON_STRING) {
		report(row, node, NULL, problems);
		return;
	}
	char *text = option_expand(node, problems);
	if (text == NULL) {
		return;
	}
	if (row->type == OPTION_ENUM) {
		read_enum(row, node, text, (int *)field, problems);
	} else if (row->type == OPTION_ADDRESS) {
		read_address(row, node, text, (struct option_address *)field, problems);
	} else {
		free(*(char **)field);
		*(char **)field = text;
	}
}

static void finish_texts(struct option_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		free(texts->items[i]);
	}
	free(texts->items);
	*texts = (struct option_texts){ 0 };
}

static void read_texts(const struct option *row, const struct json_node *node,
	struct option_texts *field, struct problem_list *problems)
{
	static const struct option item_row = { .type = OPTION_TEXT };
	if (node->type != JSON_STRING && node->type != JSON_ARRAY) {
		report(row, node, NULL, problems);
		return;
	}
	bool lone = node->type == JSON_STRING;
	finish_texts(field);
	for (const struct json_node *item = lone ? node : node->first; item != NULL;
		item = lone ? NULL : item->next) {
		if (item->type != JSON_STRING) {
			report(&item_row, item, NULL, problems);
			continue;
		}
		char *text = option_expand(item, problems);
		if (text != NULL) {
			add_text(field, text);
		}
	}
}

const struct json_node *option_text_node(
	const struct json_node *object, const char *name, size_t index)
{
	const struct json_node *at = json_node_member(object, span_from_text(name));
	if (at->type == JSON_ARRAY) {
		for (at = at->first; at->index != index;) {
			at = at->next;
		}
	}
	return at;
}

static void read_object(const struct option *rows, const struct json_node *object, char *target,
	struct problem_list *problems);

static void read_value(const struct option *row, const struct json_node *node, char *field,
	struct problem_list *problems)
{
	switch (row->type) {
	case OPTION_BOOL: read_bool(row, node, (bool *)field, problems); break;
	case OPTION_INTEGER:
	case OPTION_DURATION:
	case OPTION_SIZE: read_number(row, node, (int64_t *)field, problems); break;
	case OPTION_TEXT:
	case OPTION_ENUM:
	case OPTION_ADDRESS: read_string(row, node, field, problems); break;
	case OPTION_TEXTS: read_texts(row, node, (struct option_texts *)field, problems); break;
	case OPTION_OBJECT: read_object(row->rows, node, field, problems); break;
	case OPTION_NODE: *(const struct json_node **)field = node; break;
	case OPTION_LATER:
		problem_list_error_name(problems, node, "\"%s\" is not available yet", row->name);
		break;
	}
}

static const struct option *find_row(const struct option *rows, struct span name)
{
	for (; rows->name != NULL; rows++) {
		if (span_equal(name, span_from_text(rows->name))) {
			return rows;
		}
	}
	return NULL;
}

static void append_keys(struct buffer *out, const struct option *rows)
{
	struct buffer keys = { 0 };
	size_t count = 0;
	for (; rows->name != NULL; rows++) {
		if (rows->type != OPTION_LATER) {
			buffer_append_format(
				&keys, "%s\"%s\"", count++ > 0 ? ", " : "", rows->name);
		}
	}
	if (count > 0 && count <= KEYS_LISTED_MAX) {
		buffer_append_literal(out, "; expected one of ");
		buffer_append_span(out, buffer_span(&keys));
	}
	buffer_finish(&keys);
}

static void report_unknown(
	const struct option *rows, const struct json_node *member, struct problem_list *problems)
{
	struct buffer text = { 0 };
	const char *near = option_nearest(member->name, rows);
	struct span name = member->name;
	buffer_append_literal(&text, "unknown key ");
	if (name.len > QUOTE_MAX) {
		for (name.len = QUOTE_MAX; (name.ptr[name.len] & 0xc0) == 0x80; name.len--) {
		}
	}
	json_append_string(&text, name);
	if (near != NULL) {
		buffer_append_format(&text, "; did you mean \"%s\"?", near);
	} else {
		append_keys(&text, rows);
	}
	problem_list_error_name(problems, member, "%.*s", (int)text.len, buffer_span(&text).ptr);
	buffer_finish(&text);
}

/* Defaults are set. `object` is the configuration's, of any type. */
static void read_object(const struct option *rows, const struct json_node *object, char *target,
	struct problem_list *problems)
{
	static const struct option object_row = { .type = OPTION_OBJECT };
	if (object->type != JSON_OBJECT) {
		report(&object_row, object, NULL, problems);
		return;
	}
	for (const struct json_node *member = object->first; member != NULL;
		member = member->next) {
		const struct option *row = find_row(rows, member->name);
		if (row == NULL) {
			report_unknown(rows, member, problems);
		} else {
			read_value(row, member, target + row->offset, problems);
		}
	}
	for (const struct option *row = rows; row->name != NULL; row++) {
		if (row->required && json_node_member(object, span_from_text(row->name)) == NULL) {
			problem_list_error(problems, object, "\"%s\" is required", row->name);
		}
	}
}

bool option_read(const struct option *rows, const struct json_node *object, void *target,
	struct problem_list *problems)
{
	size_t before = problem_list_errors(problems);
	set_defaults(rows, target);
	if (object != NULL) {
		read_object(rows, object, target, problems);
	}
	return problem_list_errors(problems) == before;
}

void option_finish(const struct option *rows, void *target)
{
	for (const struct option *row = rows; row->name != NULL; row++) {
		char *field = (char *)target + row->offset;
		if (row->type == OPTION_OBJECT) {
			option_finish(row->rows, field);
			continue;
		}
		if (row->type == OPTION_TEXT) {
			free(*(char **)field);
		} else if (row->type == OPTION_ADDRESS) {
			free(((struct option_address *)field)->text);
		} else if (row->type == OPTION_TEXTS) {
			finish_texts((struct option_texts *)field);
		}
		memset(field, 0, size_of(row));
	}
}
