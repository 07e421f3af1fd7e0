/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * worker AMQP_URL QUEUE: declares the queue and answers every message with its own body and
 * content type, one ack each, until SIGTERM. Prints "ready" when it consumes.
 */
#include "wire.h"

#include <stdio.h>

static void answer(void *context, const struct wire_message *request)
{
	struct wire *wire = context;
	const amqp_basic_properties_t *asked = request->properties;
	const amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_CORRELATION_ID_FLAG |
			  (asked->_flags & AMQP_BASIC_CONTENT_TYPE_FLAG),
		.correlation_id = asked->correlation_id,
		.content_type = asked->content_type,
	};
	const struct wire_message reply = { .properties = &properties, .body = request->body };
	amqp_basic_ack_t ack = { .delivery_tag = request->deliver->delivery_tag };

	if ((asked->_flags & AMQP_BASIC_REPLY_TO_FLAG) != 0) {
		wire_publish(wire, amqp_empty_bytes, asked->reply_to, 0, &reply);
	}
	wire_method(wire, AMQP_BASIC_ACK_METHOD, &ack);
}

int main(int argc, char **argv)
{
	struct wire wire;
	struct wire_reader reader = { .context = &wire, .read_message = answer };

	if (argc != 3) {
		wire_die("usage: worker AMQP_URL QUEUE");
	}
	wire_open(&wire, argv[1]);
	amqp_bytes_t queue = amqp_cstring_bytes(argv[2]);
	amqp_queue_declare(wire.state, WIRE_CHANNEL, queue, 0, 0, 0, 0, amqp_empty_table);
	wire_check(&wire, "queue.declare");
	amqp_basic_qos(wire.state, WIRE_CHANNEL, 0, 512, 0);
	wire_check(&wire, "basic.qos");
	amqp_basic_consume(
		wire.state, WIRE_CHANNEL, queue, amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
	wire_check(&wire, "basic.consume");
	amqp_maybe_release_buffers(wire.state);
	puts("ready");
	fflush(stdout);
	for (;;) {
		wire_read(&wire, &reader, -1);
		wire_flush(&wire);
	}
}
