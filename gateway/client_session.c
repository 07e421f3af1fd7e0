/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * libwebsockets' own poll loop is enough here: one connection, nothing else on the thread. Its
 * connect, name lookup and WebSocket codec are what we come for; its time-outs are set beyond ours
 * so that there is one clock. The lookup itself blocks and is not covered by it.
 */
#include "gateway/client_session.h"

#include <assert.h>
#include <stdlib.h>

#define MAGIC 0x63616c6cu

static struct client_session *session_from_timer(lws_sorted_usec_list_t *timer)
{
	struct client_session *session = lws_container_of(timer, struct client_session, timer);

	assert(session->magic == MAGIC);
	return session;
}

struct client_session *client_session_from_wsi(struct lws *wsi)
{
	struct client_session *session = lws_context_user(lws_get_context(wsi));

	assert(session->magic == MAGIC);
	return session;
}

void client_session_end(struct client_session *session, enum client_end end, const char *fault)
{
	if (session->end == CLIENT_PENDING) {
		session->end = end;
		session->fault = fault;
	}
}

void client_session_finish(struct client_session *session, const char *fault)
{
	client_session_end(session, CLIENT_FAILED, fault);
	session->done = true;
}

static void handle_timeout(lws_sorted_usec_list_t *timer)
{
	struct client_session *session = session_from_timer(timer);

	client_session_end(session, CLIENT_EXPIRED,
		session->connected ? "no answer in time" : "no connection in time");
	session->done = true;
	/* Timers run before the loop waits: without this it would wait once more. */
	lws_cancel_service(session->context);
}

void client_session_linger(struct client_session *session, int64_t ms)
{
	lws_sul_schedule(session->context, 0, &session->timer, handle_timeout, ms * LWS_US_PER_MS);
}

static struct lws_context *create_context(
	struct client_session *session, const struct lws_protocols *protocols)
{
	struct lws_context_creation_info info = { 0 };

	lws_set_log_level(0, NULL);
	/* A proxy from the environment would come between us and a gateway on this machine. */
	unsetenv("http_proxy");
	unsetenv("socks_proxy");
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = protocols;
	info.user = session;
	info.gid = (gid_t)-1;
	info.uid = (uid_t)-1;
	info.fd_limit_per_thread = 8;
	info.pt_serv_buf_size = 64 * 1024;
	info.max_http_header_data2 = 64 * 1024 - 1;
	info.timeout_secs = (unsigned)(session->request->timeout_ms / 1000) + 60;
	info.connect_timeout_secs = info.timeout_secs;
	return lws_create_context(&info);
}

static void connect_to_target(struct client_session *session, const char *protocol)
{
	const struct client_target *target = &session->request->target;
	struct lws_client_connect_info info = { 0 };

	info.context = session->context;
	info.address = target->host;
	info.port = (int)target->port;
	info.path = target->websocket ? target->path : "/";
	info.host = target->authority;
	info.method = target->websocket ? NULL : "RAW";
	info.local_protocol_name = protocol;
	info.ietf_version_or_minus_one = -1;
	info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
	if (lws_client_connect_via_info(&info) == NULL) {
		client_session_finish(session, "cannot connect");
	}
}

void client_session_run(struct client_session *session, const struct client_request *request,
	lws_callback_function *callback)
{
	const struct lws_protocols protocols[] = {
		{ .name = "call", .callback = callback, .rx_buffer_size = 64 * 1024 },
		{ 0 },
	};

	session->magic = MAGIC;
	session->request = request;
	session->context = create_context(session, protocols);
	if (session->context == NULL) {
		client_session_finish(session, "libwebsockets cannot start");
		return;
	}
	client_session_linger(session, request->timeout_ms);
	connect_to_target(session, protocols[0].name);
	while (!session->done && lws_service(session->context, 0) >= 0) {
	}
	client_session_finish(session, "the event loop failed");
	lws_sul_cancel(&session->timer);
	lws_context_destroy(session->context);
	session->context = NULL;
}

bool client_request_has_header(const struct client_request *request, struct span name)
{
	struct span rest = buffer_span(&request->headers);

	while (rest.len > name.len) {
		if (span_equal_nocase(span_of(rest.ptr, name.len), name) &&
			rest.ptr[name.len] == ':') {
			return true;
		}
		const char *feed = memchr(rest.ptr, '\n', rest.len);
		rest = span_skip(rest, (size_t)(feed - rest.ptr) + 1);
	}
	return false;
}
