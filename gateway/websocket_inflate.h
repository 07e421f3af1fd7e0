/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Messages that a client compressed (RFC 7692 section 7.2.2): bytes in, bytes out. A stream serves
 * one connection; or one message of anybody after the other, when it forgets in between. One
 * thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stddef.h>
#include <stdint.h>

struct websocket_inflate;

enum websocket_inflate_result {
	WEBSOCKET_INFLATED,
	WEBSOCKET_INFLATE_TOO_BIG, /* inflating stopped where the limit was passed */
	WEBSOCKET_INFLATE_BROKEN,  /* not what a compressor writes, or cut off */
	WEBSOCKET_INFLATE_NO_MEMORY,
};

/* For windows of at most 8 to 15 bits. NULL when there is no memory. */
struct websocket_inflate *websocket_inflate_create(unsigned window_bits);
/* NULL is accepted. */
void websocket_inflate_destroy(struct websocket_inflate *stream);
/* The next message refers to none before it. */
void websocket_inflate_forget(struct websocket_inflate *stream);
/*
 * Appends the message to `out`, at most `limit` bytes (0: any number) and one more. Behind anything
 * but WEBSOCKET_INFLATED the stream has to forget, or to be destroyed.
 */
enum websocket_inflate_result websocket_inflate_message(
	struct websocket_inflate *stream, struct span payload, uint64_t limit, struct buffer *out);
/* Bytes that it holds at most; NULL: none. */
size_t websocket_inflate_memory(const struct websocket_inflate *stream);
