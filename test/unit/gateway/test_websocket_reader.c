/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What a client sends is built frame by frame, then fed whole, byte by byte, and in two pieces cut
 * at every place. Events are written down as text, and every way of feeding must give the same.
 */
#include "gateway/websocket_reader.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct websocket_limits usual = { .message = 1000, .fragments = 10 };

enum { FINAL = 0x80 };

static struct buffer wire;

static void add_frame(unsigned first, const char *payload, size_t len)
{
	static const char mask[] = "\x5a\xc3\x0f\x96";
	buffer_append_char(&wire, (char)first);
	if (len < 126) {
		buffer_append_char(&wire, (char)(0x80 | len));
	} else {
		buffer_append_char(&wire, (char)(0x80 | 126));
		buffer_append_char(&wire, (char)(len >> 8));
		buffer_append_char(&wire, (char)len);
	}
	buffer_append(&wire, mask, 4);
	for (size_t i = 0; i < len; i++) {
		buffer_append_char(&wire, (char)(payload[i] ^ mask[i % 4]));
	}
}

static void add(unsigned first, const char *payload)
{
	add_frame(first, payload, strlen(payload));
}

static void write_down(
	struct buffer *log, enum websocket_event event, const struct websocket_item *item)
{
	static const char *const names[] = { "", "message", "ping", "pong", "close", "error" };
	buffer_append_format(log, "%s", names[event]);
	if (event == WEBSOCKET_EVENT_MESSAGE) {
		buffer_append_format(log, " %s%s", item->binary ? "binary" : "text",
			item->compressed ? " compressed" : "");
	}
	if (event == WEBSOCKET_EVENT_CLOSE || event == WEBSOCKET_EVENT_ERROR) {
		buffer_append_format(log, " %u", item->code);
	}
	if (event == WEBSOCKET_EVENT_ERROR) {
		assert_non_null(item->reason);
	} else {
		buffer_append_format(log, " [%.*s]", (int)item->payload.len, item->payload.ptr);
	}
	buffer_append_char(log, '\n');
}

/* Feeds one piece as a connection does; the piece is gone afterwards. */
static void feed(struct websocket_reader *reader, const struct websocket_limits *limits,
	struct span piece, struct buffer *log)
{
	char *copy = malloc(piece.len + (piece.len == 0));
	memcpy(copy, piece.ptr, piece.len);
	struct websocket_input input = { copy, piece.len };
	while (input.len > 0) {
		struct websocket_item item;
		size_t before = input.len;
		enum websocket_event event = websocket_reader_next(reader, limits, &input, &item);
		assert_true(input.len < before && input.at + input.len == copy + piece.len);
		assert_true(event != WEBSOCKET_EVENT_MORE || input.len == 0);
		if (event != WEBSOCKET_EVENT_MORE) {
			write_down(log, event, &item);
		}
	}
	free(copy);
	websocket_reader_release(reader);
}

static void expect_log(struct buffer *log, const char *wanted)
{
	buffer_append_char(log, '\0');
	assert_string_equal(log->data, wanted);
	buffer_finish(log);
}

struct setup {
	const struct websocket_limits *limits;
	uint8_t rsv_allowed;
	bool ends_idle;
};

static void expect_with(struct setup setup, const char *wanted)
{
	struct buffer log = { 0 };
	struct span all = buffer_span(&wire);
	for (size_t first = 0; first <= all.len; first += all.len > 3000 ? 131 : 1) {
		struct websocket_reader reader = { .rsv_allowed = setup.rsv_allowed };
		feed(&reader, setup.limits, span_of(all.ptr, first), &log);
		feed(&reader, setup.limits, span_skip(all, first), &log);
		assert_true(!setup.ends_idle || reader.partial == NULL);
		websocket_reader_finish(&reader);
		expect_log(&log, wanted);
	}
	struct websocket_reader reader = { .rsv_allowed = setup.rsv_allowed };
	for (size_t i = 0; i < all.len; i++) {
		feed(&reader, setup.limits, span_of(all.ptr + i, 1), &log);
	}
	assert_true(!setup.ends_idle || reader.partial == NULL);
	websocket_reader_finish(&reader);
	expect_log(&log, wanted);
	buffer_clear(&wire);
}

static void expect(const char *wanted)
{
	expect_with((struct setup){ &usual, 0, true }, wanted);
}

static int free_wire(void **state)
{
	(void)state;
	buffer_finish(&wire);
	return 0;
}

static void messages_come_in_their_order_and_type(void **state)
{
	(void)state;
	add(FINAL | WEBSOCKET_TEXT, "hello");
	add(FINAL | WEBSOCKET_BINARY, "\xff\xfe");
	add(FINAL | WEBSOCKET_TEXT, "");
	add(FINAL | WEBSOCKET_TEXT, "caf\xc3\xa9");
	expect("message text [hello]\nmessage binary [\xff\xfe]\nmessage text []\n"
	       "message text [caf\xc3\xa9]\n");
}

static void an_idle_reader_holds_no_memory(void **state)
{
	(void)state;
	assert_true(sizeof(struct websocket_reader) <= 48);
	struct websocket_reader reader = { 0 };
	struct buffer log = { 0 };
	add(FINAL | WEBSOCKET_TEXT, "hello");
	feed(&reader, &usual, buffer_span(&wire), &log);
	assert_null(reader.partial);
	feed(&reader, &usual, span_of(wire.data, 3), &log);
	assert_non_null(reader.partial);
	feed(&reader, &usual, span_of(wire.data + 3, wire.len - 3), &log);
	assert_null(reader.partial);
	expect_log(&log, "message text [hello]\nmessage text [hello]\n");
	buffer_clear(&wire);
}

static void a_whole_frame_is_unmasked_where_it_stands(void **state)
{
	(void)state;
	struct websocket_reader reader = { 0 };
	struct websocket_item item;
	add(FINAL | WEBSOCKET_TEXT, "hello");
	struct websocket_input input = { wire.data, wire.len };
	assert_int_equal(
		websocket_reader_next(&reader, &usual, &input, &item), WEBSOCKET_EVENT_MESSAGE);
	assert_ptr_equal(item.payload.ptr, wire.data + 6);
	buffer_clear(&wire);
}

static void fragments_make_one_message(void **state)
{
	(void)state;
	add(WEBSOCKET_TEXT, "a");
	add(WEBSOCKET_CONTINUATION, "b");
	add(WEBSOCKET_CONTINUATION, "");
	add(FINAL | WEBSOCKET_CONTINUATION, "c");
	add(FINAL | WEBSOCKET_BINARY, "d");
	add(WEBSOCKET_BINARY, "");
	add(FINAL | WEBSOCKET_CONTINUATION, "");
	expect("message text [abc]\nmessage binary [d]\nmessage binary []\n");
}

static void control_frames_may_come_between_fragments(void **state)
{
	(void)state;
	add(WEBSOCKET_TEXT, "a");
	add(FINAL | WEBSOCKET_PING, "p1");
	add(FINAL | WEBSOCKET_PING, "");
	add(FINAL | WEBSOCKET_PONG, "p2");
	add(WEBSOCKET_CONTINUATION, "b");
	add(FINAL | WEBSOCKET_PING, "p3");
	add(FINAL | WEBSOCKET_CONTINUATION, "c");
	add(FINAL | WEBSOCKET_PING, "p4");
	expect("ping [p1]\nping []\npong [p2]\nping [p3]\nmessage text [abc]\nping [p4]\n");
}

static void a_long_control_frame_passes(void **state)
{
	(void)state;
	char payload[126], wanted[160];
	memset(payload, 'x', 125);
	payload[125] = '\0';
	add(WEBSOCKET_TEXT, "a");
	add(FINAL | WEBSOCKET_PING, payload);
	add(FINAL | WEBSOCKET_CONTINUATION, "b");
	snprintf(wanted, sizeof(wanted), "ping [%s]\nmessage text [ab]\n", payload);
	expect(wanted);
}

static void a_close_frame_ends_the_reading(void **state)
{
	(void)state;
	add(FINAL | WEBSOCKET_TEXT, "a");
	add(FINAL | WEBSOCKET_CLOSE, "\x03\xe8"
				     "bye");
	add(FINAL | WEBSOCKET_TEXT, "b");
	buffer_append_literal(&wire, "garbage");
	expect("message text [a]\nclose 1000 [bye]\n");
	add(FINAL | WEBSOCKET_CLOSE, "");
	expect("close 1005 []\n");
	add(WEBSOCKET_TEXT, "a");
	add(FINAL | WEBSOCKET_CLOSE, "\x0f\xa0");
	expect("close 4000 []\n");
}

static void broken_close_frames_are_refused(void **state)
{
	(void)state;
	add(FINAL | WEBSOCKET_CLOSE, "\x03");
	expect("error 1002\n");
	add(FINAL | WEBSOCKET_CLOSE, "\x03\xed");
	expect("error 1002\n");
	add(FINAL | WEBSOCKET_CLOSE, "\x03\xe8\xc0\xaf");
	expect("error 1007\n");
}

/* hazards 86 to 88 and 92: whatever the frame codec refuses ends the reading */
static void a_broken_header_is_refused(void **state)
{
	(void)state;
	static const char *const headers[] = { "\x81\x05hello", "\xc1\x80mask", "\x83\x80mask",
		"\x8b\x80mask", "\x09\x80mask", "\x89\xfe" };
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		add(FINAL | WEBSOCKET_TEXT, "a");
		buffer_append(&wire, headers[i], strlen(headers[i]));
		add(FINAL | WEBSOCKET_TEXT, "b");
		expect("message text [a]\nerror 1002\n");
	}
	buffer_append_literal(&wire, "\x81\xfe\x00\x05mask");
	expect("error 1002\n");
}

/* hazard 89 */
static void fragments_have_a_beginning_and_an_end(void **state)
{
	(void)state;
	add(FINAL | WEBSOCKET_CONTINUATION, "a");
	expect("error 1002\n");
	add(WEBSOCKET_CONTINUATION, "a");
	expect("error 1002\n");
	add(FINAL | WEBSOCKET_TEXT, "a");
	add(FINAL | WEBSOCKET_CONTINUATION, "b");
	expect("message text [a]\nerror 1002\n");
	add(WEBSOCKET_TEXT, "a");
	add(FINAL | WEBSOCKET_TEXT, "b");
	expect("error 1002\n");
	add(WEBSOCKET_BINARY, "a");
	add(WEBSOCKET_BINARY, "b");
	expect("error 1002\n");
}

/* hazard 90 */
static void text_is_utf8_however_it_is_cut(void **state)
{
	(void)state;
	add(FINAL | WEBSOCKET_TEXT, "a\xc0\xaf");
	expect("error 1007\n");
	add(FINAL | WEBSOCKET_TEXT, "a\xe2\x82");
	expect("error 1007\n");
	add(WEBSOCKET_TEXT, "a\xe2");
	add(WEBSOCKET_CONTINUATION, "\x82");
	add(FINAL | WEBSOCKET_CONTINUATION, "\xac"
					    "b");
	expect("message text [a\xe2\x82\xac"
	       "b]\n");
	add(WEBSOCKET_TEXT, "a\xe2");
	add(FINAL | WEBSOCKET_CONTINUATION, "b");
	expect("error 1007\n");
	add(WEBSOCKET_TEXT, "a\xe2\x82");
	add(FINAL | WEBSOCKET_CONTINUATION, "");
	expect("error 1007\n");
	add(FINAL | WEBSOCKET_BINARY, "\xc0\xaf");
	expect("message binary [\xc0\xaf]\n");
}

static void bad_text_is_refused_before_its_frame_ends(void **state)
{
	(void)state;
	struct websocket_reader reader = { 0 };
	struct buffer log = { 0 };
	add(WEBSOCKET_TEXT, "good \xed\xa0 and much more behind it");
	feed(&reader, &usual, span_of(wire.data, 6 + 6), &log);
	assert_int_equal(log.len, 0);
	feed(&reader, &usual, span_of(wire.data + 12, 1), &log);
	expect_log(&log, "error 1007\n");
	assert_null(reader.partial);
	buffer_clear(&wire);
}

/* hazards 93 and 94 */
static void a_message_that_is_too_large_is_refused_at_its_header(void **state)
{
	(void)state;
	char payload[1001];
	memset(payload, 'x', sizeof(payload));
	struct websocket_reader reader = { 0 };
	struct buffer log = { 0 };
	feed(&reader, &usual, SPAN("\x81\xff\x00\x00\x01\x00\x00\x00\x00\x00mask"), &log);
	expect_log(&log, "error 1009\n");
	reader = (struct websocket_reader){ 0 };
	feed(&reader, &usual, SPAN("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask"), &log);
	expect_log(&log, "error 1009\n");
	add_frame(FINAL | WEBSOCKET_TEXT, payload, 1001);
	expect("error 1009\n");
	add_frame(WEBSOCKET_TEXT, payload, 999);
	add_frame(FINAL | WEBSOCKET_CONTINUATION, payload, 2);
	expect("error 1009\n");
	add(WEBSOCKET_TEXT, "a");
	add(WEBSOCKET_CONTINUATION, "b");
	buffer_append_literal(&wire, "\x80\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask");
	expect("error 1009\n");
}

static void a_message_as_large_as_allowed_passes(void **state)
{
	(void)state;
	char payload[1000];
	memset(payload, 'x', sizeof(payload));
	for (unsigned way = 0; way < 2; way++) {
		struct websocket_reader reader = { 0 };
		struct buffer log = { 0 };
		add_frame(way == 0 ? FINAL | WEBSOCKET_TEXT : WEBSOCKET_TEXT, payload,
			way == 0 ? 1000 : 999);
		if (way == 1) {
			add_frame(FINAL | WEBSOCKET_CONTINUATION, payload, 1);
		}
		feed(&reader, &usual, buffer_span(&wire), &log);
		assert_int_equal(log.len, strlen("message text []\n") + 1000);
		assert_memory_equal(log.data, "message text [xxx", 17);
		buffer_finish(&log);
		buffer_clear(&wire);
	}
}

static void room_grows_with_what_arrives_and_not_with_what_is_announced(void **state)
{
	(void)state;
	static const struct websocket_limits none = { 0 };
	struct websocket_reader reader = { 0 };
	struct buffer log = { 0 };
	feed(&reader, &none, SPAN("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffmaskabc"), &log);
	assert_int_equal(log.len, 0);
	assert_non_null(reader.partial);
	websocket_reader_finish(&reader);
	buffer_finish(&log);
}

/* hazard 95 */
static void too_many_fragments_are_refused(void **state)
{
	(void)state;
	add(WEBSOCKET_TEXT, "");
	for (unsigned i = 0; i < 9; i++) {
		add(WEBSOCKET_CONTINUATION, "");
	}
	add(FINAL | WEBSOCKET_CONTINUATION, "x");
	expect("message text [x]\n");
	add(WEBSOCKET_TEXT, "");
	for (unsigned i = 0; i < 100; i++) {
		add(WEBSOCKET_CONTINUATION, "");
	}
	expect("error 1008\n");
	static const struct websocket_limits none = { 0 };
	add(WEBSOCKET_TEXT, "");
	for (unsigned i = 0; i < 2000; i++) {
		add(WEBSOCKET_CONTINUATION, "");
	}
	add(FINAL | WEBSOCKET_CONTINUATION, "x");
	expect_with((struct setup){ &none, 0, true }, "message text [x]\n");
}

static void a_negotiated_extension_may_mark_the_first_frame(void **state)
{
	(void)state;
	const struct setup deflate = { &usual, WEBSOCKET_RSV1, true };
	add(FINAL | WEBSOCKET_RSV1 | WEBSOCKET_TEXT, "\xff");
	add(WEBSOCKET_RSV1 | WEBSOCKET_TEXT, "\xff");
	add(FINAL | WEBSOCKET_CONTINUATION, "\xfe");
	add(FINAL | WEBSOCKET_TEXT, "plain");
	add(WEBSOCKET_TEXT, "a");
	add(FINAL | WEBSOCKET_CONTINUATION, "b");
	expect_with(deflate, "message text compressed [\xff]\nmessage text compressed [\xff\xfe]\n"
			     "message text [plain]\nmessage text [ab]\n");
	add(WEBSOCKET_TEXT, "a");
	add(FINAL | WEBSOCKET_RSV1 | WEBSOCKET_CONTINUATION, "b");
	expect_with(deflate, "error 1002\n");
	add(FINAL | WEBSOCKET_RSV1 | WEBSOCKET_PING, "");
	expect_with(deflate, "error 1002\n");
}

static void a_compressed_message_has_a_limit_of_its_own(void **state)
{
	(void)state;
	const struct websocket_limits limits = { .message = 3, .compressed = 5 };
	const struct setup deflate = { &limits, WEBSOCKET_RSV1, true };
	add(FINAL | WEBSOCKET_RSV1 | WEBSOCKET_TEXT, "12345");
	add(WEBSOCKET_RSV1 | WEBSOCKET_TEXT, "1234");
	add(FINAL | WEBSOCKET_CONTINUATION, "5");
	add(FINAL | WEBSOCKET_TEXT, "123");
	expect_with(deflate, "message text compressed [12345]\nmessage text compressed [12345]\n"
			     "message text [123]\n");
	add(FINAL | WEBSOCKET_TEXT, "1234");
	expect_with(deflate, "error 1009\n");
	add(FINAL | WEBSOCKET_RSV1 | WEBSOCKET_TEXT, "123456");
	expect_with(deflate, "error 1009\n");
	add(WEBSOCKET_RSV1 | WEBSOCKET_TEXT, "1234");
	add(FINAL | WEBSOCKET_CONTINUATION, "56");
	expect_with(deflate, "error 1009\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_in_their_order_and_type),
		cmocka_unit_test(an_idle_reader_holds_no_memory),
		cmocka_unit_test(a_whole_frame_is_unmasked_where_it_stands),
		cmocka_unit_test(fragments_make_one_message),
		cmocka_unit_test(control_frames_may_come_between_fragments),
		cmocka_unit_test(a_long_control_frame_passes),
		cmocka_unit_test(a_close_frame_ends_the_reading),
		cmocka_unit_test(broken_close_frames_are_refused),
		cmocka_unit_test(a_broken_header_is_refused),
		cmocka_unit_test(fragments_have_a_beginning_and_an_end),
		cmocka_unit_test(text_is_utf8_however_it_is_cut),
		cmocka_unit_test(bad_text_is_refused_before_its_frame_ends),
		cmocka_unit_test(a_message_that_is_too_large_is_refused_at_its_header),
		cmocka_unit_test(a_message_as_large_as_allowed_passes),
		cmocka_unit_test(room_grows_with_what_arrives_and_not_with_what_is_announced),
		cmocka_unit_test(too_many_fragments_are_refused),
		cmocka_unit_test(a_negotiated_extension_may_mark_the_first_frame),
		cmocka_unit_test(a_compressed_message_has_a_limit_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, free_wire);
}
