/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The consumer and its reply topic. Reading its queues is the reader's; the feed is the survey's.
 */
#pragma once

#include "bridges/kafka_feed.h"
#include "bridges/kafka_handle.h"

#include <librdkafka/rdkafka.h>

struct kafka_reply {
	rd_kafka_t *handle;
	rd_kafka_queue_t *main;  /* what librdkafka has to say */
	rd_kafka_queue_t *queue; /* records, also those of dead letters */
	struct kafka_feed feed;
};

/* The topic's name, `instance` in it for ${instance}. The caller frees it. */
char *kafka_reply_topic(const struct kafka_shared *shared, const char *instance);
/* NULL and `why`: librdkafka cannot. Connects by itself. */
struct kafka_reply *kafka_reply_create(const struct kafka_shared *shared, const char *instance,
	int wake_fd, struct kafka_why *why);
/* NULL is accepted. */
void kafka_reply_destroy(struct kafka_reply *reply);
