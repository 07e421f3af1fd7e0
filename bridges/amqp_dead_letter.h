/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Watches an exchange for dead letters: one channel of the consuming link, with a queue of its own
 * that is bound to everything. Where the exchange is missing only this channel suffers; it is tried
 * again by itself.
 */
#pragma once

#include "bridges/amqp_link.h"

#include <stdbool.h>
#include <stdint.h>

struct amqp_dead_letter {
	struct amqp_link *link;
	struct bridge_host *host;
	const char *exchange; /* NULL: nothing is watched */
	char queue[192];      /* one name for all attempts on a link */
	amqp_channel_t channel;
	ev_timer retry;
	double pause;       /* seconds, of the next retry */
	bool heard;         /* the broker has answered the first attempt */
	bool amiss;         /* and the host was told */
	bool delivered;     /* a head is to come */
	uint64_t body_left; /* bytes, of no interest */
	struct buffer text;
	struct message_header headers[MESSAGE_HEADERS_MAX];
};

/* `exchange` may be NULL. */
void amqp_dead_letter_init(struct amqp_dead_letter *dead, struct amqp_link *link,
	struct bridge_host *host, const char *exchange);
void amqp_dead_letter_finish(struct amqp_dead_letter *dead);

/* The link is open: begins, on that channel. */
void amqp_dead_letter_open(struct amqp_dead_letter *dead, amqp_channel_t channel);
void amqp_dead_letter_lost(struct amqp_dead_letter *dead);
/* A frame of its channel; none is held. */
void amqp_dead_letter_frame(struct amqp_dead_letter *dead, const amqp_frame_t *frame);
static inline bool amqp_dead_letter_owns(
	const struct amqp_dead_letter *dead, amqp_channel_t channel)
{
	return dead->channel != 0 && dead->channel == channel;
}
/* It is known whether dead letters come. */
static inline bool amqp_dead_letter_is_settled(const struct amqp_dead_letter *dead)
{
	return dead->exchange == NULL || dead->heard;
}
