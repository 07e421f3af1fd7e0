/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/json_string.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_span(struct span got, const char *expected)
{
	if (!span_equal(got, span_from_text(expected))) {
		fail_msg("got %.*s, expected %s", (int)got.len, got.ptr, expected);
	}
}

static void strings_are_decoded(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	json_string_decode(
		SPAN("\"\\\"\\\\\\/\\b\\f\\n\\r\\t|\\u0041\\u00e9\\u20AC\\uD834\\udd1e|\""), &out);
	buffer_append_literal(&out, "");
	assert_span(buffer_span(&out), "\"\\/\b\f\n\r\t|A\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e|");
	buffer_clear(&out);
	json_string_decode(SPAN("\"a\\u0000b\""), &out);
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.data, "a\0b", 3);
	buffer_finish(&out);
}

static void strings_compare_by_what_they_mean(void **state)
{
	(void)state;
	assert_true(json_string_equal(SPAN("\"abc\""), SPAN("abc")));
	assert_true(json_string_equal(SPAN("\"\\u0061b\\u0063\""), SPAN("abc")));
	assert_true(json_string_equal(SPAN("\"\""), SPAN("")));
	assert_true(json_string_equal(SPAN("\"\\ud834\\udd1e\""), SPAN("\xf0\x9d\x84\x9e")));
	assert_false(json_string_equal(SPAN("\"ab\""), SPAN("abc")));
	assert_false(json_string_equal(SPAN("\"\\u0061bcd\""), SPAN("abc")));
	assert_false(json_string_equal(SPAN("\"\\u0061b\""), SPAN("abc")));
	assert_false(json_string_equal(SPAN("\"ABC\""), SPAN("abc")));
	assert_false(json_string_equal(SPAN("\"a\\u0000\""), SPAN("a")));
	assert_false(json_string_equal(SPAN("\"a\\n\""), SPAN("a\\n")));
	assert_true(json_string_equal(SPAN("\"a\\\\n\""), SPAN("a\\n")));
}

static void text_without_escapes_is_not_copied(void **state)
{
	(void)state;
	struct buffer scratch = { 0 };
	struct span quoted = SPAN("\"plain\"");
	struct span text = json_string_text(quoted, &scratch);
	assert_ptr_equal(text.ptr, quoted.ptr + 1);
	assert_int_equal(scratch.len, 0);
	assert_span(json_string_text(SPAN("\"a\\nb\""), &scratch), "a\nb");
	buffer_finish(&scratch);
}

static void appended_strings_escape_only_what_json_must(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	struct span text = SPAN("\"\\/\b\f\n\r\t\0\x01\x1f\x7f\xc3\xa9 plain text of some length");
	json_append_string(&out, text);
	assert_span(buffer_span(&out),
		"\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u0001\\u001f\x7f\xc3\xa9 "
		"plain text of some length\"");
	assert_true(json_check(buffer_span(&out), NULL));
	assert_true(json_string_equal(buffer_span(&out), text));
	buffer_clear(&out);
	json_append_escaped(&out, SPAN("a\"b"));
	json_append_escaped(&out, SPAN(""));
	assert_span(buffer_span(&out), "a\\\"b");
	buffer_finish(&out);
}

static void what_is_not_utf8_is_not_appended(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	buffer_append_literal(&out, "[");
	assert_false(json_append_string(&out, SPAN("\xff")));
	assert_false(json_append_string(&out, SPAN("a \"long\" text that ends with half a \xc3")));
	assert_false(json_append_escaped(&out, SPAN("\xed\xa0\x80")));
	assert_span(buffer_span(&out), "[");
	assert_true(json_append_string(&out, SPAN("\xc3\xa9")));
	assert_span(buffer_span(&out), "[\"\xc3\xa9\"");
	buffer_finish(&out);
}

static void a_run_ends_at_quotes_backslashes_and_controls_only(void **state)
{
	(void)state;
	/* Every byte at every place of a text that is longer than what is looked at in one go. */
	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t place = 0; place < 200; place++) {
			char text[200];
			uint64_t wide = 0;
			memset(text, 'a', sizeof(text));
			text[place] = (char)byte;
			bool stops = byte == '"' || byte == '\\' || byte < 0x20;
			const char *end = json_string_run(text, text + sizeof(text), &wide);
			assert_int_equal(end - text, stops ? place : sizeof(text));
			assert_int_equal(wide != 0, byte >= 0x80);
		}
	}
}

static void a_run_of_any_length_reads_nothing_behind_its_text(void **state)
{
	(void)state;
	for (size_t len = 0; len < 400; len++) {
		/* Of its very size, for the address sanitizer. */
		char *text = malloc(len + 1);
		assert_non_null(text);
		for (size_t place = 0; place <= len; place++) {
			uint64_t wide = 0;
			memset(text, ' ', len);
			text[place] = '"';
			const char *end = text + len + (place == len);
			assert_ptr_equal(json_string_run(text, end, &wide), text + place);
			assert_int_equal(wide, 0);
			if (place < len) {
				wide = 0;
				text[place] = (char)0xc3;
				text[len] = '\\';
				end = text + len + 1;
				assert_ptr_equal(json_string_run(text, end, &wide), text + len);
				assert_true(wide != 0);
			}
		}
		free(text);
	}
}

#ifdef __SSE2__
static void leap_everywhere(const char *(*leap)(const char *at, const char *end), size_t block)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		bool goes_on = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
		for (size_t place = 0; place < 300; place++) {
			char text[300];
			memset(text, '~', sizeof(text));
			text[place] = (char)byte;
			const char *end = leap(text, text + sizeof(text));
			assert_int_equal(end - text, goes_on ? sizeof(text) : place);
		}
	}
	for (size_t len = 0; len < 300; len++) {
		char *text = malloc(len + 1);
		assert_non_null(text);
		memset(text, ' ', len);
		assert_ptr_equal(leap(text, text + len), len >= block ? text + len : text);
		free(text);
	}
}

static void every_way_to_leap_ends_at_the_same_bytes(void **state)
{
	(void)state;
	leap_everywhere(json_leap_16, 16);
	if (json_leap_has_32()) {
		leap_everywhere(json_leap_32, 32);
	}
}
#endif

static void a_block_halts_at_what_ends_a_run_or_is_not_ascii(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		bool goes_on = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
		for (size_t place = 0; place < JSON_STRING_STRIDE; place++) {
			char block[JSON_STRING_STRIDE];
			memset(block, '#', sizeof(block));
			block[place] = (char)byte;
			uint64_t halts = json_string_halts(block);
			assert_int_equal(halts == 0, goes_on);
			assert_true(goes_on || json_string_place(halts) == place);
		}
	}
}

static void what_stands_behind_a_run_does_not_count(void **state)
{
	(void)state;
	uint64_t wide = 0;
	struct span text = SPAN("0123\"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	assert_ptr_equal(json_string_run(text.ptr, text.ptr + text.len, &wide), text.ptr + 4);
	assert_int_equal(wide, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_decoded),
		cmocka_unit_test(strings_compare_by_what_they_mean),
		cmocka_unit_test(text_without_escapes_is_not_copied),
		cmocka_unit_test(appended_strings_escape_only_what_json_must),
		cmocka_unit_test(what_is_not_utf8_is_not_appended),
		cmocka_unit_test(a_run_ends_at_quotes_backslashes_and_controls_only),
		cmocka_unit_test(a_run_of_any_length_reads_nothing_behind_its_text),
#ifdef __SSE2__
		cmocka_unit_test(every_way_to_leap_ends_at_the_same_bytes),
#endif
		cmocka_unit_test(a_block_halts_at_what_ends_a_run_or_is_not_ascii),
		cmocka_unit_test(what_stands_behind_a_run_does_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
