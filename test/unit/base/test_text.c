/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/text.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void every_control_character_is_found_at_every_place(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		for (size_t place = 0; place < 20; place++) {
			char text[20];
			memset(text, 0xe4, sizeof(text));
			text[place] = (char)c;
			bool control = c < 0x20 || c == 0x7f;
			assert_int_equal(text_find_control(span_of(text, 20), 0),
				control ? place : sizeof(text));
		}
	}
}

static void the_search_goes_on_behind_one(void **state)
{
	(void)state;
	struct span text = SPAN("a\tbcdefghijklmnop\x7fq");
	assert_int_equal(text_find_control(text, 0), 1);
	assert_int_equal(text_find_control(text, 2), 17);
	assert_int_equal(text_find_control(text, 18), text.len);
	assert_int_equal(text_find_control(SPAN(""), 0), 0);
}

static void printable_is_what_has_neither_controls_nor_more_than_ascii(void **state)
{
	(void)state;
	for (size_t len = 1; len < 20; len++) {
		for (unsigned c = 0; c < 256; c++) {
			for (size_t place = 0; place < len; place++) {
				char text[20];
				memset(text, c & 1 ? ' ' : '~', sizeof(text));
				text[place] = (char)c;
				assert_int_equal(text_is_printable(span_of(text, len)),
					c >= 0x20 && c <= 0x7e);
			}
		}
	}
	assert_true(text_is_printable(SPAN("")));
}

static void up_to_eight_digits_are_a_number(void **state)
{
	(void)state;
	for (uint64_t expected = 0; expected < 100000000; expected += 1 + expected / 7777) {
		char text[32];
		uint64_t number;
		int len = snprintf(text, sizeof(text), "Length 9%" PRIu64, expected) - 8;
		assert_true(text_read_digits(text + 8 + len, (size_t)len, &number));
		assert_int_equal(number, expected);
		char digits[8];
		assert_int_equal(text_write_digits(digits, (uint32_t)expected), len);
		assert_memory_equal(digits, text + 8, (size_t)len);
	}
}

static void every_byte_of_a_number_is_a_digit(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 8; len++) {
		for (size_t place = 0; place < len; place++) {
			for (unsigned c = 0; c < 256; c++) {
				char text[16];
				uint64_t number;
				memset(text, '7', sizeof(text));
				text[sizeof(text) - len + place] = (char)c;
				assert_int_equal(
					text_read_digits(text + sizeof(text), len, &number),
					c >= '0' && c <= '9');
			}
		}
	}
}

static void blanks_around_a_text_are_taken_away(void **state)
{
	(void)state;
	assert_true(span_equal(text_trim(SPAN(" \ta b\t ")), SPAN("a b")));
	assert_int_equal(text_trim(SPAN(" \t ")).len, 0);
	assert_int_equal(text_trim(SPAN("\n")).len, 1);
	assert_int_equal(text_trim(SPAN_ABSENT).len, 0);
}

static void a_list_gives_its_elements_and_no_empty_ones(void **state)
{
	(void)state;
	static const char *const lists[] = { "gzip,br", " gzip\t, br ", ",,gzip , ,br,",
		"gzip, br" };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct span rest = span_from_text(lists[i]), element;
		assert_true(text_next_element(&rest, &element));
		assert_true(span_equal(element, SPAN("gzip")));
		assert_true(text_next_element(&rest, &element));
		assert_true(span_equal(element, SPAN("br")));
		assert_false(text_next_element(&rest, &element));
	}
	static const char *const empty[] = { "", " ", ",", " , ,\t" };
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		struct span rest = span_from_text(empty[i]), element;
		assert_false(text_next_element(&rest, &element));
	}
	struct span absent = SPAN_ABSENT, element;
	assert_false(text_next_element(&absent, &element));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_control_character_is_found_at_every_place),
		cmocka_unit_test(the_search_goes_on_behind_one),
		cmocka_unit_test(up_to_eight_digits_are_a_number),
		cmocka_unit_test(every_byte_of_a_number_is_a_digit),
		cmocka_unit_test(printable_is_what_has_neither_controls_nor_more_than_ascii),
		cmocka_unit_test(blanks_around_a_text_are_taken_away),
		cmocka_unit_test(a_list_gives_its_elements_and_no_empty_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
