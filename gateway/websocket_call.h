/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Calls of a WebSocket: messages in, answers out, by the envelope of the entrance. */
#pragma once

#include "base/span.h"
#include "gateway/call.h"

#include <stdbool.h>

struct connection;

/* One whole message. */
void websocket_call_message(struct connection *connection, struct span payload, bool binary);
/* See struct codec. */
bool websocket_call_part(
	struct connection *connection, struct call *call, const struct call_answer *part);
void websocket_call_answer(
	struct connection *connection, struct call *call, const struct call_answer *answer);
/* Frees answers that wait for others. */
void websocket_call_finish(struct connection *connection);
