/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/content_encoding.h"

#include "base/text.h"

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
	while (text_next_element(&content_encoding, &element)) {
		if (!span_equal_nocase(element, SPAN("identity"))) {
			return true;
		}
	}
	return false;
}
