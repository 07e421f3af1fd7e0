/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/media_type.h"

#include "base/text.h"
#include "message/field_value.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The type without its parameters and the white space around it. */
static struct span essence(struct span content_type)
{
	struct span type = content_type;
	const char *end = type.len > 0 ? memchr(type.ptr, ';', type.len) : NULL;
	if (end != NULL) {
		type.len = (size_t)(end - type.ptr);
	}
	type = field_value_skip_blanks(type);
	while (type.len > 0 && is_blank(type.ptr[type.len - 1])) {
		type.len--;
	}
	return type;
}

/* One parameter, or nothing, as between two semicolons. */
static bool take_parameter(struct span *rest, struct media_type *type)
{
	*rest = field_value_skip_blanks(*rest);
	if (rest->len == 0 || rest->ptr[0] == ';') {
		return true;
	}
	struct span value;
	struct span name = field_value_take_until(rest, "=;");
	if (!text_is_token(name) || rest->len == 0 || rest->ptr[0] != '=') {
		return false;
	}
	*rest = span_skip(*rest, 1);
	if (!field_value_take(rest, "; \t", &value)) {
		return false;
	}
	if (span_equal_nocase(name, SPAN("charset"))) {
		if (span_present(type->charset)) {
			return false;
		}
		bool quoted = value.ptr[0] == '"';
		type->charset = quoted ? span_of(value.ptr + 1, value.len - 2) : value;
	}
	*rest = field_value_skip_blanks(*rest);
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
	field_value_take_until(&rest, ";");
	while (rest.len > 0) {
		rest = span_skip(rest, 1);
		if (!take_parameter(&rest, type)) {
			return false;
		}
	}
	return true;
}

/* As nearly all say it. */
static bool is_usual_json(struct span content_type)
{
	return span_equal(content_type, SPAN("application/json"));
}

bool media_type_is_json(struct span content_type)
{
	if (is_usual_json(content_type)) {
		return true;
	}
	struct span type = essence(content_type);
	return span_equal_nocase(type, SPAN("application/json")) ||
	       span_equal_nocase(type, SPAN("text/json")) ||
	       (type.len > 5 && span_equal_nocase(span_skip(type, type.len - 5), SPAN("+json")));
}

static __attribute__((noinline)) bool has_utf8_charset(struct span content_type)
{
	struct media_type type;
	media_type_read(content_type, &type);
	return !span_present(type.charset) || span_equal_nocase(type.charset, SPAN("utf-8")) ||
	       span_equal_nocase(type.charset, SPAN("utf8"));
}

bool media_type_is_utf8(struct span content_type)
{
	return content_type.len == 0 || is_usual_json(content_type) ||
	       memchr(content_type.ptr, ';', content_type.len) == NULL ||
	       has_utf8_charset(content_type);
}
