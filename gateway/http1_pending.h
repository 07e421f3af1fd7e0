/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A request that is not complete yet: how far it was parsed, and since when its head or its body is
 * on the way. Its bytes are parked by the connection. Times are milliseconds of the shard's clock.
 */
#pragma once

#include "gateway/http1_chunked.h"
#include "gateway/http1_parser.h"
#include "gateway/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http1_pending {
	struct http1_chunked chunked;
	uint64_t began_ms;      /* of the phase */
	int64_t body_limit;     /* of a chunked body */
	size_t decoded;         /* bytes of a chunked body, moved together behind the head */
	bool continued;         /* "100 Continue" was sent */
	struct http1_head head; /* last: only its used part is copied */
};

/* To be freed with free(). */
struct http1_pending *http1_pending_create(const struct http1_head *head);

/*
 * Decodes chunks in place: the request begins at `bytes` and has `*len` of them; data moves
 * together behind the head, what is not decoded yet follows it, and `*len` shrinks.
 */
enum http1_result http1_pending_decode(struct http1_pending *pending, char *bytes, size_t *len);

enum http1_pace { HTTP1_PACE_GOOD, HTTP1_PACE_SLOW, HTTP1_PACE_LATE };

/* After which time of its phase a body is first looked at: at the rate check, unless its time ends
 * before; 0: never. */
int64_t http1_pending_first_check(const struct limits *limits);
/* How a body comes of which `got` bytes are there. When it is good, `*next_ms` is when to look
 * again. */
enum http1_pace http1_pending_pace(const struct http1_pending *pending, const struct limits *limits,
	size_t got, uint64_t now_ms, uint64_t *next_ms);
