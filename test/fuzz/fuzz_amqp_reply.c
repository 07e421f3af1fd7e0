/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Bytes as they come from the broker on a logged-in link that consumes and publishes, twice: in
 * pieces through the link, which reads some frames in place, and at once through rabbitmq-c alone.
 * Both must tell the host the same.
 */
#include "bridges/amqp_consumer.h"
#include "bridges/amqp_publisher.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct session {
	struct amqp_link link;
	struct amqp_publisher publisher;
	struct amqp_consumer consumer;
	struct buffer told;
	struct bridge_host host;
};

static struct session *session_of(struct bridge_host *host)
{
	return (struct session *)((char *)host - offsetof(struct session, host));
}

static void handle_confirm(struct bridge_host *host, struct leg leg, enum bridge_outcome outcome)
{
	if (leg.slot > 2 || outcome > BRIDGE_UNKNOWN) {
		abort();
	}
	buffer_append_format(&session_of(host)->told, "confirm %u %d\n", leg.slot, (int)outcome);
}

static void tell(struct session *session, struct span text)
{
	buffer_append_format(
		&session->told, "%s %zu ", span_present(text) ? "is" : "absent", text.len);
	buffer_append_span(&session->told, text);
}

static void tell_message(struct session *session, const struct message *reply)
{
	/* the address is another one in every session */
	if (!span_equal(reply->routing_key, amqp_consumer_address(&session->consumer))) {
		abort();
	}
	tell(session, reply->exchange);
	tell(session, reply->body);
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		tell(session, reply->properties[i]);
	}
	for (unsigned i = 0; i < reply->header_count; i++) {
		tell(session, reply->headers[i].name);
		tell(session, reply->headers[i].value);
		buffer_append_number(&session->told, reply->headers[i].type);
	}
}

static void handle_reply(struct bridge_host *host, const struct message *reply)
{
	buffer_append_literal(&session_of(host)->told, "reply\n");
	tell_message(session_of(host), reply);
	if (reply->body.len > host->reply_max) {
		abort();
	}
}

static void handle_oversized(struct bridge_host *host, const struct message *reply)
{
	buffer_append_literal(&session_of(host)->told, "oversized\n");
	tell_message(session_of(host), reply);
	if (reply->body.len > 0) {
		abort();
	}
}

static void handle_lost(struct bridge_host *host)
{
	(void)host;
}

static void handle_state(struct bridge_host *host, enum bridge_state state, const char *why)
{
	(void)host;
	(void)state;
	(void)why;
}

static const struct bridge_events events = {
	.on_confirm = handle_confirm,
	.on_reply = handle_reply,
	.on_oversized = handle_oversized,
	.on_malformed = handle_lost,
	.on_session_lost = handle_lost,
	.on_state = handle_state,
};

static bool handle_frame(struct amqp_link *link, const amqp_frame_t *frame)
{
	struct session *session = link->owner;
	/* Channel 1 is the consumer's; the publisher's channels get what is left. */
	return frame->channel == AMQP_CONSUMER_CHANNEL
		       ? amqp_consumer_frame(&session->consumer, frame)
		       : amqp_publisher_frame(&session->publisher, frame);
}

static bool handle_whole(struct amqp_link *link, amqp_channel_t channel, struct message *reply)
{
	struct session *session = link->owner;
	return channel == AMQP_CONSUMER_CHANNEL && amqp_consumer_reply(&session->consumer, reply);
}

static void handle_open(struct amqp_link *link)
{
	(void)link;
}

static void handle_end(struct amqp_link *link, const char *why)
{
	(void)link;
	(void)why;
}

static const struct amqp_link_events link_events = { handle_open, handle_frame, handle_whole,
	handle_end };

/* A protocol header ends the handshake as far as the library is concerned. */
static amqp_connection_state_t log_in(void)
{
	amqp_connection_state_t connection = amqp_new_connection();
	amqp_bytes_t header = { 8, "AMQP\0\0\x09\x01" };
	amqp_frame_t frame;
	amqp_handle_input(connection, header, &frame);
	amqp_tune_connection(connection, 64, 131072, 0);
	return connection;
}

static void start(struct session *session, struct ev_loop *loop)
{
	static const char *const exchanges[] = { "a", "b", NULL };
	static const struct amqp_target target = { .host = "broker", .port = 5672 };
	static const struct amqp_publisher_options options = {
		.confirms = true, .backlog = 1 << 20, .user = "guest"
	};
	session->host = (struct bridge_host){ .events = &events,
		.loop = loop,
		.instance = "fuzz",
		.reply_max = 4096,
		.exchanges = exchanges };
	amqp_link_init(&session->link, &target, &session->host, &link_events, session);
	amqp_link_adopt(&session->link, log_in());
	amqp_consumer_init(&session->consumer, &session->link, &session->host, false);
	amqp_publisher_init(&session->publisher, &session->link, &session->host, &options);
	amqp_consumer_open(&session->consumer);
	amqp_publisher_open(&session->publisher);
	for (uint32_t i = 0; i < 3; i++) {
		struct message message = { .exchange = SPAN("a"), .body = SPAN("{}") };
		message.properties[PROPERTY_CORRELATION_ID] = SPAN("id");
		amqp_publisher_send(&session->publisher, &message, (struct leg){ .slot = i });
	}
}

/* The first byte says how large the pieces are: frames arrive in several, or several in one. */
static void receive_in_pieces(struct session *session, struct span input)
{
	size_t size = (unsigned char)input.ptr[0];
	input = span_skip(input, 1);
	while (input.len > 0) {
		size_t count = size > 0 && size < input.len ? size : input.len;
		if (amqp_link_is_open(&session->link)) {
			amqp_link_receive(&session->link, span_of(input.ptr, count));
		}
		input = span_skip(input, count);
	}
}

static void receive_by_library(struct session *session, struct span input)
{
	struct amqp_link *link = &session->link;
	input = span_skip(input, 1);
	while (input.len > 0 && amqp_link_is_open(link)) {
		amqp_frame_t frame;
		int used = amqp_handle_input(link->connection, amqp_bytes_of(input), &frame);
		if (used <= 0 || (frame.frame_type == AMQP_FRAME_METHOD &&
					 frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)) {
			return;
		}
		input = span_skip(input, (size_t)used);
		if (frame.frame_type != 0 && frame.frame_type != AMQP_FRAME_HEARTBEAT &&
			!handle_frame(link, &frame)) {
			amqp_maybe_release_buffers_on_channel(link->connection, frame.channel);
		}
	}
}

/* What the host was told in all. */
static struct buffer run(
	void (*receive)(struct session *session, struct span input), struct span input)
{
	struct ev_loop *loop = ev_loop_new(EVBACKEND_SELECT);
	struct session *session = calloc(1, sizeof(*session));
	start(session, loop);
	receive(session, input);
	amqp_publisher_lost(&session->publisher);
	amqp_consumer_lost(&session->consumer);
	amqp_link_finish(&session->link);
	amqp_publisher_finish(&session->publisher);
	amqp_consumer_finish(&session->consumer);
	ev_loop_destroy(loop);
	struct buffer told = session->told;
	free(session);
	return told;
}

/*
 * The library does not look whether a content header is long enough for its fixed part, and reads
 * what stands behind it: both sessions go through it then, and need not see the same.
 */
static bool has_short_header(struct span input)
{
	while (input.len >= 8) {
		const unsigned char *at = (const unsigned char *)input.ptr;
		size_t size =
			(size_t)at[3] << 24 | (size_t)at[4] << 16 | (size_t)at[5] << 8 | at[6];
		if (at[0] == AMQP_FRAME_HEADER && size < 12) {
			return true;
		}
		if (size + 8 > input.len) {
			return false;
		}
		input = span_skip(input, size + 8);
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of((const char *)data, size);
	if (size == 0 || has_short_header(span_skip(input, 1))) {
		return 0;
	}
	struct buffer in_pieces = run(receive_in_pieces, input);
	struct buffer by_library = run(receive_by_library, input);
	if (!span_equal(buffer_span(&in_pieces), buffer_span(&by_library))) {
		abort();
	}
	buffer_finish(&in_pieces);
	buffer_finish(&by_library);
	return 0;
}
