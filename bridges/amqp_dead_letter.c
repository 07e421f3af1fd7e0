/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     channel.open, queue.declare, queue.bind, basic.consume    in one write, answered in turn
 *         └─ the exchange is missing: channel.close ─▶ close-ok, and again after a pause
 *
 * The queue is exclusive, and an attempt that fails leaves it behind for the next one. What matters
 * of a letter stands in its head, so bodies pass unseen.
 */
#include "bridges/amqp_dead_letter.h"

#include "base/hex.h"
#include "bridges/amqp_value.h"
#include "bridges/dead_letter.h"

#include <stdio.h>
#include <sys/random.h>

#define PAUSE_FIRST 1.0 /* seconds */
#define PAUSE_MAX 10.0
#define RANDOM_BYTES 12

static void begin(struct amqp_dead_letter *dead)
{
	amqp_channel_open_t channel = { 0 };
	amqp_bytes_t queue = amqp_cstring_bytes(dead->queue);
	amqp_queue_declare_t declare = { .queue = queue, .exclusive = true, .auto_delete = true };
	amqp_queue_bind_t bind = { .queue = queue,
		.exchange = amqp_cstring_bytes(dead->exchange),
		.routing_key = amqp_cstring_bytes("#") };
	amqp_basic_consume_t consume = { .queue = queue, .no_ack = true, .exclusive = true };
	amqp_link_method(dead->link, dead->channel, AMQP_CHANNEL_OPEN_METHOD, &channel);
	amqp_link_method(dead->link, dead->channel, AMQP_QUEUE_DECLARE_METHOD, &declare);
	amqp_link_method(dead->link, dead->channel, AMQP_QUEUE_BIND_METHOD, &bind);
	amqp_link_method(dead->link, dead->channel, AMQP_BASIC_CONSUME_METHOD, &consume);
}

static void handle_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct amqp_dead_letter *dead = timer->data;
	(void)loop;
	(void)events;
	begin(dead);
}

void amqp_dead_letter_init(struct amqp_dead_letter *dead, struct amqp_link *link,
	struct bridge_host *host, const char *exchange)
{
	*dead = (struct amqp_dead_letter){ .link = link, .host = host, .exchange = exchange };
	ev_init(&dead->retry, handle_retry);
	dead->retry.data = dead;
}

static void reset(struct amqp_dead_letter *dead)
{
	ev_timer_stop(dead->host->loop, &dead->retry);
	dead->delivered = false;
	dead->body_left = 0;
}

void amqp_dead_letter_finish(struct amqp_dead_letter *dead)
{
	reset(dead);
	buffer_finish(&dead->text);
}

void amqp_dead_letter_open(struct amqp_dead_letter *dead, amqp_channel_t channel)
{
	unsigned char bytes[RANDOM_BYTES];
	if (dead->exchange == NULL) {
		return;
	}
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
		amqp_link_fail(dead->link, "no random bytes for the name of a queue");
		return;
	}
	char random[2 * RANDOM_BYTES + 1] = "";
	hex_write(random, bytes, sizeof(bytes));
	snprintf(dead->queue, sizeof(dead->queue), "bridgehead.%.100s.%u.dead.%.24s",
		dead->host->instance, dead->host->shard, random);
	dead->channel = channel;
	dead->pause = PAUSE_FIRST;
	begin(dead);
}

void amqp_dead_letter_lost(struct amqp_dead_letter *dead)
{
	reset(dead);
	dead->channel = 0;
	dead->heard = false;
}

/* Frames */

static void tell(struct amqp_dead_letter *dead, const char *why)
{
	dead->heard = true;
	if (dead->amiss != (why != NULL)) {
		dead->amiss = why != NULL;
		dead->host->events->on_watch(dead->host, dead->exchange, why);
	}
}

static void try_later(struct amqp_dead_letter *dead)
{
	reset(dead);
	ev_timer_set(&dead->retry, dead->pause, 0.);
	ev_timer_start(dead->host->loop, &dead->retry);
	dead->pause = 2 * dead->pause < PAUSE_MAX ? 2 * dead->pause : PAUSE_MAX;
}

static void handle_closed(struct amqp_dead_letter *dead, const amqp_channel_close_t *closed)
{
	amqp_channel_close_ok_t ok = { 0 };
	amqp_link_method(dead->link, dead->channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
	tell(dead, closed->reply_code == AMQP_NOT_FOUND        ? "the exchange does not exist"
		   : closed->reply_code == AMQP_ACCESS_REFUSED ? "the broker does not allow it"
							       : "the broker closed the channel");
	try_later(dead);
}

/* The exchange went: the queue stays, without a binding, until it is deleted. */
static void handle_cancel(struct amqp_dead_letter *dead)
{
	amqp_channel_close_t close = { .reply_code = AMQP_REPLY_SUCCESS };
	tell(dead, "its queue was deleted");
	amqp_link_method(dead->link, dead->channel, AMQP_CHANNEL_CLOSE_METHOD, &close);
}

static void handle_method(struct amqp_dead_letter *dead, const amqp_method_t *method)
{
	switch (method->id) {
	case AMQP_BASIC_CONSUME_OK_METHOD:
		dead->pause = PAUSE_FIRST;
		tell(dead, NULL);
		break;
	case AMQP_BASIC_DELIVER_METHOD: dead->delivered = true; break;
	case AMQP_BASIC_CANCEL_METHOD: handle_cancel(dead); break;
	case AMQP_CHANNEL_CLOSE_METHOD: handle_closed(dead, method->decoded); break;
	case AMQP_CHANNEL_CLOSE_OK_METHOD: try_later(dead); break;
	default: break;
	}
}

static void handle_header(struct amqp_dead_letter *dead, const amqp_frame_t *frame)
{
	struct bridge_host *host = dead->host;
	struct message message = { 0 };
	struct dead_letter letter;
	dead->delivered = false;
	dead->body_left = frame->payload.properties.body_size;
	if (!amqp_value_to_message(
		    frame->payload.properties.decoded, dead->headers, &dead->text, &message)) {
		host->events->on_malformed(host);
		return;
	}
	dead_letter_read(&message, &letter);
	host->events->on_dead(host, &letter);
}

void amqp_dead_letter_frame(struct amqp_dead_letter *dead, const amqp_frame_t *frame)
{
	bool basic = frame->frame_type == AMQP_FRAME_HEADER &&
		     frame->payload.properties.class_id == AMQP_BASIC_CLASS;
	if (frame->frame_type == AMQP_FRAME_METHOD && !dead->delivered && dead->body_left == 0) {
		handle_method(dead, &frame->payload.method);
	} else if (basic && dead->delivered) {
		handle_header(dead, frame);
	} else if (frame->frame_type == AMQP_FRAME_BODY && !dead->delivered &&
		   frame->payload.body_fragment.len <= dead->body_left) {
		dead->body_left -= frame->payload.body_fragment.len;
	} else {
		amqp_link_fail(dead->link, "the broker sent frames out of order");
	}
}
