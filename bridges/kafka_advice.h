/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What about a topic will hurt although nothing fails yet, in words for the log. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Further ones are not said; nobody reads more. */
#define KAFKA_ADVICE_MAX 16

struct kafka_advice {
	size_t count;
	char lines[KAFKA_ADVICE_MAX][192];
};

/* What brokers say of one topic. */
struct kafka_topic_facts {
	const char *name;
	bool reply; /* it is the reply topic */
	int32_t partitions;
	int32_t replicas, in_sync; /* of the partition that has the fewest */
	/* Its configuration; -1: not told, there is a right to that too */
	int64_t max_message_bytes;
	int64_t min_in_sync;
	bool compacted;
};

/* Adds what there is to say. */
void kafka_advice_judge(const struct kafka_topic_facts *facts, struct kafka_advice *advice);
