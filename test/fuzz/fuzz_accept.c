/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * First line a name's range, the rest lines of Accept: ranges lie inside what they were read from,
 * a line that was read once reads the same as a list with what was read before it, and ranges that
 * cover each other overlap.
 */
#include "base/text.h"
#include "message/accept.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>

static void check_inside(struct span part, struct span whole)
{
	require(part.len == 0 || span_equal(part, SPAN("*")) ||
		(part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len));
}

static void check_pair(const struct media_range *a, const struct media_range *b)
{
	bool overlaps = media_range_overlaps(a, b);
	require(overlaps == media_range_overlaps(b, a));
	require(overlaps || !(media_range_covers(a, b) || media_range_covers(b, a)));
}

/* How many ranges; -1: broken. */
static int check_line(struct span line, const struct media_range *own)
{
	struct span rest = line;
	struct accept_range range;
	for (int count = 0;; count++) {
		size_t before = rest.len;
		switch (accept_next(&rest, &range)) {
		case ACCEPT_END: require(rest.len == 0); return count;
		case ACCEPT_BROKEN: return -1;
		case ACCEPT_RANGE: break;
		}
		require(rest.len < before && range.weight <= ACCEPT_WEIGHT_MAX);
		check_inside(range.range.type, line);
		check_inside(range.range.subtype, line);
		require(media_range_overlaps(&range.range, &range.range));
		if (own != NULL) {
			check_pair(&range.range, own);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of((const char *)data, size);
	struct media_range own;
	struct media_range *known = media_range_parse(take_line(&rest), &own) ? &own : NULL;
	while (rest.len > 0) {
		struct span line = take_line(&rest);
		int count = check_line(line, known);
		char *twice = malloc(2 * line.len + 1);
		require(twice != NULL);
		memcpy(twice, line.ptr, line.len);
		twice[line.len] = ',';
		memcpy(twice + line.len + 1, line.ptr, line.len);
		int both = check_line(span_of(twice, 2 * line.len + 1), known);
		require(count < 0 || both == 2 * count);
		free(twice);
	}
	return 0;
}
