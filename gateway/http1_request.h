/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What mappings see of an HTTP/1.1 request. */
#pragma once

#include "base/span.h"
#include "gateway/http1_parser.h"
#include "mappings/request.h"

#include <stdbool.h>

struct connection;

/* Fills what the head says: all but client, connection, a made up trace, and the body. Spans point
 * into `bytes`; `headers` has room for HTTP1_HEADERS_MAX. */
void http1_request_read(const struct http1_head *head, const char *bytes,
	struct request_header *headers, struct request *request);
/*
 * Fills all but the body. Spans point into `bytes` (the request's first byte) and into the shard's
 * scratch memory, so there is one request at a time.
 */
void http1_request_make(struct connection *connection, const struct http1_head *head,
	const char *bytes, struct request *request);
/* Fills what every request of the connection has: client, connection id, trace. */
void http1_request_common(struct connection *connection, struct request *request);
/* The client's own id of a request, if it may have it: [A-Za-z0-9._-]{1,128}. */
bool http1_request_id_is_valid(struct span value);
