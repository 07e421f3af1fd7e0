/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/content_encoding.h"

static bool is_between(char c)
{
	return c == ' ' || c == '\t' || c == ',';
}

bool content_encoding_next(struct span *rest, struct span *element)
{
	while (rest->len > 0 && is_between(rest->ptr[0])) {
		*rest = span_skip(*rest, 1);
	}
	if (rest->len == 0) {
		return false;
	}
	const char *comma = memchr(rest->ptr, ',', rest->len);
	*element = span_of(rest->ptr, comma != NULL ? (size_t)(comma - rest->ptr) : rest->len);
	*rest = span_skip(*rest, element->len);
	while (is_between(element->ptr[element->len - 1])) {
		element->len--;
	}
	return true;
}

static struct span without_x(struct span name)
{
	bool x = span_equal_nocase(name, SPAN("x-gzip")) ||
		 span_equal_nocase(name, SPAN("x-compress"));
	return x ? span_skip(name, 2) : name;
}

bool content_encoding_equal(struct span a, struct span b)
{
	return span_equal_nocase(without_x(a), without_x(b));
}

bool content_encoding_is_coded(struct span content_encoding)
{
	struct span element;
	while (content_encoding_next(&content_encoding, &element)) {
		if (!span_equal_nocase(element, SPAN("identity"))) {
			return true;
		}
	}
	return false;
}
