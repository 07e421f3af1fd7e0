/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A topic as it is read: its partitions at explicit offsets into a queue, never by a consumer
 * group. Following and stopping block and are the survey's.
 */
#pragma once

#include "bridges/kafka_handle.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_feed {
	const char *what; /* it is, for messages: "reply topic" */
	char *name;       /* of the topic */
	rd_kafka_t *handle;
	rd_kafka_t *asked;       /* that offsets are asked of: a handle that fetches lets wait */
	rd_kafka_queue_t *queue; /* where its records go; both are the owner's */
	rd_kafka_topic_t *topic;
	int32_t own;      /* the one partition to read; -1: all */
	int patience_ms;  /* how long the end of a partition is asked for */
	bool absent;      /* when last looked for: what comes into being is read whole */
	int32_t *reading; /* partitions */
	size_t reading_count;
};

/*
 * The caller has set everything up to `queue`. Records tell `opaque` as that of their topic. False
 * and `why`: librdkafka cannot. Finish it in any case.
 */
bool kafka_feed_init(struct kafka_feed *feed, void *opaque, struct kafka_why *why);
/* Frees the name too. */
void kafka_feed_finish(struct kafka_feed *feed);
/*
 * Reads what of `partitions` is not read yet. The first ones from their end, as it is now, those
 * that come later from offset 0: nobody can have missed them. False and `why`: try again.
 */
bool kafka_feed_follow(struct kafka_feed *feed, int32_t partitions, struct kafka_why *why);
/*
 * Where a position is worth nothing, because the topic was made anew or its old records are gone:
 * all that is in the partition now is unread. Does nothing if it is not read.
 */
void kafka_feed_again(struct kafka_feed *feed, int32_t partition);
/* Reads nothing any more; what follows begins anew. */
void kafka_feed_stop(struct kafka_feed *feed);
