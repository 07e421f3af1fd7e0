/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/precondition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TAG "\"tag\""
#define THEN "Sun, 06 Nov 1994 08:49:37 GMT"
#define EARLIER "Sun, 06 Nov 1994 08:49:36 GMT"
#define LATER "Sun, 06 Nov 1994 08:49:38 GMT"

struct story {
	struct request_header headers[4];
	enum precondition expected;
};

#define H(name, value)                           \
	{                                        \
		{ name, sizeof(name) - 1 },      \
		{                                \
			value, sizeof(value) - 1 \
		}                                \
	}

static enum precondition check_as(const struct story *story, struct span method, int64_t age)
{
	unsigned count = 0;
	uint64_t first = 0, len = 0;
	while (count < 4 && story->headers[count].name.len > 0) {
		count++;
	}
	const struct request request = {
		.method = method, .headers = story->headers, .header_count = count
	};
	const struct precondition_facts facts = {
		.tag = SPAN(TAG), .modified_s = 784111777, .now_s = 784111777 + age, .size = 100
	};
	enum precondition found = precondition_check(&request, &facts, &first, &len);
	assert_true(found != PRECONDITION_PART || (first == 10 && len == 10));
	return found;
}

static void tell(const struct story *stories, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum precondition found = check_as(&stories[i], SPAN("GET"), 1000);
		if (found != stories[i].expected) {
			fail_msg("story %zu: %d", i, found);
		}
	}
}

#define TELL(stories) tell((stories), sizeof(stories) / sizeof((stories)[0]))

static void a_copy_that_is_still_good_is_not_sent_again(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ { H("If-None-Match", TAG) }, PRECONDITION_NOT_MODIFIED },
		{ { H("if-none-match", "W/" TAG) }, PRECONDITION_NOT_MODIFIED },
		{ { H("If-None-Match", "\"x\""), H("If-None-Match", TAG) },
			PRECONDITION_NOT_MODIFIED },
		{ { H("If-None-Match", "*") }, PRECONDITION_NOT_MODIFIED },
		{ { H("If-None-Match", "\"x\"") }, PRECONDITION_WHOLE },
		{ { H("If-Modified-Since", THEN) }, PRECONDITION_NOT_MODIFIED },
		{ { H("If-Modified-Since", LATER) }, PRECONDITION_NOT_MODIFIED },
		{ { H("If-Modified-Since", EARLIER) }, PRECONDITION_WHOLE },
		{ { H("If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT") },
			PRECONDITION_NOT_MODIFIED },
		{ { H("If-Modified-Since", "yesterday") }, PRECONDITION_WHOLE },
		{ { H("If-Modified-Since", THEN), H("If-Modified-Since", THEN) },
			PRECONDITION_WHOLE },
		{ { H("If-None-Match", "\"x\""), H("If-Modified-Since", LATER) },
			PRECONDITION_WHOLE },
		{ { H("If-None-Match", "x"), H("If-Modified-Since", LATER) }, PRECONDITION_WHOLE },
		{ { H("If-None-Match", TAG), H("Range", "bytes=10-19") },
			PRECONDITION_NOT_MODIFIED },
	};
	TELL(stories);
}

static void who_wants_only_the_one_it_knows_is_told_when_it_is_gone(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ { H("If-Match", TAG) }, PRECONDITION_WHOLE },
		{ { H("If-Match", "*") }, PRECONDITION_WHOLE },
		{ { H("If-Match", "\"x\"") }, PRECONDITION_FAILED },
		{ { H("If-Match", "W/" TAG) }, PRECONDITION_FAILED },
		{ { H("If-Match", "\"x\""), H("If-None-Match", TAG) }, PRECONDITION_FAILED },
		{ { H("If-Match", TAG), H("If-Unmodified-Since", EARLIER) }, PRECONDITION_WHOLE },
		{ { H("If-Unmodified-Since", EARLIER) }, PRECONDITION_FAILED },
		{ { H("If-Unmodified-Since", THEN) }, PRECONDITION_WHOLE },
		{ { H("If-Unmodified-Since", "never") }, PRECONDITION_WHOLE },
	};
	TELL(stories);
}

static void a_part_is_given_to_who_has_the_rest_of_the_same(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ { H("Range", "bytes=10-19") }, PRECONDITION_PART },
		{ { H("Range", "bytes=10-19"), H("If-Range", TAG) }, PRECONDITION_PART },
		{ { H("Range", "bytes=10-19"), H("If-Range", THEN) }, PRECONDITION_PART },
		{ { H("Range", "bytes=10-19"), H("If-Range", "W/" TAG) }, PRECONDITION_WHOLE },
		{ { H("Range", "bytes=10-19"), H("If-Range", "\"x\"") }, PRECONDITION_WHOLE },
		{ { H("Range", "bytes=10-19"), H("If-Range", LATER) }, PRECONDITION_WHOLE },
		{ { H("Range", "bytes=10-19"), H("If-Range", "x") }, PRECONDITION_WHOLE },
		{ { H("Range", "bytes=10-19"), H("If-Range", TAG), H("If-Range", TAG) },
			PRECONDITION_WHOLE },
		{ { H("Range", "bytes=10-19"), H("Range", "bytes=10-19") }, PRECONDITION_WHOLE },
		{ { H("Range", "bytes=10-19,30-39") }, PRECONDITION_WHOLE },
		{ { H("Range", "bytes=100-") }, PRECONDITION_BEYOND },
		{ { H("Range", "bytes=100-"), H("If-Range", "\"x\"") }, PRECONDITION_WHOLE },
		{ { H("If-Range", TAG) }, PRECONDITION_WHOLE },
	};
	TELL(stories);
}

static void only_a_get_has_parts(void **state)
{
	(void)state;
	static const struct story story = { { H("Range", "bytes=10-19") }, PRECONDITION_WHOLE };
	assert_int_equal(check_as(&story, SPAN("HEAD"), 1000), PRECONDITION_WHOLE);
	assert_int_equal(check_as(&story, SPAN("GET"), 1000), PRECONDITION_PART);
}

static void a_date_of_this_second_does_not_tell_one_from_another(void **state)
{
	(void)state;
	static const struct story story = { { H("Range", "bytes=10-19"), H("If-Range", THEN) },
		PRECONDITION_WHOLE };
	assert_int_equal(check_as(&story, SPAN("GET"), 0), PRECONDITION_WHOLE);
	assert_int_equal(check_as(&story, SPAN("GET"), 1), PRECONDITION_PART);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_that_is_still_good_is_not_sent_again),
		cmocka_unit_test(who_wants_only_the_one_it_knows_is_told_when_it_is_gone),
		cmocka_unit_test(a_part_is_given_to_who_has_the_rest_of_the_same),
		cmocka_unit_test(only_a_get_has_parts),
		cmocka_unit_test(a_date_of_this_second_does_not_tell_one_from_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
