/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * worker_kafka BOOTSTRAP TOPIC: answers every record in partition 0 of the topic with its own value
 * and content type, until SIGTERM. Prints "ready" when it reads.
 */
#include "records.h"

#include <stdio.h>
#include <string.h>

#define REPLY_TOPICS 16

struct worker {
	struct records records;
	rd_kafka_topic_t *topics[REPLY_TOPICS];
	unsigned topic_count;
};

static rd_kafka_topic_t *find_topic(struct worker *worker, const char *name, size_t len)
{
	char text[256];

	for (unsigned i = 0; i < worker->topic_count; i++) {
		const char *known = rd_kafka_topic_name(worker->topics[i]);
		if (strlen(known) == len && memcmp(known, name, len) == 0) {
			return worker->topics[i];
		}
	}
	if (worker->topic_count == REPLY_TOPICS || len >= sizeof(text)) {
		records_die("too many reply topics");
	}
	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	worker->topics[worker->topic_count] = records_topic(&worker->records, text);
	return worker->topics[worker->topic_count++];
}

static void copy(rd_kafka_headers_t *to, const rd_kafka_headers_t *from, const char *name)
{
	const void *value;
	size_t size;

	if (rd_kafka_header_get_last(from, name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR) {
		rd_kafka_header_add(to, name, -1, value, (ssize_t)size);
	}
}

static void answer(void *context, const rd_kafka_message_t *request)
{
	struct worker *worker = context;
	struct records_out reply = { .value = request->payload, .size = request->len };
	rd_kafka_headers_t *asked;
	const void *to;
	size_t size;

	if (rd_kafka_message_headers(request, &asked) != RD_KAFKA_RESP_ERR_NO_ERROR ||
		rd_kafka_header_get_last(asked, "reply_to", &to, &size) !=
			RD_KAFKA_RESP_ERR_NO_ERROR) {
		return;
	}
	reply.topic = find_topic(worker, to, size);
	reply.headers = rd_kafka_headers_new(2);
	copy(reply.headers, asked, "correlation_id");
	copy(reply.headers, asked, "content-type");
	records_send(&worker->records, &reply);
}

int main(int argc, char **argv)
{
	struct worker worker = { .topic_count = 0 };
	char *const no_properties[] = { NULL };

	if (argc != 3) {
		records_die("usage: worker_kafka BOOTSTRAP TOPIC");
	}
	records_open(&worker.records, argv[1], argv[2], no_properties);
	puts("ready");
	fflush(stdout);
	for (;;) {
		records_read(&worker.records, answer, &worker, -1);
	}
}
