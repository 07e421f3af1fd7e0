/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Answers that may not go at once: those of a JSON-RPC batch go together, those of `raw` in the
 * order of their requests. Memory only while something waits.
 */
#pragma once

#include "base/span.h"
#include "gateway/call.h"

#include <stdbool.h>
#include <stdint.h>

struct connection;

/* What goes to the client for one request. */
struct websocket_output {
	struct span bytes;
	unsigned opcode;
	uint16_t close_code; /* not 0: a close instead of a frame */
	bool nothing;        /* its turn is over, and that is all */
};

/*
 * What waits here counts as output. A client that has more of that than it may when another answer
 * is to wait is gone afterwards: look at `dead` after batch_add and turn_end.
 */

/* Begins a batch; its requests follow. */
struct batch *websocket_batch_open(struct connection *connection);
/* One more answer is to come. */
void websocket_batch_expect(struct batch *batch);
/* An answer of the batch, expected before; empty bytes: none is due. Sends all with the last. */
void websocket_batch_add(struct connection *connection, struct batch *batch, struct span bytes);
/* No more requests follow. Sends if no answer is to come. */
void websocket_batch_close(struct connection *connection, struct batch *batch);

/* The next place in the order. */
uint32_t websocket_turn_take(struct connection *connection);
/* Sends now, or when all earlier turns are over. */
void websocket_turn_end(
	struct connection *connection, uint32_t turn, const struct websocket_output *output);

/* A part of the answer of a turn that is not over. */
void websocket_turn_part(
	struct connection *connection, uint32_t turn, const struct websocket_output *output);

void websocket_order_finish(struct connection *connection);
