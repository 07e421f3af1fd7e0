/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *   compressed ─▶ inflate ─▶ shard's room ─▶ call        (released behind each message)
 *   frame ◀─ shard's room ◀─ deflate ◀─ answer
 *
 * Without contexts every message starts from nothing, so the sockets of a shard take turns on its
 * streams. With them a socket has its own two, which the quota counts like a part of a message.
 */
#include "gateway/websocket_compression.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "gateway/connection.h"
#include "gateway/listener.h"
#include "gateway/quota.h"
#include "gateway/shard.h"
#include "gateway/websocket_deflate.h"
#include "gateway/websocket_inflate.h"

#include <assert.h>
#include <stdlib.h>

enum {
	KEEP_MAX = 65536,       /* room of this size is kept for the next message of the shard */
	COMPRESS_MAX = 1 << 20, /* a larger answer would hold up everybody for too long */
};

struct websocket_contexts {
	struct websocket_inflate *inflate;
	struct websocket_deflate *deflate;
};

static const struct websocket_extension *extension_of(const struct connection *connection)
{
	return &connection->websocket.handshake->extension;
}

static void count_memory(struct connection *connection, int64_t more)
{
	quota_memory(connection->listener->quota, more);
}

/* ---- streams ---- */

static struct websocket_contexts *contexts_of(struct connection *connection)
{
	struct websocket *websocket = &connection->websocket;
	if (websocket->contexts == NULL) {
		websocket->contexts = memory_new(1, sizeof(*websocket->contexts));
	}
	return websocket->contexts;
}

static struct websocket_inflate *own_inflate(struct connection *connection)
{
	struct websocket_contexts *own = contexts_of(connection);
	if (own->inflate == NULL) {
		own->inflate = websocket_inflate_create(extension_of(connection)->client_bits);
		count_memory(connection, (int64_t)websocket_inflate_memory(own->inflate));
	}
	return own->inflate;
}

/* NULL, too, where it would be new and memory is short. */
static struct websocket_deflate *own_deflate(struct connection *connection)
{
	struct websocket_contexts *own = connection->websocket.contexts;
	if (own != NULL && own->deflate != NULL) {
		return own->deflate;
	}
	if (quota_memory_is_over(connection->listener->quota)) {
		return NULL;
	}
	own = contexts_of(connection);
	own->deflate = websocket_deflate_create(extension_of(connection)->server_bits);
	count_memory(connection, (int64_t)websocket_deflate_memory(own->deflate));
	return own->deflate;
}

static struct websocket_inflate *choose_inflate(struct connection *connection)
{
	struct websocket_inflate **shared = &connection->shard->streams.inflate;
	if (extension_of(connection)->client_takeover) {
		return own_inflate(connection);
	}
	if (*shared == NULL) {
		*shared = websocket_inflate_create(WEBSOCKET_WINDOW_MAX);
	} else {
		websocket_inflate_forget(*shared);
	}
	return *shared;
}

static struct websocket_deflate *choose_deflate(struct connection *connection)
{
	const struct websocket_extension *extension = extension_of(connection);
	struct websocket_deflate **shared =
		&connection->shard->streams.deflate[extension->server_bits];
	if (extension->server_takeover) {
		return own_deflate(connection);
	}
	if (*shared == NULL) {
		*shared = websocket_deflate_create(extension->server_bits);
	} else {
		websocket_deflate_forget(*shared);
	}
	return *shared;
}

void websocket_streams_finish(struct websocket_streams *streams)
{
	websocket_inflate_destroy(streams->inflate);
	for (unsigned bits = 0; bits <= WEBSOCKET_WINDOW_MAX; bits++) {
		websocket_deflate_destroy(streams->deflate[bits]);
	}
	buffer_finish(&streams->inflated);
	buffer_finish(&streams->deflated);
}

void websocket_compression_finish(struct connection *connection)
{
	struct websocket_contexts *own = connection->websocket.contexts;
	if (own != NULL) {
		count_memory(connection, -(int64_t)(websocket_inflate_memory(own->inflate) +
						    websocket_deflate_memory(own->deflate)));
		websocket_inflate_destroy(own->inflate);
		websocket_deflate_destroy(own->deflate);
		free(own);
	}
}

static void empty(struct buffer *room)
{
	buffer_clear(room);
	buffer_trim(room, KEEP_MAX);
}

/* ---- in ---- */

uint64_t websocket_compression_limit(uint64_t limit)
{
	/* what cannot be compressed grows: by a bit for each byte, if that is done badly */
	return limit == 0 ? 0 : limit + limit / 8 + 64;
}

static bool fail(struct websocket_item *item, uint16_t code, const char *reason)
{
	item->code = code;
	item->reason = reason;
	return false;
}

static bool inflate(struct connection *connection, struct websocket_item *item, struct buffer *room)
{
	struct websocket_inflate *stream = NULL;
	if (!quota_memory_is_over(connection->listener->quota)) {
		stream = choose_inflate(connection);
	}
	if (stream == NULL) {
		return fail(item, WEBSOCKET_CODE_TRY_LATER, "There is no memory just now.");
	}
	uint64_t limit = (uint64_t)connection->listener->options->limits.message;
	switch (websocket_inflate_message(stream, item->payload, limit, room)) {
	case WEBSOCKET_INFLATE_TOO_BIG:
		return fail(item, WEBSOCKET_CODE_TOO_BIG, "A message is too large.");
	case WEBSOCKET_INFLATE_BROKEN:
		return fail(item, WEBSOCKET_CODE_NOT_UTF8, "A message cannot be inflated.");
	case WEBSOCKET_INFLATE_NO_MEMORY:
		return fail(item, WEBSOCKET_CODE_TRY_LATER, "There is no memory.");
	case WEBSOCKET_INFLATED: break;
	}
	item->payload = buffer_span(room);
	return item->binary || utf8_check(item->payload) ||
	       fail(item, WEBSOCKET_CODE_NOT_UTF8, "A text is not UTF-8.");
}

bool websocket_compression_inflate(
	struct connection *connection, struct websocket_item *item, struct buffer *room)
{
	struct websocket_streams *streams = &connection->shard->streams;
	*room = streams->inflated;
	streams->inflated = (struct buffer){ 0 };
	bool good = inflate(connection, item, room);
	count_memory(connection, (int64_t)room->cap);
	if (!good) {
		websocket_compression_release(connection, room);
	}
	return good;
}

void websocket_compression_release(struct connection *connection, struct buffer *room)
{
	struct websocket_streams *streams = &connection->shard->streams;
	count_memory(connection, -(int64_t)room->cap);
	buffer_finish(&streams->inflated);
	empty(room);
	streams->inflated = *room;
}

/* ---- out ---- */

static bool is_worth_it(const struct connection *connection, size_t len)
{
	const struct websocket_compress *options = &connection->websocket.options->compress;
	return extension_of(connection)->compress && len > 0 && len <= COMPRESS_MAX &&
	       len >= (size_t)options->threshold;
}

struct span websocket_compression_deflate(struct connection *connection, struct span payload)
{
	struct buffer *room = &connection->shard->streams.deflated;
	struct websocket_deflate *stream = NULL;
	assert(room->len == 0);
	if (is_worth_it(connection, payload.len)) {
		stream = choose_deflate(connection);
	}
	if (stream == NULL) {
		return SPAN_ABSENT;
	}
	if (!websocket_deflate_message(stream, payload, room)) {
		websocket_deflate_forget(stream);
		empty(room);
		return SPAN_ABSENT;
	}
	/* a context that is kept has to be the same at the other end */
	if (room->len >= payload.len && !extension_of(connection)->server_takeover) {
		empty(room);
		return SPAN_ABSENT;
	}
	return buffer_span(room);
}

void websocket_compression_sent(struct connection *connection)
{
	empty(&connection->shard->streams.deflated);
}
