/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/contract/kafka_worker.h"

#include "base/memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

struct kafka_worker {
	pthread_t thread;
	rd_kafka_t *consumer, *producer;
	rd_kafka_topic_t *topic;
	atomic_bool stop;
};

static rd_kafka_t *connect_to(const char *bootstrap, rd_kafka_type_t type)
{
	const char *const settings[][2] = { { "bootstrap.servers", bootstrap },
		{ type == RD_KAFKA_PRODUCER ? "linger.ms" : "fetch.wait.max.ms", "0" },
		{ "reconnect.backoff.ms", "50" }, { "reconnect.backoff.max.ms", "100" } };
	char why[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		assert_int_equal(
			rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof(why)),
			RD_KAFKA_CONF_OK);
	}
	rd_kafka_conf_set_log_cb(conf, NULL);
	rd_kafka_t *handle = rd_kafka_new(type, conf, why, sizeof(why));
	assert_non_null(handle);
	return handle;
}

rd_kafka_t *kafka_worker_connect(const char *bootstrap)
{
	return connect_to(bootstrap, RD_KAFKA_PRODUCER);
}

/* Preparing */

static rd_kafka_resp_err_t await_result(rd_kafka_queue_t *queue)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, PATIENCE_MS);
	assert_non_null(event);
	rd_kafka_resp_err_t error = rd_kafka_event_error(event);
	rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	return error;
}

/* Metadata of a topic goes round a moment after its creation. */
static void await_partitions(rd_kafka_t *handle, const char *name, int partitions)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(handle, name, NULL);
	int led = 0;
	for (int waited = 0; waited < PATIENCE_MS && led != partitions; waited += 20) {
		const struct rd_kafka_metadata *metadata;
		led = 0;
		if (rd_kafka_metadata(handle, 0, topic, &metadata, PATIENCE_MS) == 0) {
			for (int i = 0; i < metadata->topics[0].partition_cnt; i++) {
				led += metadata->topics[0].partitions[i].leader >= 0;
			}
			rd_kafka_metadata_destroy(metadata);
		}
		usleep(20000);
	}
	rd_kafka_topic_destroy(topic);
	assert_int_equal(led, partitions);
}

void kafka_worker_create_topic(rd_kafka_t *handle, const char *topic, int partitions,
	const char *setting, const char *value)
{
	char why[128];
	rd_kafka_NewTopic_t *fresh = rd_kafka_NewTopic_new(topic, partitions, 1, why, sizeof(why));
	rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
	if (setting != NULL) {
		rd_kafka_NewTopic_set_config(fresh, setting, value);
	}
	rd_kafka_CreateTopics(handle, &fresh, 1, NULL, queue);
	assert_int_equal(await_result(queue), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_NewTopic_destroy(fresh);
	await_partitions(handle, topic, partitions);
}

void kafka_worker_delete_topic(rd_kafka_t *handle, const char *topic)
{
	rd_kafka_DeleteTopic_t *old = rd_kafka_DeleteTopic_new(topic);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
	rd_kafka_DeleteTopics(handle, &old, 1, NULL, queue);
	assert_int_equal(await_result(queue), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_DeleteTopic_destroy(old);
}

void kafka_worker_add_partitions(rd_kafka_t *handle, const char *topic, int partitions)
{
	char why[128];
	rd_kafka_NewPartitions_t *more =
		rd_kafka_NewPartitions_new(topic, (size_t)partitions, why, sizeof(why));
	rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
	rd_kafka_CreatePartitions(handle, &more, 1, NULL, queue);
	assert_int_equal(await_result(queue), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_NewPartitions_destroy(more);
	await_partitions(handle, topic, partitions);
}

struct record {
	const char *topic;
	int32_t partition;
	const void *value;
	size_t size;
	rd_kafka_headers_t *headers;
};

static rd_kafka_resp_err_t produce(rd_kafka_t *handle, const struct record *record)
{
	return rd_kafka_producev(handle, RD_KAFKA_V_TOPIC(record->topic),
		RD_KAFKA_V_PARTITION(record->partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
		RD_KAFKA_V_VALUE((void *)record->value, record->size),
		RD_KAFKA_V_HEADERS(record->headers), RD_KAFKA_V_END);
}

void kafka_worker_send(rd_kafka_t *handle, const char *topic, int32_t partition, const char *value,
	rd_kafka_headers_t *headers)
{
	const struct record record = { topic, partition, value, value != NULL ? strlen(value) : 0,
		headers != NULL ? headers : rd_kafka_headers_new(1) };
	assert_int_equal(produce(handle, &record), RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_int_equal(rd_kafka_flush(handle, PATIENCE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* The worker */

/* As Spring's DeadLetterPublishingRecoverer does: our headers and its own. */
static bool give_up(rd_kafka_headers_t *headers, const char *from, char topic[256])
{
	static const char message[] = "Listener failed; nested\nsecret";
	const void *value;
	size_t size;
	if (rd_kafka_header_get_last(headers, "x-die", &value, &size) != 0) {
		return false;
	}
	rd_kafka_header_add(headers, "kafka_dlt-original-offset", -1, "\0\0\0\0\0\0\0\7", 8);
	rd_kafka_header_add(headers, "kafka_dlt-exception-message", -1, message, -1);
	snprintf(topic, 256, "%s-dlt", from);
	return true;
}

static void answer(struct kafka_worker *worker, const rd_kafka_message_t *request)
{
	rd_kafka_headers_t *headers;
	const void *to;
	size_t size;
	if (rd_kafka_message_detach_headers((rd_kafka_message_t *)request, &headers) != 0) {
		return;
	}
	char topic[256];
	if (!give_up(headers, rd_kafka_topic_name(request->rkt), topic)) {
		if (rd_kafka_header_get_last(headers, "reply_to", &to, &size) != 0 ||
			size >= sizeof(topic)) {
			rd_kafka_headers_destroy(headers);
			return;
		}
		memcpy(topic, to, size);
		topic[size] = '\0';
		rd_kafka_header_remove(headers, "reply_to");
		rd_kafka_header_remove(headers, "deadline_ms");
	}
	const struct record record = { topic, RD_KAFKA_PARTITION_UA,
		request->payload != NULL ? request->payload : "", request->len, headers };
	if (produce(worker->producer, &record) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		rd_kafka_headers_destroy(headers);
	}
}

static void *run_worker(void *argument)
{
	struct kafka_worker *worker = argument;
	while (!atomic_load(&worker->stop)) {
		rd_kafka_message_t *request = rd_kafka_consume(worker->topic, 0, 50);
		if (request != NULL && request->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
			answer(worker, request);
		}
		if (request != NULL) {
			rd_kafka_message_destroy(request);
		}
		rd_kafka_poll(worker->producer, 0);
	}
	return NULL;
}

struct kafka_worker *kafka_worker_create(const char *bootstrap, const char *topic)
{
	struct kafka_worker *worker = memory_new(1, sizeof(*worker));
	int64_t first, end;
	worker->consumer = connect_to(bootstrap, RD_KAFKA_CONSUMER);
	worker->producer = connect_to(bootstrap, RD_KAFKA_PRODUCER);
	worker->topic = rd_kafka_topic_new(worker->consumer, topic, NULL);
	assert_int_equal(rd_kafka_query_watermark_offsets(
				 worker->consumer, topic, 0, &first, &end, PATIENCE_MS),
		RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_int_equal(rd_kafka_consume_start(worker->topic, 0, end), 0);
	assert_int_equal(pthread_create(&worker->thread, NULL, run_worker, worker), 0);
	return worker;
}

void kafka_worker_destroy(struct kafka_worker *worker)
{
	atomic_store(&worker->stop, true);
	pthread_join(worker->thread, NULL);
	rd_kafka_consume_stop(worker->topic, 0);
	rd_kafka_topic_destroy(worker->topic);
	rd_kafka_destroy_flags(worker->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	rd_kafka_purge(worker->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_destroy(worker->producer);
	free(worker);
}
