/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_gauges.h"
#include "bridges/kafka_statistics.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct kafka_statistics read_good(const char *json)
{
	struct kafka_statistics statistics;
	assert_true(kafka_statistics_read(span_from_text(json), SPAN("replies"), &statistics));
	return statistics;
}

static void numbers_of_the_handle_are_found_by_name(void **state)
{
	(void)state;
	struct kafka_statistics found = read_good(
		"{\"name\": \"x\", \"msg_cnt\": 3, \"msg_size\": 300, \"msg_max\": 9, \"tx\": 4,"
		"\"tx_bytes\": 5, \"rx_bytes\": 6, \"txmsgs\": 7, \"txmsg_bytes\": 8,"
		"\"rxmsgs\": 10, \"rxmsg_bytes\": 11}");
	assert_int_equal(found.queue_messages, 3);
	assert_int_equal(found.queue_bytes, 300);
	assert_int_equal(found.requests, 4);
	assert_int_equal(found.bytes_sent, 5);
	assert_int_equal(found.bytes_received, 6);
	assert_int_equal(found.records_sent, 7);
	assert_int_equal(found.record_bytes_sent, 8);
	assert_int_equal(found.records_received, 10);
	assert_int_equal(found.record_bytes_received, 11);
}

static void brokers_are_summed_up_and_told_apart(void **state)
{
	(void)state;
	struct kafka_statistics found = read_good(
		"{\"brokers\": {"
		"\"a:1/1\": {\"nodeid\": 1, \"state\": \"UP\", \"txerrs\": 1, \"rxerrs\": 2,"
		"  \"txretries\": 3, \"req_timeouts\": 4, \"disconnects\": 5,"
		"  \"rtt\": {\"p50\": 500, \"p99\": 9900, \"cnt\": 12}, \"throttle\": {\"max\": "
		"7}},"
		"\"b:1/2\": {\"nodeid\": 2, \"state\": \"DOWN\", \"txerrs\": 10},"
		"\"c:1/bootstrap\": {\"nodeid\": -1, \"state\": \"UP\", \"disconnects\": 1}}}");
	assert_int_equal(found.errors, 13);
	assert_int_equal(found.retries, 3);
	assert_int_equal(found.timeouts, 4);
	assert_int_equal(found.disconnects, 6);
	assert_int_equal(found.broker_count, 2);
	assert_true(found.brokers[0].up);
	assert_int_equal(found.brokers[0].round_trips, 12);
	assert_int_equal(found.brokers[0].round_trip_p50_us, 500);
	assert_int_equal(found.brokers[0].round_trip_p99_us, 9900);
	assert_int_equal(found.brokers[0].throttle_max_ms, 7);
	assert_false(found.brokers[1].up);
}

static void the_lag_is_what_is_not_fetched_and_what_is_not_handed_over(void **state)
{
	(void)state;
	struct kafka_statistics found = read_good(
		"{\"topics\": {\"other\": {\"partitions\": {\"0\": {\"partition\": 0,"
		"  \"fetch_state\": \"active\", \"next_offset\": 0, \"hi_offset\": 1000}}},"
		"\"replies\": {\"partitions\": {"
		"\"0\": {\"partition\": 0, \"fetch_state\": \"active\", \"fetchq_cnt\": 5,"
		"  \"next_offset\": 10, \"hi_offset\": 30},"
		"\"1\": {\"partition\": 1, \"fetch_state\": \"active\", \"next_offset\": 7,"
		"  \"hi_offset\": -1001},"
		"\"2\": {\"partition\": 2, \"fetch_state\": \"none\", \"fetchq_cnt\": 9},"
		"\"-1\": {\"partition\": -1, \"fetch_state\": \"active\", \"fetchq_cnt\": 9}}}}}");
	assert_int_equal(found.partitions_read, 2);
	assert_int_equal(found.lag, 25);
}

static void what_has_another_shape_is_nothing_or_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "[]", "1", "{\"a\":1", "{\"a\":1,\"a\":2}",
		"{\"b\":\"a\"b\"}" };
	static const char *const odd[] = { "{}", "{\"brokers\": 1, \"topics\": []}",
		"{\"brokers\": {\"a\": 1}, \"topics\": {\"replies\": {\"partitions\": 1}}}",
		"{\"brokers\": {}, \"topics\": {\"replies\": {\"partitions\": {\"0\": 1}}}}",
		"{\"msg_cnt\": \"7\", \"tx\": 1.5, \"rx_bytes\": 99999999999999999999}",
		"{\"msg_cnt\": -7, \"brokers\": {\"a\": {\"txerrs\": -5}}}" };
	struct kafka_statistics found, nothing = { 0 };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(
			kafka_statistics_read(span_from_text(bad[i]), SPAN("replies"), &found));
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		found = read_good(odd[i]);
		assert_memory_equal(&found, &nothing, sizeof(found));
	}
}

static void sums_stop_at_the_largest_number(void **state)
{
	(void)state;
	struct kafka_statistics found = read_good(
		"{\"brokers\": {\"a\": {\"txerrs\": 9223372036854775807, \"rxerrs\": 2}}}");
	assert_true(found.errors == INT64_MAX);
}

static void brokers_beyond_the_limit_are_counted_but_not_shown(void **state)
{
	(void)state;
	struct buffer json = { 0 };
	buffer_append_literal(&json, "{\"brokers\":{");
	for (int i = 0; i < 100; i++) {
		buffer_append_format(
			&json, "%s\"%d\":{\"nodeid\":%d,\"rxerrs\":1}", i > 0 ? "," : "", i, i);
	}
	buffer_append_literal(&json, "}}");
	struct kafka_statistics found;
	assert_true(kafka_statistics_read(buffer_span(&json), SPAN_ABSENT, &found));
	assert_int_equal(found.broker_count, KAFKA_STATISTICS_BROKERS);
	assert_int_equal(found.errors, 100);
	buffer_finish(&json);
}

static void a_text_that_is_too_long_is_skipped_and_counted(void **state)
{
	(void)state;
	struct kafka_gauges *gauges = memory_new(1, sizeof(*gauges));
	char *text = memory_new(1, KAFKA_STATISTICS_MAX + 3);
	memset(text, ' ', KAFKA_STATISTICS_MAX + 2);
	text[0] = '{', text[1] = '}';
	kafka_gauges_take(
		gauges, KAFKA_QUICK, span_of(text, KAFKA_STATISTICS_MAX), SPAN("replies"));
	assert_int_equal(gauges->skipped, 0);
	kafka_gauges_take(
		gauges, KAFKA_QUICK, span_of(text, KAFKA_STATISTICS_MAX + 1), SPAN("replies"));
	assert_int_equal(gauges->skipped, 1);
	free(text);
	free(gauges);
}

static double value_of(const struct bridge_samples *samples, const char *name, const char *handle)
{
	for (size_t i = 0; i < samples->count; i++) {
		const struct bridge_sample *sample = &samples->items[i];
		if (strcmp(sample->series->name, name) == 0 &&
			(handle == NULL || strcmp(sample->labels[0].value, handle) == 0)) {
			return sample->value;
		}
	}
	return -1;
}

static void handles_that_said_something_are_shown(void **state)
{
	(void)state;
	struct kafka_gauges *gauges = memory_new(1, sizeof(*gauges));
	struct bridge_samples samples = { 0 };
	static const char json[] =
		"{\"msg_cnt\": 3, \"rxmsgs\": 4, \"brokers\": {\"a\": {\"nodeid\": 7,"
		"\"state\": \"UP\", \"rtt\": {\"cnt\": 1, \"p50\": 1500}}}}";
	kafka_gauges_take(gauges, KAFKA_BUSY, span_from_text(json), SPAN("replies"));
	kafka_gauges_take(gauges, KAFKA_REPLIES, span_from_text(json), SPAN("replies"));
	kafka_gauges_measure(gauges, &samples);
	assert_true(value_of(&samples, "kafka_queue_messages", "busy") == 3);
	assert_true(value_of(&samples, "kafka_queue_messages", "quick") == -1);
	assert_true(value_of(&samples, "kafka_records_total", "replies") == 4);
	assert_true(value_of(&samples, "kafka_broker_up", "busy") == 1);
	assert_true(value_of(&samples, "kafka_broker_round_trip_p50_seconds", "busy") == 0.0015);
	/* The broker holds the answers to a consumer back on purpose. */
	assert_true(value_of(&samples, "kafka_broker_round_trip_p50_seconds", "replies") == -1);
	assert_true(value_of(&samples, "kafka_reply_lag_records", NULL) == 0);
	bridge_samples_finish(&samples);
	free(gauges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_the_handle_are_found_by_name),
		cmocka_unit_test(brokers_are_summed_up_and_told_apart),
		cmocka_unit_test(the_lag_is_what_is_not_fetched_and_what_is_not_handed_over),
		cmocka_unit_test(what_has_another_shape_is_nothing_or_refused),
		cmocka_unit_test(sums_stop_at_the_largest_number),
		cmocka_unit_test(brokers_beyond_the_limit_are_counted_but_not_shown),
		cmocka_unit_test(a_text_that_is_too_long_is_skipped_and_counted),
		cmocka_unit_test(handles_that_said_something_are_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
