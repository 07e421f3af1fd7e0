/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/byte_range.h"

#include "base/text.h"

#include <stdbool.h>

/* One range as it was written; numbers that are too large stay the largest. */
struct written {
	bool has_first, has_last;
	uint64_t first, last;
};

static bool take_number(struct span *text, bool *is_there, uint64_t *number)
{
	size_t digits = 0;
	*number = 0;
	while (digits < text->len && text->ptr[digits] >= '0' && text->ptr[digits] <= '9') {
		unsigned digit = (unsigned)(text->ptr[digits] - '0');
		bool fits = *number <= (UINT64_MAX - digit) / 10;
		*number = fits ? *number * 10 + digit : UINT64_MAX;
		digits++;
	}
	*text = span_skip(*text, digits);
	*is_there = digits > 0;
	return *is_there;
}

static bool read_written(struct span text, struct written *written)
{
	take_number(&text, &written->has_first, &written->first);
	if (text.len == 0 || text.ptr[0] != '-') {
		return false;
	}
	text = span_skip(text, 1);
	take_number(&text, &written->has_last, &written->last);
	bool backwards = written->has_first && written->has_last && written->last < written->first;
	return text.len == 0 && (written->has_first || written->has_last) && !backwards;
}

/* The last bytes; of an empty file there are none to name. */
static enum byte_range find_suffix(uint64_t count, uint64_t size, uint64_t *first, uint64_t *len)
{
	if (count == 0) {
		return BYTE_RANGE_BEYOND;
	}
	*len = count < size ? count : size;
	*first = size - *len;
	return size > 0 ? BYTE_RANGE_PART : BYTE_RANGE_WHOLE;
}

enum byte_range byte_range_parse(struct span value, uint64_t size, uint64_t *first, uint64_t *len)
{
	const struct span unit = SPAN("bytes=");
	struct span list, one, another;
	struct written written;
	if (value.len < unit.len || !span_equal_nocase(span_of(value.ptr, unit.len), unit)) {
		return BYTE_RANGE_WHOLE;
	}
	list = span_skip(value, unit.len);
	if (!text_next_element(&list, &one) || text_next_element(&list, &another) ||
		!read_written(one, &written)) {
		return BYTE_RANGE_WHOLE;
	}
	if (!written.has_first) {
		return find_suffix(written.last, size, first, len);
	}
	if (written.first >= size) {
		return BYTE_RANGE_BEYOND;
	}
	uint64_t last = written.has_last && written.last < size - 1 ? written.last : size - 1;
	*first = written.first;
	*len = last - written.first + 1;
	return BYTE_RANGE_PART;
}
