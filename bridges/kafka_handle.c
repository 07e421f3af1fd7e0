/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Why these values: docs/decisions holds the measurements. In short: any linger above zero costs a
 * lone call milliseconds, none at all makes many small requests of what a busy gateway sends at
 * once, hence two producers for calls; two requests in flight for each broker keep small batches
 * from piling up; librdkafka's own waits after a lost connection are made for patient programs.
 */
#include "bridges/kafka_handle.h"

#include "base/thread_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX "message.max.bytes"

struct setting {
	const char *name, *value;
};

static const struct setting for_all[] = {
	{ "client.id", "bridgehead" },
	{ "allow.auto.create.topics", "false" },
	{ "socket.nagle.disable", "true" },
	{ "socket.keepalive.enable", "true" },
	{ "reconnect.backoff.ms", "50" },
	{ "reconnect.backoff.max.ms", "250" },
	{ "retry.backoff.ms", "20" },
	/* Found out by surveys; this one is for what they do not see. */
	{ "topic.metadata.refresh.interval.ms", "60000" },
	{ "topic.metadata.refresh.fast.interval.ms", "100" },
	{ "topic.metadata.propagation.max.ms", "500" },
	/* For /metrics */
	{ "statistics.interval.ms", "5000" },
	{ NULL, NULL },
};

static const struct setting for_producers[] = {
	{ "acks", "all" },
	{ "queue.buffering.max.messages", "100000" },
	{ "queue.buffering.max.kbytes", "65536" },
	{ MESSAGE_MAX, "1048576" },
	/* Keys go to the partitions where Kafka's own clients put them. */
	{ "partitioner", "murmur2_random" },
	{ "sticky.partitioning.linger.ms", "0" },
	{ NULL, NULL },
};

static const struct setting for_quick[] = {
	{ "linger.ms", "0" },
	{ "max.in.flight", "2" },
	{ "delivery.report.only.error", "true" },
	{ NULL, NULL },
};

static const struct setting for_busy[] = {
	/* No longer than to produce some dozens, see kafka_producer_push(). */
	{ "linger.ms", "0.03" },
	{ "max.in.flight", "2" },
	{ "delivery.report.only.error", "true" },
	{ NULL, NULL },
};

static const struct setting for_events[] = {
	{ "linger.ms", "0" },
	{ "enable.idempotence", "true" },
	{ NULL, NULL },
};

static const struct setting for_replies[] = {
	/* No reply comes later for it, but questions wait behind a fetch that waits. */
	{ "fetch.wait.max.ms", "100" },
	{ "fetch.min.bytes", "1" },
	{ "fetch.error.backoff.ms", "0" },
	{ "queued.min.messages", "10000" },
	{ "queued.max.messages.kbytes", "16384" },
	{ "check.crcs", "false" },
	{ "isolation.level", "read_uncommitted" },
	{ "enable.auto.offset.store", "false" },
	{ "enable.auto.commit", "false" },
	/* An offset that is gone means a topic that was made anew: told, not guessed. */
	{ "auto.offset.reset", "error" },
	{ NULL, NULL },
};

/* librdkafka's mock cluster lets a fetch wait even if there is something to fetch. */
static const struct setting for_replies_embedded[] = {
	{ "fetch.wait.max.ms", "5" },
	{ NULL, NULL },
};

static const struct setting *const for_use[] = {
	[KAFKA_QUICK] = for_quick,
	[KAFKA_BUSY] = for_busy,
	[KAFKA_EVENTS] = for_events,
	[KAFKA_REPLIES] = for_replies,
};

static const struct setting for_nothing[] = { { NULL, NULL } };

static const struct setting *const for_use_embedded[] = {
	[KAFKA_QUICK] = for_nothing,
	[KAFKA_BUSY] = for_nothing,
	[KAFKA_EVENTS] = for_nothing,
	[KAFKA_REPLIES] = for_replies_embedded,
};

/* What matters comes as an event; the rest would go past our log to standard error. */
static void handle_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
	(void)handle;
	(void)level;
	(void)facility;
	(void)text;
}

static rd_kafka_resp_err_t handle_thread_start(
	rd_kafka_t *handle, rd_kafka_thread_type_t type, const char *name, void *context)
{
	(void)handle;
	(void)type;
	(void)name;
	(void)context;
	thread_policy_set_batch(true);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Its threads wake at the first message of many, and are not to send it before the others come. */
static rd_kafka_resp_err_t handle_new(
	rd_kafka_t *handle, const rd_kafka_conf_t *conf, void *context, char *why, size_t why_size)
{
	(void)conf;
	(void)why;
	(void)why_size;
	return rd_kafka_interceptor_add_on_thread_start(
		handle, "batch", handle_thread_start, context);
}

static bool set(rd_kafka_conf_t *conf, const struct setting *settings, struct kafka_why *why)
{
	for (; settings->name != NULL; settings++) {
		if (rd_kafka_conf_set(conf, settings->name, settings->value, why->text,
			    sizeof(why->text)) != RD_KAFKA_CONF_OK) {
			return false;
		}
	}
	return true;
}

static bool configure(rd_kafka_conf_t *conf, const struct kafka_shared *shared, enum kafka_use use,
	struct kafka_why *why)
{
	const struct setting bootstrap[] = { { "bootstrap.servers", shared->bootstrap },
		{ NULL, NULL } };
	if (!set(conf, bootstrap, why) || !set(conf, for_all, why) ||
		(use < KAFKA_PRODUCERS && !set(conf, for_producers, why)) ||
		!set(conf, for_use[use], why) ||
		(shared->embedded && !set(conf, for_use_embedded[use], why))) {
		return false;
	}
	for (size_t i = 0; i < shared->property_count; i++) {
		const struct setting own[] = {
			{ shared->properties[i].name, shared->properties[i].value },
			{ NULL, NULL },
		};
		if (!set(conf, own, why)) {
			return false;
		}
	}
	if (!shared->debug) {
		rd_kafka_conf_set_log_cb(conf, handle_log);
	}
	if (use == KAFKA_BUSY) {
		rd_kafka_conf_interceptor_add_on_new(conf, "batch", handle_new, NULL);
	}
	int events = RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS |
		     (use < KAFKA_PRODUCERS ? RD_KAFKA_EVENT_DR : 0);
	rd_kafka_conf_set_events(conf, events);
	return true;
}

static void wake_by(rd_kafka_t *handle, int fd)
{
	static const uint64_t one = 1;
	rd_kafka_queue_t *queue = rd_kafka_queue_get_main(handle);
	rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof(one));
	rd_kafka_queue_destroy(queue);
}

rd_kafka_t *kafka_handle_create(
	const struct kafka_shared *shared, enum kafka_use use, int wake_fd, struct kafka_why *why)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *handle = NULL;
	if (configure(conf, shared, use, why)) {
		bool producer = use < KAFKA_PRODUCERS;
		handle = rd_kafka_new(producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf,
			why->text, sizeof(why->text));
	}
	if (handle == NULL) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	wake_by(handle, wake_fd);
	return handle;
}

void kafka_handle_destroy(rd_kafka_t *handle)
{
	if (handle == NULL) {
		return;
	}
	rd_kafka_queue_t *queue = rd_kafka_queue_get_main(handle);
	rd_kafka_queue_io_event_enable(queue, -1, NULL, 0);
	rd_kafka_queue_destroy(queue);
	if (rd_kafka_type(handle) == RD_KAFKA_PRODUCER) {
		rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
					       RD_KAFKA_PURGE_F_NON_BLOCKING);
	}
	rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

/* The producer of events is the strictest one. */
bool kafka_handle_try(const struct kafka_shared *shared, struct kafka_why *why)
{
	static const enum kafka_use uses[] = { KAFKA_EVENTS, KAFKA_REPLIES };
	char nowhere[] = "";
	struct kafka_shared trial = *shared;
	trial.bootstrap = nowhere;
	trial.debug = false;
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		rd_kafka_t *handle = kafka_handle_create(&trial, uses[i], -1, why);
		if (handle == NULL) {
			return false;
		}
		kafka_handle_destroy(handle);
	}
	return true;
}

/* Of a property that is a number above zero. */
static size_t number_of(const rd_kafka_conf_t *conf, const char *name, size_t otherwise)
{
	char text[32];
	size_t size = sizeof(text);
	if (rd_kafka_conf_get(conf, name, text, &size) != RD_KAFKA_CONF_OK) {
		return otherwise;
	}
	size_t number = strtoul(text, NULL, 10);
	return number > 0 ? number : otherwise;
}

size_t kafka_handle_message_max(rd_kafka_t *handle)
{
	return number_of(rd_kafka_conf(handle), MESSAGE_MAX, 1000000);
}

size_t kafka_handle_message_max_of(const struct kafka_shared *shared)
{
	char nowhere[] = "";
	struct kafka_why why;
	struct kafka_shared trial = *shared;
	trial.bootstrap = nowhere;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	configure(conf, &trial, KAFKA_EVENTS, &why);
	size_t max = number_of(conf, MESSAGE_MAX, 1000000);
	rd_kafka_conf_destroy(conf);
	return max;
}

size_t kafka_handle_queue_max(rd_kafka_t *handle)
{
	return number_of(rd_kafka_conf(handle), "queue.buffering.max.messages", 100000);
}
