/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What a WebSocket message asks for by path: an envelope's own, or an op that looks like one
 * (design.md section 4). What HTTP would not let through is not let through here. Pure.
 */
#pragma once

#include "base/span.h"
#include "mappings/request.h"

#include <stdbool.h>

enum websocket_target { WEBSOCKET_TARGET_NONE, WEBSOCKET_TARGET_TAKEN, WEBSOCKET_TARGET_BROKEN };

/* Splits a target into uri, path and query. False: it has characters that a path cannot have. */
bool websocket_target_take(struct request *request, struct span uri);
bool websocket_target_is_method(struct span text);
/* "/path" or "METHOD /path"; POST where no method is said. NONE: a plain op. */
enum websocket_target websocket_target_of_op(struct request *request, struct span op);
/* A plain op has no target, so the query is that of the handshake, as are the headers. */
void websocket_target_take_query(struct request *request, struct span handshake_uri);
