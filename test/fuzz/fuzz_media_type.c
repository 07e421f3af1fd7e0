/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Three lines: a range, a Content-Type, a Content-Encoding. What is taken has one meaning. */
#include "base/text.h"
#include "message/content_encoding.h"
#include "message/media_range.h"
#include "message/media_type.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>

static void check_inside(struct span part, struct span whole)
{
	require(!span_present(part) ||
		(part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len));
}

static void check_type(struct span text, const struct media_range *range)
{
	static const struct media_range all = { .kind = MEDIA_RANGE_ALL };
	struct media_type type;
	bool good = media_type_read(text, &type);
	check_inside(type.name, text);
	check_inside(type.charset, text);
	media_type_is_json(text);
	require(media_type_is_utf8(text) || span_present(type.charset));
	if (!good) {
		return;
	}
	struct media_range one;
	require(media_range_holds(&all, type.name));
	if (media_range_parse(type.name, &one) && one.kind == MEDIA_RANGE_ONE) {
		require(media_range_holds(&one, type.name));
		require(range == NULL ||
			media_range_covers(range, &one) == media_range_holds(range, type.name));
	}
}

static void check_encodings(struct span text)
{
	struct span rest = text, element;
	bool coded = false;
	while (text_next_element(&rest, &element)) {
		check_inside(element, text);
		require(element.len > 0 && memchr(element.ptr, ',', element.len) == NULL);
		require(content_encoding_equal(element, element));
		coded = coded || !span_equal_nocase(element, SPAN("identity"));
	}
	require(content_encoding_is_coded(text) == coded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of((const char *)data, size);
	struct media_range range;
	bool good = media_range_parse(take_line(&rest), &range);
	require(!good || media_range_covers(&range, &range));
	check_type(take_line(&rest), good ? &range : NULL);
	check_encodings(rest);
	return 0;
}
