/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_cluster.h"

#include "base/memory.h"
#include "bridges/kafka_courier.h"
#include "bridges/kafka_survey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static bool open_handles(struct kafka_cluster *cluster, struct kafka_why *why)
{
	cluster->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (cluster->wake_fd < 0) {
		snprintf(why->text, sizeof(why->text), "eventfd: %s", strerror(errno));
		return false;
	}
	for (unsigned use = 0; use < KAFKA_PRODUCERS; use++) {
		cluster->producers[use] = kafka_producer_create(
			cluster->shared, use, &cluster->process, cluster->wake_fd, why);
		if (cluster->producers[use] == NULL) {
			return false;
		}
	}
	cluster->message_max = kafka_handle_message_max(cluster->producers[KAFKA_QUICK]->handle);
	cluster->queue_max = kafka_handle_queue_max(cluster->producers[KAFKA_QUICK]->handle);
	cluster->reply = kafka_reply_create(
		cluster->shared, cluster->process.instance, cluster->wake_fd, why);
	if (cluster->reply == NULL) {
		return false;
	}
	cluster->dead = kafka_dead_letter_create(cluster, why);
	return cluster->dead != NULL;
}

struct kafka_cluster *kafka_cluster_create(const struct kafka_shared *shared,
	const struct bridge_process *process, struct kafka_why *why)
{
	struct kafka_cluster *cluster = memory_new(1, sizeof(*cluster));
	cluster->shared = shared;
	cluster->process = *process;
	cluster->wake_fd = -1;
	cluster->warm = memory_new(process->topic_count + 1, sizeof(*cluster->warm));
	cluster->seats = memory_new(process->shards, sizeof(*cluster->seats));
	for (unsigned i = 0; i < process->shards; i++) {
		cluster->seats[i].cluster = cluster;
		cluster->seats[i].shard = i;
		cluster->seats[i].mailbox = process->mailboxes[i];
		kafka_courier_init(&cluster->seats[i]);
	}
	if (!open_handles(cluster, why)) {
		kafka_cluster_destroy(cluster);
		return NULL;
	}
	return cluster;
}

void kafka_cluster_destroy(struct kafka_cluster *cluster)
{
	if (cluster == NULL) {
		return;
	}
	kafka_survey_destroy(cluster->survey);
	for (unsigned i = 0; i < cluster->process.shards; i++) {
		kafka_courier_finish(&cluster->seats[i]);
	}
	kafka_dead_letter_destroy(cluster->dead);
	kafka_reply_destroy(cluster->reply);
	for (unsigned use = 0; use < KAFKA_PRODUCERS; use++) {
		kafka_producer_destroy(cluster->producers[use]);
	}
	kafka_retired_finish(cluster);
	if (cluster->wake_fd >= 0) {
		close(cluster->wake_fd);
	}
	free(cluster->seats);
	free(cluster->warm);
	free(cluster);
}

size_t kafka_cluster_topic(const struct kafka_cluster *cluster, struct span name)
{
	const struct bridge_topic *topics = cluster->process.topics;
	size_t count = cluster->process.topic_count;
	/* A mapping that names its topic outright hands over that very text. */
	for (size_t i = 0; i < count; i++) {
		if (topics[i].name == name.ptr) {
			return i;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (span_equal(span_from_text(topics[i].name), name)) {
			return i;
		}
	}
	return count;
}

/* A retired producer is none of the handles that are shown. */
void kafka_cluster_note(struct kafka_cluster *cluster, rd_kafka_event_t *event,
	const struct kafka_producer *producer)
{
	enum kafka_use use = producer == NULL ? KAFKA_REPLIES : 0;
	if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_STATS) {
		return;
	}
	while (use < KAFKA_PRODUCERS && cluster->producers[use] != producer) {
		use++;
	}
	if (producer == NULL || use < KAFKA_PRODUCERS) {
		kafka_gauges_take(&cluster->gauges, use,
			span_from_text(rd_kafka_event_stats(event)),
			span_from_text(cluster->reply->feed.name));
	}
}
