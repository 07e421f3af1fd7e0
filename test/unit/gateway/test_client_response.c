/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/client_response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What came of an answer that arrived in pieces of `size` bytes and was then closed. */
struct outcome {
	enum client_response_event last;
	int heads;
	int status;
	struct buffer body;
};

static struct outcome read_all(struct span wire, size_t size, bool head_only)
{
	struct client_response response = { .head_only = head_only };
	struct outcome outcome = { .last = CLIENT_RESPONSE_MORE };

	while (wire.len > 0 && outcome.last != CLIENT_RESPONSE_END &&
		outcome.last != CLIENT_RESPONSE_BROKEN) {
		struct span piece = span_of(wire.ptr, wire.len < size ? wire.len : size), body;
		wire = span_skip(wire, piece.len);
		do {
			outcome.last = client_response_next(&response, &piece, &body);
			if (outcome.last == CLIENT_RESPONSE_BODY) {
				buffer_append_span(&outcome.body, body);
			} else if (outcome.last == CLIENT_RESPONSE_HEAD) {
				outcome.heads++;
				outcome.status = response.status;
			}
		} while (outcome.last == CLIENT_RESPONSE_BODY ||
			 outcome.last == CLIENT_RESPONSE_HEAD);
	}
	if (outcome.last == CLIENT_RESPONSE_MORE) {
		outcome.last = client_response_close(&response);
	}
	assert_true(outcome.last != CLIENT_RESPONSE_BROKEN || response.fault != NULL);
	client_response_finish(&response);
	return outcome;
}

static void expect(const char *wire, int status, const char *body)
{
	for (size_t size = 1; size < 80; size += 13) {
		struct outcome outcome = read_all(span_from_text(wire), size, false);
		assert_int_equal(outcome.last, CLIENT_RESPONSE_END);
		assert_int_equal(outcome.heads, 1);
		assert_int_equal(outcome.status, status);
		assert_true(span_equal(buffer_span(&outcome.body), span_from_text(body)));
		buffer_finish(&outcome.body);
	}
}

static void expect_broken(const char *wire)
{
	for (size_t size = 1; size < 80; size += 13) {
		struct outcome outcome = read_all(span_from_text(wire), size, false);
		assert_int_equal(outcome.last, CLIENT_RESPONSE_BROKEN);
		buffer_finish(&outcome.body);
	}
}

static void a_body_of_known_length_ends_there(void **state)
{
	(void)state;
	expect("HTTP/1.1 200 OK\r\ncontent-LENGTH: \t3 \r\n\r\nabcdef", 200, "abc");
	expect("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", 404, "");
}

static void a_chunked_body_is_joined_and_its_trailer_skipped(void **state)
{
	(void)state;
	expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
	       "3;name=value\r\nabc\r\n0a\r\n0123456789\r\n00\r\nTrailer: x\r\n\r\nmore",
		200, "abc0123456789");
}

static void chunks_win_over_a_length(void **state)
{
	(void)state;
	expect("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
	       "1\r\na\r\n0\r\n\r\n",
		200, "a");
}

static void a_body_without_length_ends_with_the_connection(void **state)
{
	(void)state;
	expect("HTTP/1.0 500 x\r\n\r\neverything", 500, "everything");
}

static void interim_answers_are_passed_over(void **state)
{
	(void)state;
	expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: y\r\n\r\n"
	       "HTTP/1.1 201 z\r\nContent-Length: 1\r\n\r\nq",
		201, "q");
}

static void some_answers_have_no_body(void **state)
{
	(void)state;
	expect("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, "");
	expect("HTTP/1.1 304 Not Modified\r\n\r\n", 304, "");
	struct outcome outcome =
		read_all(SPAN("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), 7, true);
	assert_int_equal(outcome.last, CLIENT_RESPONSE_END);
}

static void what_is_cut_is_broken(void **state)
{
	(void)state;
	expect_broken("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab");
	expect_broken("HTTP/1.1 200 OK\r\nContent-Len");
	expect_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	expect_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
	expect_broken("HTTP/1.1 100 Continue\r\n\r\n");
}

static void what_is_not_http_is_broken(void **state)
{
	(void)state;
	expect_broken("HTTP/2 200 OK\r\n\r\n");
	expect_broken("HTTP/1.1 20 OK\r\n\r\n");
	expect_broken("HTTP/1.1 2000 OK\r\n\r\n");
	expect_broken("HTTP/1.1  200 OK\r\n\r\n");
	expect_broken("HTTP/1.1 099 OK\r\n\r\n");
	expect_broken("hello\r\n\r\n");
	expect_broken("HTTP/1.1 200 OK\r\nno colon\r\n\r\n");
}

static void lengths_that_are_no_numbers_are_broken(void **state)
{
	(void)state;
	expect_broken("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n");
	expect_broken("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n");
	expect_broken("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n");
	expect_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
	expect_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n");
	expect_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n");
	expect_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n");
	expect_broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_of_known_length_ends_there),
		cmocka_unit_test(a_chunked_body_is_joined_and_its_trailer_skipped),
		cmocka_unit_test(chunks_win_over_a_length),
		cmocka_unit_test(a_body_without_length_ends_with_the_connection),
		cmocka_unit_test(interim_answers_are_passed_over),
		cmocka_unit_test(some_answers_have_no_body),
		cmocka_unit_test(what_is_cut_is_broken),
		cmocka_unit_test(what_is_not_http_is_broken),
		cmocka_unit_test(lengths_that_are_no_numbers_are_broken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
