/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/explain_request.h"

#include "base/json.h"
#include "gateway/client_argument.h"
#include "gateway/client_target.h"
#include "gateway/envelope.h"
#include "gateway/http1_request.h"
#include "gateway/listener.h"
#include "gateway/websocket_target.h"

#include <string.h>

/* Any one will do: nothing is sent. */
#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

static bool writes_header(const struct explain_words *words, const char *name)
{
	size_t len = strlen(name);
	struct span rest = buffer_span(&words->headers);
	while (rest.len > 0) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		if (rest.len > len && rest.ptr[len] == ':' &&
			span_equal_nocase(span_of(rest.ptr, len), span_of(name, len))) {
			return true;
		}
		rest = span_skip(rest, (size_t)(end - rest.ptr) + 1);
	}
	return false;
}

static void write_head(
	const struct explain_words *words, const struct client_target *target, struct buffer *out)
{
	bool own_host = words->host.len > 0;
	buffer_append_format(out,
		"%s %s HTTP/1.1\r\nHost: ", words->method != NULL ? words->method : "GET",
		target->path);
	buffer_append_span(
		out, own_host ? buffer_span(&words->host) : span_from_text(target->authority));
	buffer_append_literal(out, "\r\n");
	buffer_append_span(out, buffer_span(&words->headers));
	if (words->has_data && words->method != NULL) {
		if (!writes_header(words, "content-type")) {
			bool json = json_check(buffer_span(&words->data), NULL);
			buffer_append_format(out, "Content-Type: application/%s\r\n",
				json ? "json" : "octet-stream");
		}
		buffer_append_format(out, "Content-Length: %zu\r\n", words->data.len);
	}
	buffer_append_literal(out, "\r\n");
}

/* A path alone is one of this machine. */
static bool find_target(const struct explain_words *words, struct client_target *target)
{
	struct buffer url = { 0 };
	const char *fault;
	const char *scheme = words->method != NULL ? "http" : "ws";
	if (words->url[0] == '/') {
		buffer_append_format(&url, "%s://localhost%s", scheme, words->url);
	} else {
		buffer_append_format(&url, "%s", words->url);
	}
	buffer_append_char(&url, '\0');
	bool good = client_target_init(target, url.data, &fault);
	buffer_finish(&url);
	return good || client_argument_complain("%s", fault);
}

static const struct websocket_options *find_entrance(const struct config *config, struct span path)
{
	for (size_t i = 0; i < config->listener_count; i++) {
		const struct listener_options *listener = &config->listeners[i];
		for (size_t j = 0; j < listener->websocket_count; j++) {
			if (span_equal(path, span_from_text(listener->websockets[j].path))) {
				return &listener->websockets[j];
			}
		}
	}
	return NULL;
}

static void refuse(struct explain_request *request, int status, const char *detail)
{
	request->status = status;
	request->detail = detail;
}

/* Makes a message on a WebSocket of its handshake. */
static bool become_message(struct explain_request *explained, const struct explain_words *words,
	const struct config *config)
{
	struct request *request = &explained->request;
	const struct websocket_options *entrance = find_entrance(config, request->path);
	struct span handshake = request->uri;
	if (entrance == NULL) {
		return client_argument_complain("no WebSocket entrance has the path %.*s",
			(int)request->path.len, request->path.ptr);
	}
	bool raw = envelope_is_raw(entrance->envelope);
	if (raw == (words->op != NULL)) {
		return client_argument_complain(
			raw ? "a raw WebSocket knows no --op" : "--op OP is missing");
	}
	request->websocket = true;
	request->scheme = SPAN("ws");
	request->method = SPAN("POST");
	request->body_is_json = words->has_data && json_check(request->body, NULL);
	request->content_type = request->body_is_json ? SPAN("application/json") : SPAN_ABSENT;
	if (raw) {
		return true;
	}
	request->method = request->uri = request->path = request->query = SPAN_ABSENT;
	struct span op = span_from_text(words->op);
	enum websocket_target target =
		entrance->paths ? websocket_target_of_op(request, op) : WEBSOCKET_TARGET_NONE;
	if (target == WEBSOCKET_TARGET_BROKEN) {
		refuse(explained, 400, "The path has characters that a path cannot have.");
	} else if (target == WEBSOCKET_TARGET_NONE) {
		request->op = op;
		websocket_target_take_query(request, handshake);
	}
	return true;
}

static void read_request(
	struct explain_request *explained, const struct explain_words *words, struct span body)
{
	struct request *request = &explained->request;
	http1_request_read(&explained->head, explained->bytes.data, explained->headers, request);
	request->traceparent = SPAN(TRACE);
	request->has_body = words->has_data;
	request->has_content = body.len > 0;
	request->body = body;
	if (explained->head.method_id == HTTP1_METHOD_UNKNOWN) {
		refuse(explained, 501, "This method is not known here.");
	}
}

bool explain_request_init(struct explain_request *explained, const struct explain_words *words,
	const struct config *config)
{
	struct client_target target;
	*explained = (struct explain_request){ 0 };
	if (!find_target(words, &target)) {
		return false;
	}
	write_head(words, &target, &explained->bytes);
	client_target_finish(&target);
	struct http1_limits limits = listener_http1_limits(&config->listeners[0].limits);
	http1_head_init(&explained->head);
	if (http1_head_parse(&explained->head, explained->bytes.data, explained->bytes.len,
		    &limits) != HTTP1_DONE) {
		refuse(explained, explained->head.status, explained->head.reason);
		return true;
	}
	read_request(explained, words, words->has_data ? buffer_span(&words->data) : SPAN(""));
	return words->method != NULL || become_message(explained, words, config);
}

void explain_request_finish(struct explain_request *explained)
{
	buffer_finish(&explained->bytes);
}
