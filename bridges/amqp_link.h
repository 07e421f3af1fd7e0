/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One connection to the broker that keeps itself alive: it logs in, reads and writes without ever
 * blocking, sends and expects heartbeats, and when it is lost it comes back by itself. Its owner
 * embeds it and is told through events, all on the shard's thread, none from within the functions
 * below.
 */
#pragma once

#include "bridges/amqp_login.h"
#include "bridges/amqp_output.h"
#include "bridges/bridge.h"
#include "bridges/reconnect.h"

#include <stdbool.h>
#include <stdint.h>

struct amqp_link;

struct amqp_link_events {
	/* Logged in: nothing is open yet on any channel. */
	void (*on_open)(struct amqp_link *link);
	/* True: the frame's memory is needed until a later frame of its channel says false. */
	bool (*on_frame)(struct amqp_link *link, const amqp_frame_t *frame);
	/* A whole reply at once, see amqp_frame.h; `reply` is the handler's to complete. False: it
	 * would rather have its frames. */
	bool (*on_reply)(struct amqp_link *link, amqp_channel_t channel, struct message *reply);
	/* Lost, or it could not be had; the next attempt is scheduled. `why` lives for the call. */
	void (*on_lost)(struct amqp_link *link, const char *why);
};

enum amqp_link_state {
	AMQP_LINK_WAITING, /* for the time of the next attempt */
	AMQP_LINK_LOGIN,   /* a connector thread is at work */
	AMQP_LINK_OPEN,
	AMQP_LINK_FAILING, /* lost; the owner hears of it in the next turn */
};

struct amqp_link {
	enum amqp_link_state state;
	const struct amqp_link_events *events;
	void *owner;
	const struct amqp_target *target;
	struct bridge_host *host;
	struct amqp_login *login;
	amqp_connection_state_t connection;
	size_t frame_max;
	bool patient;
	bool in_frame; /* the library may have the start of the frame that comes next */
	struct amqp_output output;
	struct reconnect reconnect;
	ev_io readable, writable;
	ev_timer timer; /* next attempt, or heartbeats, or the end of a failing link */
	double heartbeat, last_input, last_output;
	char why[192];
};

/* Starts to connect at once; `owner` is for the events. */
void amqp_link_init(struct amqp_link *link, const struct amqp_target *target,
	struct bridge_host *host, const struct amqp_link_events *events, void *owner);
/* Closes at once; tells the broker if that needs no waiting. Calls no event. */
void amqp_link_finish(struct amqp_link *link);

/* Does not wait for the time of the next attempt: the broker is known to be there. */
void amqp_link_try_now(struct amqp_link *link);
/* Gives up this connection. It counts as lost from now on; on_lost follows in the next turn. */
void amqp_link_fail(struct amqp_link *link, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Everything that the owner wanted of it is set up: the next loss is not a failed attempt. */
void amqp_link_settled(struct amqp_link *link);

/* Queues a method and hurries. */
void amqp_link_method(
	struct amqp_link *link, amqp_channel_t channel, amqp_method_number_t id, void *method);
/* What is queued leaves in the next turn even if nobody flushes. */
void amqp_link_hurry(struct amqp_link *link);
/* Writes what is queued as far as the socket takes it. */
void amqp_link_flush(struct amqp_link *link);

/*
 * A patient link is not woken by the first byte but when a good deal has come: for input that
 * nobody waits for. Its owner looks now and then; silence is still noticed. Needs heartbeats.
 */
void amqp_link_set_patient(struct amqp_link *link, bool patient);
/* Reads what is there without waiting. */
void amqp_link_poll(struct amqp_link *link);

/* The input path without a socket: a logged-in connection, and bytes as they come from a broker. */
void amqp_link_adopt(struct amqp_link *link, amqp_connection_state_t connection);
void amqp_link_receive(struct amqp_link *link, struct span bytes);

static inline bool amqp_link_is_open(const struct amqp_link *link)
{
	return link->state == AMQP_LINK_OPEN;
}
