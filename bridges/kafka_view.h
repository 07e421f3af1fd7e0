/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What a shard knows of the cluster: a copy of its own, so that sending asks nobody. The reader
 * makes it and mails it to every shard when it changes.
 */
#pragma once

#include "bridges/bridge.h"
#include "bridges/kafka_producer.h"

#include <stdbool.h>
#include <stdint.h>

enum kafka_topic_state {
	KAFKA_TOPIC_UNKNOWN, /* nobody has looked yet */
	KAFKA_TOPIC_PRESENT,
	KAFKA_TOPIC_MISSING,
	KAFKA_TOPIC_FORBIDDEN,
};

/* So many partitions without a leader are known; what is beyond is taken for led. */
#define KAFKA_LEADERLESS_MAX 64

struct kafka_topic_view {
	enum kafka_topic_state state;
	int32_t partitions;
	uint32_t leaderless_count;
	int32_t leaderless[KAFKA_LEADERLESS_MAX]; /* numbers, ascending */
};

struct kafka_view {
	enum bridge_state state;
	char why[192];
	unsigned epoch; /* of the reply address; another one: the last is dead */
	struct kafka_producer *events;
	struct kafka_topic_view *topics; /* by number */
	size_t topic_count;
};

/* Room for so many topics. */
void kafka_view_init(struct kafka_view *view, size_t topic_count);
void kafka_view_finish(struct kafka_view *view);
/* Both have the same topics. */
void kafka_view_copy(struct kafka_view *to, const struct kafka_view *from);
bool kafka_view_topic_equal(const struct kafka_topic_view *a, const struct kafka_topic_view *b);
/* Every topic is there, every partition has a leader. */
bool kafka_view_is_well(const struct kafka_view *view);
/* A partition that has a leader, another one for the next number; any one if none has. There are
 * partitions. */
int32_t kafka_view_partition(const struct kafka_topic_view *topic, unsigned number);
