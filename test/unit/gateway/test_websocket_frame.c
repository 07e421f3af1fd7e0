/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/websocket_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct row {
	uint16_t code; /* 0: DONE */
	size_t judged; /* by how many bytes at the latest */
	uint64_t length;
	const char *bytes;
	size_t len;
};

#define GOOD(length, bytes)                                                \
	{                                                                  \
		0, sizeof(bytes) - 1, (length), (bytes), sizeof(bytes) - 1 \
	}
#define BAD(code, judged, bytes)                                \
	{                                                       \
		(code), (judged), 0, (bytes), sizeof(bytes) - 1 \
	}

static void expect_row(const struct row *row)
{
	for (size_t len = 0; len <= row->len; len++) {
		struct websocket_frame frame = { 0 };
		char *copy = malloc(len + (len == 0));
		memcpy(copy, row->bytes, len);
		enum websocket_frame_result result = websocket_frame_parse(copy, len, 0, &frame);
		free(copy);
		if (len < row->judged) {
			assert_int_equal(result, WEBSOCKET_FRAME_MORE);
		} else if (row->code != 0) {
			assert_int_equal(result, WEBSOCKET_FRAME_ERROR);
			assert_int_equal(frame.code, row->code);
			assert_non_null(frame.reason);
		} else {
			assert_int_equal(result, WEBSOCKET_FRAME_DONE);
			assert_true(frame.length == row->length);
			assert_int_equal(frame.size, row->len);
			assert_int_equal(frame.opcode, row->bytes[0] & 15);
			assert_memory_equal(&frame.mask, row->bytes + row->len - 4, 4);
		}
	}
}

static void headers_of_every_length_form_are_read(void **state)
{
	(void)state;
	static const struct row rows[] = {
		GOOD(0, "\x81\x80mask"),
		GOOD(125, "\x82\xfdmask"),
		GOOD(126, "\x82\xfe\x00\x7emask"),
		GOOD(65535, "\x00\xfe\xff\xffmask"),
		GOOD(65536, "\x80\xff\x00\x00\x00\x00\x00\x01\x00\x00mask"),
		GOOD(INT64_MAX, "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask"),
		GOOD(125, "\x89\xfdmask"),
		GOOD(0, "\x8a\x80mask"),
		GOOD(2, "\x88\x82mask"),
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_row(&rows[i]);
	}
}

/* hazards 86 to 88, 92, 93 */
static void headers_that_break_a_rule_are_refused_at_the_byte_that_breaks_it(void **state)
{
	(void)state;
	static const struct row rows[] = {
		BAD(1002, 2, "\x81\x05hello"),
		BAD(1002, 2, "\x89\x00"),
		BAD(1002, 1, "\xc1\x80mask"),
		BAD(1002, 1, "\xa1\x80mask"),
		BAD(1002, 1, "\x91\x80mask"),
		BAD(1002, 1, "\xf1\x80mask"),
		BAD(1002, 1, "\x83\x80mask"),
		BAD(1002, 1, "\x87\x80mask"),
		BAD(1002, 1, "\x8b\x80mask"),
		BAD(1002, 1, "\x8f\x80mask"),
		BAD(1002, 1, "\x09\x80mask"),
		BAD(1002, 1, "\x08\x80mask"),
		BAD(1002, 1, "\x0a\x80mask"),
		BAD(1002, 2, "\x89\xfe\x00\x7emask"),
		BAD(1002, 2, "\x88\xff\x00\x00\x00\x00\x00\x01\x00\x00mask"),
		BAD(1002, 4, "\x81\xfe\x00\x7dmask"),
		BAD(1002, 4, "\x81\xfe\x00\x00mask"),
		BAD(1002, 10, "\x81\xff\x00\x00\x00\x00\x00\x00\xff\xffmask"),
		BAD(1002, 10, "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00mask"),
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_row(&rows[i]);
	}
}

static void a_reserved_bit_passes_only_where_it_was_negotiated(void **state)
{
	(void)state;
	struct websocket_frame frame;
	assert_int_equal(websocket_frame_parse("\xc1\x80mask", 6, WEBSOCKET_RSV1, &frame),
		WEBSOCKET_FRAME_DONE);
	assert_int_equal(frame.rsv, WEBSOCKET_RSV1);
	assert_int_equal(websocket_frame_parse("\xe1\x80mask", 6, WEBSOCKET_RSV1, &frame),
		WEBSOCKET_FRAME_ERROR);
	assert_int_equal(websocket_frame_parse("\xc9\x80mask", 6, WEBSOCKET_RSV1, &frame),
		WEBSOCKET_FRAME_ERROR);
}

static void written_headers_have_the_shortest_form_and_no_mask(void **state)
{
	(void)state;
	char out[WEBSOCKET_SERVER_HEADER_MAX];
	assert_int_equal(websocket_frame_write(out, WEBSOCKET_TEXT, 0), 2);
	assert_memory_equal(out, "\x81\x00", 2);
	assert_int_equal(websocket_frame_write(out, WEBSOCKET_BINARY, 125), 2);
	assert_memory_equal(out, "\x82\x7d", 2);
	assert_int_equal(websocket_frame_write(out, WEBSOCKET_TEXT, 126), 4);
	assert_memory_equal(out, "\x81\x7e\x00\x7e", 4);
	assert_int_equal(websocket_frame_write(out, WEBSOCKET_TEXT, 65535), 4);
	assert_memory_equal(out, "\x81\x7e\xff\xff", 4);
	assert_int_equal(websocket_frame_write(out, WEBSOCKET_TEXT | WEBSOCKET_RSV1, 65536), 10);
	assert_memory_equal(out, "\xc1\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);
	assert_int_equal(websocket_frame_write(out, WEBSOCKET_PONG, 3), 2);
	assert_memory_equal(out, "\x8a\x03", 2);
}

static void a_written_close_frame_is_cut_between_characters(void **state)
{
	(void)state;
	char out[WEBSOCKET_CLOSE_MAX];
	assert_int_equal(websocket_frame_write_close(out, 1001, SPAN("bye")), 7);
	assert_memory_equal(out,
		"\x88\x05\x03\xe9"
		"bye",
		7);
	assert_int_equal(websocket_frame_write_close(out, 1000, SPAN("")), 4);
	char reason[200];
	memset(reason, 'a', sizeof(reason));
	assert_int_equal(websocket_frame_write_close(out, 1000, span_of(reason, 200)), 127);
	memcpy(reason + 122, "\xe2\x82\xac", 3);
	assert_int_equal(websocket_frame_write_close(out, 1000, span_of(reason, 200)), 126);
	assert_int_equal(out[1], 124);
}

static void unmasking_is_the_same_in_any_pieces(void **state)
{
	(void)state;
	char plain[100], masked[100], out[100];
	uint32_t mask;
	memcpy(&mask, "\x12\x34\x56\x78", 4);
	for (size_t i = 0; i < sizeof(plain); i++) {
		plain[i] = (char)(i * 7);
		masked[i] = (char)(plain[i] ^ "\x12\x34\x56\x78"[i % 4]);
	}
	for (size_t first = 0; first <= sizeof(plain); first++) {
		for (size_t second = first; second <= sizeof(plain); second++) {
			memcpy(out, masked, sizeof(out));
			uint32_t next = websocket_unmask(out, masked, first, mask);
			next = websocket_unmask(out + first, out + first, second - first, next);
			websocket_unmask(out + second, out + second, sizeof(out) - second, next);
			assert_memory_equal(out, plain, sizeof(plain));
		}
	}
}

/* hazard 91 */
static void close_codes_are_those_that_may_be_sent(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 65536; code++) {
		bool good = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
			    (code >= 3000 && code <= 4999);
		char payload[] = { (char)(code >> 8), (char)code, 'x' };
		uint16_t found;
		struct span reason;
		uint16_t wrong = websocket_close_parse(span_of(payload, 3), &found, &reason);
		assert_int_equal(wrong, good ? 0 : 1002);
		assert_int_equal(found, code);
	}
}

static void a_close_payload_is_empty_or_a_code_with_a_text(void **state)
{
	(void)state;
	uint16_t code;
	struct span reason;
	assert_int_equal(websocket_close_parse(SPAN(""), &code, &reason), 0);
	assert_int_equal(code, WEBSOCKET_CODE_NONE);
	assert_int_equal(websocket_close_parse(SPAN("\x03"), &code, &reason), 1002);
	assert_int_equal(websocket_close_parse(SPAN("\x03\xe8"), &code, &reason), 0);
	assert_int_equal(code, 1000);
	assert_int_equal(reason.len, 0);
	assert_int_equal(websocket_close_parse(SPAN("\x03\xe8"
						    "bye"),
				 &code, &reason),
		0);
	assert_true(span_equal(reason, SPAN("bye")));
	assert_int_equal(websocket_close_parse(SPAN("\x03\xe8\xff"), &code, &reason), 1007);
	assert_int_equal(websocket_close_parse(SPAN("\x03\xe8\xe2\x82"), &code, &reason), 1007);
}

/* hazard 82 */
static void a_key_is_sixteen_bytes_in_base64(void **state)
{
	(void)state;
	assert_true(websocket_key_check(SPAN("dGhlIHNhbXBsZSBub25jZQ==")));
	assert_true(websocket_key_check(SPAN("++//AAAAAAAAAAAAAAAAAA==")));
	assert_false(websocket_key_check(SPAN("")));
	assert_false(websocket_key_check(SPAN("dGhlIHNhbXBsZSBub25jZQ=")));
	assert_false(websocket_key_check(SPAN("dGhlIHNhbXBsZSBub25jZQ===")));
	assert_false(websocket_key_check(SPAN("dGhlIHNhbXBsZSBub25jZQAA")));
	assert_false(websocket_key_check(SPAN("dGhlIHNhbXBsZSBub25jZQ=A")));
	assert_false(websocket_key_check(SPAN("dGhlIHNhbXBsZSBub25j-Q==")));
	assert_false(websocket_key_check(SPAN("dGhlIHNhbXBsZSBub25j Q==")));
	assert_false(websocket_key_check(SPAN_ABSENT));
}

static void the_accept_key_is_that_of_the_standard(void **state)
{
	(void)state;
	char out[WEBSOCKET_ACCEPT_LEN];
	websocket_accept_key("dGhlIHNhbXBsZSBub25jZQ==", out);
	assert_memory_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", sizeof(out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_of_every_length_form_are_read),
		cmocka_unit_test(headers_that_break_a_rule_are_refused_at_the_byte_that_breaks_it),
		cmocka_unit_test(a_reserved_bit_passes_only_where_it_was_negotiated),
		cmocka_unit_test(written_headers_have_the_shortest_form_and_no_mask),
		cmocka_unit_test(a_written_close_frame_is_cut_between_characters),
		cmocka_unit_test(unmasking_is_the_same_in_any_pieces),
		cmocka_unit_test(close_codes_are_those_that_may_be_sent),
		cmocka_unit_test(a_close_payload_is_empty_or_a_code_with_a_text),
		cmocka_unit_test(a_key_is_sixteen_bytes_in_base64),
		cmocka_unit_test(the_accept_key_is_that_of_the_standard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
