/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "wire.h"

#include <amqp_tcp_socket.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define INPUT_SIZE (256 * 1024)
#define FRAME_END 0xce

void wire_die(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

double wire_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void wire_check(struct wire *wire, const char *what)
{
	if (amqp_get_rpc_reply(wire->state).reply_type != AMQP_RESPONSE_NORMAL) {
		wire_die(what);
	}
}

void wire_open(struct wire *wire, const char *url)
{
	struct amqp_connection_info info;
	char *copy = strdup(url);

	*wire = (struct wire){ .state = amqp_new_connection() };
	if (copy == NULL || amqp_parse_url(copy, &info) != AMQP_STATUS_OK) {
		wire_die("not an AMQP URL");
	}
	amqp_socket_t *socket = amqp_tcp_socket_new(wire->state);
	if (socket == NULL || amqp_socket_open(socket, info.host, info.port) != AMQP_STATUS_OK) {
		wire_die("cannot connect to the broker");
	}
	/* As everywhere here, "/" behind the port is the virtual host of that name. */
	const char *vhost = info.vhost[0] != '\0' ? info.vhost : "/";
	amqp_rpc_reply_t reply = amqp_login(
		wire->state, vhost, 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, info.user, info.password);
	if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
		wire_die("cannot log in at the broker");
	}
	amqp_channel_open(wire->state, WIRE_CHANNEL);
	wire_check(wire, "channel.open");
	free(copy);
	wire->fd = amqp_get_sockfd(wire->state);
	wire->frame_max = (size_t)amqp_get_frame_max(wire->state);
	wire->input = malloc(INPUT_SIZE);
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

static uint8_t *reserve(struct wire *wire, size_t more)
{
	if (wire->output_cap - wire->output_len < more) {
		wire->output_cap = (wire->output_cap + more) * 2;
		wire->output = realloc(wire->output, wire->output_cap);
		if (wire->output == NULL) {
			wire_die("out of memory");
		}
	}
	return wire->output + wire->output_len;
}

/* Head and end around `len` bytes of payload that are in place already. */
static void finish_frame(struct wire *wire, uint8_t type, size_t len)
{
	uint8_t *at = wire->output + wire->output_len;

	at[0] = type;
	put16(at + 1, WIRE_CHANNEL);
	put32(at + 3, (uint32_t)len);
	at[7 + len] = FRAME_END;
	wire->output_len += len + 8;
}

void wire_method(struct wire *wire, amqp_method_number_t id, void *method)
{
	uint8_t *at = reserve(wire, 4096);
	amqp_bytes_t room = { 4096 - 12, at + 11 };
	int len = amqp_encode_method(id, method, room);

	if (len < 0) {
		wire_die("cannot encode a method");
	}
	put32(at + 7, id);
	finish_frame(wire, AMQP_FRAME_METHOD, (size_t)len + 4);
}

static void append_header(struct wire *wire, const struct wire_message *message)
{
	uint8_t *at = reserve(wire, 4096);
	amqp_bytes_t room = { 4096 - 20, at + 19 };
	int len = amqp_encode_properties(
		AMQP_BASIC_CLASS, (amqp_basic_properties_t *)message->properties, room);

	if (len < 0) {
		wire_die("cannot encode properties");
	}
	put16(at + 7, AMQP_BASIC_CLASS);
	put16(at + 9, 0);
	put32(at + 11, 0);
	put32(at + 15, (uint32_t)message->body.len);
	finish_frame(wire, AMQP_FRAME_HEADER, (size_t)len + 12);
}

void wire_publish(struct wire *wire, amqp_bytes_t exchange, amqp_bytes_t key, int mandatory,
	const struct wire_message *message)
{
	amqp_basic_publish_t publish = {
		.exchange = exchange,
		.routing_key = key,
		.mandatory = mandatory,
	};
	const uint8_t *body = message->body.bytes;
	size_t left = message->body.len;

	wire_method(wire, AMQP_BASIC_PUBLISH_METHOD, &publish);
	append_header(wire, message);
	while (left > 0) {
		size_t len = left < wire->frame_max - 8 ? left : wire->frame_max - 8;
		memcpy(reserve(wire, len + 8) + 7, body, len);
		finish_frame(wire, AMQP_FRAME_BODY, len);
		body += len;
		left -= len;
	}
}

void wire_flush(struct wire *wire)
{
	size_t sent = 0;

	while (sent < wire->output_len) {
		ssize_t got = send(wire->fd, wire->output + sent, wire->output_len - sent,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (got >= 0) {
			sent += (size_t)got;
		} else if (errno == EAGAIN) {
			struct pollfd wait = { .fd = wire->fd, .events = POLLOUT };
			poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			wire_die("the connection to the broker broke");
		}
	}
	wire->output_len = 0;
}

static void finish_message(struct wire *wire, struct wire_reader *reader)
{
	const struct wire_message message = {
		.deliver = &reader->deliver,
		.properties = &reader->properties,
		.body = { reader->body_size, reader->body },
	};

	reader->read_message(reader->context, &message);
	amqp_maybe_release_buffers_on_channel(wire->state, WIRE_CHANNEL);
}

static void handle_method(struct wire *wire, struct wire_reader *reader, const amqp_frame_t *frame)
{
	switch (frame->payload.method.id) {
	case AMQP_BASIC_DELIVER_METHOD:
		reader->deliver = *(amqp_basic_deliver_t *)frame->payload.method.decoded;
		return;
	case AMQP_BASIC_ACK_METHOD: {
		const amqp_basic_ack_t *ack = frame->payload.method.decoded;
		if (reader->read_ack != NULL) {
			reader->read_ack(reader->context, ack->delivery_tag, ack->multiple);
		}
		amqp_maybe_release_buffers_on_channel(wire->state, WIRE_CHANNEL);
		return;
	}
	default: wire_die("the broker sent a method that was not expected");
	}
}

static void handle_frame(struct wire *wire, struct wire_reader *reader, const amqp_frame_t *frame)
{
	if (frame->frame_type == AMQP_FRAME_METHOD) {
		handle_method(wire, reader, frame);
		return;
	}
	if (frame->frame_type == AMQP_FRAME_HEADER) {
		reader->properties = *(amqp_basic_properties_t *)frame->payload.properties.decoded;
		reader->body_size = (size_t)frame->payload.properties.body_size;
		reader->body_len = 0;
		reader->body = realloc(reader->body, reader->body_size + 1);
		if (reader->body == NULL) {
			wire_die("out of memory");
		}
	} else if (frame->frame_type == AMQP_FRAME_BODY) {
		const amqp_bytes_t *piece = &frame->payload.body_fragment;
		if (piece->len > reader->body_size - reader->body_len) {
			wire_die("the broker sent more than it had announced");
		}
		memcpy(reader->body + reader->body_len, piece->bytes, piece->len);
		reader->body_len += piece->len;
	}
	if (reader->body_len == reader->body_size) {
		finish_message(wire, reader);
	}
}

int wire_read(struct wire *wire, struct wire_reader *reader, int timeout_ms)
{
	struct pollfd wait = { .fd = wire->fd, .events = POLLIN };

	if (poll(&wait, 1, timeout_ms) <= 0) {
		return 0;
	}
	ssize_t got = recv(wire->fd, wire->input, INPUT_SIZE, 0);
	if (got <= 0) {
		wire_die("the broker closed the connection");
	}
	amqp_bytes_t rest = { (size_t)got, wire->input };
	while (rest.len > 0) {
		amqp_frame_t frame;
		int used = amqp_handle_input(wire->state, rest, &frame);
		if (used < 0) {
			wire_die("the broker sent what is not AMQP");
		}
		rest.bytes = (uint8_t *)rest.bytes + used;
		rest.len -= (size_t)used;
		if (frame.frame_type != 0) {
			handle_frame(wire, reader, &frame);
		}
	}
	return 1;
}
