/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The names that a check compares and notes; what it accepts stands in test_json.c. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_names(const char *a, const char *b, bool expected)
{
	struct buffer text = { 0 };
	buffer_append_format(&text, "{\"%s\":1,\"%s\":2}", a, b);
	assert_int_equal(json_check(buffer_span(&text), NULL), expected);
	/* Not at the end of a text, and with more names around them. */
	buffer_clear(&text);
	buffer_append_format(&text, "{\"%s\":1,\"other\":0,\"%s\":2,\"text\":\"12345678\"}", a, b);
	assert_int_equal(json_check(buffer_span(&text), NULL), expected);
	buffer_finish(&text);
}

static void names_are_the_same_by_all_their_characters(void **state)
{
	(void)state;
	static const char *const same[][2] = {
		{ "", "" },
		{ "a", "\\u0061" },
		{ "seven..", "seven\\u002e." },
		{ "eight...", "\\u0065ight..." },
		{ "nine.....", "nine....\\u002e" },
		{ "eight at both ends", "eight\\u0020at both ends" },
		{ "\xc3\xa9", "\\u00e9" },
		{ "\xf0\x9d\x84\x9e and more", "\\ud834\\udd1e and more" },
	};
	static const char *const different[][2] = {
		{ "", "\\u0000" },
		{ "a", "a\\u0000" },
		{ "a", "b" },
		{ "abcdefg", "abcdefgh" },
		{ "01234567x01234567", "01234567y01234567" },
		{ "01234567x01234567", "01234567\\u007901234567" },
		{ "0123456701234567", "01234567012345678" },
		{ "12345678abcdefgh", "abcdefgh12345678" },
	};
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_names(same[i][0], same[i][1], false);
	}
	for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++) {
		assert_names(different[i][0], different[i][1], true);
	}
}

/* The first stands where a block can be read, the second also so near the end that none can. */
static void names_of_any_length_are_compared_anywhere(void **state)
{
	(void)state;
	for (int len = 1; len < 40; len++) {
		for (int behind = 0; behind < 24; behind++) {
			struct buffer text = { 0 };
			buffer_append_format(
				&text, "{\"%0*d\":1,\"%0*d\":2%*s}", len, 0, len, 0, behind, "");
			assert_false(json_check(buffer_span(&text), NULL));
			for (int i = 0; i < len; i++) {
				text.data[2 + i] = '1';
				assert_true(json_check(buffer_span(&text), NULL));
				text.data[2 + i] = '0';
			}
			buffer_finish(&text);
		}
	}
}

static void white_space_may_stand_around_names(void **state)
{
	(void)state;
	static const char *const good[] = {
		"{ \"a\" : 1 , \"b\" : 2 , \"c\" : [ ] }                 ",
		"{\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"a\": []\n\t}\n}                 ",
		"{\"0123456789abcd\":1,\"0123456789abcde\":1,\"0123456789abcdef\" : {} }",
	};
	static const char *const bad[] = {
		"{\"a\"1                                ",
		"{\"a\"  1                              ",
		"{a:1}                                  ",
		"{\"a\":1,}                             ",
		"{\"a                                   ",
		"{\"0123456789abcdef\"1                 ",
		"{\"a\":",
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(json_check(span_from_text(good[i]), NULL));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(json_check(span_from_text(bad[i]), NULL));
	}
}

static void the_members_of_an_object_are_noted_while_it_is_checked(void **state)
{
	(void)state;
	struct json_members members;
	assert_true(json_check_members(
		SPAN(" { \"a\" : {\"x\": [1, {\"y\":2}]} , \"b\":\"t\"\n, \"\" :3} "), &members));
	assert_int_equal(members.count, 3);
	assert_true(span_equal(members.items[0].name, SPAN("\"a\"")));
	assert_true(span_equal(members.items[0].value, SPAN("{\"x\": [1, {\"y\":2}]}")));
	assert_true(span_equal(members.items[1].value, SPAN("\"t\"")));
	assert_true(span_equal(members.items[2].name, SPAN("\"\"")));
	assert_true(span_equal(members.items[2].value, SPAN("3")));
	assert_true(json_check_members(SPAN("{}"), &members));
	assert_int_equal(members.count, 0);
	assert_true(json_check_members(SPAN("[{\"a\":1}]"), &members));
	assert_int_equal(members.count, 0);
	assert_true(json_check_members(
		SPAN("{\"1\":1,\"2\":2,\"3\":3,\"4\":4,\"5\":5,\"6\":6,\"7\":7,\"8\":8,\"9\":9}"),
		&members));
	assert_int_equal(members.count, 9);
	assert_true(span_equal(members.items[7].value, SPAN("8")));
	assert_false(json_check_members(SPAN("{\"a\":1,\"a\":2}"), &members));
}

static void noted_members_are_found_by_name(void **state)
{
	(void)state;
	struct json_members members;
	struct span text = SPAN("{\"response\":1,\"\\u0065rr\":2,\"01234567x01234567\":3,\"\":4}");
	static const struct {
		struct span name, value;
	} cases[] = {
		{ SPAN("response"), SPAN("1") },
		{ SPAN("err"), SPAN("2") },
		{ SPAN("01234567x01234567"), SPAN("3") },
		{ SPAN(""), SPAN("4") },
		{ SPAN("01234567y01234567"), SPAN_ABSENT },
		{ SPAN("\\u0065rr"), SPAN_ABSENT },
		{ SPAN("respons"), SPAN_ABSENT },
	};
	assert_true(json_check_members(text, &members));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_key key = json_key(cases[i].name);
		const struct json_member *member = json_members_find(&members, &key);
		bool found = member != NULL && json_member_is(member, cases[i].name);
		assert_int_equal(found, span_present(cases[i].value));
		if (found) {
			assert_true(json_members_may_have(&members, &key));
			assert_true(span_equal(member->value, cases[i].value));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_the_same_by_all_their_characters),
		cmocka_unit_test(names_of_any_length_are_compared_anywhere),
		cmocka_unit_test(white_space_may_stand_around_names),
		cmocka_unit_test(the_members_of_an_object_are_noted_while_it_is_checked),
		cmocka_unit_test(noted_members_are_found_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
