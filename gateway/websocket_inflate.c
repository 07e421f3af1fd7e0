/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A sender flushes at the end of each message and leaves out the four bytes 00 00 ff ff that every
 * flush ends with, so they are put back here. zlib knows nothing of messages: one that is cut off
 * looks to it like one that goes on. A message is whole only if zlib stands between two blocks
 * behind those four bytes, with no bit left over.
 *
 * A sender may also end a block for good (BFINAL) and go on behind it, with the same window.
 */
#define ZLIB_CONST /* zlib does not write where it reads */
#include "gateway/websocket_inflate.h"

#include "base/memory.h"

#include <stdlib.h>
#include <zlib.h>

enum {
	STEP = 16384,        /* bytes of room at a time */
	INPUT_MAX = 1 << 30, /* zlib counts in unsigned int */
	STATE_SIZE = 7168,   /* beside the window, as zconf.h has it */
};

/* In z_stream.data_type: zlib stands between blocks; below it the number of bits left over. */
enum { BETWEEN_BLOCKS = 0x80, STATE = 0xff };

struct websocket_inflate {
	z_stream zlib;
	unsigned window_bits;
	bool whole; /* what was read so far could be all */
};

struct websocket_inflate *websocket_inflate_create(unsigned window_bits)
{
	struct websocket_inflate *stream = memory_new(1, sizeof(*stream));
	stream->window_bits = window_bits;
	if (inflateInit2(&stream->zlib, -(int)window_bits) != Z_OK) {
		free(stream);
		return NULL;
	}
	return stream;
}

void websocket_inflate_destroy(struct websocket_inflate *stream)
{
	if (stream != NULL) {
		inflateEnd(&stream->zlib);
		free(stream);
	}
}

void websocket_inflate_forget(struct websocket_inflate *stream)
{
	inflateReset(&stream->zlib);
}

size_t websocket_inflate_memory(const struct websocket_inflate *stream)
{
	return stream != NULL ? sizeof(*stream) + STATE_SIZE + ((size_t)1 << stream->window_bits)
			      : 0;
}

/* One call of zlib; `left` bytes more may come out. */
static enum websocket_inflate_result step(
	struct websocket_inflate *stream, uint64_t left, struct buffer *out)
{
	z_stream *zlib = &stream->zlib;
	size_t room = left < STEP ? (size_t)left + 1 : STEP;
	if (!buffer_reserve(out, room)) {
		return WEBSOCKET_INFLATE_NO_MEMORY;
	}
	zlib->next_out = (Bytef *)out->data + out->len;
	zlib->avail_out = (uInt)room;
	int result = inflate(zlib, Z_SYNC_FLUSH);
	size_t got = room - zlib->avail_out;
	out->len += got;
	stream->whole = result == Z_STREAM_END || (zlib->data_type & STATE) == BETWEEN_BLOCKS;
	if (got > left) {
		return WEBSOCKET_INFLATE_TOO_BIG;
	}
	if (result == Z_STREAM_END) {
		inflateResetKeep(zlib);
	} else if (result == Z_MEM_ERROR) {
		return WEBSOCKET_INFLATE_NO_MEMORY;
	} else if (result != Z_OK && result != Z_BUF_ERROR) {
		return WEBSOCKET_INFLATE_BROKEN;
	}
	return WEBSOCKET_INFLATED;
}

/* At most INPUT_MAX bytes; `end` is where `out` would be too long. */
static enum websocket_inflate_result feed(
	struct websocket_inflate *stream, struct span bytes, uint64_t end, struct buffer *out)
{
	enum websocket_inflate_result result;
	stream->zlib.next_in = (const Bytef *)bytes.ptr;
	stream->zlib.avail_in = (uInt)bytes.len;
	do {
		result = step(stream, end - out->len, out);
	} while (result == WEBSOCKET_INFLATED &&
		 (stream->zlib.avail_in > 0 || stream->zlib.avail_out == 0));
	return result;
}

enum websocket_inflate_result websocket_inflate_message(
	struct websocket_inflate *stream, struct span payload, uint64_t limit, struct buffer *out)
{
	const uint64_t end = limit != 0 ? out->len + limit : SIZE_MAX;
	enum websocket_inflate_result result = WEBSOCKET_INFLATED;
	while (payload.len > 0 && result == WEBSOCKET_INFLATED) {
		size_t len = payload.len < INPUT_MAX ? payload.len : INPUT_MAX;
		result = feed(stream, span_of(payload.ptr, len), end, out);
		payload = span_skip(payload, len);
	}
	if (result == WEBSOCKET_INFLATED) {
		result = feed(stream, SPAN("\x00\x00\xff\xff"), end, out);
	}
	return result == WEBSOCKET_INFLATED && !stream->whole ? WEBSOCKET_INFLATE_BROKEN : result;
}
