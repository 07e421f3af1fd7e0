/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What the sessions of one Kafka bridge share in the process: librdkafka's handles, and a seat for
 * each shard through which the reader reaches it. Made on the main thread before the shards run,
 * and gone after them; in between every part belongs to one thread, as said beside it.
 */
#pragma once

#include "bridges/bridge.h"
#include "bridges/kafka_dead_letter.h"
#include "bridges/kafka_gauges.h"
#include "bridges/kafka_producer.h"
#include "bridges/kafka_reply.h"
#include "bridges/kafka_retired.h"

#include <stdbool.h>
#include <stddef.h>

struct kafka_parcel;
struct kafka_survey;

struct kafka_seat {
	struct kafka_cluster *cluster;
	unsigned shard;
	struct mailbox *mailbox;
	struct bridge_session *session; /* the shard's: NULL before and after */
	/* The reader's */
	struct kafka_parcel *filling; /* for that shard, next to be mailed */
	struct kafka_parcel *spare;   /* NULL: on its way */
	bool left;                    /* its loop does not turn any more */
};

struct kafka_cluster {
	const struct kafka_shared *shared;
	struct bridge_process process;
	int wake_fd;                                       /* eventfd of all queues */
	struct kafka_producer *producers[KAFKA_PRODUCERS]; /* changed only while no survey runs */
	struct kafka_retired retired;                      /* the reader's */
	struct kafka_reply *reply;
	struct kafka_dead_letter *dead;
	size_t message_max;          /* bytes */
	size_t queue_max;            /* messages in all producers */
	struct kafka_seat *seats;    /* of the shards, by number */
	bool *warm;                  /* the survey's: producers know the topic */
	bool judged;                 /* the survey's: topics were looked at for what will hurt */
	struct kafka_gauges gauges;  /* the reader's */
	struct kafka_survey *survey; /* the reader's; the last one, perhaps still under way */
};

/* NULL and `why`: librdkafka cannot. */
struct kafka_cluster *kafka_cluster_create(const struct kafka_shared *shared,
	const struct bridge_process *process, struct kafka_why *why);
/* No session is left. NULL is accepted. */
void kafka_cluster_destroy(struct kafka_cluster *cluster);
/* Keeps what the event says for /metrics, if it does. `producer`: whose; NULL: the consumer's. The
 * reader's thread. */
void kafka_cluster_note(struct kafka_cluster *cluster, rd_kafka_event_t *event,
	const struct kafka_producer *producer);
/* The number of the topic with that name; topic_count: there is none. Any thread. */
size_t kafka_cluster_topic(const struct kafka_cluster *cluster, struct span name);
