/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The topics in which workers put what they give up, as the consumer of replies reads them beside
 * its own. Their records come by the same queue and are told apart by their topic. A topic that is
 * not there, as most are until something fails, is looked for at every survey.
 */
#pragma once

#include "bridges/bridge.h"
#include "bridges/kafka_feed.h"
#include "bridges/kafka_view.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_cluster;

struct kafka_dead_topic {
	struct kafka_feed feed;       /* the survey's */
	rd_kafka_topic_t *asked;      /* the same topic in a producer */
	enum kafka_topic_state found; /* likewise; the reader may look while none runs */
	enum kafka_topic_state told;  /* the reader's */
};

/* Partitions whose position is worth nothing. */
struct kafka_dead_places {
	struct {
		size_t topic;
		int32_t partition;
	} * items;
	size_t count;
};

struct kafka_dead_letter {
	struct kafka_dead_topic *topics;
	size_t count;
	struct kafka_dead_places lost;  /* the reader's, until a survey begins */
	struct kafka_dead_places again; /* the survey's: to be read from their beginning */
};

/*
 * What is configured for the topics of the cluster; producers and reply are there. NULL and `why`:
 * librdkafka cannot, or there is no such topic. Destroy it before them.
 */
struct kafka_dead_letter *kafka_dead_letter_create(
	const struct kafka_cluster *cluster, struct kafka_why *why);
/* NULL is accepted. */
void kafka_dead_letter_destroy(struct kafka_dead_letter *dead);

/* Whether a record of the consumer's queue is one, or an error of its topic. Any thread. */
bool kafka_dead_letter_is(const rd_kafka_message_t *record);
/* The shard of its call; -1: none. */
int kafka_dead_letter_shard(struct bridge_host *host, const rd_kafka_message_t *record);
/* Tells the host. The record stays the caller's. */
void kafka_dead_letter_deliver(struct bridge_host *host, const rd_kafka_message_t *record);

/* The survey's: looks for the topics and reads those that are there. Blocks. */
void kafka_dead_letter_follow(struct kafka_dead_letter *dead);
/* The reader's. A partition of its topics cannot be read on. */
void kafka_dead_letter_lose(struct kafka_dead_letter *dead, const rd_kafka_message_t *error);
/* Likewise: a survey is about to begin; one has ended. */
void kafka_dead_letter_prepare(struct kafka_dead_letter *dead);
/* Tells the host what is new. True when all topics are read. */
bool kafka_dead_letter_tell(struct kafka_dead_letter *dead, struct bridge_host *host);
