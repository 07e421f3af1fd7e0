/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/media_type.h"

#include "base/text.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span skip_blanks(struct span text)
{
	while (text.len > 0 && is_blank(text.ptr[0])) {
		text = span_skip(text, 1);
	}
	return text;
}

/* The type without its parameters and the white space around it. */
static struct span essence(struct span content_type)
{
	struct span type = content_type;
	const char *end = type.len > 0 ? memchr(type.ptr, ';', type.len) : NULL;
	if (end != NULL) {
		type.len = (size_t)(end - type.ptr);
	}
	type = skip_blanks(type);
	while (type.len > 0 && is_blank(type.ptr[type.len - 1])) {
		type.len--;
	}
	return type;
}

/* Takes what stands before any of `ends` off the front. */
static struct span take_until(struct span *rest, const char *ends)
{
	size_t len = 0;
	while (len < rest->len && (rest->ptr[len] == 0 || !strchr(ends, rest->ptr[len]))) {
		len++;
	}
	struct span taken = span_of(rest->ptr, len);
	*rest = span_skip(*rest, len);
	return taken;
}

/* Behind an opening quote: what is inside, with its backslashes. False: there is no closing one. */
static bool take_quoted(struct span *rest, struct span *value)
{
	for (size_t i = 0; i < rest->len; i++) {
		if (rest->ptr[i] == '"') {
			*value = span_of(rest->ptr, i);
			*rest = span_skip(*rest, i + 1);
			return true;
		}
		i += rest->ptr[i] == '\\';
	}
	return false;
}

static bool take_value(struct span *rest, struct span *value)
{
	if (rest->len > 0 && rest->ptr[0] == '"') {
		*rest = span_skip(*rest, 1);
		return take_quoted(rest, value);
	}
	*value = take_until(rest, "; \t");
	return text_is_token(*value);
}

/* One parameter, or nothing, as between two semicolons. */
static bool take_parameter(struct span *rest, struct media_type *type)
{
	*rest = skip_blanks(*rest);
	if (rest->len == 0 || rest->ptr[0] == ';') {
		return true;
	}
	struct span value;
	struct span name = take_until(rest, "=;");
	if (!text_is_token(name) || rest->len == 0 || rest->ptr[0] != '=') {
		return false;
	}
	*rest = span_skip(*rest, 1);
	if (!take_value(rest, &value)) {
		return false;
	}
	if (span_equal_nocase(name, SPAN("charset"))) {
		if (span_present(type->charset)) {
			return false;
		}
		type->charset = value;
	}
	*rest = skip_blanks(*rest);
	return rest->len == 0 || rest->ptr[0] == ';';
}

static bool is_name(struct span name)
{
	const char *slash = name.len > 0 ? memchr(name.ptr, '/', name.len) : NULL;
	if (slash == NULL) {
		return false;
	}
	size_t len = (size_t)(slash - name.ptr);
	return text_is_token(span_of(name.ptr, len)) && text_is_token(span_skip(name, len + 1));
}

bool media_type_read(struct span content_type, struct media_type *type)
{
	struct span name = essence(content_type);
	*type = (struct media_type){ 0 };
	if (!is_name(name)) {
		return false;
	}
	type->name = name;
	struct span rest = content_type;
	take_until(&rest, ";");
	while (rest.len > 0) {
		rest = span_skip(rest, 1);
		if (!take_parameter(&rest, type)) {
			return false;
		}
	}
	return true;
}

bool media_type_is_json(struct span content_type)
{
	struct span type = essence(content_type);
	return span_equal_nocase(type, SPAN("application/json")) ||
	       span_equal_nocase(type, SPAN("text/json")) ||
	       (type.len > 5 && span_equal_nocase(span_skip(type, type.len - 5), SPAN("+json")));
}

bool media_type_is_utf8(struct span content_type)
{
	struct media_type type;
	if (content_type.len == 0 || memchr(content_type.ptr, ';', content_type.len) == NULL) {
		return true;
	}
	media_type_read(content_type, &type);
	return !span_present(type.charset) || span_equal_nocase(type.charset, SPAN("utf-8")) ||
	       span_equal_nocase(type.charset, SPAN("utf8"));
}
