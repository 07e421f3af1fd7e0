/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * bare AMQP_URL QUEUE IN_FLIGHT CALLS BODY_SIZE: what RPC over the broker costs without a gateway,
 * with the gateway's options: exclusive reply queue without acks, confirms, mandatory. Prints one
 * JSON object when every call has its reply and its confirm.
 */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct bare {
	struct wire wire;
	amqp_bytes_t queue, reply_queue;
	amqp_bytes_t body;
	unsigned long calls, sent, answered, confirmed;
};

static void send_call(struct bare *bare)
{
	char id[37];
	amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_REPLY_TO_FLAG |
			  AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG,
		.correlation_id = { 36, id },
		.reply_to = bare->reply_queue,
		.content_type = amqp_cstring_bytes("application/json"),
		.delivery_mode = 1,
	};
	const struct wire_message message = { .properties = &properties, .body = bare->body };

	snprintf(id, sizeof(id), "%036lu", bare->sent);
	wire_publish(&bare->wire, amqp_empty_bytes, bare->queue, 1, &message);
	bare->sent++;
}

static void handle_reply(void *context, const struct wire_message *reply)
{
	struct bare *bare = context;

	if (reply->properties->correlation_id.len != 36 || reply->body.len != bare->body.len) {
		wire_die("a reply is not the one that was asked for");
	}
	bare->answered++;
	if (bare->sent < bare->calls) {
		send_call(bare);
	}
}

static void handle_ack(void *context, uint64_t tag, int multiple)
{
	struct bare *bare = context;

	bare->confirmed = multiple ? tag : bare->confirmed + 1;
}

static void start(struct bare *bare, char **argv)
{
	struct wire *wire = &bare->wire;

	wire_open(wire, argv[1]);
	bare->queue = amqp_cstring_bytes(argv[2]);
	bare->calls = strtoul(argv[4], NULL, 10);
	bare->body.len = strtoul(argv[5], NULL, 10);
	bare->body.bytes = malloc(bare->body.len + 1);
	memset(bare->body.bytes, 'x', bare->body.len);
	amqp_queue_declare_ok_t *declared = amqp_queue_declare(
		wire->state, WIRE_CHANNEL, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
	wire_check(wire, "queue.declare");
	bare->reply_queue = amqp_bytes_malloc_dup(declared->queue);
	amqp_basic_consume(wire->state, WIRE_CHANNEL, bare->reply_queue, amqp_empty_bytes, 0, 1, 1,
		amqp_empty_table);
	wire_check(wire, "basic.consume");
	amqp_confirm_select(wire->state, WIRE_CHANNEL);
	wire_check(wire, "confirm.select");
	amqp_maybe_release_buffers(wire->state);
}

int main(int argc, char **argv)
{
	struct bare bare = { 0 };
	struct wire_reader reader = {
		.context = &bare,
		.read_message = handle_reply,
		.read_ack = handle_ack,
	};
	struct rusage usage;

	if (argc != 6) {
		wire_die("usage: bare AMQP_URL QUEUE IN_FLIGHT CALLS BODY_SIZE");
	}
	start(&bare, argv);
	double began = wire_now();
	for (unsigned long i = strtoul(argv[3], NULL, 10); i > 0 && bare.sent < bare.calls; i--) {
		send_call(&bare);
	}
	while (bare.answered < bare.calls || bare.confirmed < bare.calls) {
		wire_flush(&bare.wire);
		if (!wire_read(&bare.wire, &reader, 30000)) {
			wire_die("no reply for 30 seconds");
		}
	}
	double seconds = wire_now() - began;
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"calls\": %lu, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n", bare.calls, seconds,
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	return 0;
}
