/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What the connections of a turn write gathers in one buffer of the shard, for one of them at a
 * time, and leaves in one send. Only what a socket does not take is copied and kept.
 */
#include "gateway/connection.h"

#include "base/buffer.h"
#include "gateway/listener.h"
#include "gateway/parked.h"
#include "gateway/quota.h"
#include "gateway/shard.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

enum {
	FLUSH_SIZE = 65536,    /* gathered output is sent before it grows beyond this */
	BODY_COPY_MAX = 16384, /* smaller bodies are copied into one send with their head */
};

static struct quota *quota_of(const struct connection *connection)
{
	return connection->listener->quota;
}

/* The client has so long to take something of what is kept. */
static void await_reading(struct connection *connection)
{
	struct shard *shard = connection->shard;
	int64_t timeout = connection->listener->options->limits.write_timeout_ms;
	connection->output->moved_ms = shard_now_ms(shard);
	connection->write_deadline_ms = shard_due_after(shard, timeout);
}

static void keep_unsent(struct connection *connection, struct span bytes)
{
	if (bytes.len == 0) {
		return;
	}
	bool first = connection->output == NULL;
	if (!parked_append(&connection->output, bytes, quota_of(connection))) {
		connection_drop(connection);
		return;
	}
	if (first) {
		await_reading(connection);
		connection_deadline(connection, connection->deadline_ms);
		connection_watch(connection);
	}
}

/* Sends head and body in one call; what the socket does not take is kept. */
static void send_now(struct connection *connection, struct span head, struct span body)
{
	size_t sent = 0;
	if (connection->output == NULL) {
		struct iovec parts[2] = { { (void *)head.ptr, head.len },
			{ (void *)body.ptr, body.len } };
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
		ssize_t got = body.len > 0
				      ? sendmsg(connection->io.fd, &message, MSG_NOSIGNAL)
				      : send(connection->io.fd, head.ptr, head.len, MSG_NOSIGNAL);
		if (got < 0 && errno != EAGAIN && errno != EINTR) {
			connection_drop(connection);
			return;
		}
		sent = got > 0 ? (size_t)got : 0;
	}
	size_t of_head = sent < head.len ? sent : head.len;
	keep_unsent(connection, span_skip(head, of_head));
	if (!connection->dead && body.len > 0) {
		keep_unsent(connection, span_skip(body, sent - of_head));
	}
	if (!connection->dead && connection->output == NULL) {
		connection_wrote_all(connection);
	}
}

static void flush_with_body(struct shard *shard, struct span body)
{
	struct connection *connection = shard->output_owner;
	if (connection == NULL) {
		return;
	}
	shard->output_owner = NULL;
	if (shard->output.failed) {
		connection_drop(connection);
	} else {
		send_now(connection, buffer_span(&shard->output), body);
	}
	buffer_clear(&shard->output);
}

void connection_flush(struct shard *shard)
{
	flush_with_body(shard, SPAN_ABSENT);
}

struct buffer *connection_write(struct connection *connection)
{
	struct shard *shard = connection->shard;
	assert(!connection->dead);
	if (shard->output_owner != connection) {
		connection_flush(shard);
		shard->output_owner = connection;
	}
	return &shard->output;
}

void connection_written(struct connection *connection)
{
	struct shard *shard = connection->shard;
	if (shard->output_owner == connection && shard->output.len >= FLUSH_SIZE) {
		connection_flush(shard);
	}
}

void connection_write_body(struct connection *connection, struct span body)
{
	struct buffer *out = connection_write(connection);
	if (body.len <= BODY_COPY_MAX) {
		buffer_append_span(out, body);
		connection_written(connection);
	} else {
		flush_with_body(connection->shard, body);
	}
}

size_t connection_unsent(const struct connection *connection)
{
	const struct shard *shard = connection->shard;
	size_t gathered = shard->output_owner == connection ? shard->output.len : 0;
	return parked_size(connection->output) + gathered;
}

static bool is_over(const struct connection *connection, size_t waiting)
{
	int64_t limit = connection->listener->options->limits.output;
	return limit > 0 && connection_unsent(connection) + waiting > (size_t)limit;
}

bool connection_has_room(struct connection *connection, size_t waiting)
{
	if (is_over(connection, waiting)) {
		/* what gathered in this turn says nothing about the client yet */
		connection_flush(connection->shard);
	}
	if (connection->dead || !is_over(connection, waiting)) {
		return !connection->dead;
	}
	shard_reject(connection->shard, REJECT_OUTPUT, connection);
	connection_drop(connection);
	return false;
}

bool connection_send_parked(struct connection *connection)
{
	struct parked *output = connection->output;
	ssize_t got = send(connection->io.fd, output->bytes + output->start,
		output->len - output->start, MSG_NOSIGNAL);
	if (got < 0) {
		if (errno != EAGAIN && errno != EINTR) {
			connection_drop(connection);
		}
		return false;
	}
	await_reading(connection);
	parked_take(&connection->output, (size_t)got, quota_of(connection));
	return connection->output == NULL;
}
