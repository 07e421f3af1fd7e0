/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What librdkafka's statistics of one handle say (STATISTICS.md of librdkafka): the few numbers
 * that are shown, out of a JSON text that grows with brokers, topics and partitions. Pure; any
 * thread.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer texts are not read: it is done on a shard's thread. Bytes. */
#define KAFKA_STATISTICS_MAX ((size_t)1 << 18)
/* Brokers beyond are not shown one by one. */
#define KAFKA_STATISTICS_BROKERS 32

struct kafka_broker_statistics {
	int64_t id;
	bool up;
	/* Since the statistics before */
	int64_t round_trips;
	int64_t round_trip_p50_us, round_trip_p99_us;
	int64_t throttle_max_ms;
};

/* Counters are since the handle was made; none is negative. */
struct kafka_statistics {
	int64_t queue_messages, queue_bytes; /* of a producer, what is under way included */
	int64_t records_sent, record_bytes_sent;
	int64_t records_received, record_bytes_received;
	int64_t requests, bytes_sent, bytes_received;
	/* Over all brokers */
	int64_t errors, retries, timeouts, disconnects;
	/* Of the one topic that is read */
	int64_t partitions_read;
	int64_t lag; /* records, those that are here but not handed over included */
	size_t broker_count;
	struct kafka_broker_statistics brokers[KAFKA_STATISTICS_BROKERS];
};

/*
 * `topic`: the one that the handle reads; absent: none. False: not such a text, or too long a one;
 * `statistics` is then worth nothing.
 */
bool kafka_statistics_read(
	struct span json, struct span topic, struct kafka_statistics *statistics);
