/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The body of a chunked HTTP/1.1 request (RFC 9112 section 7.1), strict and incremental. Pure. */
#pragma once

#include "base/span.h"

#include <stddef.h>
#include <stdint.h>

enum http1_result { HTTP1_MORE, HTTP1_DONE, HTTP1_ERROR };

enum {
	HTTP1_CHUNK_DIGITS_MAX = 16,
	HTTP1_CHUNK_EXTENSION_MAX = 256, /* bytes behind one chunk size; 400 */
	HTTP1_CHUNK_TRAILERS_MAX = 8192, /* bytes of all trailer lines; 431 */
};

/*
 * No limit for bodies, but what keeps sums of sizes from running over: with what has been decoded
 * before, `left` is still below 2^63. 400.
 */
#define HTTP1_CHUNK_SIZE_MAX (UINT64_MAX >> 2)

/* A chunked body. Zero-initialised is its beginning. */
struct http1_chunked {
	uint64_t left; /* of the current chunk's data, or of its size what has been read */
	uint32_t counted;
	uint8_t stage;
	uint8_t digits;
	uint16_t status;    /* HTTP1_ERROR: 400 or 431 */
	const char *reason; /* likewise: a constant sentence */
};

/*
 * Reads on in a chunked body and stops at the end of the input, of a run of data, or of the body.
 * `used` is how many bytes of `bytes` are done with; `data` is the run of decoded bytes among them,
 * maybe empty. MORE: call again with what follows. DONE: the body is complete, what follows is the
 * next request. Trailers are checked and dropped.
 */
enum http1_result http1_chunked_next(struct http1_chunked *chunked, const char *bytes, size_t len,
	size_t *used, struct span *data);
/* Bytes of the chunk that are still to come; 0 while its size is being read, so that the same bytes
 * mean the same however they are cut. */
uint64_t http1_chunked_announced(const struct http1_chunked *chunked);
