/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Bytes as they come from the broker on a logged-in link that consumes and publishes. */
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
	volatile unsigned char sum; /* so that every byte of a reply is looked at */
	struct bridge_host host;
};

static void handle_confirm(struct bridge_host *host, struct leg leg, enum bridge_outcome outcome)
{
	(void)host;
	if (leg.slot > 2 || outcome > BRIDGE_UNKNOWN) {
		abort();
	}
}

static void look_at(struct session *session, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		session->sum ^= (unsigned char)text.ptr[i];
	}
}

static void handle_reply(struct bridge_host *host, const struct message *reply)
{
	struct session *session = (struct session *)((char *)host - offsetof(struct session, host));
	look_at(session, reply->body);
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		look_at(session, reply->properties[i]);
	}
	for (unsigned i = 0; i < reply->header_count; i++) {
		look_at(session, reply->headers[i].name);
		look_at(session, reply->headers[i].value);
	}
	if (reply->body.len > host->reply_max) {
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

static const struct bridge_events events = { handle_confirm, handle_reply, handle_reply,
	handle_lost, handle_state };

static bool handle_frame(struct amqp_link *link, const amqp_frame_t *frame)
{
	struct session *session = link->owner;
	/* Channel 1 is the consumer's; the publisher's channels get what is left. */
	return frame->channel == AMQP_CONSUMER_CHANNEL
		       ? amqp_consumer_frame(&session->consumer, frame)
		       : amqp_publisher_frame(&session->publisher, frame);
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

static const struct amqp_link_events link_events = { handle_open, handle_frame, handle_end };

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ev_loop *loop = ev_loop_new(EVBACKEND_SELECT);
	struct session *session = calloc(1, sizeof(*session));
	start(session, loop);
	/* The first byte says where the input is cut in two: frames arrive in pieces. */
	size_t cut = size > 0 ? data[0] % size : 0;
	if (cut > 0) {
		amqp_link_receive(&session->link, span_of((const char *)data + 1, cut - 1));
		amqp_link_receive(&session->link, span_of((const char *)data + cut, size - cut));
	}
	amqp_publisher_lost(&session->publisher);
	amqp_consumer_lost(&session->consumer);
	amqp_link_finish(&session->link);
	amqp_publisher_finish(&session->publisher);
	amqp_consumer_finish(&session->consumer);
	ev_loop_destroy(loop);
	free(session);
	return 0;
}
