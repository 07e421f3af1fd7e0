/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/http1_pending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct http1_pending *pending_of(const char *request)
{
	static const struct http1_limits limits = { 0 };
	struct http1_head head;
	http1_head_init(&head);
	assert_int_equal(http1_head_parse(&head, request, strlen(request), &limits), HTTP1_DONE);
	return http1_pending_create(&head);
}

static void chunks_move_together_behind_the_head(void **state)
{
	(void)state;
	char bytes[256] = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
			  "3\r\nabc\r\n2\r\nde\r";
	struct http1_pending *pending = pending_of(bytes);
	size_t len = strlen(bytes);
	assert_int_equal(http1_pending_decode(pending, bytes, &len), HTTP1_MORE);
	assert_int_equal(len, pending->head.size + 5);
	memcpy(bytes + len, "\n1\r\nf\r\n0\r\n\r\nGET", 15);
	len += 15;
	assert_int_equal(http1_pending_decode(pending, bytes, &len), HTTP1_DONE);
	assert_int_equal(pending->decoded, 6);
	assert_memory_equal(bytes + pending->head.size, "abcdefGET", 9);
	assert_int_equal(len, pending->head.size + 9);
	free(pending);
}

static void a_body_is_first_looked_at_when_its_rate_counts_or_its_time_is_over(void **state)
{
	(void)state;
	static const struct {
		struct limits limits;
		int64_t after_ms;
	} rows[] = {
		{ { .body_rate = 500, .body_timeout_ms = 30000 }, 10000 },
		{ { .body_rate = 500, .body_timeout_ms = 0 }, 10000 },
		{ { .body_rate = 500, .body_timeout_ms = 2000 }, 2000 },
		{ { .body_rate = 0, .body_timeout_ms = 30000 }, 30000 },
		{ { .body_rate = 0, .body_timeout_ms = 0 }, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(http1_pending_first_check(&rows[i].limits), rows[i].after_ms);
	}
}

static void the_pace_of_a_body_is_judged_by_rate_and_by_time(void **state)
{
	(void)state;
	static const struct {
		int64_t rate, timeout_ms;
		size_t got;
		uint64_t after_ms;
		enum http1_pace pace;
		uint64_t next_ms;
	} rows[] = {
		{ 500, 30000, 0, 9999, HTTP1_PACE_GOOD, 10999 },
		{ 500, 30000, 4999, 10000, HTTP1_PACE_SLOW, 0 },
		{ 500, 30000, 5000, 10000, HTTP1_PACE_GOOD, 11000 },
		{ 500, 30000, 50000, 29500, HTTP1_PACE_GOOD, 30000 },
		{ 500, 30000, 50000, 30000, HTTP1_PACE_LATE, 0 },
		{ 0, 2000, 0, 1500, HTTP1_PACE_GOOD, 2000 },
		{ 0, 2000, 0, 2000, HTTP1_PACE_LATE, 0 },
		{ 500, 0, 50000000, 90000, HTTP1_PACE_GOOD, 91000 },
	};
	struct http1_pending pending = { .began_ms = 7000 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct limits limits = { .body_rate = rows[i].rate,
			.body_timeout_ms = rows[i].timeout_ms };
		uint64_t next_ms = 7000;
		assert_int_equal(http1_pending_pace(&pending, &limits, rows[i].got,
					 7000 + rows[i].after_ms, &next_ms),
			rows[i].pace);
		assert_int_equal(next_ms, 7000 + rows[i].next_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_move_together_behind_the_head),
		cmocka_unit_test(
			a_body_is_first_looked_at_when_its_rate_counts_or_its_time_is_over),
		cmocka_unit_test(the_pace_of_a_body_is_judged_by_rate_and_by_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
