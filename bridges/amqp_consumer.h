/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The receiving half of a session: one channel that consumes the reply queue of this session, or
 * the broker's direct reply-to. Feeds on frames of its channel, tells the host about replies.
 */
#pragma once

#include "bridges/amqp_link.h"
#include "bridges/kept_message.h"

#include <stdbool.h>
#include <stdint.h>

/* How far the reply that is arriving has come. */
enum amqp_consumer_content {
	AMQP_CONTENT_NONE,
	AMQP_CONTENT_DELIVERED,  /* method seen, properties to come */
	AMQP_CONTENT_WHOLE,      /* properties seen; the body may come in one frame */
	AMQP_CONTENT_COLLECTING, /* the body comes in several */
	AMQP_CONTENT_DISCARDING, /* too large, or its properties are refused */
};

struct amqp_consumer {
	struct amqp_link *link;
	struct bridge_host *host;
	bool direct;
	bool ready;
	unsigned consuming; /* queues that the broker delivers from */
	char queue[192];    /* reply address of this session */
	size_t queue_len;
	enum amqp_consumer_content content;
	const amqp_basic_properties_t *properties; /* WHOLE: in memory of the link's channel */
	uint64_t body_size, body_seen;
	struct kept_message kept; /* COLLECTING, DISCARDING: properties and headers */
	bool oversized;           /* DISCARDING: the host is told at the end */
	struct buffer body;       /* COLLECTING */
	struct buffer text;
	struct message_header headers[MESSAGE_HEADERS_MAX];
};

#define AMQP_CONSUMER_CHANNEL 1

void amqp_consumer_init(struct amqp_consumer *consumer, struct amqp_link *link,
	struct bridge_host *host, bool direct);
void amqp_consumer_finish(struct amqp_consumer *consumer);

/* The link is open: makes a new reply address and consumes it. */
void amqp_consumer_open(struct amqp_consumer *consumer);
/* The link is lost; tells the host when there was a session. */
void amqp_consumer_lost(struct amqp_consumer *consumer);
/* A frame of its channel; the result as on_frame of amqp_link.h. */
bool amqp_consumer_frame(struct amqp_consumer *consumer, const amqp_frame_t *frame);
/* A whole reply of its channel at once; false: it wants the frames one by one. */
bool amqp_consumer_reply(struct amqp_consumer *consumer, struct message *reply);
/* Where workers send replies; it is alive while `ready`. */
static inline struct span amqp_consumer_address(const struct amqp_consumer *consumer)
{
	return span_of(consumer->queue, consumer->queue_len);
}

/* Whether the next content frame belongs to a reply. */
static inline bool amqp_consumer_expects_content(const struct amqp_consumer *consumer)
{
	return consumer->content != AMQP_CONTENT_NONE;
}
