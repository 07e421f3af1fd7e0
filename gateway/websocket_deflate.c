/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * At the fastest level: of JSON it leaves a quarter, the best one a fifth, for three to ten times
 * the time, in which everybody else of the shard waits.
 */
#define ZLIB_CONST /* zlib does not write where it reads */
#include "gateway/websocket_deflate.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <zlib.h>

enum {
	FLUSH_LEN = 4,     /* 00 00 ff ff, which the receiver puts back */
	ROOM = 64,         /* beyond zlib's bound, for what a flush adds to it */
	STATE_SIZE = 6144, /* beside window and tables, as zconf.h has it */
};

struct websocket_deflate {
	z_stream zlib;
	unsigned window_bits;
};

/* The usual proportion: a small window makes no use of large tables. */
static int memory_level(unsigned window_bits)
{
	return (int)window_bits - 7;
}

struct websocket_deflate *websocket_deflate_create(unsigned window_bits)
{
	struct websocket_deflate *stream = memory_new(1, sizeof(*stream));
	stream->window_bits = window_bits;
	if (deflateInit2(&stream->zlib, Z_BEST_SPEED, Z_DEFLATED, -(int)window_bits,
		    memory_level(window_bits), Z_DEFAULT_STRATEGY) != Z_OK) {
		free(stream);
		return NULL;
	}
	return stream;
}

void websocket_deflate_destroy(struct websocket_deflate *stream)
{
	if (stream != NULL) {
		deflateEnd(&stream->zlib);
		free(stream);
	}
}

void websocket_deflate_forget(struct websocket_deflate *stream)
{
	deflateReset(&stream->zlib);
}

size_t websocket_deflate_memory(const struct websocket_deflate *stream)
{
	if (stream == NULL) {
		return 0;
	}
	return sizeof(*stream) + STATE_SIZE + ((size_t)1 << (stream->window_bits + 2)) +
	       ((size_t)1 << (memory_level(stream->window_bits) + 9));
}

bool websocket_deflate_message(
	struct websocket_deflate *stream, struct span payload, struct buffer *out)
{
	z_stream *zlib = &stream->zlib;
	assert(payload.len > 0 && payload.len < 1 << 30);
	zlib->next_in = (const Bytef *)payload.ptr;
	zlib->avail_in = (uInt)payload.len;
	size_t room = deflateBound(zlib, (uLong)payload.len) + ROOM;
	do {
		if (!buffer_reserve(out, room)) {
			return false;
		}
		zlib->next_out = (Bytef *)out->data + out->len;
		zlib->avail_out = (uInt)room;
		deflate(zlib, Z_SYNC_FLUSH);
		out->len += room - zlib->avail_out;
	} while (zlib->avail_out == 0);
	assert(out->len >= FLUSH_LEN);
	out->len -= FLUSH_LEN;
	return true;
}
