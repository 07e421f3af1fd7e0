/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The JSON-RPC 2.0 envelope as a client writes and reads it: one request, one answer. Pure. */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>

/* `params` is JSON text or absent; `op` is UTF-8. A notification has no id and no answer. */
void client_rpc_write(struct span op, struct span params, bool notification, struct buffer *out);

enum client_rpc_kind {
	CLIENT_RPC_OTHER, /* well formed, but not the answer to our request */
	CLIENT_RPC_RESULT,
	CLIENT_RPC_ERROR,
	CLIENT_RPC_BROKEN, /* not JSON-RPC */
};

struct client_rpc_answer {
	enum client_rpc_kind kind;
	struct span value; /* source text of `result` or `error` */
	bool base64;       /* the result is a string that holds base64 */
	int status; /* as over HTTP: 200, or what the error says, else 400 or 500 by its code */
};

/* Spans of the answer point into `message`. */
struct client_rpc_answer client_rpc_read(struct span message);
