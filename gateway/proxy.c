/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Whoever gets here has not said yet that it speaks HTTP, so there is no answer to what is wrong:
 * the connection ends. A header that tells nobody makes it the proxy's own (a health check); then
 * forwarded headers do not count either, since nobody says who is behind them.
 */
#include "gateway/proxy.h"

#include "gateway/connection.h"
#include "gateway/listener.h"
#include "gateway/proxy_protocol.h"
#include "gateway/shard.h"

static void refuse(struct connection *connection, const char *reason)
{
	struct log *log = connection->shard->log;
	if (log_begin(log, LOG_DEBUG, "PROXY header refused")) {
		log_text(log, "why", span_from_text(reason));
		log_end(log);
	}
	shard_reject(connection->shard, REJECT_PROXY_HEADER, connection);
	connection_drop(connection);
}

/* False when the connection is one too many of its client. */
static bool meet_client(struct connection *connection, const struct proxy_protocol *header)
{
	const struct address_ranges *trusted = &connection->listener->options->trusted;
	if (!header->tells) {
		connection->trusted = false;
		return true;
	}
	connection->http1.peer = connection->client = header->source;
	connection->trusted = address_ranges_contain(trusted, &header->source);
	return connection->trusted || connection_claim(connection);
}

static size_t handle_input(struct connection *connection, struct input *input)
{
	struct proxy_protocol header;
	switch (proxy_protocol_read(span_of(input->data, input->len), &header)) {
	case PROXY_PROTOCOL_MORE: return 0;
	case PROXY_PROTOCOL_ERROR: refuse(connection, header.reason); return input->len;
	case PROXY_PROTOCOL_DONE: break;
	}
	if (!meet_client(connection, &header)) {
		shard_reject(connection->shard, REJECT_CONNECTIONS_PER_ADDRESS, connection);
		connection_drop(connection);
		return input->len;
	}
	connection->codec = &http1_codec;
	connection_deadline_after(
		connection, connection->listener->options->limits.idle_timeout_ms);
	return header.size;
}

static void handle_deadline(struct connection *connection)
{
	shard_reject(connection->shard, REJECT_HEADER_TIMEOUT, connection);
	connection_drop(connection);
}

static void handle_drain(struct connection *connection)
{
	connection_drop(connection);
}

static void handle_finish(struct connection *connection)
{
	(void)connection;
}

/* Nothing is written and no call begins, so nothing becomes writable or is answered. */
const struct codec proxy_codec = {
	.input = handle_input,
	.deadline = handle_deadline,
	.drain = handle_drain,
	.finish = handle_finish,
};
