/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One attempt to connect and log in, on a short-lived thread of its own, because name lookups and
 * the login block. The result comes through the shard's mailbox.
 */
#pragma once

#include "base/mailbox.h"
#include "bridges/amqp_library.h"

#include <stdbool.h>

/* Where and as whom; const after load, outlives every session but not every attempt. */
struct amqp_target {
	const char *host;
	int port;
	const char *vhost;
	const char *user;
	const char *password;
	int heartbeat_s; /* 0: none */
};

struct amqp_login;

/*
 * On the shard's thread, once, unless cancelled. `connection` is logged in and now the owner's;
 * NULL: `why` says what failed, naming the host but never a credential.
 */
typedef void amqp_login_handler(void *owner, amqp_connection_state_t connection, const char *why);

/*
 * `name` is shown by the broker's tools. The target is copied. NULL: no thread could be started.
 * The result is the owner's until the handler is called or it cancels.
 */
struct amqp_login *amqp_login_start(const struct amqp_target *target, const char *name,
	struct mailbox *mailbox, amqp_login_handler *handler, void *owner);
/* The owner goes away or gave up: the handler will not be called, the mailbox not be used. */
void amqp_login_cancel(struct amqp_login *login);
