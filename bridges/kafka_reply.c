/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_reply.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 3000 };

char *kafka_reply_topic(const struct kafka_shared *shared, const char *instance)
{
	static const char variable[] = "${instance}";
	const char *name = shared->reply.topic;
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
	const struct kafka_reply_options *options = &shared->reply;
	struct kafka_reply *reply = memory_new(1, sizeof(*reply));
	reply->handle = kafka_handle_create(shared, KAFKA_REPLIES, wake_fd, why);
	if (reply->handle == NULL) {
		kafka_reply_destroy(reply);
		return NULL;
	}
	reply->main = rd_kafka_queue_get_main(reply->handle);
	reply->queue = rd_kafka_queue_new(reply->handle);
	rd_kafka_queue_io_event_enable(reply->queue, wake_fd, &one, sizeof(one));
	bool own = options->partitions == KAFKA_PARTITIONS_OWN;
	reply->feed = (struct kafka_feed){
		.what = "reply topic",
		.name = kafka_reply_topic(shared, instance),
		.handle = reply->handle,
		.asked = reply->handle,
		.queue = reply->queue,
		.own = own ? (int32_t)options->partition : -1,
		.patience_ms = PATIENCE_MS,
	};
	if (!kafka_feed_init(&reply->feed, NULL, why)) {
		kafka_reply_destroy(reply);
		return NULL;
	}
	return reply;
}

void kafka_reply_destroy(struct kafka_reply *reply)
{
	if (reply == NULL) {
		return;
	}
	kafka_feed_finish(&reply->feed);
	if (reply->queue != NULL) {
		rd_kafka_queue_io_event_enable(reply->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(reply->queue);
	}
	if (reply->main != NULL) {
		rd_kafka_queue_destroy(reply->main);
	}
	kafka_handle_destroy(reply->handle);
	free(reply);
}
