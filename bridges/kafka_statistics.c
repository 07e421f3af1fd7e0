/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The text is librdkafka's, but names in it are those of hosts and topics, as a cluster tells them.
 * A number that is missing is 0: other versions have more and fewer.
 */
#include "bridges/kafka_statistics.h"

#include "base/json.h"
#include "base/option.h"

/* Where the number called `name` goes in some struct. */
struct field {
	const char *name;
	size_t offset;
};

static const struct field handle_fields[] = {
	{ "msg_cnt", offsetof(struct kafka_statistics, queue_messages) },
	{ "msg_size", offsetof(struct kafka_statistics, queue_bytes) },
	{ "txmsgs", offsetof(struct kafka_statistics, records_sent) },
	{ "txmsg_bytes", offsetof(struct kafka_statistics, record_bytes_sent) },
	{ "rxmsgs", offsetof(struct kafka_statistics, records_received) },
	{ "rxmsg_bytes", offsetof(struct kafka_statistics, record_bytes_received) },
	{ "tx", offsetof(struct kafka_statistics, requests) },
	{ "tx_bytes", offsetof(struct kafka_statistics, bytes_sent) },
	{ "rx_bytes", offsetof(struct kafka_statistics, bytes_received) },
	{ NULL, 0 },
};

struct broker {
	int64_t id;
	int64_t send_errors, receive_errors, retries, timeouts, disconnects;
};

static const struct field broker_fields[] = {
	{ "nodeid", offsetof(struct broker, id) },
	{ "txerrs", offsetof(struct broker, send_errors) },
	{ "rxerrs", offsetof(struct broker, receive_errors) },
	{ "txretries", offsetof(struct broker, retries) },
	{ "req_timeouts", offsetof(struct broker, timeouts) },
	{ "disconnects", offsetof(struct broker, disconnects) },
	{ NULL, 0 },
};

static const struct field round_trip_fields[] = {
	{ "cnt", offsetof(struct kafka_broker_statistics, round_trips) },
	{ "p50", offsetof(struct kafka_broker_statistics, round_trip_p50_us) },
	{ "p99", offsetof(struct kafka_broker_statistics, round_trip_p99_us) },
	{ NULL, 0 },
};

static const struct field throttle_fields[] = {
	{ "max", offsetof(struct kafka_broker_statistics, throttle_max_ms) },
	{ NULL, 0 },
};

struct partition {
	int64_t number, queued, next, end;
};

static const struct field partition_fields[] = {
	{ "partition", offsetof(struct partition, number) },
	{ "fetchq_cnt", offsetof(struct partition, queued) },
	{ "next_offset", offsetof(struct partition, next) },
	{ "hi_offset", offsetof(struct partition, end) },
	{ NULL, 0 },
};

static bool is_object(struct span value)
{
	return json_type_of(value) == JSON_OBJECT;
}

static void read_fields(struct span object, const struct field *fields, void *into)
{
	struct span name, value;
	if (!is_object(object)) {
		return;
	}
	for (struct json_cursor at = json_open(object); json_next_member(&at, &name, &value);) {
		const struct field *field = fields;
		int64_t number;
		if (json_type_of(value) != JSON_NUMBER) {
			continue;
		}
		while (field->name != NULL &&
			!json_string_equal(name, span_from_text(field->name))) {
			field++;
		}
		if (field->name != NULL && option_parse_integer(value, &number)) {
			*(int64_t *)((char *)into + field->offset) = number;
		}
	}
}

/* The member called `name`, or absent. */
static struct span member(struct span object, struct span name)
{
	struct span found, value;
	for (struct json_cursor at = json_open(object); json_next_member(&at, &found, &value);) {
		if (json_string_equal(found, name)) {
			return value;
		}
	}
	return SPAN_ABSENT;
}

static struct span member_object(struct span object, struct span name)
{
	struct span found = member(object, name);
	return span_present(found) && is_object(found) ? found : SPAN_ABSENT;
}

static int64_t not_negative(int64_t number)
{
	return number > 0 ? number : 0;
}

static void add(int64_t *sum, int64_t number)
{
	if (__builtin_add_overflow(*sum, not_negative(number), sum)) {
		*sum = INT64_MAX;
	}
}

/* A bootstrap address that is nobody's yet has no number; its errors count. */
static void read_broker(struct span object, struct kafka_statistics *statistics)
{
	struct broker broker = { .id = -1 };
	read_fields(object, broker_fields, &broker);
	add(&statistics->errors, broker.send_errors);
	add(&statistics->errors, broker.receive_errors);
	add(&statistics->retries, broker.retries);
	add(&statistics->timeouts, broker.timeouts);
	add(&statistics->disconnects, broker.disconnects);
	if (broker.id < 0 || statistics->broker_count == KAFKA_STATISTICS_BROKERS) {
		return;
	}
	struct kafka_broker_statistics *shown = &statistics->brokers[statistics->broker_count++];
	struct span state = member(object, SPAN("state"));
	struct span round_trips = member_object(object, SPAN("rtt"));
	struct span throttle = member_object(object, SPAN("throttle"));
	*shown = (struct kafka_broker_statistics){ .id = broker.id };
	/* UPDATE: its features are asked for again while it works. */
	shown->up =
		span_present(state) && json_type_of(state) == JSON_STRING &&
		(json_string_equal(state, SPAN("UP")) || json_string_equal(state, SPAN("UPDATE")));
	if (span_present(round_trips)) {
		read_fields(round_trips, round_trip_fields, shown);
	}
	if (span_present(throttle)) {
		read_fields(throttle, throttle_fields, shown);
	}
	shown->round_trips = not_negative(shown->round_trips);
	shown->round_trip_p50_us = not_negative(shown->round_trip_p50_us);
	shown->round_trip_p99_us = not_negative(shown->round_trip_p99_us);
	shown->throttle_max_ms = not_negative(shown->throttle_max_ms);
}

static void read_brokers(struct span brokers, struct kafka_statistics *statistics)
{
	struct span name, broker;
	for (struct json_cursor at = json_open(brokers); json_next_member(&at, &name, &broker);) {
		if (is_object(broker)) {
			read_broker(broker, statistics);
		}
	}
}

static void read_partition(struct span object, struct kafka_statistics *statistics)
{
	struct partition partition = { .number = -1 };
	struct span state = member(object, SPAN("fetch_state"));
	read_fields(object, partition_fields, &partition);
	if (partition.number < 0 || !span_present(state) || json_type_of(state) != JSON_STRING ||
		!json_string_equal(state, SPAN("active"))) {
		return;
	}
	statistics->partitions_read++;
	add(&statistics->lag, partition.queued);
	if (partition.next >= 0 && partition.end > partition.next) {
		add(&statistics->lag, partition.end - partition.next);
	}
}

static void read_topic(struct span topic, struct kafka_statistics *statistics)
{
	struct span name, partition, partitions = member_object(topic, SPAN("partitions"));
	if (!span_present(partitions)) {
		return;
	}
	for (struct json_cursor at = json_open(partitions);
		json_next_member(&at, &name, &partition);) {
		if (is_object(partition)) {
			read_partition(partition, statistics);
		}
	}
}

static void forbid_negative(struct kafka_statistics *statistics)
{
	for (const struct field *field = handle_fields; field->name != NULL; field++) {
		int64_t *number = (int64_t *)((char *)statistics + field->offset);
		*number = not_negative(*number);
	}
}

bool kafka_statistics_read(struct span json, struct span topic, struct kafka_statistics *statistics)
{
	*statistics = (struct kafka_statistics){ 0 };
	if (json.len > KAFKA_STATISTICS_MAX || !json_check(json, NULL)) {
		return false;
	}
	struct span root = json_value(json);
	if (!is_object(root)) {
		return false;
	}
	read_fields(root, handle_fields, statistics);
	forbid_negative(statistics);
	struct span brokers = member_object(root, SPAN("brokers"));
	struct span topics = member_object(root, SPAN("topics"));
	if (span_present(brokers)) {
		read_brokers(brokers, statistics);
	}
	if (span_present(topic) && span_present(topics)) {
		struct span read = member_object(topics, topic);
		if (span_present(read)) {
			read_topic(read, statistics);
		}
	}
	return true;
}
