/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/http1_pending.h"

#include "base/memory.h"

#include <string.h>

enum { RATE_GRACE_MS = 10000, RATE_CHECK_MS = 1000 };

struct http1_pending *http1_pending_create(const struct http1_head *head)
{
	struct http1_pending *pending = memory_new(1, sizeof(*pending));
	memcpy(&pending->head, head, http1_head_used(head));
	return pending;
}

enum http1_result http1_pending_decode(struct http1_pending *pending, char *bytes, size_t *len)
{
	char *body = bytes + pending->head.size;
	char *raw = body + pending->decoded;
	char *end = bytes + *len;
	enum http1_result result = HTTP1_MORE;
	while (raw < end && result == HTTP1_MORE) {
		size_t used = 0;
		struct span data = SPAN_ABSENT;
		result = http1_chunked_next(
			&pending->chunked, raw, (size_t)(end - raw), &used, &data);
		memmove(body + pending->decoded, data.ptr != NULL ? data.ptr : raw, data.len);
		pending->decoded += data.len;
		raw += used;
	}
	memmove(body + pending->decoded, raw, (size_t)(end - raw));
	*len = pending->head.size + pending->decoded + (size_t)(end - raw);
	return result;
}

int64_t http1_pending_first_check(const struct limits *limits)
{
	bool rated = limits->body_rate > 0 &&
		     (limits->body_timeout_ms == 0 || limits->body_timeout_ms > RATE_GRACE_MS);
	return rated ? RATE_GRACE_MS : limits->body_timeout_ms;
}

enum http1_pace http1_pending_pace(const struct http1_pending *pending, const struct limits *limits,
	size_t got, uint64_t now_ms, uint64_t *next_ms)
{
	uint64_t elapsed = now_ms - pending->began_ms;
	uint64_t timeout = (uint64_t)limits->body_timeout_ms;
	uint64_t rate = (uint64_t)limits->body_rate;
	if (rate > 0 && elapsed >= RATE_GRACE_MS && got * 1000 < rate * elapsed) {
		return HTTP1_PACE_SLOW;
	}
	if (timeout > 0 && elapsed >= timeout) {
		return HTTP1_PACE_LATE;
	}
	*next_ms = now_ms + RATE_CHECK_MS;
	if (timeout > 0 && pending->began_ms + timeout < *next_ms) {
		*next_ms = pending->began_ms + timeout;
	}
	return HTTP1_PACE_GOOD;
}
