/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     kafka_flood BOOTSTRAP TOPIC COUNT RATE SIZE [PROPERTY=VALUE...]
 *
 * Writes COUNT records of SIZE bytes to a topic, RATE in a second (0: as fast as it can), each with
 * a correlation_id that looks like one of ours and is nobody's. It ends once the broker has them
 * all, and prints how many and in how many seconds.
 */
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIZE_MAX_BYTES = 1 << 20, STEP_MS = 5, PATIENCE_MS = 60000 };

struct flood {
	rd_kafka_t *handle;
	rd_kafka_topic_t *topic;
	unsigned long count, rate, size, sent, failed;
	char value[SIZE_MAX_BYTES];
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "kafka_flood: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void handle_report(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
	(void)handle;
	(void)message;
	((struct flood *)opaque)->failed++; /* only failures are reported */
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char why[256];
	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK) {
		die(name, why);
	}
}

static void open_handle(struct flood *flood, char **arguments, char **more)
{
	char why[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	set(conf, "bootstrap.servers", arguments[0]);
	set(conf, "linger.ms", "5");
	set(conf, "queue.buffering.max.messages", "200000");
	set(conf, "delivery.report.only.error", "true");
	for (; *more != NULL; more++) {
		char *value = strchr(*more, '=');
		if (value == NULL) {
			die(*more, "expected PROPERTY=VALUE");
		}
		*value = '\0';
		set(conf, *more, value + 1);
	}
	rd_kafka_conf_set_dr_msg_cb(conf, handle_report);
	rd_kafka_conf_set_opaque(conf, flood);
	flood->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (flood->handle == NULL) {
		die("producer", why);
	}
	flood->topic = rd_kafka_topic_new(flood->handle, arguments[1], NULL);
}

/* False: the queue is full just now. */
static bool send_one(struct flood *flood)
{
	char id[40];
	rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
	int len = snprintf(id, sizeof(id), "%08lx-f100-4d00-8000-%012lx", flood->sent & 0xffffffff,
		flood->sent);
	rd_kafka_header_add(headers, "correlation_id", 14, id, len);
	rd_kafka_resp_err_t error = rd_kafka_producev(flood->handle, RD_KAFKA_V_RKT(flood->topic),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
		RD_KAFKA_V_VALUE(flood->value, flood->size), RD_KAFKA_V_HEADERS(headers),
		RD_KAFKA_V_END);
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
		rd_kafka_headers_destroy(headers);
		if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
			die("produce", rd_kafka_err2str(error));
		}
		return false;
	}
	flood->sent++;
	return true;
}

static void send_all(struct flood *flood)
{
	double began = now();
	while (flood->sent < flood->count) {
		double due = flood->rate > 0 ? (now() - began) * (double)flood->rate
					     : (double)flood->count;
		while (flood->sent < flood->count && (double)flood->sent < due && send_one(flood)) {
		}
		rd_kafka_poll(flood->handle, STEP_MS);
	}
	if (rd_kafka_flush(flood->handle, PATIENCE_MS) != RD_KAFKA_RESP_ERR_NO_ERROR ||
		flood->failed > 0) {
		die("flush", "the broker does not have them all");
	}
	printf("%lu records in %.2f s\n", flood->sent, now() - began);
}

int main(int argc, char **argv)
{
	static struct flood flood;
	if (argc < 6) {
		die("usage", "BOOTSTRAP TOPIC COUNT RATE SIZE [PROPERTY=VALUE...]");
	}
	flood.count = strtoul(argv[3], NULL, 10);
	flood.rate = strtoul(argv[4], NULL, 10);
	flood.size = strtoul(argv[5], NULL, 10);
	if (flood.size > SIZE_MAX_BYTES) {
		die(argv[5], "too large");
	}
	open_handle(&flood, argv + 1, argv + 6);
	send_all(&flood);
	rd_kafka_topic_destroy(flood.topic);
	rd_kafka_destroy(flood.handle);
	return EXIT_SUCCESS;
}
