/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Requests for the tests of the HTTP/1.1 parser. Every row is fed whole, byte by byte, and in two
 * pieces cut at every place; all must agree.
 */
#pragma once

#include "gateway/http1_parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define H "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\n" H

static const struct http1_limits usual = {
	.request_line = 8192, .header = 8192, .headers = 32768, .header_count = 100
};

/* Parses a prefix that stands alone in memory, so that reading beyond it is noticed. */
static inline enum http1_result parse_prefix(
	struct http1_head *head, const char *text, size_t len, const struct http1_limits *limits)
{
	char *copy = malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	enum http1_result result = http1_head_parse(head, copy, len, limits);
	free(copy);
	return result;
}

static struct http1_head parsed;

/* Parses a text that must be good. */
static inline void parse_good(const char *text)
{
	http1_head_init(&parsed);
	assert_int_equal(http1_head_parse(&parsed, text, strlen(text), &usual), HTTP1_DONE);
}

static inline void expect_place(const char *text, struct http1_span place, const char *wanted)
{
	struct span found = http1_span_in(place, text);
	assert_int_equal(span_present(found), wanted != NULL);
	if (wanted != NULL) {
		assert_int_equal(found.len, strlen(wanted));
		assert_memory_equal(found.ptr, wanted, found.len);
	}
}

struct row {
	int status; /* 0: DONE */
	const char *text;
	size_t len;
};

#define ROW(status, text)                          \
	{                                          \
		(status), (text), sizeof(text) - 1 \
	}
/* Feeds `first` bytes, then `step` more at a time. */
static inline enum http1_result feed(struct http1_head *head, const struct row *row, size_t first,
	size_t step, const struct http1_limits *limits)
{
	http1_head_init(head);
	size_t len = first < row->len ? first : row->len;
	for (;;) {
		enum http1_result result = parse_prefix(head, row->text, len, limits);
		if (result != HTTP1_MORE || len == row->len) {
			return result;
		}
		len = row->len - len < step ? row->len : len + step;
	}
}

static inline void expect_same(const struct http1_head *a, const struct http1_head *b)
{
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->header_count, b->header_count);
	assert_memory_equal(&a->method, &b->method,
		(size_t)((const char *)&a->header_count - (const char *)&a->method));
	assert_memory_equal(a->headers, b->headers, a->header_count * sizeof(a->headers[0]));
	assert_int_equal(a->content_length, b->content_length);
	assert_int_equal(a->keep_alive, b->keep_alive);
	assert_int_equal(a->expect_continue, b->expect_continue);
}

static inline void expect_row(const struct row *row, const struct http1_limits *limits)
{
	static struct http1_head whole, cut;
	enum http1_result wanted = row->status == 0 ? HTTP1_DONE : HTTP1_ERROR;
	enum http1_result result = feed(&whole, row, row->len, 1, limits);
	if (result != wanted || whole.status != row->status) {
		fail_msg("result %d status %u, not %d: %.200s", result, whole.status, row->status,
			row->text);
	}
	assert_true(wanted == HTTP1_DONE || whole.reason != NULL);
	for (size_t first = 0; first <= row->len; first += row->len > 2000 ? 997 : 1) {
		result = feed(&cut, row, first, row->len, limits);
		if (result != wanted || cut.status != whole.status) {
			fail_msg("cut at %zu: result %d status %u: %.200s", first, result,
				cut.status, row->text);
		}
		if (wanted == HTTP1_DONE) {
			expect_same(&whole, &cut);
		}
	}
	result = feed(&cut, row, 0, 1, limits);
	if (result != wanted || cut.status != whole.status) {
		fail_msg(
			"byte by byte: result %d status %u: %.200s", result, cut.status, row->text);
	}
	if (wanted == HTTP1_DONE) {
		expect_same(&whole, &cut);
	}
}

#define EXPECT_ROWS(rows)                                                  \
	for (size_t i_ = 0; i_ < sizeof(rows) / sizeof((rows)[0]); i_++) { \
		expect_row(&(rows)[i_], &usual);                           \
	}
