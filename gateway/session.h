/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A configured bridge in one shard: what the host half of bridges/bridge.h does. It turns what a
 * bridge reports into what happens to calls. One thread.
 */
#pragma once

#include "bridges/bridge.h"
#include "gateway/config.h"

#include <stddef.h>

struct shard;

struct session {
	struct bridge_host host; /* first: see session_from_host */
	struct shard *shard;
	const struct bridge_instance *instance;
	size_t index;
	struct bridge_session *bridge;
	enum bridge_state state;
	char why[192];         /* for /readyz */
	const char **troubles; /* by mapping: why its destination cannot be used; NULL: it can */
};

/* Begins to connect. */
void session_init(struct session *session, struct shard *shard, size_t index);
void session_finish(struct session *session);
enum bridge_verdict session_send(
	struct session *session, const struct message *message, struct leg leg);
struct span session_reply_to(struct session *session);
/* -1: any will do. */
int32_t session_reply_partition(struct session *session);
/* Sets those of its mappings that have one; by number, the others stay. */
void session_troubles(const struct session *session, const char **troubles);
/* Adds what its kind measures beside the rest. */
void session_measure(const struct session *session, struct bridge_samples *samples);
void session_cancel(struct session *session, struct leg leg);
void session_flush(struct session *session);
bool session_drained(struct session *session);
/* The shard's loop has turned for the last time. */
void session_leave(struct session *session);
