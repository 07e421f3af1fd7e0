/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * library_calls AMQP_URL QUEUE CALLS IN_FLIGHT: the loop of bridge_calls through rabbitmq-c's own
 * calls, which block; what docs/decisions/0002 compares.
 */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_SIZE 100

static amqp_bytes_t reply_address(struct wire *wire)
{
	amqp_queue_declare_ok_t *declared = amqp_queue_declare(
		wire->state, WIRE_CHANNEL, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
	wire_check(wire, "queue.declare");
	amqp_bytes_t queue = amqp_bytes_malloc_dup(declared->queue);
	amqp_basic_consume(
		wire->state, WIRE_CHANNEL, queue, amqp_empty_bytes, 0, 1, 1, amqp_empty_table);
	wire_check(wire, "basic.consume");
	amqp_confirm_select(wire->state, WIRE_CHANNEL);
	wire_check(wire, "confirm.select");
	return queue;
}

static void send_call(struct wire *wire, const char *queue, amqp_bytes_t reply_queue)
{
	char body[BODY_SIZE] = { 0 };
	const amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_REPLY_TO_FLAG |
			  AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
			  AMQP_BASIC_EXPIRATION_FLAG,
		.correlation_id = amqp_cstring_bytes("00000000-0000-4000-8000-000000000000"),
		.reply_to = reply_queue,
		.content_type = amqp_cstring_bytes("application/json"),
		.expiration = amqp_cstring_bytes("5000"),
		.delivery_mode = 1,
	};
	if (amqp_basic_publish(wire->state, WIRE_CHANNEL, amqp_empty_bytes,
		    amqp_cstring_bytes(queue), 1, 0, &properties,
		    (amqp_bytes_t){ sizeof(body), body }) != AMQP_STATUS_OK) {
		wire_die("cannot publish");
	}
}

/* Waits for one frame; 1 when it began a reply, which is read to its end. */
static int read_reply(struct wire *wire)
{
	amqp_frame_t frame;
	amqp_message_t message;
	if (amqp_simple_wait_frame(wire->state, &frame) != AMQP_STATUS_OK) {
		wire_die("the connection was lost");
	}
	if (frame.frame_type != AMQP_FRAME_METHOD ||
		frame.payload.method.id != AMQP_BASIC_DELIVER_METHOD) {
		return 0;
	}
	amqp_rpc_reply_t result = amqp_read_message(wire->state, WIRE_CHANNEL, &message, 0);
	if (result.reply_type != AMQP_RESPONSE_NORMAL) {
		wire_die("cannot read a reply");
	}
	amqp_destroy_message(&message);
	return 1;
}

int main(int argc, char **argv)
{
	struct wire wire;
	unsigned long sent = 0, replies = 0;

	if (argc != 5) {
		wire_die("usage: library_calls AMQP_URL QUEUE CALLS IN_FLIGHT");
	}
	unsigned long calls = strtoul(argv[3], NULL, 10), in_flight = strtoul(argv[4], NULL, 10);
	wire_open(&wire, argv[1]);
	amqp_bytes_t reply_queue = reply_address(&wire);
	while (sent < in_flight && sent < calls) {
		send_call(&wire, argv[2], reply_queue);
		sent++;
	}
	while (replies < calls) {
		if (read_reply(&wire)) {
			replies++;
			if (sent < calls) {
				send_call(&wire, argv[2], reply_queue);
				sent++;
			}
		}
		amqp_maybe_release_buffers(wire.state);
	}
	printf("{\"calls\": %lu}\n", replies);
	return EXIT_SUCCESS;
}
