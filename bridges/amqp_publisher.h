/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The sending half of a session: a channel for the default exchange and one for every other
 * exchange in use, so that a missing exchange takes only its own channel down. Tells the host what
 * became of every leg.
 */
#pragma once

#include "bridges/amqp_link.h"

#include <stdbool.h>
#include <stddef.h>

struct amqp_channel;

struct amqp_publisher_options {
	bool confirms;
	bool direct; /* the link's channel 1 is the consumer's: publish there, probe on others */
	size_t backlog;
	size_t max_message; /* bytes of a body; 0: none */
	const char *user;   /* of the connection: the only user id that a message may claim */
};

struct amqp_publisher {
	struct amqp_link *link;
	struct bridge_host *host;
	struct amqp_publisher_options options;
	bool ready;   /* every channel that belongs to the start is open or known to be missing */
	bool blocked; /* the broker said that it takes no messages now */
	unsigned opening;
	struct amqp_channel **channels; /* by number - 1 */
	unsigned count, capacity;
	struct amqp_channel *recent; /* used last */
	ev_timer patience;           /* a look at confirms that nobody waits for */
};

void amqp_publisher_init(struct amqp_publisher *publisher, struct amqp_link *link,
	struct bridge_host *host, const struct amqp_publisher_options *options);
void amqp_publisher_finish(struct amqp_publisher *publisher);

/* The link is open. With `direct` the consumer has opened channel 1 already. */
void amqp_publisher_open(struct amqp_publisher *publisher);
/* The link is lost: nobody knows what became of the open legs. */
void amqp_publisher_lost(struct amqp_publisher *publisher);
/* A frame of the link that is not the consumer's; the result as on_frame of amqp_link.h. */
bool amqp_publisher_frame(struct amqp_publisher *publisher, const amqp_frame_t *frame);
/* As send() of bridge.h; needs `ready`. */
enum bridge_verdict amqp_publisher_send(
	struct amqp_publisher *publisher, const struct message *message, struct leg leg);
/* Nothing is unsent or unconfirmed. */
bool amqp_publisher_drained(const struct amqp_publisher *publisher);
