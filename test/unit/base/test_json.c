/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/json.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* The classes of the public JSONTestSuite, in cases of our own. */
static const struct span accepted[] = {
	/* structure */
	SPAN("[]"),
	SPAN("{}"),
	SPAN(" [ ] "),
	SPAN("\t\n\r {} \t\n\r"),
	SPAN("[[]   ]"),
	SPAN("[1 ]"),
	SPAN("[ 1, null ,true,\tfalse\n]"),
	SPAN("[1,\r\n2]"),
	SPAN("[[[[{\"a\":[{}]}]]]]"),
	SPAN("{\"a\":\"b\"}"),
	SPAN("{\"a\":1,\"b\":2,\"A\":3}"),
	SPAN("{\"a\":{\"a\":{\"a\":1}}}"),
	SPAN("[{\"a\":1},{\"a\":1}]"),
	SPAN("{\"a\":{\"b\":1},\"b\":1}"),
	SPAN("{\"\":0}"),
	SPAN("{\"\\u0000\":0,\"\":1}"),
	SPAN("{\"a\":[],\"aa\":[],\"aaa\":[]}"),
	/* lone values */
	SPAN("null"),
	SPAN("true"),
	SPAN("false"),
	SPAN("0"),
	SPAN("-0"),
	SPAN("42"),
	SPAN("\"\""),
	SPAN(" \"x\" "),
	/* numbers */
	SPAN("[123e65]"),
	SPAN("[0e+1]"),
	SPAN("[0e1]"),
	SPAN("[-0]"),
	SPAN("[-123]"),
	SPAN("[1E22]"),
	SPAN("[1E-2]"),
	SPAN("[1E+2]"),
	SPAN("[123.456e78]"),
	SPAN("[-0.000000000000000000000000000000000000000000001]"),
	SPAN("[9007199254740993]"),
	SPAN("[1e400]"),
	SPAN("[12345678901234567890123456789012345678901234567890.5]"),
	/* strings */
	SPAN("[\"\\u0060\\u012a\\u12AB\"]"),
	SPAN("[\"\\uD801\\udc37\"]"),
	SPAN("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"),
	SPAN("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
	SPAN("[\"\\\\u0000\"]"),
	SPAN("[\"\\u0000\"]"),
	SPAN("[\"\\uFFFF\\uFFFE\\uFDD0\"]"),
	SPAN("[\"a/*b*/c//\"]"),
	SPAN("[\"\x7f\"]"),
	SPAN("[\"\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e\"]"),
	SPAN("[\"\xf4\x8f\xbf\xbf\"]"),
	SPAN("[\"\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\"]"),
	SPAN("[\"{}[],:\"]"),
	SPAN("[\"0123456789abcdef\"]"),
	SPAN("[\"0123456\\n89abcde\\u0041\"]"),
};

static const struct span refused[] = {
	/* nothing, or more than one thing */
	SPAN(""),
	SPAN(" "),
	SPAN("[]]"),
	SPAN("[][]"),
	SPAN("{}{}"),
	SPAN("1 2"),
	SPAN("\"a\" x"),
	SPAN("[]x"),
	SPAN("{} //"),
	SPAN("[1]\0"),
	SPAN("\0"),
	SPAN("[]\xe2\x80\x8b"),
	/* byte order marks and other white space */
	SPAN("\xef\xbb\xbf"),
	SPAN("\xef\xbb\xbf{}"),
	SPAN("\xff\xfe[\0]\0"),
	SPAN("[\f]"),
	SPAN("[\v]"),
	SPAN("[\xc2\xa0]"),
	SPAN("[\xe2\x81\xa0]"),
	SPAN("\0[]"),
	SPAN("[1,\0]"),
	/* arrays */
	SPAN("["),
	SPAN("]"),
	SPAN("[1"),
	SPAN("[1,"),
	SPAN("[1,]"),
	SPAN("[,1]"),
	SPAN("[,]"),
	SPAN("[1,,2]"),
	SPAN("[1 2]"),
	SPAN("[1:2]"),
	SPAN("[1}"),
	SPAN("[\"a\",\n4\n,1,"),
	SPAN("[[1]"),
	SPAN("[x"),
	SPAN("[*]"),
	SPAN("[<null>]"),
	SPAN("[a\xc3\xa5]"),
	SPAN("[\xc3\xa5]"),
	/* objects */
	SPAN("{"),
	SPAN("}"),
	SPAN("{]"),
	SPAN("{\"a\""),
	SPAN("{\"a\":"),
	SPAN("{\"a\":1"),
	SPAN("{\"a\":1,"),
	SPAN("{\"a\":1,}"),
	SPAN("{\"a\":1,,\"b\":2}"),
	SPAN("{,\"a\":1}"),
	SPAN("{\"a\" 1}"),
	SPAN("{\"a\"::1}"),
	SPAN("{\"a\",1}"),
	SPAN("{\"a\"}"),
	SPAN("{\"a\":}"),
	SPAN("{:1}"),
	SPAN("{a:1}"),
	SPAN("{'a':1}"),
	SPAN("{1:1}"),
	SPAN("{null:1}"),
	SPAN("{\"a\":1 \"b\":2}"),
	SPAN("{\"a\":1]"),
	SPAN("{\"a\":1}/**/"),
	SPAN("{\"a\":/*x*/1}"),
	SPAN("{[]:1}"),
	SPAN("{\"a\":1}}"),
	SPAN("[{\"a\":1},{\"b\"}]"),
	/* literals */
	SPAN("nul"),
	SPAN("nulll"),
	SPAN("[tru]"),
	SPAN("[fals"),
	SPAN("True"),
	SPAN("[TRUE]"),
	SPAN("NaN"),
	SPAN("[-NaN]"),
	SPAN("Infinity"),
	SPAN("[-Infinity]"),
	SPAN("undefined"),
	SPAN("[nan]"),
	/* numbers */
	SPAN("01"),
	SPAN("-01"),
	SPAN("00"),
	SPAN("-"),
	SPAN("[-]"),
	SPAN("+1"),
	SPAN("[++1]"),
	SPAN("--1"),
	SPAN("1."),
	SPAN("2.e3"),
	SPAN("[-2.]"),
	SPAN(".5"),
	SPAN("[-.5]"),
	SPAN("1e"),
	SPAN("1e+"),
	SPAN("[1eE2]"),
	SPAN("[0e]"),
	SPAN("[0.e1]"),
	SPAN("1.2.3"),
	SPAN("1 000"),
	SPAN("0x1"),
	SPAN("[0x]"),
	SPAN("1_000"),
	SPAN("[1ea]"),
	SPAN("[- 1]"),
	SPAN("[\xef\xbc\x91]"),
	SPAN("[1+2]"),
	SPAN("-a"),
	/* strings */
	SPAN("\""),
	SPAN("\"a"),
	SPAN("[\"a]"),
	SPAN("'a'"),
	SPAN("[\"\\\"]"),
	SPAN("\"\\"),
	SPAN("\"\\x00\""),
	SPAN("\"\\a\""),
	SPAN("\"\\'\""),
	SPAN("\"\\\0\""),
	SPAN("\"\\\xc3\xa5\""),
	SPAN("\"\\U0041\""),
	SPAN("\"\\u\""),
	SPAN("\"\\u00\""),
	SPAN("\"\\u00A\""),
	SPAN("\"\\u00G0\""),
	SPAN("\"\\u 041\""),
	SPAN("\"\\u+041\""),
	SPAN("\"\\u004"),
	SPAN("\"\\uD800\""),
	SPAN("\"\\uDC00\""),
	SPAN("\"\\uD800\\uD800\""),
	SPAN("\"\\uD800\\n\""),
	SPAN("\"\\uD800x\\uDC00\""),
	SPAN("\"\\uD800\\u\""),
	SPAN("\"\\uD800\\u1\""),
	SPAN("\"\\uDBFF\\u0041\""),
	SPAN("\"\\uD834\\"),
	SPAN("\"a\nb\""),
	SPAN("\"a\tb\""),
	SPAN("\"\x1f\""),
	SPAN("\"\0\""),
	SPAN("\"01234567\x01\""),
	SPAN("\"\xff\""),
	SPAN("\"\x80\""),
	SPAN("\"\xc3\""),
	SPAN("\"\xc0\xaf\""),
	SPAN("\"\xe0\x80\xaf\""),
	SPAN("\"\xed\xa0\x80\""),
	SPAN("\"\xf4\x90\x80\x80\""),
	SPAN("\"\xf8\x88\x80\x80\x80\""),
	SPAN("\"01234567\xc3\""),
	SPAN("\"\xe9 Latin-1\""),
	SPAN("{\"\xff\":1}"),
	/* names twice in one object */
	SPAN("{\"a\":1,\"a\":2}"),
	SPAN("{\"a\":1,\"b\":2,\"a\":1}"),
	SPAN("{\"a\":1,\"\\u0061\":2}"),
	SPAN("{\"\":1,\"\":2}"),
	SPAN("{\"\\u0000\":1,\"\\u0000\":2}"),
	SPAN("{\"\xc3\xa9\":1,\"\\u00e9\":2}"),
	SPAN("{\"\xf0\x9d\x84\x9e\":1,\"\\uD834\\uDD1E\":2}"),
	SPAN("{\"a/b\":1,\"a\\/b\":2}"),
	SPAN("[{\"x\":{\"a\":1,\"b\":{\"a\":1},\"a\":2}}]"),
	SPAN("{\"a long name of many bytes\":1,\"\\u0061 long name of many bytes\":2}"),
	/* comments */
	SPAN("/**/1"),
	SPAN("[1,//\n2]"),
	SPAN("# 1"),
};

/* A copy of exactly the text's size lets the sanitizer see a read behind its end. */
static bool check_copy(struct span text, struct json_fault *fault)
{
	char *copy = malloc(text.len > 0 ? text.len : 1);
	memcpy(copy, text.ptr, text.len);
	bool good = json_check(span_of(copy, text.len), fault);
	free(copy);
	return good;
}

static void every_text_that_is_json_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		struct json_fault fault = { 0 };
		if (!check_copy(accepted[i], &fault)) {
			fail_msg("refused at %zu (%s): %.*s", fault.offset, fault.reason,
				(int)accepted[i].len, accepted[i].ptr);
		}
	}
}

static void every_text_that_is_not_quite_json_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct json_fault fault = { .offset = SIZE_MAX };
		if (check_copy(refused[i], &fault)) {
			fail_msg("accepted: %.*s", (int)refused[i].len, refused[i].ptr);
		}
		assert_true(fault.offset <= refused[i].len);
		assert_non_null(fault.reason);
		assert_true(fault.reason[0] != '\0');
		assert_false(json_check(refused[i], NULL));
	}
}

static void every_beginning_of_a_text_is_refused(void **state)
{
	(void)state;
	struct span text = SPAN("{\"a\":[1.5e+3,\"\\ud834\\udd1e\xc3\xa9\",true,{\"b\":null}]}");
	assert_true(check_copy(text, NULL));
	for (size_t len = 0; len < text.len; len++) {
		assert_false(check_copy(span_of(text.ptr, len), NULL));
	}
}

static void a_fault_names_its_place_and_reason(void **state)
{
	(void)state;
	struct json_fault fault;
	assert_false(json_check(SPAN("{\"a\": 1, \"b\": 02}"), &fault));
	assert_int_equal(fault.offset, 14);
	assert_string_equal(fault.reason, "a number may not start with a zero");
	assert_false(json_check(SPAN("{\"a\": 1, \"b\": 2, \"\\u0061\": 2}"), &fault));
	assert_int_equal(fault.offset, 17);
	assert_string_equal(fault.reason, "duplicate name");
	assert_false(json_check(SPAN("[1, 2"), &fault));
	assert_int_equal(fault.offset, 5);
	assert_string_equal(fault.reason, "unexpected end");
	assert_false(json_check(SPAN("[1 2]"), &fault));
	assert_int_equal(fault.offset, 3);
	assert_string_equal(fault.reason, "expected ',' or ']'");
}

static struct span repeat(struct buffer *buffer, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buffer_append(buffer, text, strlen(text));
	}
	return buffer_span(buffer);
}

static void nesting_is_accepted_to_64_levels_and_refused_beyond(void **state)
{
	(void)state;
	static const char *const openings[] = { "[", "{\"a\":" };
	static const char *const closings[] = { "]", "}" };
	for (size_t i = 0; i < 2; i++) {
		for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
			struct buffer text = { 0 };
			repeat(&text, openings[i], depth);
			buffer_append_literal(&text, "1");
			repeat(&text, closings[i], depth);
			assert_int_equal(
				check_copy(buffer_span(&text), NULL), depth == JSON_DEPTH_MAX);
			buffer_finish(&text);
		}
	}
	struct buffer hostile = { 0 };
	struct json_fault fault;
	assert_false(json_check(repeat(&hostile, "[", 1000000), &fault));
	assert_int_equal(fault.offset, JSON_DEPTH_MAX);
	assert_string_equal(fault.reason, "nested too deeply");
	buffer_finish(&hostile);
}

static double seconds_to_check(struct span text, bool expected)
{
	struct timespec start, end;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	assert_int_equal(json_check(text, NULL), expected);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

static void append_names(struct buffer *text, const char *prefix, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		buffer_append_format(text, "%s\"%s%u\":%u", i > 0 ? "," : "", prefix, i, i);
	}
}

static void many_names_in_one_object_take_linear_time(void **state)
{
	(void)state;
	/* Quadratic work would be 2 * 10^10 comparisons: minutes, not a second. */
	static const char *const prefixes[] = { "", "a common beginning of all names ",
		"\\u0061\\n" };
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct buffer text = { 0 };
		buffer_append_literal(&text, "{");
		append_names(&text, prefixes[i], 200000);
		size_t len = text.len;
		buffer_append_literal(&text, "}");
		assert_true(seconds_to_check(buffer_span(&text), true) < 2);
		text.len = len;
		buffer_append_format(&text, ",\"%s77777\":0}", prefixes[i]);
		assert_true(seconds_to_check(buffer_span(&text), false) < 2);
		buffer_finish(&text);
	}
}

static void duplicates_are_found_at_every_size_of_object(void **state)
{
	(void)state;
	for (unsigned count = 1; count < 300; count++) {
		struct buffer text = { 0 };
		buffer_append_literal(&text, "{\"outer\":{");
		append_names(&text, "n", count);
		size_t len = text.len;
		buffer_append_literal(&text, "},\"n0\":1}");
		assert_true(json_check(buffer_span(&text), NULL));
		text.len = len;
		buffer_append_format(&text, ",\"n%u\":1}}", count / 2);
		struct json_fault fault;
		assert_false(json_check(buffer_span(&text), &fault));
		assert_int_equal(fault.offset, len + 1);
		buffer_finish(&text);
	}
}

static void long_arrays_and_strings_take_linear_time(void **state)
{
	(void)state;
	struct buffer text = { 0 };
	buffer_append_literal(&text, "[0");
	repeat(&text, ",1", 1000000);
	buffer_append_literal(&text, "]");
	assert_true(seconds_to_check(buffer_span(&text), true) < 1);
	buffer_clear(&text);
	buffer_append_literal(&text, "\"");
	repeat(&text, "sixteen bytes..\xc3\xa9", 1000000);
	buffer_append_literal(&text, "\"");
	assert_true(seconds_to_check(buffer_span(&text), true) < 1);
	buffer_finish(&text);
}

static void assert_span(struct span got, const char *expected)
{
	if (!span_equal(got, span_from_text(expected))) {
		fail_msg("got %.*s, expected %s", (int)got.len, got.ptr, expected);
	}
}

static void values_keep_their_source_text(void **state)
{
	(void)state;
	struct span text =
		SPAN(" { \"big\" : 9007199254740993 ,\n\"huge\":1e400,\"deep\": [ {\"x\": "
		     "\"}]\\\"\"} , 2 ], \"s\":\"a,b\" } ");
	assert_true(json_check(text, NULL));
	struct json_cursor cursor = json_open(json_value(text));
	struct span name, value;
	assert_true(json_next_member(&cursor, &name, &value));
	assert_span(name, "\"big\"");
	assert_span(value, "9007199254740993");
	assert_true(json_next_member(&cursor, &name, &value));
	assert_span(value, "1e400");
	assert_true(json_next_member(&cursor, &name, &value));
	assert_span(value, "[ {\"x\": \"}]\\\"\"} , 2 ]");
	struct json_cursor elements = json_open(value);
	assert_true(json_next_element(&elements, &value));
	assert_span(value, "{\"x\": \"}]\\\"\"}");
	assert_true(json_next_element(&elements, &value));
	assert_span(value, "2");
	assert_false(json_next_element(&elements, &value));
	assert_true(json_next_member(&cursor, &name, &value));
	assert_span(value, "\"a,b\"");
	assert_false(json_next_member(&cursor, &name, &value));
	assert_false(json_next_member(&cursor, &name, &value));
}

static void empty_containers_have_no_items(void **state)
{
	(void)state;
	struct span name, value;
	struct json_cursor cursor = json_open(SPAN("{ }"));
	assert_false(json_next_member(&cursor, &name, &value));
	cursor = json_open(SPAN("[]"));
	assert_false(json_next_element(&cursor, &value));
}

static void the_type_is_seen_from_the_value(void **state)
{
	(void)state;
	assert_int_equal(json_type_of(SPAN("null")), JSON_NULL);
	assert_int_equal(json_type_of(SPAN("false")), JSON_FALSE);
	assert_int_equal(json_type_of(SPAN("true")), JSON_TRUE);
	assert_int_equal(json_type_of(SPAN("-1")), JSON_NUMBER);
	assert_int_equal(json_type_of(SPAN("\"\"")), JSON_STRING);
	assert_int_equal(json_type_of(SPAN("[]")), JSON_ARRAY);
	assert_int_equal(json_type_of(SPAN("{}")), JSON_OBJECT);
}

/* The document of RFC 6901 section 5, and more. */
#define POINTER_DOCUMENT                                                                           \
	" {\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5," \
	"\"k\\\"l\":6,\" \":7,\"m~n\":8,\"\\u00e9\":{\"\xc3\xa9\":9},\"x\":{\"\":{\"0\":10}}, "    \
	"\"~1\":11,\"\\u002f\":12,\"01\":13} "

static void pointers_lead_where_rfc_6901_says(void **state)
{
	(void)state;
	static const struct {
		const char *pointer;
		const char *expected; /* NULL: nowhere */
	} cases[] = {
		{ "/foo", "[\"bar\",\"baz\"]" },
		{ "/foo/0", "\"bar\"" },
		{ "/foo/1", "\"baz\"" },
		{ "/", "0" },
		{ "/a~1b", "1" },
		{ "/c%d", "2" },
		{ "/e^f", "3" },
		{ "/g|h", "4" },
		{ "/i\\j", "5" },
		{ "/k\"l", "6" },
		{ "/ ", "7" },
		{ "/m~0n", "8" },
		{ "/\xc3\xa9/\xc3\xa9", "9" },
		{ "/x//0", "10" },
		{ "/~01", "11" },
		{ "/~1", "12" },
		{ "/01", "13" },
		{ "/foo/2", NULL },
		{ "/foo/-", NULL },
		{ "/foo/00", NULL },
		{ "/foo/01", NULL },
		{ "/foo/+1", NULL },
		{ "/foo/-1", NULL },
		{ "/foo/1e0", NULL },
		{ "/foo/", NULL },
		{ "/foo/0/0", NULL },
		{ "/foo/18446744073709551616", NULL },
		{ "/fo", NULL },
		{ "/fooo", NULL },
		{ "/a~1", NULL },
		{ "/a~1b~1", NULL },
		{ "/m~0", NULL },
		{ "/x/", "{\"0\":10}" },
		{ "/x/y", NULL },
	};
	struct span found;
	assert_true(json_check(SPAN(POINTER_DOCUMENT), NULL));
	assert_true(json_pointer(SPAN(POINTER_DOCUMENT), SPAN(""), &found));
	assert_int_equal(found.len, sizeof(POINTER_DOCUMENT) - 1 - 2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span pointer = span_from_text(cases[i].pointer);
		assert_true(json_pointer_check(pointer));
		bool good = json_pointer(SPAN(POINTER_DOCUMENT), pointer, &found);
		if (good != (cases[i].expected != NULL)) {
			fail_msg("%s", cases[i].pointer);
		}
		if (good) {
			assert_span(found, cases[i].expected);
		}
	}
}

static void broken_pointers_are_known_before_use(void **state)
{
	(void)state;
	static const char *const broken[] = { "a", "a/b", "/~", "/a~", "/~2", "/~~0", "/a/~x",
		"#/a" };
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		assert_false(json_pointer_check(span_from_text(broken[i])));
	}
	assert_true(json_pointer_check(SPAN("")));
	assert_true(json_pointer_check(SPAN("/~0~1/~01")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_text_that_is_json_is_accepted),
		cmocka_unit_test(every_text_that_is_not_quite_json_is_refused),
		cmocka_unit_test(every_beginning_of_a_text_is_refused),
		cmocka_unit_test(a_fault_names_its_place_and_reason),
		cmocka_unit_test(nesting_is_accepted_to_64_levels_and_refused_beyond),
		cmocka_unit_test(many_names_in_one_object_take_linear_time),
		cmocka_unit_test(duplicates_are_found_at_every_size_of_object),
		cmocka_unit_test(long_arrays_and_strings_take_linear_time),
		cmocka_unit_test(values_keep_their_source_text),
		cmocka_unit_test(empty_containers_have_no_items),
		cmocka_unit_test(the_type_is_seen_from_the_value),
		cmocka_unit_test(pointers_lead_where_rfc_6901_says),
		cmocka_unit_test(broken_pointers_are_known_before_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
