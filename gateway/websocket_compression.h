/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Compressed messages of the WebSockets of a shard (permessage-deflate, RFC 7692). A socket has
 * memory for it only if it keeps contexts, and only since its first compressed message.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "gateway/websocket_extension.h"
#include "gateway/websocket_reader.h"

#include <stdbool.h>
#include <stdint.h>

struct connection;
struct websocket_contexts;
struct websocket_deflate;
struct websocket_inflate;

/* Of a shard, for all sockets that keep no contexts; each is made when first needed. */
struct websocket_streams {
	struct websocket_inflate *inflate;
	struct websocket_deflate *deflate[WEBSOCKET_WINDOW_MAX + 1]; /* by bits of the window */
	struct buffer inflated, deflated; /* room, kept where it is small */
};

void websocket_streams_finish(struct websocket_streams *streams);

/* How many bytes a message of at most `limit` (0: any number) may have while it is compressed. */
uint64_t websocket_compression_limit(uint64_t limit);
/*
 * Puts the message into the item in place of the compressed one; it stands in `room` until that is
 * released. False when it cannot be: then nothing needs release, and the item says how to close.
 */
bool websocket_compression_inflate(
	struct connection *connection, struct websocket_item *item, struct buffer *room);
void websocket_compression_release(struct connection *connection, struct buffer *room);
/* The payload, compressed, valid until it is sent; absent: it goes as it is. */
struct span websocket_compression_deflate(struct connection *connection, struct span payload);
void websocket_compression_sent(struct connection *connection);
/* Frees what the connection keeps. */
void websocket_compression_finish(struct connection *connection);
