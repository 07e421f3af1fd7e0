/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "records.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 256, ASK_MS = 20000, PARTITION = 0 };

static const char *const for_both[][2] = {
	{ "socket.nagle.disable", "true" },
	{ "allow.auto.create.topics", "false" },
};

static const char *const for_producer[][2] = {
	{ "acks", "all" },
	{ "linger.ms", "0" },
	{ "max.in.flight", "2" },
	{ "delivery.report.only.error", "true" },
	{ "message.timeout.ms", "20000" },
};

static const char *const for_consumer[][2] = {
	{ "fetch.wait.max.ms", "500" },
	{ "fetch.min.bytes", "1" },
	{ "fetch.error.backoff.ms", "0" },
	{ "check.crcs", "false" },
};

void records_die(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

double records_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char why[256];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK) {
		records_die(why);
	}
}

static void set_all(rd_kafka_conf_t *conf, const char *const (*rows)[2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		set(conf, rows[i][0], rows[i][1]);
	}
}

static void set_own(rd_kafka_conf_t *conf, char *const *properties)
{
	for (; *properties != NULL; properties++) {
		char *name = strdup(*properties);
		char *value = strchr(name, '=');

		if (value == NULL) {
			records_die("a property is NAME=VALUE");
		}
		*value++ = '\0';
		set(conf, name, value);
		free(name);
	}
}

static rd_kafka_t *open_handle(rd_kafka_type_t type, rd_kafka_conf_t *conf, int events)
{
	char why[256];

	rd_kafka_conf_set_events(conf, events);
	rd_kafka_t *handle = rd_kafka_new(type, conf, why, sizeof(why));
	if (handle == NULL) {
		records_die(why);
	}
	return handle;
}

static void wake(rd_kafka_queue_t *queue, int fd)
{
	static const uint64_t one = 1;

	rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof(one));
}

/* A topic that was just made has no leader for a moment. */
static int64_t ask_end(rd_kafka_t *consumer, const char *topic)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	double limit = records_now() + ASK_MS / 1e3;
	int64_t first, end;

	while (rd_kafka_query_watermark_offsets(consumer, topic, PARTITION, &first, &end, ASK_MS) !=
		RD_KAFKA_RESP_ERR_NO_ERROR) {
		if (records_now() > limit) {
			records_die("no end offset of the topic");
		}
		nanosleep(&pause, NULL);
	}
	return end;
}

static void open_consumer(struct records *records, const char *bootstrap, const char *name)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	set(conf, "bootstrap.servers", bootstrap);
	set_all(conf, for_both, sizeof(for_both) / sizeof(for_both[0]));
	set_all(conf, for_consumer, sizeof(for_consumer) / sizeof(for_consumer[0]));
	records->consumer = open_handle(RD_KAFKA_CONSUMER, conf, 0);
	records->input = rd_kafka_queue_new(records->consumer);
	wake(records->input, records->fd);
	rd_kafka_topic_t *topic = rd_kafka_topic_new(records->consumer, name, NULL);
	int64_t end = ask_end(records->consumer, name);
	if (rd_kafka_consume_start_queue(topic, PARTITION, end, records->input) != 0) {
		records_die("the topic cannot be read");
	}
}

void records_open(
	struct records *records, const char *bootstrap, const char *topic, char *const *properties)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	records->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	set(conf, "bootstrap.servers", bootstrap);
	set_all(conf, for_both, sizeof(for_both) / sizeof(for_both[0]));
	set_all(conf, for_producer, sizeof(for_producer) / sizeof(for_producer[0]));
	set_own(conf, properties);
	records->producer =
		open_handle(RD_KAFKA_PRODUCER, conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
	records->reports = rd_kafka_queue_get_main(records->producer);
	wake(records->reports, records->fd);
	open_consumer(records, bootstrap, topic);
	/* What came before somebody listened wakes nobody. */
	eventfd_write(records->fd, 1);
}

rd_kafka_topic_t *records_topic(struct records *records, const char *name)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_topic_t *topic = rd_kafka_topic_new(records->producer, name, NULL);

	if (topic == NULL || rd_kafka_metadata(records->producer, 0, topic, &metadata, ASK_MS) !=
				     RD_KAFKA_RESP_ERR_NO_ERROR) {
		records_die("no metadata of the topic");
	}
	rd_kafka_metadata_destroy(metadata);
	return topic;
}

void records_send(struct records *records, const struct records_out *out)
{
	rd_kafka_resp_err_t error = rd_kafka_producev(records->producer, RD_KAFKA_V_RKT(out->topic),
		RD_KAFKA_V_PARTITION(PARTITION), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
		RD_KAFKA_V_VALUE((void *)out->value, out->size), RD_KAFKA_V_HEADERS(out->headers),
		RD_KAFKA_V_END);

	if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
		records_die(rd_kafka_err2name(error));
	}
}

/* Only failures are reported. */
static void read_reports(struct records *records)
{
	rd_kafka_event_t *event;

	while ((event = rd_kafka_queue_poll(records->reports, 0)) != NULL) {
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
			records_die(rd_kafka_event_error_string(event));
		}
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
			records_die("a record was not delivered");
		}
		rd_kafka_event_destroy(event);
	}
}

static size_t read_input(struct records *records, records_handler *handler, void *context)
{
	rd_kafka_message_t *batch[BATCH];
	size_t total = 0;

	for (;;) {
		ssize_t got = rd_kafka_consume_batch_queue(records->input, 0, batch, BATCH);
		for (ssize_t i = 0; i < got; i++) {
			if (batch[i]->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
				records_die(rd_kafka_message_errstr(batch[i]));
			}
			handler(context, batch[i]);
			rd_kafka_message_destroy(batch[i]);
		}
		if (got <= 0) {
			return total;
		}
		total += (size_t)got;
	}
}

size_t records_read(
	struct records *records, records_handler *handler, void *context, int timeout_ms)
{
	struct pollfd wait = { .fd = records->fd, .events = POLLIN };
	eventfd_t count;

	if (poll(&wait, 1, timeout_ms) <= 0) {
		return 0;
	}
	eventfd_read(records->fd, &count);
	read_reports(records);
	return read_input(records, handler, context);
}
