/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Runs on libwebsockets' raw client role (client_response.c says why). While that role holds
 * output that the kernel did not take, it does not read; so the request goes out in pieces that a
 * writable socket always takes whole, and an answer that comes early is seen. A failed write is
 * not the end either: the server may have answered before it closed.
 */
#include "gateway/client_http.h"

#include "gateway/client_response.h"

#include <stddef.h>

#define PIECE 4096

struct client_http {
	struct client_session session;
	const struct client_http_reader *reader;
	struct client_response response;
	struct buffer output;
	size_t sent;
	unsigned char piece[LWS_PRE + PIECE];
};

static struct client_http *http_from_wsi(struct lws *wsi)
{
	return lws_container_of(client_session_from_wsi(wsi), struct client_http, session);
}

static void write_request(struct client_http *http, const struct client_request *request)
{
	struct buffer *out = &http->output;
	bool has_body = span_present(request->body);

	buffer_append_format(out, "%s %s HTTP/1.1\r\n", request->method, request->target.path);
	buffer_append_format(out, "Host: %s\r\n", request->target.authority);
	if (!client_request_has_header(request, SPAN("user-agent"))) {
		buffer_append_literal(out, "User-Agent: bridgehead\r\n");
	}
	if (!client_request_has_header(request, SPAN("accept"))) {
		buffer_append_literal(out, "Accept: */*\r\n");
	}
	if (has_body && request->content_type != NULL &&
		!client_request_has_header(request, SPAN("content-type"))) {
		buffer_append_format(out, "Content-Type: %s\r\n", request->content_type);
	}
	if (has_body) {
		buffer_append_format(out, "Content-Length: %zu\r\n", request->body.len);
	}
	buffer_append_span(out, buffer_span(&request->headers));
	buffer_append_literal(out, "Connection: close\r\n\r\n");
	buffer_append_span(out, request->body);
}

static int handle_connected(struct client_http *http, struct lws *wsi)
{
	http->session.connected = true;
	lws_callback_on_writable(wsi);
	return 0;
}

static int handle_writable(struct client_http *http, struct lws *wsi)
{
	size_t left = http->output.len - http->sent;
	size_t len = left < PIECE ? left : PIECE;

	if (len == 0) {
		return 0;
	}
	memcpy(http->piece + LWS_PRE, http->output.data + http->sent, len);
	if (lws_write(wsi, http->piece + LWS_PRE, len, LWS_WRITE_RAW) < 0) {
		http->sent = http->output.len;
		return 0;
	}
	http->sent += len;
	lws_callback_on_writable(wsi);
	return 0;
}

static int handle_event(
	struct client_http *http, enum client_response_event event, struct span body)
{
	const struct client_http_reader *reader = http->reader;

	switch (event) {
	case CLIENT_RESPONSE_MORE: return 0;
	case CLIENT_RESPONSE_HEAD:
		reader->read_head(
			reader->context, http->response.status, buffer_span(&http->response.head));
		return 0;
	case CLIENT_RESPONSE_BODY: reader->read_body(reader->context, body); return 0;
	case CLIENT_RESPONSE_END: client_session_end(&http->session, CLIENT_ANSWERED, NULL); break;
	case CLIENT_RESPONSE_BROKEN:
		client_session_end(&http->session, CLIENT_FAILED, http->response.fault);
		break;
	}
	http->session.done = true;
	return -1;
}

static int handle_input(struct client_http *http, struct span input)
{
	enum client_response_event event;
	int result;

	do {
		struct span body = SPAN_ABSENT;
		event = client_response_next(&http->response, &input, &body);
		result = handle_event(http, event, body);
	} while (result == 0 && event != CLIENT_RESPONSE_MORE);
	return result;
}

static int handle_close(struct client_http *http)
{
	if (!http->session.done) {
		handle_event(http, client_response_close(&http->response), SPAN_ABSENT);
	}
	return 0;
}

static int handle_connect_error(struct client_http *http)
{
	client_session_finish(&http->session, "cannot connect");
	return 0;
}

static int handle_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	(void)user;
	switch (reason) {
	case LWS_CALLBACK_RAW_CONNECTED: return handle_connected(http_from_wsi(wsi), wsi);
	case LWS_CALLBACK_RAW_WRITEABLE: return handle_writable(http_from_wsi(wsi), wsi);
	case LWS_CALLBACK_RAW_RX: return handle_input(http_from_wsi(wsi), span_of(in, len));
	case LWS_CALLBACK_RAW_CLOSE: return handle_close(http_from_wsi(wsi));
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: return handle_connect_error(http_from_wsi(wsi));
	default: return 0;
	}
}

enum client_end client_http_run(const struct client_request *request,
	const struct client_http_reader *reader, const char **fault)
{
	struct client_http http = { .reader = reader };

	http.response.head_only = span_equal(span_from_text(request->method), SPAN("HEAD"));
	write_request(&http, request);
	if (http.output.failed) {
		*fault = "the request is too large";
		return CLIENT_FAILED;
	}
	client_session_run(&http.session, request, handle_callback);
	client_response_finish(&http.response);
	buffer_finish(&http.output);
	*fault = http.session.fault;
	return http.session.end;
}
