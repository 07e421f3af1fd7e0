/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_metadata.h"

enum { ASK_MS = 1000 };

static void read_leaders(
	const struct rd_kafka_metadata_topic *topic, struct kafka_topic_view *found)
{
	for (int i = 0; i < topic->partition_cnt; i++) {
		if (topic->partitions[i].leader < 0 &&
			found->leaderless_count < KAFKA_LEADERLESS_MAX) {
			found->leaderless[found->leaderless_count++] = topic->partitions[i].id;
		}
	}
}

/* The topic's own error, and its partitions; the library sorts them. */
static rd_kafka_resp_err_t read_topic(
	const struct rd_kafka_metadata *metadata, struct kafka_topic_view *found)
{
	*found = (struct kafka_topic_view){ 0 };
	if (metadata->topic_cnt < 1) {
		return RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	}
	const struct rd_kafka_metadata_topic *topic = &metadata->topics[0];
	found->partitions = topic->partition_cnt;
	read_leaders(topic, found);
	if (topic->err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE && topic->partition_cnt > 0) {
		return RD_KAFKA_RESP_ERR_NO_ERROR; /* some partition has none just now */
	}
	return topic->err;
}

bool kafka_metadata_ask(rd_kafka_t *handle, rd_kafka_topic_t *topic, rd_kafka_resp_err_t *error,
	struct kafka_topic_view *found)
{
	const struct rd_kafka_metadata *metadata = NULL;
	*error = rd_kafka_metadata(handle, 0, topic, &metadata, ASK_MS);
	if (*error != RD_KAFKA_RESP_ERR_NO_ERROR) {
		return false;
	}
	*error = read_topic(metadata, found);
	rd_kafka_metadata_destroy(metadata);
	return true;
}

enum kafka_topic_state kafka_metadata_state(rd_kafka_resp_err_t error, int32_t partitions)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return partitions > 0 ? KAFKA_TOPIC_PRESENT : KAFKA_TOPIC_MISSING;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: return KAFKA_TOPIC_MISSING;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return KAFKA_TOPIC_FORBIDDEN;
	default: return KAFKA_TOPIC_UNKNOWN;
	}
}
