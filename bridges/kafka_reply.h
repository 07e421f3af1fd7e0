/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The reply topic as it is read: partitions at explicit offsets into one queue, never by a consumer
 * group. kafka_reply_follow() and kafka_reply_stop() block and are the survey's; reading the queue
 * is the reader's.
 */
#pragma once

#include "bridges/kafka_handle.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_reply {
	char *name; /* of the topic */
	rd_kafka_t *handle;
	rd_kafka_queue_t *main;  /* what librdkafka has to say */
	rd_kafka_queue_t *queue; /* records */
	rd_kafka_topic_t *topic;
	int32_t own;      /* the one partition to read; -1: all */
	int32_t *reading; /* partitions */
	size_t reading_count;
};

/* NULL and `why`: librdkafka cannot. Connects by itself. `instance` stands for ${instance}. */
struct kafka_reply *kafka_reply_create(const struct kafka_shared *shared, const char *instance,
	int wake_fd, struct kafka_why *why);
/* NULL is accepted. */
void kafka_reply_destroy(struct kafka_reply *reply);
/*
 * Reads what of `partitions` is not read yet. The first ones from their end, as it is now, those
 * that come later from offset 0: nobody can have missed them. False and `why`: try again.
 */
bool kafka_reply_follow(struct kafka_reply *reply, int32_t partitions, struct kafka_why *why);
/* Reads nothing any more; what follows begins anew. */
void kafka_reply_stop(struct kafka_reply *reply);
