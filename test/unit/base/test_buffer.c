/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void appends_grow_the_buffer_and_keep_the_bytes(void **state)
{
	(void)state;
	struct buffer buffer = { 0 };
	for (unsigned i = 0; i < 1000; i++) {
		buffer_append_number(&buffer, i % 10);
	}
	assert_int_equal(buffer.len, 1000);
	assert_memory_equal(buffer.data + 990, "0123456789", 10);
	buffer_finish(&buffer);
	assert_null(buffer.data);
}

static void numbers_have_all_their_digits_and_no_more(void **state)
{
	(void)state;
	struct buffer buffer = { 0 };
	static const uint64_t numbers[] = { 0, 7, 10, 99999999, 100000000, UINT32_MAX, UINT64_MAX };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		buffer_append_number(&buffer, numbers[i]);
		buffer_append_char(&buffer, ' ');
	}
	assert_true(span_equal(buffer_span(&buffer),
		SPAN("0 7 10 99999999 100000000 4294967295 18446744073709551615 ")));
	buffer_finish(&buffer);
}

static void a_size_that_cannot_be_had_is_remembered_as_failure(void **state)
{
	(void)state;
	struct buffer buffer = { 0 };
	assert_false(buffer_reserve(&buffer, SIZE_MAX / 2));
	buffer_append_literal(&buffer, "x");
	assert_true(buffer.failed);
	buffer_clear(&buffer);
	buffer_append_literal(&buffer, "x");
	assert_false(buffer.failed);
	assert_int_equal(buffer.len, 1);
	buffer_finish(&buffer);
}

static void base64_pads_every_length(void **state)
{
	(void)state;
	static const char *const expected[] = { "", "Zg==", "Zm8=", "Zm9v",
		"Zm9vYg==", "Zm9vYmE=" };
	for (size_t len = 0; len < 6; len++) {
		struct buffer buffer = { 0 };
		buffer_append_base64(&buffer, span_of("foobar", len));
		assert_int_equal(buffer.len, strlen(expected[len]));
		assert_memory_equal(buffer_span(&buffer).ptr, expected[len], buffer.len);
		buffer_finish(&buffer);
	}
}

static void base64_reads_back_what_it_wrote_and_nothing_else(void **state)
{
	(void)state;
	static const char *const faults[] = { "a", "abcde", "ab!d", "a===b", "Zm 9", "====", "=" };
	struct buffer buffer = { 0 };
	for (size_t len = 0; len <= 6; len++) {
		struct buffer back = { 0 };
		buffer_clear(&buffer);
		buffer_append_base64(&buffer, span_of("\xff\x00o\xfe r", len));
		assert_true(buffer_append_base64_decoded(&back, buffer_span(&buffer)));
		assert_int_equal(back.len, len);
		assert_memory_equal(back.data, "\xff\x00o\xfe r", len);
		buffer_finish(&back);
	}
	buffer_clear(&buffer);
	assert_true(buffer_append_base64_decoded(&buffer, SPAN("Zm9vYg")));
	assert_memory_equal(buffer.data, "foob", 4);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		assert_false(buffer_append_base64_decoded(&buffer, span_from_text(faults[i])));
		assert_int_equal(buffer.len, 4);
	}
	buffer_finish(&buffer);
}

static void hexadecimal_is_lower_case(void **state)
{
	(void)state;
	struct buffer buffer = { 0 };
	buffer_append_hex(&buffer, "\x00\xff\x1a", 3);
	assert_memory_equal(buffer.data, "00ff1a", 6);
	buffer_finish(&buffer);
}

static void trimming_gives_back_what_is_large_and_only_that(void **state)
{
	(void)state;
	struct buffer buffer = { 0 };
	buffer_append(&buffer, "abc", 3);
	buffer_trim(&buffer, buffer.cap);
	assert_int_equal(buffer.len, 3);
	buffer_trim(&buffer, buffer.cap - 1);
	assert_null(buffer.data);
	assert_int_equal(buffer.len + buffer.cap, 0);
	buffer_trim(&buffer, 0);
	buffer_append(&buffer, "d", 1);
	assert_memory_equal(buffer.data, "d", 1);
	buffer_finish(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_grow_the_buffer_and_keep_the_bytes),
		cmocka_unit_test(numbers_have_all_their_digits_and_no_more),
		cmocka_unit_test(a_size_that_cannot_be_had_is_remembered_as_failure),
		cmocka_unit_test(base64_pads_every_length),
		cmocka_unit_test(base64_reads_back_what_it_wrote_and_nothing_else),
		cmocka_unit_test(hexadecimal_is_lower_case),
		cmocka_unit_test(trimming_gives_back_what_is_large_and_only_that),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
