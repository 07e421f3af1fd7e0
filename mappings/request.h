/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What a client asked, independent of HTTP or WebSocket: the input of matching and templates. All
 * spans belong to whoever made it (the connection's input, the envelope) and live until the call
 * has been sent. Nothing here has been decoded unless it says so.
 */
#pragma once

#include "base/address.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct request_header {
	struct span name;  /* as sent, any case */
	struct span value; /* without white space around it */
};

struct request {
	bool websocket;     /* came in an envelope */
	bool preflight;     /* asks for a request that is to come: its headers are not known */
	struct span method; /* "POST"; absent for a plain op */
	struct span uri;  /* raw request target in origin form, "/a/b?x=1"; absent for a plain op */
	struct span path; /* raw, "/a/b" */
	struct span query;   /* raw, without "?"; absent when there is no "?"; of a plain op the
			      * handshake's */
	struct span op;      /* the envelope's op; absent over HTTP */
	struct span op_json; /* the op's JSON text where the envelope has one, else absent */
	const struct request_header *headers;
	unsigned header_count;
	struct span content_type;     /* absent when the client gave none */
	struct span content_encoding; /* absent when the client gave none */
	bool has_body;                /* the client sent one, maybe empty by Content-Length: 0 */
	bool has_content;             /* at least one byte, or chunks, as far as the head tells */
	struct span body;
	bool body_is_json;  /* known to be strict JSON already (a member of a scanned envelope) */
	struct span scheme; /* "http" "ws" */
	struct span host;   /* without port */
	struct span port;   /* empty: none given */
	struct address client;
	uint64_t connection_id;
	struct span request_id;  /* the client's own, checked; absent when none */
	struct span token;       /* pathfinder; absent when none */
	struct span traceparent; /* checked or made new; always present */
	struct span tracestate;  /* absent when none */
};
