/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The end offset is asked for before a partition is read, and reading starts exactly there: with
 * the logical "end" librdkafka would ask by itself some time later, and a reply that is written in
 * between would be skipped. The API without consumer groups is used on purpose: it needs no
 * right to any group, asks no coordinator, and cannot be rebalanced.
 */
#include "bridges/kafka_reply.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ASK_MS = 1000, ASK_AGAIN_MS = 20, PATIENCE_MS = 3000 };

static char *expand_instance(const char *name, const char *instance)
{
	static const char variable[] = "${instance}";
	const char *at = strstr(name, variable);
	if (at == NULL) {
		return memory_text(span_from_text(name));
	}
	struct buffer text = { 0 };
	buffer_append_format(
		&text, "%.*s%s%s", (int)(at - name), name, instance, at + sizeof(variable) - 1);
	char *expanded = memory_text(buffer_span(&text));
	buffer_finish(&text);
	return expanded;
}

struct kafka_reply *kafka_reply_create(
	const struct kafka_shared *shared, const char *instance, int wake_fd, struct kafka_why *why)
{
	static const uint64_t one = 1;
	struct kafka_reply *reply = memory_new(1, sizeof(*reply));
	reply->name = expand_instance(shared->reply.topic, instance);
	reply->own = shared->reply.partitions == KAFKA_PARTITIONS_OWN
			     ? (int32_t)shared->reply.partition
			     : -1;
	reply->handle = kafka_handle_create(shared, KAFKA_REPLIES, wake_fd, why);
	if (reply->handle == NULL) {
		kafka_reply_destroy(reply);
		return NULL;
	}
	reply->main = rd_kafka_queue_get_main(reply->handle);
	reply->queue = rd_kafka_queue_new(reply->handle);
	rd_kafka_queue_io_event_enable(reply->queue, wake_fd, &one, sizeof(one));
	reply->topic = rd_kafka_topic_new(reply->handle, reply->name, NULL);
	if (reply->topic == NULL) {
		snprintf(why->text, sizeof(why->text), "topic %s: %s", reply->name,
			rd_kafka_err2str(rd_kafka_last_error()));
		kafka_reply_destroy(reply);
		return NULL;
	}
	return reply;
}

void kafka_reply_stop(struct kafka_reply *reply)
{
	for (size_t i = 0; i < reply->reading_count; i++) {
		rd_kafka_consume_stop(reply->topic, reply->reading[i]);
	}
	reply->reading_count = 0;
}

void kafka_reply_destroy(struct kafka_reply *reply)
{
	if (reply == NULL) {
		return;
	}
	kafka_reply_stop(reply);
	if (reply->topic != NULL) {
		rd_kafka_topic_destroy(reply->topic);
	}
	if (reply->queue != NULL) {
		rd_kafka_queue_io_event_enable(reply->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(reply->queue);
	}
	if (reply->main != NULL) {
		rd_kafka_queue_destroy(reply->main);
	}
	kafka_handle_destroy(reply->handle);
	free(reply->reading);
	free(reply->name);
	free(reply);
}

static bool is_read(const struct kafka_reply *reply, int32_t partition)
{
	for (size_t i = 0; i < reply->reading_count; i++) {
		if (reply->reading[i] == partition) {
			return true;
		}
	}
	return false;
}

/* A topic that was just created has no leader for a moment, and the library does not ask twice. */
static bool is_passing(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
	       error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
	       error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
	       error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
	       error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

static bool ask_end(
	struct kafka_reply *reply, int32_t partition, int64_t *end, struct kafka_why *why)
{
	const struct timespec pause = { .tv_nsec = ASK_AGAIN_MS * 1000000 };
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
	for (int waited = 0; waited < PATIENCE_MS; waited += ASK_AGAIN_MS) {
		int64_t first;
		error = rd_kafka_query_watermark_offsets(
			reply->handle, reply->name, partition, &first, end, ASK_MS);
		if (!is_passing(error)) {
			break;
		}
		nanosleep(&pause, NULL);
	}
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
		snprintf(why->text, sizeof(why->text),
			"no end offset of reply topic %.100s, partition %d: %s", reply->name,
			(int)partition, rd_kafka_err2name(error));
	}
	return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool read_from(
	struct kafka_reply *reply, int32_t partition, int64_t offset, struct kafka_why *why)
{
	if (rd_kafka_consume_start_queue(reply->topic, partition, offset, reply->queue) != 0) {
		snprintf(why->text, sizeof(why->text), "reply topic %.100s, partition %d: %s",
			reply->name, (int)partition, rd_kafka_err2name(rd_kafka_last_error()));
		return false;
	}
	reply->reading =
		memory_resize(reply->reading, reply->reading_count + 1, sizeof(*reply->reading));
	reply->reading[reply->reading_count++] = partition;
	return true;
}

bool kafka_reply_follow(struct kafka_reply *reply, int32_t partitions, struct kafka_why *why)
{
	bool first = reply->reading_count == 0;
	if (reply->own >= partitions) {
		snprintf(why->text, sizeof(why->text), "reply topic %.100s has no partition %d",
			reply->name, (int)reply->own);
		return false;
	}
	for (int32_t i = 0; i < partitions; i++) {
		int64_t from = 0;
		if ((reply->own >= 0 && i != reply->own) || is_read(reply, i)) {
			continue;
		}
		if ((first && !ask_end(reply, i, &from, why)) || !read_from(reply, i, from, why)) {
			if (first) {
				kafka_reply_stop(reply);
			}
			return false;
		}
	}
	return true;
}
