/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * HTTP/1.1 request heads (RFC 9112), strict and incremental: pure functions over bytes, no
 * allocation, no socket. Results are offsets from the first byte of the request, so they survive a
 * buffer that moves.
 *
 *     http1_head_init(&head);
 *     switch (http1_head_parse(&head, bytes, len, &limits)) {    same start, more bytes each time
 *     case HTTP1_MORE:  read more
 *     case HTTP1_DONE:  head.size bytes are the head, the rest is body or the next request
 *     case HTTP1_ERROR: answer head.status with head.reason, then close: nothing behind it is safe
 *     }
 */
#pragma once

#include "base/span.h"
#include "gateway/http1_chunked.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hard bound of the header array; limits.header_count may be lower. */
#define HTTP1_HEADERS_MAX 128

/* In bytes without line ends, but `headers` with them. 0: none (then only HTTP1_HEADERS_MAX holds).
 */
struct http1_limits {
	uint32_t request_line; /* 414 */
	uint32_t header;       /* one name and value; 431 */
	uint32_t headers;      /* all of them; 431 */
	uint32_t header_count; /* 431 */
};

enum http1_method {
	HTTP1_METHOD_UNKNOWN, /* a token that nobody registered: 501 */
	HTTP1_GET,
	HTTP1_HEAD,
	HTTP1_POST,
	HTTP1_PUT,
	HTTP1_PATCH,
	HTTP1_DELETE,
	HTTP1_OPTIONS,
	HTTP1_TRACE,        /* the caller refuses it: 405 */
	HTTP1_CONNECT,      /* never seen by the caller: 501 already */
	HTTP1_METHOD_OTHER, /* registered, without a meaning of its own here: WebDAV, QUERY … */
};

/* A place in the request. off 0 is absent: nothing but the method can start there. */
struct http1_span {
	uint32_t off;
	uint32_t len;
};

struct http1_header {
	struct http1_span name; /* a token, case as sent */
	struct http1_span
		value; /* without white space around it, maybe empty; may hold bytes >= 80 */
};

/* Headers that somebody asks for at every request: the first of its name, and how many came. */
enum http1_field {
	HTTP1_FIELD_NONE,
	HTTP1_FIELD_HOST, /* as sent; head.host is what counts */
	HTTP1_FIELD_CONNECTION,
	HTTP1_FIELD_CONTENT_LENGTH,
	HTTP1_FIELD_TRANSFER_ENCODING,
	HTTP1_FIELD_EXPECT,
	HTTP1_FIELD_UPGRADE,
	HTTP1_FIELD_CONTENT_TYPE, /* at most one: two are refused */
	HTTP1_FIELD_CONTENT_ENCODING,
	HTTP1_FIELD_ORIGIN,
	HTTP1_FIELD_X_REQUEST_ID,
	HTTP1_FIELD_TRACEPARENT,
	HTTP1_FIELD_TRACESTATE,
	HTTP1_FIELD_WEBSOCKET_KEY,      /* more than one: not a handshake (RFC 6455 11.3.1) */
	HTTP1_FIELD_WEBSOCKET_VERSION,  /* more than one: likewise (11.3.5) */
	HTTP1_FIELD_WEBSOCKET_PROTOCOL, /* a list, may come several times */
	HTTP1_FIELD_WEBSOCKET_EXTENSIONS,
	HTTP1_FIELD_COUNT,
};

struct http1_head {
	/* Where parsing stands; private. */
	uint32_t line;    /* start of the first line that is not done */
	uint32_t scanned; /* > line: no line end before this */
	uint32_t headers_start;
	uint8_t stage;

	/* HTTP1_ERROR */
	uint16_t status;    /* 400 414 417 431 501 505 */
	const char *reason; /* a constant sentence, fit for the client */

	/* HTTP1_DONE */
	uint8_t method_id; /* enum http1_method */
	uint8_t minor;     /* 0 or 1; 1.2 to 1.9 count as 1 */
	bool keep_alive;
	bool chunked;
	bool expect_continue; /* the client waits for "100 Continue" before a body */
	bool websocket;       /* Upgrade names websocket and Connection names upgrade; whether the
				 method and version fit is the caller's to check */
	bool asterisk;        /* OPTIONS for the server as a whole; path is then "*" or "/" */
	bool connection_close, connection_keep_alive, connection_upgrade, upgrade_websocket;
	uint32_t size; /* bytes of the head, with an ignored CRLF before and the empty line behind
			  it */
	int64_t content_length; /* -1: none */
	struct http1_span method;
	struct http1_span target; /* as sent */
	struct http1_span uri;    /* target in origin form: path and query */
	struct http1_span path;   /* "/a/b", not decoded */
	struct http1_span query;  /* without "?" */
	struct http1_span host; /* without port, brackets kept; absent only in HTTP/1.0; an absolute
				   target's authority wins over the Host header */
	struct http1_span port; /* digits, 1-65535; absent: none given */
	struct http1_span fields[HTTP1_FIELD_COUNT];
	uint8_t field_counts[HTTP1_FIELD_COUNT]; /* stops at 255 */

	uint32_t header_count;
	struct http1_header headers[HTTP1_HEADERS_MAX]; /* last, so that a copy can stop early */
};

void http1_head_init(struct http1_head *head);
/*
 * `bytes` starts at the request's first byte on every call; `len` never shrinks. Each byte is
 * looked at a constant number of times however the input is cut. After DONE or ERROR: init first.
 */
enum http1_result http1_head_parse(
	struct http1_head *head, const char *bytes, size_t len, const struct http1_limits *limits);
/* Bytes of a head worth copying: everything up to its last header. */
size_t http1_head_used(const struct http1_head *head);

static inline struct span http1_span_in(struct http1_span place, const char *bytes)
{
	return place.off != 0 ? (struct span){ bytes + place.off, place.len } : SPAN_ABSENT;
}
