/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * HTTP/1.1 on a connection (RFC 9112): one request at a time, in order; what comes behind it waits.
 * The bytes are parsed by http1_parser.c, the answer is written by http1_answer.c.
 */
#pragma once

#include "base/address.h"
#include "base/span.h"
#include "gateway/cors.h"

#include <stdbool.h>
#include <stdint.h>

struct admin;
struct call;
struct call_answer;
struct connection;
struct http1_file;
struct http1_pending;

enum http1_phase {
	HTTP1_PHASE_IDLE,    /* between requests */
	HTTP1_PHASE_HEAD,    /* a head is incomplete */
	HTTP1_PHASE_BODY,    /* a body is incomplete */
	HTTP1_PHASE_WAITING, /* the call runs, or its answer is being written */
};

/* State of one connection. */
struct http1 {
	struct http1_pending *pending; /* the request that is incomplete; NULL between requests */
	struct http1_file *file;       /* content that is being sent; NULL: none */
	uint8_t phase;
	uint8_t minor;
	bool keep_alive;       /* of the request being answered */
	bool is_head;          /* its method is HEAD */
	uint8_t parts;         /* enum part_format, where its answer may come in parts */
	struct cors_note cors; /* what its answer says to pages of other origins */
	uint64_t vary;         /* what its answer depends on; see mapping_table_append_vary */
	struct address peer;   /* whose forwarded headers are: the socket's, or a PROXY header's */
};

extern const struct codec http1_codec;
