/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A handle is four series for each broker and ten of its own: with 32 brokers and four handles some
 * five hundred at most, whatever the number of topics and partitions. The round trips of the
 * consumer are left out: the broker holds its answers back until there is a reply.
 */
#include "bridges/kafka_gauges.h"

#include <inttypes.h>
#include <stdio.h>

enum row {
	QUEUE_MESSAGES,
	QUEUE_BYTES,
	RECORDS,
	RECORD_BYTES,
	REQUESTS,
	SENT_BYTES,
	RECEIVED_BYTES,
	ERRORS,
	RETRIES,
	TIMEOUTS,
	DISCONNECTS,
	BROKER_UP,
	ROUND_TRIP_P50,
	ROUND_TRIP_P99,
	THROTTLE,
	REPLY_PARTITIONS,
	REPLY_LAG,
	SKIPPED,
};

const struct bridge_series kafka_gauges_rows[] = {
	[QUEUE_MESSAGES] = { "kafka_queue_messages", "gauge",
		"Messages in a producer that no broker has confirmed yet." },
	[QUEUE_BYTES] = { "kafka_queue_bytes", "gauge", "Bytes of those messages." },
	[RECORDS] = { "kafka_records_total", "counter",
		"Records sent by a producer, or read from the reply topic." },
	[RECORD_BYTES] = { "kafka_record_bytes_total", "counter", "Bytes of those records." },
	[REQUESTS] = { "kafka_requests_total", "counter", "Requests to brokers." },
	[SENT_BYTES] = { "kafka_sent_bytes_total", "counter", "Bytes sent to brokers." },
	[RECEIVED_BYTES] = { "kafka_received_bytes_total", "counter",
		"Bytes received from brokers." },
	[ERRORS] = { "kafka_request_errors_total", "counter",
		"Requests to brokers, or their answers, that failed." },
	[RETRIES] = { "kafka_request_retries_total", "counter", "Requests that were sent again." },
	[TIMEOUTS] = { "kafka_request_timeouts_total", "counter",
		"Requests without an answer in time." },
	[DISCONNECTS] = { "kafka_disconnects_total", "counter",
		"Connections to brokers that ended." },
	[BROKER_UP] = { "kafka_broker_up", "gauge",
		"1 while a handle is connected to a broker; it is to those it needs." },
	[ROUND_TRIP_P50] = { "kafka_broker_round_trip_p50_seconds", "gauge",
		"Median of the time that a broker took to answer, in the last interval." },
	[ROUND_TRIP_P99] = { "kafka_broker_round_trip_p99_seconds", "gauge",
		"What 99 of 100 answers of a broker stayed below, in the last interval." },
	[THROTTLE] = { "kafka_broker_throttle_seconds", "gauge",
		"Longest pause that a broker asked for, in the last interval." },
	[REPLY_PARTITIONS] = { "kafka_reply_partitions", "gauge",
		"Partitions of the reply topic that are read." },
	[REPLY_LAG] = { "kafka_reply_lag_records", "gauge",
		"Records of the reply topic that are not read yet." },
	[SKIPPED] = { "kafka_statistics_skipped_total", "counter",
		"Statistics of librdkafka that were too long, or not understood." },
	{ NULL, NULL, NULL },
};

static const char *const use_names[] = {
	[KAFKA_QUICK] = "quick",
	[KAFKA_BUSY] = "busy",
	[KAFKA_EVENTS] = "events",
	[KAFKA_REPLIES] = "replies",
};

void kafka_gauges_take(
	struct kafka_gauges *gauges, enum kafka_use use, struct span json, struct span topic)
{
	struct span read = use == KAFKA_REPLIES ? topic : SPAN_ABSENT;
	gauges->handles[use].known = kafka_statistics_read(json, read, &gauges->handles[use].said);
	gauges->skipped += !gauges->handles[use].known;
}

static struct bridge_sample *add(
	struct bridge_samples *samples, enum row row, enum kafka_use use, double value)
{
	struct bridge_sample *sample = bridge_samples_add(samples, &kafka_gauges_rows[row], value);
	sample->labels[0].name = "handle";
	snprintf(sample->labels[0].value, sizeof(sample->labels[0].value), "%s", use_names[use]);
	return sample;
}

static void measure_handle(
	const struct kafka_statistics *said, enum kafka_use use, struct bridge_samples *samples)
{
	bool producer = use < KAFKA_PRODUCERS;
	if (producer) {
		add(samples, QUEUE_MESSAGES, use, (double)said->queue_messages);
		add(samples, QUEUE_BYTES, use, (double)said->queue_bytes);
	}
	add(samples, RECORDS, use,
		(double)(producer ? said->records_sent : said->records_received));
	add(samples, RECORD_BYTES, use,
		(double)(producer ? said->record_bytes_sent : said->record_bytes_received));
	add(samples, REQUESTS, use, (double)said->requests);
	add(samples, SENT_BYTES, use, (double)said->bytes_sent);
	add(samples, RECEIVED_BYTES, use, (double)said->bytes_received);
	add(samples, ERRORS, use, (double)said->errors);
	add(samples, RETRIES, use, (double)said->retries);
	add(samples, TIMEOUTS, use, (double)said->timeouts);
	add(samples, DISCONNECTS, use, (double)said->disconnects);
}

static void add_of_broker(struct bridge_samples *samples, enum row row, enum kafka_use use,
	int64_t broker, double value)
{
	struct bridge_label *label = &add(samples, row, use, value)->labels[1];
	label->name = "broker";
	snprintf(label->value, sizeof(label->value), "%" PRId64, broker);
}

static void measure_broker(const struct kafka_broker_statistics *broker, enum kafka_use use,
	struct bridge_samples *samples)
{
	add_of_broker(samples, BROKER_UP, use, broker->id, broker->up);
	add_of_broker(samples, THROTTLE, use, broker->id, (double)broker->throttle_max_ms / 1e3);
	if (use < KAFKA_PRODUCERS && broker->round_trips > 0) {
		add_of_broker(samples, ROUND_TRIP_P50, use, broker->id,
			(double)broker->round_trip_p50_us / 1e6);
		add_of_broker(samples, ROUND_TRIP_P99, use, broker->id,
			(double)broker->round_trip_p99_us / 1e6);
	}
}

void kafka_gauges_measure(const struct kafka_gauges *gauges, struct bridge_samples *samples)
{
	for (enum kafka_use use = 0; use < KAFKA_HANDLES; use++) {
		const struct kafka_statistics *said = &gauges->handles[use].said;
		if (!gauges->handles[use].known) {
			continue;
		}
		measure_handle(said, use, samples);
		for (size_t i = 0; i < said->broker_count; i++) {
			measure_broker(&said->brokers[i], use, samples);
		}
		if (use == KAFKA_REPLIES) {
			bridge_samples_add(samples, &kafka_gauges_rows[REPLY_PARTITIONS],
				(double)said->partitions_read);
			bridge_samples_add(
				samples, &kafka_gauges_rows[REPLY_LAG], (double)said->lag);
		}
	}
	bridge_samples_add(samples, &kafka_gauges_rows[SKIPPED], (double)gauges->skipped);
}
