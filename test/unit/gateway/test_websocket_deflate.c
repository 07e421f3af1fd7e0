/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What is compressed is inflated again, and the payloads that RFC 7692 section 7.2.3 spells out. */
#include "gateway/websocket_deflate.h"
#include "gateway/websocket_inflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define MIB (1 << 20)

static struct websocket_inflate *reader;
static struct buffer out;

static int set_up(void **state)
{
	(void)state;
	reader = websocket_inflate_create(15);
	return reader == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	websocket_inflate_destroy(reader);
	buffer_finish(&out);
	return 0;
}

static enum websocket_inflate_result inflate_within(struct span payload, uint64_t limit)
{
	buffer_clear(&out);
	/* a copy of exactly that size, so that a sanitizer sees what is read behind it */
	char *copy = malloc(payload.len + (payload.len == 0));
	memcpy(copy, payload.ptr, payload.len);
	enum websocket_inflate_result result =
		websocket_inflate_message(reader, span_of(copy, payload.len), limit, &out);
	free(copy);
	return result;
}

static void expect(struct span payload, struct span message)
{
	assert_int_equal(inflate_within(payload, 0), WEBSOCKET_INFLATED);
	assert_true(span_equal(buffer_span(&out), message));
}

static void expect_broken(struct span payload)
{
	websocket_inflate_forget(reader);
	assert_int_equal(inflate_within(payload, 0), WEBSOCKET_INFLATE_BROKEN);
}

/* Text that zlib finds something in, but not all. */
static struct span some_text(size_t len)
{
	static char *text;
	uint32_t word = 1;
	text = text != NULL ? text : malloc(2 * MIB);
	for (size_t i = 0; i < len; i++) {
		word = word * 1103515245 + 12345;
		text[i] = "{\"name\": 01234567, [true]}"[word >> 16 & 15];
	}
	return span_of(text, len);
}

static void the_payloads_of_the_specification_are_inflated(void **state)
{
	(void)state;
	expect(SPAN("\xf2\x48\xcd\xc9\xc9\x07\x00"), SPAN("Hello"));
	expect(SPAN("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), SPAN("Hello"));
	expect(SPAN("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), SPAN("Hello"));
	expect(SPAN("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), SPAN("Hello"));
	expect(SPAN("\x00"), SPAN(""));
}

static void a_message_may_refer_to_one_before_it(void **state)
{
	(void)state;
	expect(SPAN("\xf2\x48\xcd\xc9\xc9\x07\x00"), SPAN("Hello"));
	expect(SPAN("\xf2\x00\x11\x00\x00"), SPAN("Hello"));
}

static void a_final_block_ends_no_context(void **state)
{
	(void)state;
	expect(SPAN("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), SPAN("Hello"));
	expect(SPAN("\xf2\x00\x11\x00\x00"), SPAN("Hello"));
}

static void blocks_may_follow_a_final_one_in_the_same_message(void **state)
{
	(void)state;
	expect(SPAN("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00"),
		SPAN("HelloHello"));
}

static void a_stream_that_forgets_refers_to_nothing(void **state)
{
	(void)state;
	expect(SPAN("\xf2\x48\xcd\xc9\xc9\x07\x00"), SPAN("Hello"));
	expect_broken(SPAN("\xf2\x00\x11\x00\x00"));
	websocket_inflate_forget(reader);
	expect(SPAN("\xf2\x48\xcd\xc9\xc9\x07\x00"), SPAN("Hello"));
}

static void a_message_that_is_cut_off_is_broken(void **state)
{
	const struct span hello = SPAN("\xf2\x48\xcd\xc9\xc9\x07\x00");
	(void)state;
	for (size_t len = 0; len < hello.len; len++) {
		expect_broken(span_of(hello.ptr, len));
	}
	expect_broken(SPAN("\x00\x05\x00\xfa\xff\x48\x65\x6c"));
}

static void bytes_that_are_no_blocks_are_broken(void **state)
{
	(void)state;
	expect_broken(SPAN("\xff\xff\xff\xff"));
	expect_broken(SPAN("Hello"));
	expect_broken(SPAN("\x00\x05\x00\x05\x00\x48\x65\x6c\x6c\x6f\x00"));
}

static void a_flush_that_was_not_taken_off_is_broken(void **state)
{
	(void)state;
	expect_broken(SPAN("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"));
}

static void inflating_stops_at_the_limit(void **state)
{
	(void)state;
	struct websocket_deflate *writer = websocket_deflate_create(15);
	struct buffer bomb = { 0 };
	char *zeros = calloc(64, MIB);
	assert_true(websocket_deflate_message(writer, span_of(zeros, 64 * MIB), &bomb));
	assert_true(bomb.len < MIB / 2);
	assert_int_equal(inflate_within(buffer_span(&bomb), 100000), WEBSOCKET_INFLATE_TOO_BIG);
	assert_true(out.len <= 100001 && out.cap < 200000);
	websocket_inflate_forget(reader);
	assert_int_equal(inflate_within(buffer_span(&bomb), 64 * MIB), WEBSOCKET_INFLATED);
	websocket_inflate_forget(reader);
	assert_int_equal(
		inflate_within(buffer_span(&bomb), 64 * MIB - 1), WEBSOCKET_INFLATE_TOO_BIG);
	free(zeros);
	buffer_finish(&bomb);
	websocket_deflate_destroy(writer);
}

static void the_limit_counts_from_where_the_room_begins(void **state)
{
	(void)state;
	const struct span hello = SPAN("\xf2\x48\xcd\xc9\xc9\x07\x00");
	buffer_append_literal(&out, "before ");
	assert_int_equal(websocket_inflate_message(reader, hello, 5, &out), WEBSOCKET_INFLATED);
	assert_true(span_equal(buffer_span(&out), SPAN("before Hello")));
	websocket_inflate_forget(reader);
	assert_int_equal(
		websocket_inflate_message(reader, hello, 4, &out), WEBSOCKET_INFLATE_TOO_BIG);
}

static void check_both_ways(unsigned window_bits, bool forget)
{
	static const size_t sizes[] = { 1, 2, 100, 16383, 16384, 16385, 70000, MIB, 5 };
	struct websocket_deflate *writer = websocket_deflate_create(window_bits);
	struct websocket_inflate *other = websocket_inflate_create(window_bits);
	struct buffer packed = { 0 }, whole = { 0 };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct span text = some_text(sizes[i]);
		if (forget) {
			websocket_deflate_forget(writer);
			websocket_inflate_forget(other);
		}
		buffer_clear(&packed);
		buffer_clear(&whole);
		assert_true(websocket_deflate_message(writer, text, &packed));
		assert_int_equal(
			websocket_inflate_message(other, buffer_span(&packed), sizes[i], &whole),
			WEBSOCKET_INFLATED);
		assert_true(span_equal(buffer_span(&whole), text));
	}
	buffer_finish(&packed);
	buffer_finish(&whole);
	websocket_deflate_destroy(writer);
	websocket_inflate_destroy(other);
}

static void what_is_compressed_fits_the_window_of_its_reader(void **state)
{
	(void)state;
	for (unsigned bits = 9; bits <= 15; bits++) {
		check_both_ways(bits, false);
		check_both_ways(bits, true);
	}
}

static void a_kept_context_makes_the_second_message_small(void **state)
{
	(void)state;
	struct websocket_deflate *writer = websocket_deflate_create(12);
	struct buffer packed = { 0 };
	struct span text = some_text(1000);
	assert_true(websocket_deflate_message(writer, text, &packed));
	size_t first = packed.len;
	assert_true(websocket_deflate_message(writer, text, &packed));
	assert_true(packed.len - first < 50);
	websocket_deflate_forget(writer);
	buffer_clear(&packed);
	assert_true(websocket_deflate_message(writer, text, &packed));
	assert_int_equal(packed.len, first);
	buffer_finish(&packed);
	websocket_deflate_destroy(writer);
}

static void a_stream_says_what_it_holds(void **state)
{
	(void)state;
	struct websocket_deflate *writer = websocket_deflate_create(12);
	assert_in_range(websocket_inflate_memory(reader), 32768 + 7000, 32768 + 9000);
	assert_in_range(websocket_deflate_memory(writer), 32768 + 5000, 32768 + 9000);
	assert_int_equal(websocket_inflate_memory(NULL), 0);
	assert_int_equal(websocket_deflate_memory(NULL), 0);
	websocket_deflate_destroy(writer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_payloads_of_the_specification_are_inflated),
		TEST(a_message_may_refer_to_one_before_it),
		TEST(a_final_block_ends_no_context),
		TEST(blocks_may_follow_a_final_one_in_the_same_message),
		TEST(a_stream_that_forgets_refers_to_nothing),
		TEST(a_message_that_is_cut_off_is_broken),
		TEST(bytes_that_are_no_blocks_are_broken),
		TEST(a_flush_that_was_not_taken_off_is_broken),
		TEST(inflating_stops_at_the_limit),
		TEST(the_limit_counts_from_where_the_room_begins),
		TEST(what_is_compressed_fits_the_window_of_its_reader),
		TEST(a_kept_context_makes_the_second_message_small),
		TEST(a_stream_says_what_it_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
