/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * bare_kafka BOOTSTRAP TOPIC REPLY_TOPIC IN_FLIGHT CALLS BODY_SIZE [NAME=VALUE...]: what RPC over
 * Kafka costs without a gateway. The records are those of the gateway, header by header. Prints one
 * JSON object when every call has its reply; the first one, which waits for what a start waits for,
 * is not counted. NAME=VALUE are properties of the producer.
 */
#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define PATIENCE_S 30

struct bare {
	struct records records;
	struct records_out out; /* all but the headers */
	const char *reply_topic;
	unsigned long calls, sent, answered;
	double *sent_at; /* by number; then how long it took */
};

static void add(rd_kafka_headers_t *headers, const char *name, const char *value)
{
	rd_kafka_header_add(headers, name, -1, value, -1);
}

static void send_call(struct bare *bare)
{
	char id[37];

	snprintf(id, sizeof(id), "%036lu", bare->sent);
	bare->out.headers = rd_kafka_headers_new(4);
	add(bare->out.headers, "correlation_id", id);
	add(bare->out.headers, "reply_to", bare->reply_topic);
	add(bare->out.headers, "content-type", "application/json");
	add(bare->out.headers, "deadline_ms", "1790000000000");
	bare->sent_at[bare->sent] = records_now();
	records_send(&bare->records, &bare->out);
	bare->sent++;
}

static void handle_reply(void *context, const rd_kafka_message_t *reply)
{
	struct bare *bare = context;
	rd_kafka_headers_t *headers;
	const void *id;
	size_t size;

	if (rd_kafka_message_headers(reply, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
		rd_kafka_header_get_last(headers, "correlation_id", &id, &size) !=
			RD_KAFKA_RESP_ERR_NO_ERROR ||
		size != 36 || reply->len != bare->out.size) {
		records_die("a reply is not the one that was asked for");
	}
	unsigned long number = strtoul(id, NULL, 10);
	if (number >= bare->sent) {
		records_die("a reply to nothing");
	}
	bare->sent_at[number] = records_now() - bare->sent_at[number];
	bare->answered++;
	if (bare->sent < bare->calls) {
		send_call(bare);
	}
}

/* `calls` more, so many of them in flight. */
static void do_calls(struct bare *bare, unsigned long calls, unsigned long in_flight)
{
	bare->calls = bare->sent + calls;
	while (in_flight-- > 0 && bare->sent < bare->calls) {
		send_call(bare);
	}
	double heard = records_now();
	while (bare->answered < bare->calls) {
		if (records_read(&bare->records, handle_reply, bare, 1000) > 0) {
			heard = records_now();
		} else if (records_now() > heard + PATIENCE_S) {
			records_die("no reply for 30 seconds");
		}
	}
}

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	struct bare bare = { 0 };

	if (argc < 7) {
		records_die("usage: bare_kafka BOOTSTRAP TOPIC REPLY_TOPIC IN_FLIGHT CALLS "
			    "BODY_SIZE [NAME=VALUE...]");
	}
	unsigned long in_flight = strtoul(argv[4], NULL, 10), calls = strtoul(argv[5], NULL, 10);
	bare.reply_topic = argv[3];
	bare.out.size = strtoul(argv[6], NULL, 10);
	bare.out.value = memset(malloc(bare.out.size + 1), 'x', bare.out.size);
	bare.sent_at = calloc(calls + 1, sizeof(*bare.sent_at));
	records_open(&bare.records, argv[1], argv[3], argv + 7);
	bare.out.topic = records_topic(&bare.records, argv[2]);
	do_calls(&bare, 1, 1);

	double began = records_now(), cpu_began = cpu_seconds();
	do_calls(&bare, calls, in_flight);
	double seconds = records_now() - began, cpu = cpu_seconds() - cpu_began;
	qsort(bare.sent_at + 1, calls, sizeof(*bare.sent_at), compare);
	printf("{\"calls\": %lu, \"seconds\": %.6f, \"cpu_seconds\": %.6f, \"p50\": %.6f, "
	       "\"p99\": %.6f}\n",
		calls, seconds, cpu, bare.sent_at[1 + calls / 2],
		bare.sent_at[1 + calls * 99 / 100]);
	return 0;
}
