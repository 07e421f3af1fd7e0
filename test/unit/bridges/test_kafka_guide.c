/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_guide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) span_of("" text, sizeof(text) - 1)

static struct kafka_guide fresh(void)
{
	struct kafka_guide guide;
	assert_true(kafka_guide_init(&guide, SPAN("127.0.0.1"), 9092, 5));
	return guide;
}

/* A frame: its size, then what is given. */
static struct buffer frame(struct span content)
{
	struct buffer out = { 0 };
	const char size[] = { 0, 0, (char)(content.len >> 8), (char)content.len };
	buffer_append(&out, size, sizeof(size));
	buffer_append_span(&out, content);
	return out;
}

static void request(
	struct kafka_guide *guide, struct span content, struct span expected, size_t step)
{
	struct buffer bytes = frame(content), wanted = frame(expected);
	for (size_t at = 0; at < bytes.len; at += step) {
		size_t len = bytes.len - at < step ? bytes.len - at : step;
		assert_true(kafka_guide_requests(guide, bytes.data + at, len));
	}
	assert_memory_equal(bytes.data, wanted.data, wanted.len);
	buffer_finish(&bytes);
	buffer_finish(&wanted);
}

static void response(
	struct kafka_guide *guide, struct span content, struct span expected, size_t step)
{
	struct buffer bytes = frame(content), wanted = frame(expected), out = { 0 };
	for (size_t at = 0; at < bytes.len; at += step) {
		size_t len = bytes.len - at < step ? bytes.len - at : step;
		assert_true(kafka_guide_responses(guide, span_of(bytes.data + at, len), &out));
	}
	assert_int_equal(out.len, wanted.len);
	assert_memory_equal(out.data, wanted.data, wanted.len);
	buffer_finish(&bytes);
	buffer_finish(&wanted);
	buffer_finish(&out);
}

/* api, version, correlation id, client id "ab" */
#define METADATA_1 "\0\3\0\1\0\0\0\7\0\2ab\xff\xff\xff\xff"
#define METADATA_9 "\0\3\0\11\0\0\0\7\0\2ab\0\0\0\0\0"
#define COORDINATOR_0 "\0\12\0\0\0\0\0\10\xff\xff\0\1g"
#define COORDINATOR_2 "\0\12\0\2\0\0\0\11\0\0\0\1g\0"
#define HEARTBEAT "\0\14\0\0\0\0\0\6\0\2ab\0\0"

/* one broker, number 1, at 10.0.0.10:40000 or 127.0.0.1:9092, no rack; then controller, topics */
#define METADATA_FROM                   \
	"\0\0\0\7\0\0\0\1\0\0\0\1\0\11" \
	"10.0.0.10"                     \
	"\0\0\x9c\x40\xff\xff\0\0\0\1\0\0\0\0"
#define METADATA_LONG                  \
	"\0\0\0\7\0\0\0\1\0\0\0\1\0\2" \
	"a1"                           \
	"\0\0\x9c\x40\xff\xff\0\0\0\1\0\0\0\0"
#define METADATA_TO                     \
	"\0\0\0\7\0\0\0\1\0\0\0\1\0\11" \
	"127.0.0.1"                     \
	"\0\0\x23\x84\xff\xff\0\0\0\1\0\0\0\0"

static const size_t steps[] = { 1, 3, 4096 };

static void metadata_tell_the_address_of_the_forwarder(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct kafka_guide guide = fresh();
		request(&guide, BYTES(METADATA_1), BYTES(METADATA_1), steps[i]);
		response(&guide, BYTES(METADATA_FROM), BYTES(METADATA_TO), steps[i]);
		request(&guide, BYTES(METADATA_1), BYTES(METADATA_1), steps[i]);
		response(&guide, BYTES(METADATA_LONG), BYTES(METADATA_TO), steps[i]);
		assert_int_equal(guide.awaited_count, 0);
	}
}

static void a_coordinator_is_there_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct kafka_guide guide = fresh();
		request(&guide, BYTES(COORDINATOR_0), BYTES(COORDINATOR_0), steps[i]);
		request(&guide, BYTES(COORDINATOR_2), BYTES(COORDINATOR_2), steps[i]);
		response(&guide, BYTES("\0\0\0\10\0\0\0\0\0\1\0\2a1\0\0\x9c\x40"),
			BYTES("\0\0\0\10\0\0\0\0\0\1\0\11"
			      "127.0.0.1"
			      "\0\0\x23\x84"),
			steps[i]);
		response(&guide, BYTES("\0\0\0\11\0\0\0\0\0\0\xff\xff\0\0\0\1\0\2a1\0\0\x9c\x40"),
			BYTES("\0\0\0\11\0\0\0\0\0\0\xff\xff\0\0\0\1\0\11"
			      "127.0.0.1"
			      "\0\0\x23\x84"),
			steps[i]);
	}
}

static void an_error_instead_of_a_coordinator_passes(void **state)
{
	(void)state;
	static const char error[] =
		"\0\0\0\11\0\0\0\0\0\17\0\4none\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
	for (size_t i = 0; i < 3; i++) {
		struct kafka_guide guide = fresh();
		request(&guide, BYTES(COORDINATOR_2), BYTES(COORDINATOR_2), steps[i]);
		response(&guide, span_of(error, sizeof(error) - 1),
			span_of(error, sizeof(error) - 1), steps[i]);
		assert_int_equal(guide.awaited_count, 0);
	}
}

static void what_nobody_asked_for_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct kafka_guide guide = fresh();
		response(&guide, BYTES(METADATA_FROM), BYTES(METADATA_FROM), steps[i]);
		request(&guide, BYTES(HEARTBEAT), BYTES(HEARTBEAT), steps[i]);
		request(&guide, BYTES(METADATA_1), BYTES(METADATA_1), steps[i]);
		response(&guide, BYTES("\0\0\0\6\0\0"), BYTES("\0\0\0\6\0\0"), steps[i]);
		response(&guide, BYTES(METADATA_FROM), BYTES(METADATA_TO), steps[i]);
		response(&guide, BYTES("\0\0\0\7"), BYTES("\0\0\0\7"), steps[i]);
	}
}

static void a_form_that_is_not_known_passes(void **state)
{
	(void)state;
	struct kafka_guide guide = fresh();
	request(&guide, BYTES(METADATA_9), BYTES(METADATA_9), 1);
	response(&guide, BYTES(METADATA_FROM), BYTES(METADATA_FROM), 1);
}

static void a_response_that_ends_early_passes(void **state)
{
	(void)state;
	struct kafka_guide guide = fresh();
	request(&guide, BYTES(METADATA_1), BYTES(METADATA_1), 1);
	response(&guide,
		BYTES("\0\0\0\7\0\0\0\1\0\0\0\1\0\11"
		      "10"),
		BYTES("\0\0\0\7\0\0\0\1\0\0\0\1\0\11"
		      "10"),
		1);
	response(&guide, BYTES("\0\0\0\1"), BYTES("\0\0\0\1"), 1);
	assert_int_equal(guide.awaited_count, 0);
}

/* api 1, version 11, correlation id 7, no client id; replica -1, the wait */
#define FETCH(wait) "\0\1\0\13\0\0\0\7\xff\xff\xff\xff\xff\xff" wait "\0\0\0\1\0\0"
#define FETCH_NAMED(wait) "\0\1\0\4\0\0\0\7\0\3abc\xff\xff\xff\xff" wait "\0\0\0\1\0\0"
#define FETCH_12 "\0\1\0\14\0\0\0\7\xff\xff\0\xff\xff\xff\xff\0\0\1\xf4\0\0\0\1\0\0"

static void a_fetch_does_not_wait_long(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct kafka_guide guide = fresh();
		request(&guide, BYTES(FETCH("\0\0\1\xf4")), BYTES(FETCH("\0\0\0\5")), steps[i]);
		request(&guide, BYTES(FETCH_NAMED("\0\1\0\0")), BYTES(FETCH_NAMED("\0\0\0\5")),
			steps[i]);
		request(&guide, BYTES(FETCH("\0\0\0\6")), BYTES(FETCH("\0\0\0\5")), steps[i]);
		request(&guide, BYTES(FETCH("\xff\xff\xff\xff")), BYTES(FETCH("\0\0\0\5")),
			steps[i]);
		request(&guide, BYTES(FETCH("\0\0\0\3")), BYTES(FETCH("\0\0\0\3")), steps[i]);
		request(&guide, BYTES(FETCH_12), BYTES(FETCH_12), steps[i]);
		request(&guide, BYTES(HEARTBEAT), BYTES(HEARTBEAT), steps[i]);
		assert_int_equal(guide.awaited_count, 0);
	}
}

static void a_question_for_versions_that_is_too_new_is_answered_as_kafka_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct kafka_guide guide = fresh();
		request(&guide, BYTES("\0\22\0\3\0\0\0\1\0\2ab\0\1\1\0"),
			BYTES("\0\22\0\0\0\0\0\1\0\2ab\0\1\1\0"), steps[i]);
		response(&guide, BYTES("\0\0\0\1\0\0\0\0\0\1\0\22\0\0\0\2"),
			BYTES("\0\0\0\1\0\43\0\0\0\1\0\22\0\0\0\2"), steps[i]);
		request(&guide, BYTES("\0\22\0\2\0\0\0\2\0\2ab"), BYTES("\0\22\0\2\0\0\0\2\0\2ab"),
			steps[i]);
		response(&guide, BYTES("\0\0\0\2\0\0\0\0\0\0\0\0\0\0"),
			BYTES("\0\0\0\2\0\0\0\0\0\0\0\0\0\0"), steps[i]);
		assert_int_equal(guide.awaited_count, 0);
	}
}

static void what_is_not_kafka_is_cut(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	char text[] = "GET / HTTP/1.1\r\n\r\n", small[] = "\0\0\0\2\0\0\0\0";
	struct kafka_guide guide = fresh();
	assert_false(kafka_guide_requests(&guide, text, sizeof(text) - 1));
	guide = fresh();
	assert_false(kafka_guide_requests(&guide, small, sizeof(small) - 1));
	guide = fresh();
	assert_false(kafka_guide_responses(&guide, BYTES("\xff\xff\xff\xff"), &out));
	assert_false(kafka_guide_init(
		&guide, SPAN("a-name-that-is-longer-than-any-address-of-the-internet-is"), 1, 1));
	buffer_finish(&out);
}

static void a_client_that_asks_and_asks_is_cut(void **state)
{
	(void)state;
	struct kafka_guide guide = fresh();
	struct buffer bytes = frame(BYTES(METADATA_1));
	for (size_t i = 0; i < KAFKA_GUIDE_AWAITED_MAX; i++) {
		assert_true(kafka_guide_requests(&guide, bytes.data, bytes.len));
	}
	assert_false(kafka_guide_requests(&guide, bytes.data, bytes.len));
	buffer_finish(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata_tell_the_address_of_the_forwarder),
		cmocka_unit_test(a_coordinator_is_there_too),
		cmocka_unit_test(an_error_instead_of_a_coordinator_passes),
		cmocka_unit_test(what_nobody_asked_for_passes),
		cmocka_unit_test(a_form_that_is_not_known_passes),
		cmocka_unit_test(a_response_that_ends_early_passes),
		cmocka_unit_test(a_fetch_does_not_wait_long),
		cmocka_unit_test(a_question_for_versions_that_is_too_new_is_answered_as_kafka_does),
		cmocka_unit_test(what_is_not_kafka_is_cut),
		cmocka_unit_test(a_client_that_asks_and_asks_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
