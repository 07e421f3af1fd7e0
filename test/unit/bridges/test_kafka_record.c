/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct span last_header(const rd_kafka_headers_t *headers, const char *name)
{
	const void *value;
	size_t size;
	return rd_kafka_header_get_last(headers, name, &value, &size) == 0
		       ? span_of(value != NULL ? value : "", size)
		       : SPAN_ABSENT;
}

static void properties_become_headers_with_names_of_their_own(void **state)
{
	(void)state;
	struct message message = { .body = SPAN("x") };
	message.properties[PROPERTY_CORRELATION_ID] = SPAN("id");
	message.properties[PROPERTY_REPLY_TO] = SPAN("replies");
	message.properties[PROPERTY_CONTENT_TYPE] = SPAN("text/plain");
	message.properties[PROPERTY_EXPIRATION] = SPAN("1500");
	message.properties[PROPERTY_DELIVERY_MODE] = SPAN("1");
	message.properties[PROPERTY_MESSAGE_ID] = SPAN("id");
	rd_kafka_headers_t *headers = kafka_record_headers(&message);
	assert_int_equal(rd_kafka_header_cnt(headers), 4);
	assert_true(span_equal(last_header(headers, "correlation_id"), SPAN("id")));
	assert_true(span_equal(last_header(headers, "reply_to"), SPAN("replies")));
	assert_true(span_equal(last_header(headers, "content-type"), SPAN("text/plain")));
	assert_true(span_equal(last_header(headers, "deadline_ms"), SPAN("1500")));
	rd_kafka_headers_destroy(headers);
}

static void a_header_with_a_propertys_name_takes_its_place(void **state)
{
	(void)state;
	const struct message_header own[] = {
		{ SPAN("content-type"), SPAN("a/b"), MESSAGE_TEXT },
		{ SPAN("partition"), { "\0\0\0\2", 4 }, MESSAGE_BYTES },
		{ SPAN("none"), SPAN(""), MESSAGE_NULL },
	};
	struct message message = { .headers = own, .header_count = 3 };
	message.properties[PROPERTY_CONTENT_TYPE] = SPAN("text/plain");
	rd_kafka_headers_t *headers = kafka_record_headers(&message);
	assert_int_equal(rd_kafka_header_cnt(headers), 3);
	assert_true(span_equal(last_header(headers, "content-type"), SPAN("a/b")));
	assert_true(span_equal(last_header(headers, "partition"), span_of("\0\0\0\2", 4)));
	const void *value = "";
	size_t size;
	assert_int_equal(rd_kafka_header_get_last(headers, "none", &value, &size), 0);
	assert_null(value);
	rd_kafka_headers_destroy(headers);
}

static void the_size_told_is_enough_for_what_is_written(void **state)
{
	(void)state;
	const struct message_header own[] = { { SPAN("a"), SPAN("bc"), MESSAGE_TEXT } };
	struct message message = { .headers = own, .header_count = 1 };
	size_t without = kafka_record_headers_size(&(struct message){ 0 });
	assert_true(without > 61); /* a record batch's head */
	assert_true(kafka_record_headers_size(&message) >= without + 3 + 2);
}

static void headers_are_read_as_what_they_are(void **state)
{
	(void)state;
	struct message_header room[MESSAGE_HEADERS_MAX];
	struct message message = { 0 };
	rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
	rd_kafka_header_add(headers, "correlation_id", -1, "id", -1);
	rd_kafka_header_add(headers, "correlation_id", -1, "another", -1);
	rd_kafka_header_add(headers, "content-type", -1, "\xff", 1);
	rd_kafka_header_add(headers, "null", -1, NULL, 0);
	rd_kafka_header_add(headers, "empty", -1, "", 0);
	assert_true(kafka_record_read(headers, room, &message));
	assert_int_equal(message.header_count, 5);
	assert_true(span_equal(message.properties[PROPERTY_CORRELATION_ID], SPAN("id")));
	assert_false(span_present(message.properties[PROPERTY_CONTENT_TYPE]));
	assert_int_equal(message_header(&message, SPAN("content-type"))->type, MESSAGE_BYTES);
	assert_int_equal(message_header(&message, SPAN("null"))->type, MESSAGE_NULL);
	assert_int_equal(message_header(&message, SPAN("empty"))->type, MESSAGE_TEXT);
	rd_kafka_headers_destroy(headers);
}

static void a_record_without_headers_is_a_message_without_headers(void **state)
{
	(void)state;
	struct message_header room[MESSAGE_HEADERS_MAX];
	struct message message = { 0 };
	assert_true(kafka_record_read(NULL, room, &message));
	assert_int_equal(message.header_count, 0);
}

static void more_headers_than_a_message_has_room_for_are_refused(void **state)
{
	(void)state;
	struct message_header room[MESSAGE_HEADERS_MAX];
	struct message message = { 0 };
	rd_kafka_headers_t *headers = rd_kafka_headers_new(MESSAGE_HEADERS_MAX + 1);
	for (unsigned i = 0; i < MESSAGE_HEADERS_MAX; i++) {
		rd_kafka_header_add(headers, "h", -1, "v", -1);
	}
	assert_true(kafka_record_read(headers, room, &message));
	rd_kafka_header_add(headers, "h", -1, "v", -1);
	assert_false(kafka_record_read(headers, room, &message));
	rd_kafka_headers_destroy(headers);
}

static void a_name_that_is_no_text_is_refused(void **state)
{
	(void)state;
	struct message_header room[MESSAGE_HEADERS_MAX];
	struct message message = { 0 };
	rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
	rd_kafka_header_add(headers, "\xc3(", -1, "v", -1);
	assert_false(kafka_record_read(headers, room, &message));
	rd_kafka_headers_destroy(headers);
}

static void a_tombstone_has_no_body_and_an_empty_value_has_one(void **state)
{
	(void)state;
	struct message message;
	rd_kafka_message_t record = { .key = (void *)"k", .key_len = 1 };
	kafka_record_open(&record, &message);
	assert_false(span_present(message.body));
	assert_true(span_equal(message.key, SPAN("k")));
	record = (rd_kafka_message_t){ .payload = (void *)"", .len = 0 };
	kafka_record_open(&record, &message);
	assert_true(span_present(message.body));
	assert_false(span_present(message.key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties_become_headers_with_names_of_their_own),
		cmocka_unit_test(a_header_with_a_propertys_name_takes_its_place),
		cmocka_unit_test(the_size_told_is_enough_for_what_is_written),
		cmocka_unit_test(headers_are_read_as_what_they_are),
		cmocka_unit_test(a_record_without_headers_is_a_message_without_headers),
		cmocka_unit_test(more_headers_than_a_message_has_room_for_are_refused),
		cmocka_unit_test(a_name_that_is_no_text_is_refused),
		cmocka_unit_test(a_tombstone_has_no_body_and_an_empty_value_has_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
