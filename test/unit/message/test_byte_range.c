/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/byte_range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct story {
	const char *value;
	uint64_t size;
	enum byte_range range;
	uint64_t first, len;
};

static void tell(const struct story *stories, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct story *story = &stories[i];
		uint64_t first = 0, len = 0;
		enum byte_range range =
			byte_range_parse(span_from_text(story->value), story->size, &first, &len);
		if (range != story->range ||
			(range == BYTE_RANGE_PART &&
				(first != story->first || len != story->len))) {
			fail_msg("%s of %llu: %d %llu+%llu", story->value,
				(unsigned long long)story->size, range, (unsigned long long)first,
				(unsigned long long)len);
		}
	}
}

#define TELL(stories) tell((stories), sizeof(stories) / sizeof((stories)[0]))

static void one_range_is_a_part(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "bytes=0-0", 10, BYTE_RANGE_PART, 0, 1 },
		{ "bytes=0-9", 10, BYTE_RANGE_PART, 0, 10 },
		{ "bytes=2-4", 10, BYTE_RANGE_PART, 2, 3 },
		{ "bytes=9-9", 10, BYTE_RANGE_PART, 9, 1 },
		{ "bytes=9-10", 10, BYTE_RANGE_PART, 9, 1 },
		{ "bytes=4-99999999999999999999999", 10, BYTE_RANGE_PART, 4, 6 },
		{ "bytes=4-", 10, BYTE_RANGE_PART, 4, 6 },
		{ "bytes=-1", 10, BYTE_RANGE_PART, 9, 1 },
		{ "bytes=-10", 10, BYTE_RANGE_PART, 0, 10 },
		{ "bytes=-11", 10, BYTE_RANGE_PART, 0, 10 },
		{ "bytes=-99999999999999999999999", 10, BYTE_RANGE_PART, 0, 10 },
		{ "BYTES=002-004", 10, BYTE_RANGE_PART, 2, 3 },
		{ "bytes= , 2-4 ,\t,", 10, BYTE_RANGE_PART, 2, 3 },
		{ "bytes=0-18446744073709551615", UINT64_MAX, BYTE_RANGE_PART, 0, UINT64_MAX },
	};
	TELL(stories);
}

static void what_the_file_does_not_have_is_beyond_it(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "bytes=10-", 10, BYTE_RANGE_BEYOND, 0, 0 },
		{ "bytes=10-20", 10, BYTE_RANGE_BEYOND, 0, 0 },
		{ "bytes=99999999999999999999999-", 10, BYTE_RANGE_BEYOND, 0, 0 },
		{ "bytes=-0", 10, BYTE_RANGE_BEYOND, 0, 0 },
		{ "bytes=0-", 0, BYTE_RANGE_BEYOND, 0, 0 },
		{ "bytes=0-0", 0, BYTE_RANGE_BEYOND, 0, 0 },
	};
	TELL(stories);
}

static void everything_else_means_the_whole(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=,", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=-", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=5", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=5-4", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=1-2-3", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=--1", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=+1-2", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=0x1-2", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=1 - 2", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes =1-2", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "items=0-1", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=0-1,3-4", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=0-1,20-", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=20-,30-", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=0-1,x", 10, BYTE_RANGE_WHOLE, 0, 0 },
		{ "bytes=-5", 0, BYTE_RANGE_WHOLE, 0, 0 },
	};
	TELL(stories);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_range_is_a_part),
		cmocka_unit_test(what_the_file_does_not_have_is_beyond_it),
		cmocka_unit_test(everything_else_means_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
