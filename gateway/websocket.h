/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A WebSocket on a connection (RFC 6455): handshake, frames, pings, closing. Messages are read by
 * websocket_reader.c and become calls in websocket_call.c.
 */
#pragma once

#include "base/span.h"
#include "gateway/http1_parser.h"
#include "gateway/websocket_extension.h"
#include "gateway/websocket_reader.h"

#include <stdbool.h>
#include <stdint.h>

struct batch;
struct connection;
struct request_header;
struct turn;
struct websocket_contexts;
struct websocket_control;
struct websocket_options;

/* What of the handshake is needed later, in one piece of memory. */
struct websocket_handshake {
	uint32_t uri_len, host_len;
	uint8_t port_len;
	uint8_t header_count; /* 0 where no mapping reads headers */
	struct websocket_extension extension;
	struct websocket_header {
		uint32_t name_len, value_len;
	} headers[]; /* behind them all the texts, in this order */
};

/* State of one connection. */
struct websocket {
	struct websocket_reader reader;
	const struct websocket_options *options;
	struct websocket_handshake *handshake;
	struct websocket_contexts *contexts; /* of compression; NULL: none */
	union {
		struct batch *batches; /* JSON-RPC batches whose answers gather */
		struct turn *turns;    /* `raw`: answers that wait for an earlier one */
	};
	struct websocket_control *control; /* a frame that waits; NULL: none */
	size_t held;                       /* bytes of answers that wait in batches and turns */
	uint32_t turn_given, turn_due;
	uint32_t pings, requests; /* in this second: */
	uint32_t second;
	uint32_t heard_s;   /* when anything last came, in seconds of the shard's clock */
	uint32_t part_s;    /* since when it has had an incomplete message, where it has one */
	uint32_t ping_s;    /* when an unanswered ping was sent; 0: none */
	uint32_t max_age_s; /* when it is old; 0: never */
};

extern const struct codec websocket_codec;

/*
 * Answers an upgrade request, or a GET that is none: 101 and the codec changes, or an HTTP error.
 * False when there is no WebSocket at this path, and then nothing was written.
 */
bool websocket_handshake(
	struct connection *connection, const struct http1_head *head, const char *bytes);

/* Begins the life of a WebSocket, behind its 101. */
void websocket_begin(struct connection *connection, const struct websocket_options *options);
/* Sends a close frame and closes; what runs is abandoned. */
void websocket_close(struct connection *connection, uint16_t code, const char *reason);
/* The last call is answered: ends the socket where that was waited for. */
void websocket_answered(struct connection *connection);
/* One frame; false when the client reads too slowly, and then it is gone. */
bool websocket_send(struct connection *connection, unsigned opcode, struct span payload);

/* Counts one request against messages_per_second; false above it. */
bool websocket_count_request(struct connection *connection);

/* How long it has held memory for the client's sake: of an incomplete message, whatever comes
 * meanwhile, or contexts of compression, while nothing came. 0 when it holds none. */
uint64_t websocket_stalled_ms(const struct connection *connection);

/* The path, host and port of the handshake. */
struct span websocket_uri(const struct websocket *websocket);
struct span websocket_host(const struct websocket *websocket);
struct span websocket_port(const struct websocket *websocket);
/* Its header lines into `headers` (of HTTP1_HEADERS_MAX): how many those are. */
unsigned websocket_headers(const struct websocket *websocket, struct request_header *headers);
