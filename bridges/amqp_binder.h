/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Binds the reply queue of a session to the exchanges that workers reply to, on a channel of its
 * own, because a broker ends the channel where an exchange is missing. Such a one is asked for
 * again after a growing while; the host is told. Lives as long as its session.
 */
#pragma once

#include "bridges/amqp_link.h"

#include <stdbool.h>

#define AMQP_BINDER_CHANNEL 2

struct amqp_binder {
	struct amqp_link *link;
	struct bridge_host *host;
	struct span queue; /* the reply queue, while there is one */
	unsigned count;
	bool *bound;
	bool *missing;
	bool open;     /* begun in this session */
	bool ready;    /* each binding has been tried; true where there are none */
	unsigned next; /* the one that is asked for */
	bool lacks_some;
	struct reconnect reconnect;
	ev_timer retry;
};

void amqp_binder_init(struct amqp_binder *binder, struct amqp_link *link, struct bridge_host *host);
void amqp_binder_finish(struct amqp_binder *binder);
/* The reply queue exists; `queue` lives as long as the link is open. */
void amqp_binder_open(struct amqp_binder *binder, struct span queue);
void amqp_binder_lost(struct amqp_binder *binder);
/* A method of its channel. */
void amqp_binder_method(struct amqp_binder *binder, const amqp_method_t *method);
/* Replies would come through this exchange, and it is not bound. */
bool amqp_binder_lacks(const struct amqp_binder *binder, struct span exchange);
