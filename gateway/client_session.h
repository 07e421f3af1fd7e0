/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One connection of `bridgehead call`: made by libwebsockets, bounded in time, and run until it
 * has an end. The two protocols (client_http, client_websocket) embed it.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "gateway/client_target.h"

#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>

/* What to ask. Owned by the caller, who keeps it until the answer is there. */
struct client_request {
	struct client_target target;
	const char *method;       /* HTTP only */
	struct buffer headers;    /* "Name: value\r\n" each; names and values have been checked */
	struct span body;         /* absent: none */
	const char *content_type; /* of the body; NULL: none */
	int64_t timeout_ms;
};

enum client_end {
	CLIENT_PENDING,
	CLIENT_ANSWERED,
	CLIENT_FAILED,  /* no connection, or it broke before the answer was complete */
	CLIENT_EXPIRED, /* no complete answer in time */
};

struct client_session {
	unsigned magic;
	const struct client_request *request;
	struct lws_context *context;
	enum client_end end;
	const char *fault; /* a sentence for people, unless answered; a constant */
	bool connected;
	bool done; /* leave the loop: nothing more is expected */
	lws_sorted_usec_list_t timer;
};

/* Connects and runs until client_session_finish. The callback gets the session by from_wsi. */
void client_session_run(struct client_session *session, const struct client_request *request,
	lws_callback_function *callback);
/* The session that a callback is about. */
struct client_session *client_session_from_wsi(struct lws *wsi);
/* Sets how it ended, once; later ends are ignored. */
void client_session_end(struct client_session *session, enum client_end end, const char *fault);
/* Ends if nothing has, and leaves the loop. */
void client_session_finish(struct client_session *session, const char *fault);
/* From now on wait at most `ms` for the connection to close. */
void client_session_linger(struct client_session *session, int64_t ms);

/* True when `headers` ("Name: value\r\n" each) has a field called `name`. */
bool client_request_has_header(const struct client_request *request, struct span name);
