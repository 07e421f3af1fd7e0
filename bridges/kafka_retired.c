/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A shard learns by mail which producer it sends events by, and mail is delivered in order. So a
 * mail that follows the news through all shards, one after the other, proves when it is back that
 * none of them has the old one. If it gets lost, because a shard ends or its box is full, the
 * producer stays until the cluster goes.
 */
#include "bridges/kafka_retired.h"

#include "base/memory.h"
#include "bridges/kafka_cluster.h"
#include "bridges/kafka_reader.h"

#include <assert.h>
#include <stdlib.h>

struct parting {
	struct mail mail; /* first: see handle_parting */
	struct kafka_seat *seat;
	struct kafka_producer *producer;
};

bool kafka_retired_has_room(const struct kafka_retired *retired)
{
	return retired->count < KAFKA_RETIRED_MAX;
}

void kafka_retired_add(struct kafka_cluster *cluster, struct kafka_producer *producer)
{
	struct kafka_retired *retired = &cluster->retired;
	assert(kafka_retired_has_room(retired));
	retired->producers[retired->count].producer = producer;
	retired->producers[retired->count].parting = false;
	retired->producers[retired->count].unknown = false;
	retired->count++;
}

static void set_unknown(struct kafka_retired *retired, const struct kafka_producer *producer)
{
	for (size_t i = 0; i < retired->count; i++) {
		if (retired->producers[i].producer == producer) {
			retired->producers[i].unknown = true;
		}
	}
}

static void handle_parting(struct mail *mail);

/* To the next shard; from the last one back to the reader's, which is the first. */
static void pass_on(struct parting *parting)
{
	struct kafka_cluster *cluster = parting->seat->cluster;
	unsigned next = (parting->seat->shard + 1) % cluster->process.shards;
	parting->seat = &cluster->seats[next];
	if (!mailbox_post(parting->seat->mailbox, &parting->mail)) {
		free(parting);
	}
}

/* On the shard's thread. */
static void handle_parting(struct mail *mail)
{
	struct parting *parting = (struct parting *)mail;
	struct kafka_seat *seat = parting->seat;
	if (seat->session == NULL) {
		free(parting); /* it ends, and so do the others */
	} else if (seat->shard == KAFKA_READER_SHARD) {
		set_unknown(&seat->cluster->retired, parting->producer);
		free(parting);
	} else {
		pass_on(parting);
	}
}

void kafka_retired_part(struct kafka_cluster *cluster)
{
	struct kafka_retired *retired = &cluster->retired;
	for (size_t i = 0; i < retired->count; i++) {
		if (retired->producers[i].parting) {
			continue;
		}
		struct parting *parting = memory_new(1, sizeof(*parting));
		parting->mail.handle = handle_parting;
		parting->producer = retired->producers[i].producer;
		parting->seat = &cluster->seats[KAFKA_READER_SHARD];
		retired->producers[i].parting = true;
		pass_on(parting);
	}
}

void kafka_retired_bury(struct kafka_cluster *cluster)
{
	struct kafka_retired *retired = &cluster->retired;
	size_t kept = 0;
	for (size_t i = 0; i < retired->count; i++) {
		if (retired->producers[i].unknown && retired->grave_count < KAFKA_RETIRED_MAX &&
			rd_kafka_outq_len(retired->producers[i].producer->handle) == 0) {
			retired->graves[retired->grave_count++] = retired->producers[i].producer;
		} else {
			retired->producers[kept++] = retired->producers[i];
		}
	}
	retired->count = kept;
}

void kafka_retired_clear(struct kafka_cluster *cluster)
{
	struct kafka_retired *retired = &cluster->retired;
	for (size_t i = 0; i < retired->grave_count; i++) {
		kafka_producer_destroy(retired->graves[i]);
	}
	retired->grave_count = 0;
}

void kafka_retired_finish(struct kafka_cluster *cluster)
{
	struct kafka_retired *retired = &cluster->retired;
	kafka_retired_clear(cluster);
	for (size_t i = 0; i < retired->count; i++) {
		kafka_producer_destroy(retired->producers[i].producer);
	}
	retired->count = 0;
}
