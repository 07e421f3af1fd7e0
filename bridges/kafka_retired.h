/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Producers beyond repair, on their way out: each is kept until no shard can send by it any more
 * and all it had under way is reported. All functions are the reader's but where another is named.
 */
#pragma once

#include "bridges/kafka_producer.h"

#include <stdbool.h>
#include <stddef.h>

/* So many are kept at once; then something is deeply wrong. */
#define KAFKA_RETIRED_MAX 16

struct kafka_cluster;

struct kafka_retired {
	struct {
		struct kafka_producer *producer;
		bool parting; /* its mail is on the way */
		bool unknown; /* and has been with every shard */
	} producers[KAFKA_RETIRED_MAX];
	size_t count;
	struct kafka_producer *graves[KAFKA_RETIRED_MAX]; /* the survey's while one runs */
	size_t grave_count;
};

bool kafka_retired_has_room(const struct kafka_retired *retired);
/* Takes the producer; there is room. */
void kafka_retired_add(struct kafka_cluster *cluster, struct kafka_producer *producer);
/* Every shard's mailbox holds the news of the successors. */
void kafka_retired_part(struct kafka_cluster *cluster);
/* No survey runs: whoever can go is handed over to the next one. */
void kafka_retired_bury(struct kafka_cluster *cluster);
/* Destroys those, which may wait for threads of the library; the survey's. */
void kafka_retired_clear(struct kafka_cluster *cluster);
/* No thread uses any of it. */
void kafka_retired_finish(struct kafka_cluster *cluster);
