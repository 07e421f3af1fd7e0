/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * References bring secrets in, so nothing here puts a value into a problem, and a value is appended
 * to the result without being looked at again: "${env:X}" in a password stays what it is.
 */
#include "base/option_value.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_SIZE_MAX ((size_t)1 << 20)

static bool is_variable_name(const char *name)
{
	if (*name >= '0' && *name <= '9') {
		return false;
	}
	size_t len =
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	return len > 0 && name[len] == '\0';
}

static char *resolve_variable(
	const char *name, const struct json_node *at, struct problem_list *problems)
{
	if (!is_variable_name(name)) {
		problem_list_error(
			problems, at, "expected the name of an environment variable behind ${env:");
		return NULL;
	}
	const char *value = getenv(name);
	if (value == NULL) {
		problem_list_error(problems, at, "environment variable %s is not set", name);
		return NULL;
	}
	if (!utf8_check(span_from_text(value))) {
		problem_list_error(problems, at, "environment variable %s is not UTF-8", name);
		return NULL;
	}
	return memory_text(span_from_text(value));
}

/* Why a file's content cannot be used, or NULL. */
static const char *read_file(const char *path, struct buffer *content)
{
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		return strerror(errno);
	}
	if (!buffer_reserve(content, FILE_SIZE_MAX + 1)) {
		fclose(file);
		return strerror(ENOMEM);
	}
	content->len = fread(content->data, 1, FILE_SIZE_MAX + 1, file);
	int error = ferror(file) ? errno : 0;
	fclose(file);
	if (error != 0) {
		return strerror(error);
	}
	if (content->len > FILE_SIZE_MAX) {
		return "it is longer than 1 MiB";
	}
	if (memchr(content->data, '\0', content->len) != NULL ||
		!utf8_check(buffer_span(content))) {
		return "it is not UTF-8 text";
	}
	return NULL;
}

static struct span without_newline(struct span text)
{
	if (text.len > 0 && text.ptr[text.len - 1] == '\n') {
		text.len--;
		if (text.len > 0 && text.ptr[text.len - 1] == '\r') {
			text.len--;
		}
	}
	return text;
}

static char *resolve_file(
	const char *written, const struct json_node *at, struct problem_list *problems)
{
	struct buffer content = { 0 };
	char *path = option_beside(at, written);
	char *value = NULL;
	const char *why = *written != '\0' ? read_file(path, &content) : "the path is empty";
	if (why != NULL) {
		problem_list_error(problems, at, "cannot use file %s: %s", path, why);
	} else {
		value = memory_text(without_newline(buffer_span(&content)));
	}
	buffer_finish(&content);
	free(path);
	return value;
}

char *option_resolve(
	struct span reference, const struct json_node *at, struct problem_list *problems)
{
	char *text = memory_text(reference);
	char *value = NULL;
	if (strlen(text) != reference.len) {
		problem_list_error(problems, at, "a reference may not contain \\u0000");
	} else if (span_starts_with(reference, SPAN("env:"))) {
		value = resolve_variable(text + 4, at, problems);
	} else if (span_starts_with(reference, SPAN("file:"))) {
		value = resolve_file(text + 5, at, problems);
	} else {
		problem_list_error(
			problems, at, "expected a reference such as ${env:NAME} or ${file:PATH}");
	}
	free(text);
	return value;
}

/* The next ${env: or ${file: in `text`, or NULL. */
static const char *find_reference(struct span text)
{
	const char *end = text.ptr + text.len;
	const char *at = text.ptr;
	while ((at = memmem(at, (size_t)(end - at), "${", 2)) != NULL) {
		struct span rest = span_of(at, (size_t)(end - at));
		if (span_starts_with(rest, SPAN("${env:")) ||
			span_starts_with(rest, SPAN("${file:"))) {
			return at;
		}
		at += 2;
	}
	return NULL;
}

bool option_has_reference(struct span text)
{
	return find_reference(text) != NULL;
}

/* Appends the value of the reference at the front of `rest` and takes it off. */
static bool expand_one(struct span *rest, struct buffer *out, const struct json_node *string,
	struct problem_list *problems)
{
	const char *close = memchr(rest->ptr, '}', rest->len);
	if (close == NULL) {
		problem_list_error(problems, string, "a reference has no closing '}'");
		return false;
	}
	struct span reference = span_of(rest->ptr + 2, (size_t)(close - rest->ptr) - 2);
	char *value = option_resolve(reference, string, problems);
	if (value == NULL) {
		return false;
	}
	buffer_append_span(out, span_from_text(value));
	free(value);
	*rest = span_skip(*rest, reference.len + 3);
	return true;
}

char *option_expand(const struct json_node *string, struct problem_list *problems)
{
	struct span rest = string->string;
	struct buffer out = { 0 };
	char *value = NULL;
	if (memchr(rest.ptr, '\0', rest.len) != NULL) {
		problem_list_error(problems, string, "a string here may not contain \\u0000");
		return NULL;
	}
	for (;;) {
		const char *reference = find_reference(rest);
		if (reference == NULL) {
			buffer_append_span(&out, rest);
			value = memory_text(buffer_span(&out));
			break;
		}
		size_t before = (size_t)(reference - rest.ptr);
		buffer_append(&out, rest.ptr, before);
		rest = span_skip(rest, before);
		if (!expand_one(&rest, &out, string, problems)) {
			break;
		}
	}
	buffer_finish(&out);
	return value;
}

char *option_beside(const struct json_node *at, const char *path)
{
	const char *file = at != NULL ? json_tree_file(at->tree) : "";
	const char *slash = strrchr(file, '/');
	struct buffer out = { 0 };
	if (path[0] != '/' && slash != NULL) {
		buffer_append(&out, file, (size_t)(slash - file) + 1);
	}
	buffer_append(&out, path, strlen(path));
	char *result = memory_text(buffer_span(&out));
	buffer_finish(&out);
	return result;
}
