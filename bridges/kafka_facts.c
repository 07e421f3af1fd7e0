/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The configuration comes by an admin request for all topics at once, on a producer's connection:
 * on the consumer's it would wait behind a fetch. Replicas are in the metadata.
 */
#include "bridges/kafka_facts.h"

#include "base/memory.h"
#include "base/option.h"

#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 2000, TOPICS_MAX = 64 };

static void read_replicas(
	const struct rd_kafka_metadata_topic *topic, struct kafka_topic_facts *facts)
{
	facts->partitions = topic->partition_cnt;
	for (int i = 0; i < topic->partition_cnt; i++) {
		const struct rd_kafka_metadata_partition *partition = &topic->partitions[i];
		if (i == 0 || partition->replica_cnt < facts->replicas) {
			facts->replicas = partition->replica_cnt;
		}
		if (i == 0 || partition->isr_cnt < facts->in_sync) {
			facts->in_sync = partition->isr_cnt;
		}
	}
}

static bool ask_replicas(
	rd_kafka_t *handle, rd_kafka_topic_t *topic, struct kafka_topic_facts *facts)
{
	const struct rd_kafka_metadata *metadata = NULL;
	if (rd_kafka_metadata(handle, 0, topic, &metadata, ASK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		return false;
	}
	bool found = metadata->topic_cnt == 1 &&
		     metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
		     metadata->topics[0].partition_cnt > 0;
	if (found) {
		read_replicas(&metadata->topics[0], facts);
	}
	rd_kafka_metadata_destroy(metadata);
	return found;
}

static void read_entry(const rd_kafka_ConfigEntry_t *entry, struct kafka_topic_facts *facts)
{
	const char *name = rd_kafka_ConfigEntry_name(entry);
	const char *value = rd_kafka_ConfigEntry_value(entry);
	int64_t number = -1;
	if (value == NULL) {
		return;
	}
	bool is_number = option_parse_integer(span_from_text(value), &number);
	if (strcmp(name, "cleanup.policy") == 0) {
		facts->compacted = strstr(value, "compact") != NULL;
	} else if (strcmp(name, "max.message.bytes") == 0 && is_number) {
		facts->max_message_bytes = number;
	} else if (strcmp(name, "min.insync.replicas") == 0 && is_number) {
		facts->min_in_sync = number;
	}
}

static void read_resource(
	const rd_kafka_ConfigResource_t *resource, struct kafka_topic_facts *facts, size_t count)
{
	size_t entry_count = 0;
	const char *name = rd_kafka_ConfigResource_name(resource);
	const rd_kafka_ConfigEntry_t *const *entries =
		(const rd_kafka_ConfigEntry_t *const *)rd_kafka_ConfigResource_configs(
			resource, &entry_count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(facts[i].name, name) != 0) {
			continue;
		}
		for (size_t j = 0; j < entry_count; j++) {
			read_entry(entries[j], &facts[i]);
		}
	}
}

static void read_answer(rd_kafka_event_t *event, struct kafka_topic_facts *facts, size_t count)
{
	const rd_kafka_DescribeConfigs_result_t *result =
		rd_kafka_event_DescribeConfigs_result(event);
	size_t found = 0;
	const rd_kafka_ConfigResource_t **resources =
		result != NULL ? rd_kafka_DescribeConfigs_result_resources(result, &found) : NULL;
	for (size_t i = 0; i < found; i++) {
		if (rd_kafka_ConfigResource_error(resources[i]) == RD_KAFKA_RESP_ERR_NO_ERROR) {
			read_resource(resources[i], facts, count);
		}
	}
}

static void ask_configuration(rd_kafka_t *handle, struct kafka_topic_facts *facts, size_t count)
{
	char text[128];
	rd_kafka_ConfigResource_t *resources[TOPICS_MAX];
	for (size_t i = 0; i < count; i++) {
		resources[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, facts[i].name);
	}
	rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
	rd_kafka_AdminOptions_t *options =
		rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_AdminOptions_set_request_timeout(options, ASK_MS, text, sizeof(text));
	rd_kafka_DescribeConfigs(handle, resources, count, options, queue);
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ASK_MS);
	if (event != NULL) {
		read_answer(event, facts, count);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
	rd_kafka_ConfigResource_destroy_array(resources, count);
}

void kafka_facts_judge(struct kafka_cluster *cluster, struct kafka_advice *advice)
{
	struct kafka_topic_facts *facts = memory_new(TOPICS_MAX, sizeof(*facts));
	struct kafka_producer *producer = cluster->producers[KAFKA_QUICK];
	struct kafka_feed *feed = &cluster->reply->feed;
	size_t count = 0;
	if (ask_replicas(feed->handle, feed->topic, &facts[0])) {
		facts[count++].reply = true;
		facts[0].name = feed->name;
	}
	for (size_t i = 0; i < producer->topic_count && count < TOPICS_MAX; i++) {
		facts[count].name = cluster->process.topics[i].name;
		count += ask_replicas(producer->handle, producer->topics[i], &facts[count]);
	}
	for (size_t i = 0; i < count; i++) {
		facts[i].max_message_bytes = facts[i].min_in_sync = -1;
	}
	if (count > 0) {
		ask_configuration(producer->handle, facts, count);
	}
	for (size_t i = 0; i < count; i++) {
		kafka_advice_judge(&facts[i], advice);
	}
	free(facts);
}
