/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/media_type.h"

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
	while (type.len > 0 && is_blank(type.ptr[0])) {
		type = span_skip(type, 1);
	}
	while (type.len > 0 && is_blank(type.ptr[type.len - 1])) {
		type.len--;
	}
	return type;
}

bool media_type_is_json(struct span content_type)
{
	struct span type = essence(content_type);
	return span_equal_nocase(type, SPAN("application/json")) ||
	       span_equal_nocase(type, SPAN("text/json")) ||
	       (type.len > 5 && span_equal_nocase(span_skip(type, type.len - 5), SPAN("+json")));
}
