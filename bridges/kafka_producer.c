/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_producer.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static rd_kafka_topic_t *create_topic(
	rd_kafka_t *handle, const struct bridge_topic *topic, struct kafka_why *why)
{
	rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(handle);
	char timeout[24];
	snprintf(timeout, sizeof(timeout), "%lld", (long long)topic->timeout_ms);
	if (rd_kafka_topic_conf_set(conf, "message.timeout.ms", timeout, why->text,
		    sizeof(why->text)) != RD_KAFKA_CONF_OK) {
		rd_kafka_topic_conf_destroy(conf);
		return NULL;
	}
	rd_kafka_topic_t *created = rd_kafka_topic_new(handle, topic->name, conf);
	if (created == NULL) {
		snprintf(why->text, sizeof(why->text), "topic %s: %s", topic->name,
			rd_kafka_err2str(rd_kafka_last_error()));
	}
	return created;
}

struct kafka_producer *kafka_producer_create(const struct kafka_shared *shared, enum kafka_use use,
	const struct bridge_process *process, int wake_fd, struct kafka_why *why)
{
	struct kafka_producer *producer = memory_new(1, sizeof(*producer));
	producer->handle = kafka_handle_create(shared, use, wake_fd, why);
	if (producer->handle == NULL) {
		kafka_producer_destroy(producer);
		return NULL;
	}
	producer->reports = rd_kafka_queue_get_main(producer->handle);
	producer->topics = memory_new(process->topic_count + 1, sizeof(rd_kafka_topic_t *));
	for (size_t i = 0; i < process->topic_count; i++) {
		rd_kafka_topic_t *topic = create_topic(producer->handle, &process->topics[i], why);
		if (topic == NULL) {
			kafka_producer_destroy(producer);
			return NULL;
		}
		producer->topics[producer->topic_count++] = topic;
	}
	return producer;
}

void kafka_producer_destroy(struct kafka_producer *producer)
{
	if (producer == NULL) {
		return;
	}
	for (size_t i = 0; i < producer->topic_count; i++) {
		rd_kafka_topic_destroy(producer->topics[i]);
	}
	free(producer->topics);
	if (producer->reports != NULL) {
		rd_kafka_queue_destroy(producer->reports);
	}
	kafka_handle_destroy(producer->handle);
	free(producer);
}

rd_kafka_resp_err_t kafka_producer_send(struct kafka_producer *producer, struct kafka_out *out)
{
	const rd_kafka_vu_t parts[] = {
		{ .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = producer->topics[out->topic] },
		{ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = out->partition },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)out->key.ptr, out->key.len } },
		{ .vtype = RD_KAFKA_VTYPE_VALUE,
			.u.mem = { (void *)out->value.ptr, out->value.len } },
		{ .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = out->timestamp_ms },
		{ .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = out->opaque },
		/* As one, not one by one: version 2.0.2 frees those twice when it fails. */
		{ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = out->headers },
	};
	rd_kafka_error_t *error =
		rd_kafka_produceva(producer->handle, parts, sizeof(parts) / sizeof(parts[0]));
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
	if (error != NULL) {
		code = rd_kafka_error_code(error);
		rd_kafka_error_destroy(error);
		rd_kafka_headers_destroy(out->headers);
	}
	out->headers = NULL;
	return code;
}

/*
 * A flush that does not wait wakes the threads of the brokers, and that is all it does: by the
 * time they look its own mark is gone again, so they go by the linger, which is over by then.
 */
void kafka_producer_push(struct kafka_producer *producer)
{
	rd_kafka_flush(producer->handle, 0);
}

enum bridge_outcome kafka_producer_outcome(rd_kafka_resp_err_t error, rd_kafka_msg_status_t status)
{
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
		return BRIDGE_CONFIRMED;
	}
	if (status != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
		return BRIDGE_UNKNOWN;
	}
	switch (error) {
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return BRIDGE_UNROUTABLE;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return BRIDGE_OVERSIZED;
	default: return BRIDGE_REFUSED;
	}
}
