/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The request target in its four forms, and the host (RFC 9112 3.2, RFC 3986). Part of the parser.
 */
#pragma once

#include "gateway/http1_parser.h"

#include <stdbool.h>

/* Says why the request is refused; always false. */
static inline bool http1_fail(struct http1_head *head, uint16_t status, const char *reason)
{
	head->status = status;
	head->reason = reason;
	return false;
}

static inline struct http1_span http1_place(
	const unsigned char *base, const unsigned char *start, const unsigned char *end)
{
	return (struct http1_span){ (uint32_t)(start - base), (uint32_t)(end - start) };
}

/*
 * Takes head->target apart; its characters and head->method_id are known already. `mark` is its
 * first "?" or NULL. False: head->status and head->reason say why.
 */
bool http1_target_read(
	struct http1_head *head, const unsigned char *base, const unsigned char *mark);
/*
 * Checks host [":" port], with neither user information nor an empty host. Kept in head->host and
 * head->port unless an absolute target has set them already. Bytes up to `limit` may be looked at,
 * and the first one behind the host's end, if there is any, belongs to no host.
 */
bool http1_target_host(struct http1_head *head, const unsigned char *base, struct http1_span host,
	const unsigned char *limit);

/* The target of nearly all requests: a path, and a query behind `mark` if that is not NULL. */
static inline void http1_target_origin(
	struct http1_head *head, const unsigned char *base, const unsigned char *mark)
{
	head->uri = head->path = head->target;
	if (mark != NULL) {
		const unsigned char *target = base + head->target.off;
		head->path = http1_place(base, target, mark);
		head->query = http1_place(base, mark + 1, target + head->target.len);
	}
}
