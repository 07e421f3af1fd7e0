/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * First line a date, second line a Range, the rest a list of entity tags: what a client says about
 * what it has already. A date that is read is written as the same moment, a part lies within the
 * file, and a tag that is found was there.
 */
#include "message/byte_range.h"
#include "message/entity_tag.h"
#include "message/http_date.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>
#include <stdlib.h>

static void check_date(struct span line)
{
	int64_t seconds, again;
	char text[HTTP_DATE_SIZE];
	if (http_date_parse(line, 1795000000, &seconds)) {
		http_date_write(seconds, text);
		require(http_date_parse(span_of(text, sizeof(text)), 0, &again) &&
			again == seconds);
	}
}

static void check_range(struct span line, uint64_t size)
{
	uint64_t first, len;
	if (byte_range_parse(line, size, &first, &len) == BYTE_RANGE_PART) {
		require(len > 0 && first < size && len <= size - first);
	}
}

static void check_tags(struct span list)
{
	const struct span tag = SPAN("\"tag\"");
	bool weak = entity_tag_is_listed(list, tag, ENTITY_TAG_WEAK);
	bool strong = entity_tag_is_listed(list, tag, ENTITY_TAG_STRONG);
	require(weak || !strong);
	require(!weak || memchr(list.ptr, '*', list.len) != NULL ||
		memmem(list.ptr, list.len, tag.ptr, tag.len) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	memcpy(copy, size > 0 ? data : (const uint8_t *)"", size);
	struct span rest = span_of(copy, size);
	check_date(take_line(&rest));
	struct span range = take_line(&rest);
	check_range(range, 0);
	check_range(range, 1000);
	check_range(range, UINT64_MAX);
	check_tags(rest);
	free(copy);
	return 0;
}
