/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One producer: a handle, and a handle of each topic in it with that topic's message timeout.
 * Everything but create and destroy may be called by any thread.
 */
#pragma once

#include "bridges/bridge.h"
#include "bridges/kafka_handle.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_producer {
	rd_kafka_t *handle;
	rd_kafka_queue_t *reports; /* its main queue */
	rd_kafka_topic_t **topics; /* by number */
	size_t topic_count;
};

/* A record ready to go; `headers` go with it. */
struct kafka_out {
	size_t topic;
	int32_t partition; /* RD_KAFKA_PARTITION_UA: the key decides */
	struct span key;   /* absent: none */
	struct span value; /* absent: a tombstone */
	rd_kafka_headers_t *headers;
	int64_t timestamp_ms; /* 0: now */
	void *opaque;         /* comes back with its report */
};

/* NULL and `why`: librdkafka cannot. Its topics are those of `process`, by their numbers. */
struct kafka_producer *kafka_producer_create(const struct kafka_shared *shared, enum kafka_use use,
	const struct bridge_process *process, int wake_fd, struct kafka_why *why);
/* Blocks while its threads end. NULL is accepted. */
void kafka_producer_destroy(struct kafka_producer *producer);
/* Copies key and value, takes the headers in any case. 0, or why librdkafka did not take it. */
rd_kafka_resp_err_t kafka_producer_send(struct kafka_producer *producer, struct kafka_out *out);
/* Ends the linger of what has been sent so far. Does not wait for anything. */
void kafka_producer_push(struct kafka_producer *producer);
/* What a failed report, or a refusal to take a record, means for its call. */
enum bridge_outcome kafka_producer_outcome(rd_kafka_resp_err_t error, rd_kafka_msg_status_t status);
