/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Every body is fed whole, byte by byte, and in two pieces cut at every place; all must agree. */
#include "gateway/http1_chunked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
	int status; /* 0: DONE */
	const char *body;
	const char *text;
	size_t len;
};

#define GOOD(body, text)                            \
	{                                           \
		0, (body), (text), sizeof(text) - 1 \
	}
#define BAD(status, text)                                \
	{                                                \
		(status), NULL, (text), sizeof(text) - 1 \
	}

struct outcome {
	enum http1_result result;
	size_t used;
	size_t len;
	char body[4096];
	struct http1_chunked chunked;
};

/* Reads one piece to its end, or to the end of the body. */
static void read_piece(struct outcome *outcome, const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	size_t at = 0;
	while (at < len && outcome->result == HTTP1_MORE) {
		size_t used;
		struct span data;
		outcome->result =
			http1_chunked_next(&outcome->chunked, copy + at, len - at, &used, &data);
		assert_true(used > 0 && used <= len - at);
		if (outcome->result != HTTP1_ERROR) {
			assert_true(outcome->len + data.len <= sizeof(outcome->body));
			memcpy(outcome->body + outcome->len, data.ptr, data.len);
			outcome->len += data.len;
		}
		at += used;
		outcome->used += used;
	}
	free(copy);
}

static void feed(struct outcome *outcome, const struct row *row, size_t first, size_t step)
{
	memset(outcome, 0, sizeof(*outcome));
	size_t at = first < row->len ? first : row->len;
	read_piece(outcome, row->text, at);
	while (at < row->len && outcome->result == HTTP1_MORE) {
		size_t len = row->len - at < step ? row->len - at : step;
		read_piece(outcome, row->text + at, len);
		at += len;
	}
}

static void expect_outcome(const struct outcome *outcome, const struct row *row)
{
	enum http1_result wanted = row->status == 0 ? HTTP1_DONE : HTTP1_ERROR;
	if (outcome->result != wanted || outcome->chunked.status != row->status) {
		fail_msg("result %d status %u: %.100s", outcome->result, outcome->chunked.status,
			row->text);
	}
	if (wanted == HTTP1_ERROR) {
		assert_non_null(outcome->chunked.reason);
		return;
	}
	assert_int_equal(outcome->len, strlen(row->body));
	assert_memory_equal(outcome->body, row->body, outcome->len);
}

static void expect_row(const struct row *row)
{
	static struct outcome whole, cut;
	feed(&whole, row, row->len, 1);
	expect_outcome(&whole, row);
	for (size_t first = 0; first <= row->len; first++) {
		feed(&cut, row, first, row->len);
		expect_outcome(&cut, row);
		assert_int_equal(cut.used, whole.used);
	}
	feed(&cut, row, 0, 1);
	expect_outcome(&cut, row);
	assert_int_equal(cut.used, whole.used);
}

#define EXPECT_ROWS(rows)                                                  \
	for (size_t i_ = 0; i_ < sizeof(rows) / sizeof((rows)[0]); i_++) { \
		expect_row(&(rows)[i_]);                                   \
	}

#define END "\r\nhello\r\n0\r\n\r\n"

/* hazard 10 */
static void good_bodies_are_decoded(void **state)
{
	(void)state;
	static const struct row rows[] = {
		GOOD("", "0\r\n\r\n"),
		GOOD("", "0000000000000000\r\n\r\n"),
		GOOD("hello", "5\r\nhello\r\n0\r\n\r\n"),
		GOOD("hello", "0000000000000005\r\nhello\r\n0\r\n\r\n"),
		GOOD("hello world", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
		GOOD("helloworld", "A\r\nhelloworld\r\n0\r\n\r\n"),
		GOOD("helloworld", "a\r\nhelloworld\r\n0\r\n\r\n"),
		GOOD("abc", "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n"),
		GOOD("\r\n0\r\n\r\n", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"),
		GOOD("", "0\r\n\r\nGET / HTTP/1.1\r\n"),
	};
	EXPECT_ROWS(rows);
}

/* hazards 11 and 12 */
static void sizes_are_hexadecimal_digits_and_nothing_else(void **state)
{
	(void)state;
	static const struct row rows[] = {
		BAD(400, "-5" END),
		BAD(400, "+5" END),
		BAD(400, "+0\r\n\r\n"),
		BAD(400, "0x5" END),
		BAD(400, "1_0" END),
		BAD(400, " 5" END),
		BAD(400, "5 " END),
		BAD(400, "5\t" END),
		BAD(400, "5 5" END),
		BAD(400, "00000000000000005" END),
		BAD(400, "FFFFFFFFFFFFFFFF0" END),
		BAD(400, "g" END),
		BAD(400, "/" END),
		BAD(400, ":" END),
		BAD(400, "@" END),
		BAD(400, "`" END),
		BAD(400, "\r\n"),
		BAD(400, ";a=b" END),
		BAD(400, "5\0" END),
	};
	EXPECT_ROWS(rows);
}

static void data_is_as_long_as_it_says(void **state)
{
	(void)state;
	static const struct row rows[] = {
		BAD(400, "4" END),
		BAD(400, "6" END),
		BAD(400, "5\r\nhello!!\r\n0\r\n\r\n"),
		BAD(400, "5\r\nhello0\r\n\r\n"),
		BAD(400, "5\r\nhello\n0\r\n\r\n"),
		BAD(400, "5\r\nhello\r0\r\n\r\n"),
	};
	EXPECT_ROWS(rows);
}

static void a_size_is_announced_before_its_data(void **state)
{
	(void)state;
	struct http1_chunked chunked = { 0 };
	size_t used;
	struct span data;
	assert_int_equal(
		http1_chunked_next(&chunked, "3FFFFFFFFFFFFFFF\r\n", 18, &used, &data), HTTP1_MORE);
	assert_int_equal(used, 18);
	assert_true(chunked.left == HTTP1_CHUNK_SIZE_MAX);
	assert_int_equal(http1_chunked_next(&chunked, "abc", 3, &used, &data), HTTP1_MORE);
	assert_int_equal(data.len, 3);
	assert_true(chunked.left == HTTP1_CHUNK_SIZE_MAX - 3);
}

static void a_size_that_would_run_over_a_sum_is_refused(void **state)
{
	(void)state;
	static const struct row rows[] = {
		BAD(400, "4000000000000000\r\n"),
		BAD(400, "7FFFFFFFFFFFFFFF\r\n"),
		BAD(400, "FFFFFFFFFFFFFFFF\r\n"),
		BAD(400, "1\r\na\r\nFFFFFFFFFFFFFFFF\r\n"),
	};
	EXPECT_ROWS(rows);
}

static void lines_end_in_crlf_only(void **state)
{
	(void)state;
	static const struct row rows[] = {
		BAD(400, "5\nhello\r\n0\r\n\r\n"),
		BAD(400, "5\rhello\r\n0\r\n\r\n"),
		BAD(400, "0\n\r\n"),
		BAD(400, "0\r\n\n"),
		BAD(400, "0\r\n\rX"),
		BAD(400, "5\r\rhello\r\n0\r\n\r\n"),
	};
	EXPECT_ROWS(rows);
}

/* hazard 13 */
static void extensions_follow_their_grammar(void **state)
{
	(void)state;
	static const struct row rows[] = {
		GOOD("hello", "5;ext=value" END),
		GOOD("hello", "5;ext" END),
		GOOD("hello", "5;a;b=c;d=\"e f\\\"\\\\;\"" END),
		GOOD("hello", "5 ; a = b ;\tc" END),
		GOOD("hello", "5;a=\"\xc3\xa9\"" END),
		GOOD("", "0;a=b\r\n\r\n"),
		BAD(400, "5;" END),
		BAD(400, "5; " END),
		BAD(400, "5;;a" END),
		BAD(400, "5;a;" END),
		BAD(400, "5;a=" END),
		BAD(400, "5;a=;b" END),
		BAD(400, "5;=b" END),
		BAD(400, "5;a " END),
		BAD(400, "5;a=b " END),
		BAD(400, "5;a=b c" END),
		BAD(400, "5;a b" END),
		BAD(400, "5;bad[=x" END),
		BAD(400, "5;a=b\xc3\xa9" END),
		BAD(400, "5;a=\"b" END),
		BAD(400, "5;a=\"b\"c" END),
		BAD(400, "5;a\nb" END),
		BAD(400, "5;a\rb" END),
		BAD(400, "5;a=\"\n\"" END),
		BAD(400, "5;a=\"\\\n\"" END),
		BAD(400, "5;a=\"\x7f\"" END),
		BAD(400, "5;a\0" END),
	};
	EXPECT_ROWS(rows);
}

static struct row stretched(const char *before, size_t count, const char *after)
{
	static char text[20000];
	size_t len = strlen(before);
	memcpy(text, before, len);
	memset(text + len, 'a', count);
	memcpy(text + len + count, after, strlen(after) + 1);
	return (struct row){ 0, "hello", text, len + count + strlen(after) };
}

static void an_extension_has_at_most_256_bytes(void **state)
{
	(void)state;
	struct row row = stretched("5;", 255, END);
	expect_row(&row);
	row = stretched("5;", 256, END);
	row.status = 400;
	expect_row(&row);
	row = stretched("5;", 10000, "");
	row.status = 400;
	expect_row(&row);
}

/* hazard 14 */
static void trailers_are_checked_and_dropped(void **state)
{
	(void)state;
	static const struct row rows[] = {
		GOOD("hello", "5\r\nhello\r\n0\r\nX-Checksum: abc\r\n\r\n"),
		GOOD("hello", "5\r\nhello\r\n0\r\nContent-Length: 50\r\nHost: b\r\n\r\n"),
		GOOD("", "0\r\nTransfer-Encoding: chunked\r\n\r\n"),
		GOOD("", "0\r\nAuthorization: x\r\nA:\r\nB: \t\xc3\xa9\r\n\r\n"),
		BAD(400, "0\r\nName : v\r\n\r\n"),
		BAD(400, "0\r\n: v\r\n\r\n"),
		BAD(400, "0\r\nName\r\n\r\n"),
		BAD(400, "0\r\nA: b\n\r\n"),
		BAD(400, "0\r\nA: b\rc\r\n\r\n"),
		BAD(400, "0\r\nA: \0\r\n\r\n"),
		BAD(400, "0\r\nA: b\r\n c\r\n\r\n"),
		BAD(400, "0\r\n A: b\r\n\r\n"),
	};
	EXPECT_ROWS(rows);
}

static void trailers_have_at_most_8_kib(void **state)
{
	(void)state;
	struct row row = stretched("5\r\nhello\r\n0\r\nA: ", 8192 - 8, "\r\n\r\n");
	static struct outcome outcome;
	feed(&outcome, &row, row.len, 1);
	expect_outcome(&outcome, &row);
	row = stretched("5\r\nhello\r\n0\r\nA: ", 8192, "\r\n\r\n");
	row.status = 431;
	feed(&outcome, &row, 0, 1);
	expect_outcome(&outcome, &row);
}

static void an_unfinished_body_waits_for_more(void **state)
{
	(void)state;
	struct row row = GOOD("hello", "5;a=\"b\"\r\nhello\r\n0\r\nA: b\r\n\r\n");
	static struct outcome outcome;
	for (size_t len = row.len; row.len = --len, len > 0;) {
		feed(&outcome, &row, len, 1);
		assert_int_equal(outcome.result, HTTP1_MORE);
		assert_int_equal(outcome.used, len);
	}
}

static void a_size_counts_once_it_is_complete(void **state)
{
	(void)state;
	struct http1_chunked chunked = { 0 };
	struct span data;
	size_t used;
	assert_int_equal(http1_chunked_next(&chunked, "ff", 2, &used, &data), HTTP1_MORE);
	assert_int_equal(http1_chunked_announced(&chunked), 0);
	assert_int_equal(http1_chunked_next(&chunked, "f\r\n", 3, &used, &data), HTTP1_MORE);
	assert_int_equal(http1_chunked_announced(&chunked), 0xfff);
	assert_int_equal(http1_chunked_next(&chunked, "ab", 2, &used, &data), HTTP1_MORE);
	assert_int_equal(http1_chunked_announced(&chunked), 0xffd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_bodies_are_decoded),
		cmocka_unit_test(sizes_are_hexadecimal_digits_and_nothing_else),
		cmocka_unit_test(data_is_as_long_as_it_says),
		cmocka_unit_test(a_size_is_announced_before_its_data),
		cmocka_unit_test(a_size_that_would_run_over_a_sum_is_refused),
		cmocka_unit_test(lines_end_in_crlf_only),
		cmocka_unit_test(extensions_follow_their_grammar),
		cmocka_unit_test(an_extension_has_at_most_256_bytes),
		cmocka_unit_test(trailers_are_checked_and_dropped),
		cmocka_unit_test(trailers_have_at_most_8_kib),
		cmocka_unit_test(an_unfinished_body_waits_for_more),
		cmocka_unit_test(a_size_counts_once_it_is_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
