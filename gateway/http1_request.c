/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/http1_request.h"

#include "gateway/connection.h"
#include "gateway/shard.h"

static bool is_id_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '.' || c == '_' || c == '-';
}

bool http1_request_id_is_valid(struct span value)
{
	if (value.len == 0 || value.len > 128) {
		return false;
	}
	for (size_t i = 0; i < value.len; i++) {
		if (!is_id_char(value.ptr[i])) {
			return false;
		}
	}
	return true;
}

void http1_request_common(struct connection *connection, struct request *request)
{
	struct shard *shard = connection->shard;
	request->client = connection->client;
	request->connection_id = connection->id;
	if (!span_present(request->traceparent)) {
		trace_parent_make(&shard->random, shard->scratch.traceparent);
		request->traceparent = span_of(shard->scratch.traceparent, TRACE_PARENT_LEN);
		request->tracestate = SPAN_ABSENT;
	}
}

static struct span field(const struct http1_head *head, enum http1_field which, const char *bytes)
{
	return http1_span_in(head->fields[which], bytes);
}

/* A second traceparent makes both worthless; a second tracestate, or a bad one, is dropped. */
static void take_trace(const struct http1_head *head, const char *bytes, struct request *request)
{
	struct span parent = field(head, HTTP1_FIELD_TRACEPARENT, bytes);
	if (!span_present(parent) || head->field_counts[HTTP1_FIELD_TRACEPARENT] != 1 ||
		!trace_parent_is_valid(parent)) {
		return;
	}
	request->traceparent = parent;
	struct span state = field(head, HTTP1_FIELD_TRACESTATE, bytes);
	if (head->field_counts[HTTP1_FIELD_TRACESTATE] == 1 && trace_state_is_valid(state)) {
		request->tracestate = state;
	}
}

static void take_headers(
	const struct http1_head *head, const char *bytes, struct request_header *out)
{
	const struct http1_header *end = head->headers + head->header_count;
	for (const struct http1_header *header = head->headers; header < end; header++, out++) {
		out->name = span_of(bytes + header->name.off, header->name.len);
		out->value = span_of(bytes + header->value.off, header->value.len);
	}
}

/* Nearly all that a request costs before it is matched, so it stands in line. */
static inline void fill(const struct http1_head *head, const char *bytes,
	struct request_header *headers, struct request *request)
{
	take_headers(head, bytes, headers);
	struct span request_id = field(head, HTTP1_FIELD_X_REQUEST_ID, bytes);
	/* All of them by name: it is cheaper than to clear what is filled next. */
	*request = (struct request){
		.websocket = false,
		.preflight = false,
		.method = span_of(bytes + head->method.off, head->method.len),
		.uri = http1_span_in(head->uri, bytes),
		.path = http1_span_in(head->path, bytes),
		.query = http1_span_in(head->query, bytes),
		.op = SPAN_ABSENT,
		.op_json = SPAN_ABSENT,
		.headers = headers,
		.header_count = head->header_count,
		.content_type = field(head, HTTP1_FIELD_CONTENT_TYPE, bytes),
		.content_encoding = field(head, HTTP1_FIELD_CONTENT_ENCODING, bytes),
		.has_body = false,
		.has_content = head->chunked || head->content_length > 0,
		.body = SPAN_ABSENT,
		.body_is_json = false,
		.scheme = SPAN("http"),
		.host = http1_span_in(head->host, bytes),
		.port = http1_span_in(head->port, bytes),
		.client = { 0 },
		.connection_id = 0,
		.request_id = SPAN_ABSENT,
		.token = SPAN_ABSENT,
		.traceparent = SPAN_ABSENT,
		.tracestate = SPAN_ABSENT,
	};
	if (http1_request_id_is_valid(request_id)) {
		request->request_id = request_id;
	}
	take_trace(head, bytes, request);
}

void http1_request_read(const struct http1_head *head, const char *bytes,
	struct request_header *headers, struct request *request)
{
	fill(head, bytes, headers, request);
}

void http1_request_make(struct connection *connection, const struct http1_head *head,
	const char *bytes, struct request *request)
{
	fill(head, bytes, connection->shard->scratch.headers, request);
	if (connection->secure) {
		request->scheme = SPAN("https");
	}
	http1_request_common(connection, request);
}
