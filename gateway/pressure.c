/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Whoever has waited longest goes first, a few at a time, until it is enough. A client that reads
 * its answer slowly or stops in the middle of a body would otherwise hold what others need until
 * its timeout, and one that only sits there would keep the next from being let in. Requests that
 * were sent ahead cost their client least: it can send them again.
 *
 *     memory was above its limit       read ahead while an answer is due: forgotten,
 *                                      then stalled for a second: dropped,
 *                                      until three quarters are left
 *     connections or descriptors gone  idle for ten seconds: closed, to let the next ones in
 */
#include "gateway/pressure.h"

#include "gateway/connection.h"
#include "gateway/listener.h"
#include "gateway/parked.h"
#include "gateway/quota.h"
#include "gateway/shard.h"

#include <stddef.h>

/* Nobody new is let in while memory is short: that has to end soon, however many stall. */
enum { STALLED_MAX = 256, IDLE_MAX = 32, STALLED_MS = 1000, IDLE_MS = 10000 };

struct victims {
	size_t count, most;
	struct victim {
		struct connection *connection;
		uint64_t waited_ms;
	} longest[STALLED_MAX]; /* the longest first */
};

static void consider(struct victims *victims, struct connection *connection, uint64_t waited_ms)
{
	size_t at = victims->count;
	if (at < victims->most) {
		victims->count++;
	} else if (victims->longest[--at].waited_ms >= waited_ms) {
		return;
	}
	for (; at > 0 && victims->longest[at - 1].waited_ms < waited_ms; at--) {
		victims->longest[at] = victims->longest[at - 1];
	}
	victims->longest[at] = (struct victim){ connection, waited_ms };
}

static void find_victims(struct victims *victims, const struct listener *listener,
	uint64_t (*waited)(const struct connection *), uint64_t least_ms)
{
	struct connection *at = listener->shard->connections;
	for (; at != NULL; at = at->next) {
		uint64_t waited_ms = at->listener == listener ? waited(at) : 0;
		if (waited_ms >= least_ms) {
			consider(victims, at, waited_ms);
		}
	}
}

static void forget_ahead(struct listener *listener)
{
	struct connection *at = listener->shard->connections;
	for (; at != NULL && !quota_memory_is_low(listener->quota); at = at->next) {
		if (at->listener == listener && connection_forget_ahead(at)) {
			shard_reject(listener->shard, REJECT_MEMORY, at);
		}
	}
}

/* How long it has held memory while its client neither sent nor took a byte that we wait for; 0
 * where it holds none. */
static uint64_t stalled_ms(const struct connection *connection)
{
	uint64_t now = shard_now_ms(connection->shard);
	if (connection->output != NULL) {
		return now - connection->output->moved_ms;
	}
	if (connection->first_call != NULL) {
		return 0; /* it is we who let the client wait */
	}
	if (connection->input != NULL) {
		return now - connection->input->moved_ms;
	}
	return connection->codec == &websocket_codec ? websocket_stalled_ms(connection) : 0;
}

/* How long no request has come over HTTP; 0 while one is under way, and of WebSockets. */
static uint64_t idle_ms(const struct connection *connection)
{
	uint64_t idle = (uint64_t)connection->listener->options->limits.idle_timeout_ms;
	bool waits = connection->codec == &http1_codec &&
		     connection->http1.phase == HTTP1_PHASE_IDLE && connection->output == NULL &&
		     !connection->closing && connection->deadline_ms != 0;
	uint64_t now = shard_now_ms(connection->shard);
	return waits && now + idle > connection->deadline_ms ? now + idle - connection->deadline_ms
							     : 0;
}

/* Freed one by one, for only then is their memory back: nothing of the turn looks at them, and the
 * end of one is nobody else's. */
static void free_memory(struct listener *listener)
{
	struct victims victims = { .most = STALLED_MAX };
	find_victims(&victims, listener, stalled_ms, STALLED_MS);
	for (size_t i = 0; i < victims.count && !quota_memory_is_low(listener->quota); i++) {
		struct connection *connection = victims.longest[i].connection;
		shard_reject(listener->shard, REJECT_MEMORY, connection);
		connection_drop(connection);
		connection_reap(listener->shard);
	}
}

static void free_descriptors(struct listener *listener)
{
	struct victims victims = { .most = IDLE_MAX };
	find_victims(&victims, listener, idle_ms, IDLE_MS);
	for (size_t i = 0; i < victims.count; i++) {
		struct connection *connection = victims.longest[i].connection;
		shard_reject(listener->shard, REJECT_IDLE, connection);
		connection_drop(connection);
	}
}

void pressure_relieve(struct shard *shard)
{
	for (size_t i = 0; i < shard->listener_count; i++) {
		struct listener *listener = &shard->listeners[i];
		if (quota_memory_is_short(listener->quota)) {
			forget_ahead(listener);
			free_memory(listener);
		}
		if (listener->turned_away) {
			listener->turned_away = false;
			free_descriptors(listener);
		}
	}
}
