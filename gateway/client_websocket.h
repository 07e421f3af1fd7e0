/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* One message of `bridgehead call` over a WebSocket, and the message that answers it. */
#pragma once

#include "gateway/client_session.h"

struct client_websocket_exchange {
	struct span message;
	bool binary;  /* frame type of the message */
	bool one_way; /* nothing comes back: send, close */
	/* Looks at a message that came in; true: it is the answer. */
	bool (*read_message)(void *context, struct span message);
	void *context;
};

struct client_websocket_result {
	enum client_end end;
	const char *fault;   /* a sentence unless answered */
	int handshake;       /* HTTP status of a refused handshake, else 0 */
	unsigned close_code; /* of the server, when it closed first; else 0 */
};

/* The body of `request` is not used. Blocks until there is an end. */
struct client_websocket_result client_websocket_run(
	const struct client_request *request, const struct client_websocket_exchange *exchange);
