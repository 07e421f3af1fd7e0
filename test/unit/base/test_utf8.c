/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* Encodes without judging: also what UTF-8 forbids. */
static size_t encode(uint32_t code, size_t len, unsigned char out[4])
{
	static const unsigned char mark[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (unsigned char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (unsigned char)(mark[len] | code);
	return len;
}

static size_t shortest(uint32_t code)
{
	return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

static bool check_bytes(const void *bytes, size_t len)
{
	return utf8_check(span_of(bytes, len));
}

static void every_code_point_in_every_length_is_judged_rightly(void **state)
{
	(void)state;
	unsigned char bytes[4];
	for (size_t len = 1; len <= 4; len++) {
		uint32_t top = len == 1 ? 0x80 : len == 2 ? 0x800 : len == 3 ? 0x10000 : 0x200000;
		for (uint32_t code = 0; code < top; code++) {
			bool valid = len == shortest(code) && code <= 0x10ffff &&
				     !(code >= 0xd800 && code <= 0xdfff);
			if (check_bytes(bytes, encode(code, len, bytes)) != valid) {
				fail_msg("U+%X in %zu bytes", code, len);
			}
		}
	}
}

static void a_sequence_that_is_cut_short_is_refused(void **state)
{
	(void)state;
	assert_false(check_bytes("\xc3", 1));
	assert_false(check_bytes("\xe2\x82", 2));
	assert_false(check_bytes("\xf0\x9f\x98", 3));
	assert_false(check_bytes("\xe2\x82x", 3));
	assert_false(check_bytes("\xf0\x9f\x98\xf0\x9f\x98\x80", 7));
}

static void stray_and_impossible_bytes_are_refused_at_every_place(void **state)
{
	(void)state;
	for (unsigned byte = 0x80; byte < 0x100; byte++) {
		for (size_t at = 0; at < 70; at++) {
			char text[70];
			memset(text, 'a', sizeof(text));
			text[at] = (char)byte;
			assert_false(check_bytes(text, sizeof(text)));
		}
	}
}

static void empty_text_is_valid(void **state)
{
	(void)state;
	assert_true(check_bytes("", 0));
	assert_true(utf8_check(SPAN_ABSENT));
	assert_int_equal(utf8_feed(UTF8_ACCEPT, SPAN("")), UTF8_ACCEPT);
}

static void a_text_split_anywhere_gives_the_same_verdict(void **state)
{
	(void)state;
	static const char text[] = "abcdefgh\xc3\xa9 \xe2\x82\xac ijklmnopqrstuvwxyz0123456789"
				   "\xf0\x9f\x98\x80 \xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf";
	size_t len = sizeof(text) - 1;
	for (size_t first = 0; first <= len; first++) {
		for (size_t second = first; second <= len; second++) {
			uint32_t at = utf8_feed(UTF8_ACCEPT, span_of(text, first));
			at = utf8_feed(at, span_of(text + first, second - first));
			assert_int_not_equal(at, UTF8_REJECT);
			at = utf8_feed(at, span_of(text + second, len - second));
			assert_int_equal(at, UTF8_ACCEPT);
		}
	}
}

static void a_piece_is_refused_as_soon_as_nothing_can_save_it(void **state)
{
	(void)state;
	assert_int_equal(utf8_feed(UTF8_ACCEPT, SPAN("\xed\xa0")), UTF8_REJECT);
	assert_int_equal(utf8_feed(UTF8_ACCEPT, SPAN("\xf4\x90")), UTF8_REJECT);
	assert_int_equal(utf8_feed(UTF8_ACCEPT, SPAN("\xe0\x9f")), UTF8_REJECT);
	assert_int_equal(utf8_feed(UTF8_ACCEPT, SPAN("\xf0\x8f")), UTF8_REJECT);
	assert_int_equal(utf8_feed(UTF8_ACCEPT, SPAN("\xc0")), UTF8_REJECT);
	assert_int_equal(utf8_feed(UTF8_ACCEPT, SPAN("\xf5")), UTF8_REJECT);
	assert_int_equal(utf8_feed(UTF8_REJECT, SPAN("a")), UTF8_REJECT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_in_every_length_is_judged_rightly),
		cmocka_unit_test(a_sequence_that_is_cut_short_is_refused),
		cmocka_unit_test(stray_and_impossible_bytes_are_refused_at_every_place),
		cmocka_unit_test(empty_text_is_valid),
		cmocka_unit_test(a_text_split_anywhere_gives_the_same_verdict),
		cmocka_unit_test(a_piece_is_refused_as_soon_as_nothing_can_save_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
