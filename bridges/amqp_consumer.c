/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     NONE ─deliver─▶ DELIVERED ─header─▶ WHOLE ──body, all of it──▶ on_reply
 *                         │                 └─body, a part─▶ COLLECTING ──rest──▶ on_reply
 *                         └─too large─▶ DISCARDING ──rest──▶ on_oversized
 *     a head that cannot be read ─────────────────────────rest──▶ on_malformed
 *
 * The usual reply comes at once and is handed over where it was received. This is for all others:
 * with a header table, in several reads, large. One that fits a frame is handed over where
 * rabbitmq-c put it. While it is WHOLE the frames' memory is held; a body in several frames is
 * gathered in memory of our own, and the frames' memory goes back after each of them, so that a
 * large reply costs its size once and a discarded one nothing.
 *
 * Whatever ends the reply address (cancel, channel exception, a queue that cannot be declared) ends
 * the link: then one path, with its backoff, makes the next session.
 */
#include "bridges/amqp_consumer.h"

#include "bridges/amqp_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define DIRECT_REPLY_TO "amq.rabbitmq.reply-to"
#define RANDOM_BYTES 12
#define REPLY_TO "${reply_to}"

void amqp_consumer_init(struct amqp_consumer *consumer, struct amqp_link *link,
	struct bridge_host *host, bool direct)
{
	*consumer = (struct amqp_consumer){ .link = link, .host = host, .direct = direct };
}

static void drop_content(struct amqp_consumer *consumer)
{
	consumer->content = AMQP_CONTENT_NONE;
	consumer->properties = NULL;
	kept_message_finish(&consumer->kept);
	buffer_finish(&consumer->body);
}

void amqp_consumer_finish(struct amqp_consumer *consumer)
{
	drop_content(consumer);
	buffer_finish(&consumer->text);
}

/* Nobody can guess it, and nobody else may consume from it: replies of others stay theirs. */
static bool name_queue(struct amqp_consumer *consumer)
{
	unsigned char bytes[RANDOM_BYTES];
	if (consumer->direct) {
		snprintf(consumer->queue, sizeof(consumer->queue), "%s", DIRECT_REPLY_TO);
		return true;
	}
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
		return false;
	}
	char random[2 * RANDOM_BYTES + 1];
	for (size_t i = 0; i < sizeof(bytes); i++) {
		snprintf(random + 2 * i, 3, "%02x", bytes[i]);
	}
	snprintf(consumer->queue, sizeof(consumer->queue), "bridgehead.%.100s.%u.%s",
		consumer->host->instance, consumer->host->shard, random);
	return true;
}

static void consume(struct amqp_consumer *consumer, const char *queue)
{
	const amqp_channel_t number = AMQP_CONSUMER_CHANNEL;
	amqp_queue_declare_t declare = {
		.queue = amqp_cstring_bytes(queue), .exclusive = true, .auto_delete = true
	};
	amqp_basic_consume_t consume = {
		.queue = amqp_cstring_bytes(queue), .no_ack = true, .exclusive = !consumer->direct
	};
	if (!consumer->direct) {
		amqp_link_method(consumer->link, number, AMQP_QUEUE_DECLARE_METHOD, &declare);
	}
	amqp_link_method(consumer->link, number, AMQP_BASIC_CONSUME_METHOD, &consume);
}

/* Queues of names that workers make up. They have no other reply address than that. */
static void consume_others(struct amqp_consumer *consumer)
{
	const char *const *names = consumer->host->reply_queues;
	for (; !consumer->direct && names != NULL && *names != NULL; names++) {
		struct buffer name = { 0 };
		const char *at = strstr(*names, REPLY_TO);
		buffer_append(&name, *names, (size_t)(at - *names));
		buffer_append_span(&name, amqp_consumer_address(consumer));
		buffer_append(&name, at + strlen(REPLY_TO), strlen(at) - strlen(REPLY_TO) + 1);
		consume(consumer, name.data);
		buffer_finish(&name);
	}
}

static unsigned queue_count(const struct amqp_consumer *consumer)
{
	const char *const *names = consumer->host->reply_queues;
	unsigned count = 1;
	while (!consumer->direct && names != NULL && names[count - 1] != NULL) {
		count++;
	}
	return count;
}

void amqp_consumer_open(struct amqp_consumer *consumer)
{
	struct amqp_link *link = consumer->link;
	if (!name_queue(consumer)) {
		amqp_link_fail(link, "no random bytes for the name of the reply queue");
		return;
	}
	consumer->queue_len = strlen(consumer->queue);
	amqp_channel_open_t channel = { 0 };
	amqp_link_method(link, AMQP_CONSUMER_CHANNEL, AMQP_CHANNEL_OPEN_METHOD, &channel);
	consume(consumer, consumer->queue);
	consume_others(consumer);
}

void amqp_consumer_lost(struct amqp_consumer *consumer)
{
	drop_content(consumer);
	consumer->consuming = 0;
	if (consumer->ready) {
		consumer->ready = false;
		consumer->host->events->on_session_lost(consumer->host);
	}
}

/* Replies */

static bool read_head(struct amqp_consumer *consumer, struct message *reply)
{
	*reply = (struct message){ .routing_key = amqp_consumer_address(consumer) };
	return amqp_value_to_message(
		consumer->properties, consumer->headers, &consumer->text, reply);
}

static void deliver_whole(struct amqp_consumer *consumer, struct span body)
{
	struct message reply;
	consumer->content = AMQP_CONTENT_NONE;
	if (read_head(consumer, &reply)) {
		reply.body = body;
		consumer->host->events->on_reply(consumer->host, &reply);
	} else {
		consumer->host->events->on_malformed(consumer->host);
	}
}

bool amqp_consumer_reply(struct amqp_consumer *consumer, struct message *reply)
{
	size_t max = consumer->host->reply_max;
	if (consumer->content != AMQP_CONTENT_NONE || (max > 0 && reply->body.len > max)) {
		return false;
	}
	reply->routing_key = amqp_consumer_address(consumer);
	consumer->host->events->on_reply(consumer->host, reply);
	return true;
}

/* Leaves the frames' memory: what is known of the reply so far moves into our own. */
static void keep_head(struct amqp_consumer *consumer, enum amqp_consumer_content content)
{
	struct message head;
	bool good = read_head(consumer, &head) && kept_message_copy_head(&consumer->kept, &head);
	consumer->properties = NULL;
	consumer->oversized = good;
	consumer->content = good ? content : AMQP_CONTENT_DISCARDING;
}

static void deliver_collected(struct amqp_consumer *consumer)
{
	struct kept_message kept = consumer->kept;
	struct buffer body = consumer->body;
	consumer->kept = (struct kept_message){ 0 };
	consumer->body = (struct buffer){ 0 };
	enum amqp_consumer_content content = consumer->content;
	bool oversized = consumer->oversized;
	consumer->content = AMQP_CONTENT_NONE;
	if (content == AMQP_CONTENT_COLLECTING) {
		kept.message.body = buffer_span(&body);
		consumer->host->events->on_reply(consumer->host, &kept.message);
	} else if (oversized) {
		consumer->host->events->on_oversized(consumer->host, &kept.message);
	} else {
		consumer->host->events->on_malformed(consumer->host);
	}
	kept_message_finish(&kept);
	buffer_finish(&body);
}

static bool handle_header(struct amqp_consumer *consumer, const amqp_frame_t *frame)
{
	size_t max = consumer->host->reply_max;
	consumer->properties = frame->payload.properties.decoded;
	consumer->body_size = frame->payload.properties.body_size;
	consumer->body_seen = 0;
	if (consumer->body_size == 0) {
		deliver_whole(consumer, SPAN(""));
		return false;
	}
	if (max > 0 && consumer->body_size > max) {
		keep_head(consumer, AMQP_CONTENT_DISCARDING);
		return false;
	}
	consumer->content = AMQP_CONTENT_WHOLE;
	return true;
}

static void collect(struct amqp_consumer *consumer, struct span piece)
{
	if (consumer->content != AMQP_CONTENT_COLLECTING) {
		return;
	}
	buffer_append_span(&consumer->body, piece);
	if (consumer->body.failed) {
		buffer_finish(&consumer->body);
		consumer->content = AMQP_CONTENT_DISCARDING;
	}
}

static bool handle_body(struct amqp_consumer *consumer, const amqp_frame_t *frame)
{
	struct span piece = span_of_amqp(frame->payload.body_fragment);
	if (piece.len > consumer->body_size - consumer->body_seen) {
		amqp_link_fail(consumer->link, "the broker sent more of a reply than it announced");
		return false;
	}
	if (consumer->content == AMQP_CONTENT_WHOLE && piece.len == consumer->body_size) {
		deliver_whole(consumer, piece);
		return false;
	}
	if (consumer->content == AMQP_CONTENT_WHOLE) {
		keep_head(consumer, AMQP_CONTENT_COLLECTING);
	}
	collect(consumer, piece);
	consumer->body_seen += piece.len;
	if (consumer->body_seen == consumer->body_size) {
		deliver_collected(consumer);
	}
	return false;
}

/* Methods */

static bool handle_method(struct amqp_consumer *consumer, const amqp_method_t *method)
{
	const amqp_channel_close_t *closed = method->decoded;
	switch (method->id) {
	case AMQP_BASIC_DELIVER_METHOD: consumer->content = AMQP_CONTENT_DELIVERED; return true;
	case AMQP_BASIC_CONSUME_OK_METHOD:
		consumer->ready = ++consumer->consuming == queue_count(consumer);
		return false;
	case AMQP_BASIC_CANCEL_METHOD:
		amqp_link_fail(consumer->link, "the reply queue was deleted");
		return false;
	case AMQP_CHANNEL_CLOSE_METHOD:
		amqp_link_fail(consumer->link,
			"the broker closed the channel of the reply queue (%u)",
			closed->reply_code);
		return false;
	default: return false;
	}
}

bool amqp_consumer_frame(struct amqp_consumer *consumer, const amqp_frame_t *frame)
{
	bool in_order = true;
	switch (frame->frame_type) {
	case AMQP_FRAME_METHOD: in_order = consumer->content == AMQP_CONTENT_NONE; break;
	case AMQP_FRAME_HEADER:
		in_order = consumer->content == AMQP_CONTENT_DELIVERED &&
			   frame->payload.properties.class_id == AMQP_BASIC_CLASS;
		break;
	case AMQP_FRAME_BODY: in_order = consumer->content >= AMQP_CONTENT_WHOLE; break;
	default: return false;
	}
	if (!in_order) {
		amqp_link_fail(consumer->link, "the broker sent frames out of order");
		return false;
	}
	switch (frame->frame_type) {
	case AMQP_FRAME_METHOD: return handle_method(consumer, &frame->payload.method);
	case AMQP_FRAME_HEADER: return handle_header(consumer, frame);
	default: return handle_body(consumer, frame);
	}
}
