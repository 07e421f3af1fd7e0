/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *   recv ─▶ shard input ─▶ codec->input ─▶ call ─▶ bridge
 *              │  ▲ what is left is parked, and parsed on from there
 *              ▼  │
 *            connection->input
 *
 *   codec->answer ─▶ shard output ─▶ send        (one per connection and turn)
 *                        └▶ connection->output   (only what the socket does not take)
 *
 * Watchers stay armed while a connection lives, so the request path has no epoll_ctl. A failed send
 * can end a connection far down the stack of its own input; therefore the end only marks it, and
 * connection_reap() frees it when nothing of the turn is left that could look at it.
 */
#include "gateway/connection.h"

#include "base/memory.h"
#include "gateway/listener.h"
#include "gateway/parked.h"
#include "gateway/proxy.h"
#include "gateway/quota.h"
#include "gateway/shard.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LINGER_MS = 2000,
	INPUT_ROOM = 16384,  /* read into a parked input at least this much at a time */
	HALF_CLOSE_MS = 700, /* for its answers; a client that is silent longer has left */
};

static void handle_io(struct ev_loop *loop, ev_io *io, int events);

static struct quota *quota_of(const struct connection *connection)
{
	return connection->listener->quota;
}

void connection_watch(struct connection *connection)
{
	bool reading = !connection->paused && !connection->half_closed;
	bool writing = connection->output != NULL || connection->pulling;
	int events = (reading ? EV_READ : 0) | (writing ? EV_WRITE : 0);
	ev_io_stop(connection->shard->loop, &connection->io);
	ev_io_modify(&connection->io, events);
	if (events != 0) {
		ev_io_start(connection->shard->loop, &connection->io);
	}
}

static void unlink_from_shard(struct connection *connection)
{
	struct shard *shard = connection->shard;
	if (connection->previous != NULL) {
		connection->previous->next = connection->next;
	} else {
		shard->connections = connection->next;
	}
	if (connection->next != NULL) {
		connection->next->previous = connection->previous;
	}
}

static void link_to_shard(struct connection *connection)
{
	struct shard *shard = connection->shard;
	connection->previous = NULL;
	connection->next = shard->connections;
	if (connection->next != NULL) {
		connection->next->previous = connection;
	}
	shard->connections = connection;
}

static void set_deferred(struct connection *connection, bool deferred)
{
	if (connection->deferred != deferred) {
		connection->deferred = deferred;
		connection->shard->deferred += deferred ? 1 : -1u;
	}
}

void connection_create(struct listener *listener, int fd, const struct address *peer, bool trusted)
{
	const struct limits *limits = &listener->options->limits;
	bool proxied = listener->options->proxy_protocol;
	struct shard *shard = listener->shard;
	struct connection *connection = memory_new(1, sizeof(*connection));
	connection->shard = shard;
	connection->listener = listener;
	connection->codec = proxied ? &proxy_codec : &http1_codec;
	connection->id = (uint64_t)shard->index << 48 | ++shard->connection_ids;
	connection->http1.peer = connection->client = *peer;
	connection->trusted = trusted;
	connection->counted = !trusted;
	connection->timer.kind = TIMER_CONNECTION;
	link_to_shard(connection);
	shard->metrics.connections++;
	shard->metrics.connections_total++;
	ev_io_init(&connection->io, handle_io, fd, EV_READ);
	ev_io_start(shard->loop, &connection->io);
	int64_t wait = proxied && limits->header_timeout_ms > 0 ? limits->header_timeout_ms
								: limits->idle_timeout_ms;
	connection_deadline_after(connection, wait);
}

bool connection_claim(struct connection *connection)
{
	assert(!connection->counted);
	connection->counted = quota_claim(quota_of(connection), &connection->client);
	return connection->counted;
}

void connection_drop(struct connection *connection)
{
	if (connection->dead) {
		return;
	}
	struct shard *shard = connection->shard;
	connection->dead = true;
	while (connection->first_call != NULL) {
		call_abandon(connection->first_call);
	}
	if (connection->paused) {
		shard_watch_hangup(shard, connection, false);
	}
	if (shard->output_owner == connection) {
		shard->output_owner = NULL;
		buffer_clear(&shard->output);
	}
	ev_io_stop(shard->loop, &connection->io);
	close(connection->io.fd);
	wheel_disarm(&connection->timer);
	set_deferred(connection, false);
	unlink_from_shard(connection);
	connection->next = shard->dead;
	shard->dead = connection;
	shard->metrics.connections--;
	quota_disconnect(quota_of(connection), connection->counted ? &connection->client : NULL);
}

void connection_reap(struct shard *shard)
{
	while (shard->dead != NULL) {
		struct connection *connection = shard->dead;
		shard->dead = connection->next;
		assert(connection->first_call == NULL && !wheel_is_armed(&connection->timer));
		connection->codec->finish(connection);
		parked_free(&connection->input, quota_of(connection));
		parked_free(&connection->output, quota_of(connection));
		free(connection);
	}
}

/* Our side says goodbye; what the client still sends is read and dropped, so that it sees our
 * answer and no reset (RFC 9112 section 9.6). */
static void linger(struct connection *connection)
{
	if (connection->half_closed) {
		connection_drop(connection); /* it has said goodbye already */
		return;
	}
	connection->lingering = true;
	parked_free(&connection->input, quota_of(connection));
	if (shutdown(connection->io.fd, SHUT_WR) != 0) {
		connection_drop(connection);
		return;
	}
	if (connection->paused) {
		connection->paused = false;
		shard_watch_hangup(connection->shard, connection, false);
		connection_watch(connection);
	}
	connection_deadline_after(connection, LINGER_MS);
}

void connection_close(struct connection *connection)
{
	if (connection->dead || connection->closing) {
		return;
	}
	connection->closing = true;
	connection->deadline_ms = 0; /* from now on only the output has one */
	while (connection->first_call != NULL) {
		call_abandon(connection->first_call);
	}
	if (connection->shard->output_owner != connection && connection->output == NULL) {
		linger(connection);
	}
}

void connection_wrote_all(struct connection *connection)
{
	if (connection->closing) {
		linger(connection);
	}
}

static void await_half_closed(struct connection *connection)
{
	connection->write_deadline_ms = shard_due_after(connection->shard, HALF_CLOSE_MS);
	connection_deadline(connection, connection->deadline_ms);
}

void connection_pull(struct connection *connection, bool on)
{
	int64_t timeout = connection->listener->options->limits.write_timeout_ms;
	bool changed = connection->pulling != on;
	connection->pulling = on;
	connection->write_deadline_ms = on ? shard_due_after(connection->shard, timeout) : 0;
	if (!on && connection->half_closed) {
		await_half_closed(connection);
	}
	connection_deadline(connection, connection->deadline_ms);
	if (changed) {
		connection_watch(connection);
	}
}

/* The socket takes bytes again. */
static void handle_writable(struct connection *connection)
{
	if (connection->output == NULL) {
		connection->codec->writable(connection);
		return;
	}
	if (!connection_send_parked(connection)) {
		return;
	}
	connection->write_deadline_ms = 0;
	if (connection->half_closed) {
		await_half_closed(connection);
	}
	connection_watch(connection);
	connection_wrote_all(connection);
	if (!connection->closing) {
		connection->codec->writable(connection);
	}
}

/* ---- input ---- */

static void pause_reading(struct connection *connection, bool on)
{
	if (connection->paused != on && !connection->half_closed) {
		connection->paused = on;
		connection_watch(connection);
		shard_watch_hangup(connection->shard, connection, on);
	}
}

/* Whether what comes next over HTTP has to wait for an answer that is not written yet. */
static bool is_answering(const struct connection *connection)
{
	return connection->codec == &http1_codec && connection->http1.phase == HTTP1_PHASE_WAITING;
}

/* Keeps what the codec did not take; reading stops where enough is read ahead. */
static void keep_rest(struct connection *connection, struct input rest, bool is_parked)
{
	struct quota *quota = quota_of(connection);
	if (rest.len == 0 || connection->closing) {
		parked_free(&connection->input, quota);
	} else if (is_parked) {
		connection->input->start = (size_t)(rest.data - connection->input->bytes);
		connection->input->len = connection->input->start + rest.len;
	} else if (!parked_append(&connection->input, span_of(rest.data, rest.len), quota)) {
		connection_drop(connection);
		return;
	}
	bool waiting = connection->first_call != NULL || connection->output != NULL ||
		       is_answering(connection);
	if (connection->input != NULL && !is_parked) {
		connection->input->moved_ms = shard_now_ms(connection->shard);
	}
	int64_t ahead = connection->listener->options->limits.read_ahead;
	pause_reading(connection, waiting && ahead > 0 && rest.len >= (size_t)ahead);
}

static void consume(struct connection *connection, struct input input, bool is_parked)
{
	const struct codec *codec = NULL;
	connection->busy = true;
	while (codec != connection->codec && !connection->dead && !connection->closing) {
		codec = connection
				->codec; /* an upgrade changes it, and the rest is the next one's */
		size_t used = codec->input(connection, &input);
		input.data += used;
		input.len -= used;
	}
	connection->busy = false;
	if (!connection->dead) {
		keep_rest(connection, input, is_parked);
	}
}

/* A half-closed connection is over when all that came is answered and the rest is no request. */
static void end_if_served(struct connection *connection)
{
	if (!connection->half_closed || connection->dead || connection->first_call != NULL ||
		connection->output != NULL || connection->deferred) {
		return;
	}
	uint8_t phase = connection->http1.phase;
	if (phase != HTTP1_PHASE_WAITING &&
		(phase != HTTP1_PHASE_IDLE || connection->input == NULL)) {
		connection_close(connection);
	}
}

void connection_resume(struct connection *connection)
{
	struct parked *input = connection->input;
	if (connection->busy) {
		return;
	}
	if (!connection->dead && !connection->closing && input != NULL) {
		consume(connection,
			(struct input){ input->bytes + input->start, input->len - input->start },
			true);
	}
	end_if_served(connection);
}

/*
 * One connection can bring thousands of requests with one recv(). They stand at the front of the
 * shard's list, so that a walk for them is short.
 */
void connection_defer(struct connection *connection)
{
	if (!connection->dead) {
		set_deferred(connection, true);
		unlink_from_shard(connection);
		link_to_shard(connection);
	}
}

void connection_resume_deferred(struct shard *shard)
{
	struct connection *at = shard->connections;
	for (unsigned left = shard->deferred; left > 0 && at != NULL;) {
		struct connection *next = at->next;
		if (at->deferred) {
			left--;
			set_deferred(at, false);
			connection_resume(at);
		}
		/* what one does can end any other */
		at = next != NULL && next->dead ? shard->connections : next;
	}
}

bool connection_forget_ahead(struct connection *connection)
{
	if (connection->dead || connection->busy || connection->input == NULL ||
		!is_answering(connection)) {
		return false;
	}
	parked_free(&connection->input, quota_of(connection));
	connection->http1.keep_alive = false;
	pause_reading(connection, true);
	return true;
}

/*
 * The client sends no more. One that has left and one that shut down its side only look the same
 * until something is written; so what it asked for is answered if that takes no longer than a
 * client that left may hold its place.
 */
static void handle_end(struct connection *connection)
{
	bool due = is_answering(connection) || connection->output != NULL || connection->deferred ||
		   connection->shard->output_owner == connection;
	if (!due || connection->lingering || connection->codec != &http1_codec) {
		connection_drop(connection);
		return;
	}
	connection->half_closed = true;
	if (connection->output == NULL && !connection->pulling) {
		await_half_closed(connection);
	}
	connection_watch(connection);
	end_if_served(connection);
}

static void receive(struct connection *connection)
{
	struct parked *input = connection->input;
	char *into = connection->shard->scratch.input;
	size_t room = SHARD_INPUT;
	if (input != NULL) {
		if (!parked_reserve(&connection->input, INPUT_ROOM, quota_of(connection))) {
			connection_drop(connection);
			return;
		}
		input = connection->input;
		into = input->bytes + input->len;
		room = input->cap - input->len;
	}
	ssize_t got = recv(connection->io.fd, into, room, 0);
	if (got == 0) {
		handle_end(connection);
		return;
	}
	if (got < 0) {
		if (errno != EAGAIN && errno != EINTR) {
			connection_drop(connection);
		}
		return;
	}
	if (connection->closing) {
		return;
	}
	if (input != NULL) {
		input->len += (size_t)got;
		input->moved_ms = shard_now_ms(connection->shard);
		consume(connection,
			(struct input){ input->bytes + input->start, input->len - input->start },
			true);
	} else {
		consume(connection, (struct input){ into, (size_t)got }, false);
	}
}

void connection_poll(struct connection *connection)
{
	if (!connection->dead && !connection->paused && !connection->deferred &&
		!connection->half_closed && !connection->closing) {
		receive(connection);
	}
}

static void handle_io(struct ev_loop *loop, ev_io *io, int events)
{
	struct connection *connection = (struct connection *)io;
	(void)loop;
	if ((events & EV_WRITE) != 0 && (connection->output != NULL || connection->pulling)) {
		handle_writable(connection);
	}
	if ((events & EV_READ) != 0 && !connection->dead && !connection->paused &&
		!connection->deferred) {
		receive(connection);
	}
}

size_t connection_held(const struct connection *connection)
{
	return parked_size(connection->input) + parked_size(connection->output);
}

/* ---- time ---- */

void connection_deadline(struct connection *connection, uint64_t due_ms)
{
	if (connection->dead) {
		return;
	}
	connection->deadline_ms = due_ms;
	uint64_t due = due_ms;
	if (connection->write_deadline_ms != 0 &&
		(due == 0 || connection->write_deadline_ms < due)) {
		due = connection->write_deadline_ms;
	}
	/* a node that fires early finds nothing due and is armed again: cheaper than moving it at
	 * every request */
	if (due != 0 && (!wheel_is_armed(&connection->timer) ||
				due < (uint64_t)connection->timer.due * SHARD_TICK_MS)) {
		wheel_arm(connection->shard->wheel, &connection->timer, due);
	}
}

void connection_deadline_after(struct connection *connection, int64_t after_ms)
{
	connection_deadline(connection, shard_due_after(connection->shard, after_ms));
}

void connection_handle_timer(struct connection *connection)
{
	uint64_t now = shard_now_ms(connection->shard);
	if (connection->write_deadline_ms != 0 && connection->write_deadline_ms <= now) {
		/* else half-closed: it has left */
		if (connection->output != NULL || connection->pulling) {
			shard_reject(connection->shard, REJECT_WRITE_TIMEOUT, connection);
		}
		connection_drop(connection);
	} else if (connection->deadline_ms != 0 && connection->deadline_ms <= now) {
		connection->deadline_ms = 0;
		if (connection->closing) {
			connection_drop(connection);
		} else {
			connection->codec->deadline(connection);
		}
	}
	if (!connection->dead) {
		connection_deadline(connection, connection->deadline_ms);
	}
}
