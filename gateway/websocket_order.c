/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/websocket_order.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "gateway/connection.h"

#include <stdlib.h>

struct batch {
	struct batch *next;
	unsigned waiting; /* answers to come, and one while requests may follow */
	struct buffer answers;
};

struct turn {
	struct turn *next;
	uint32_t number;
	unsigned opcode;
	uint16_t close_code;
	bool nothing;
	size_t len;
	char bytes[];
};

/* ---- batches ---- */

struct batch *websocket_batch_open(struct connection *connection)
{
	struct batch *batch = memory_new(1, sizeof(*batch));
	batch->waiting = 1;
	batch->next = connection->websocket.batches;
	connection->websocket.batches = batch;
	return batch;
}

void websocket_batch_expect(struct batch *batch)
{
	batch->waiting++;
}

static void destroy_batch(struct connection *connection, struct batch *batch)
{
	struct batch **at = &connection->websocket.batches;
	while (*at != batch) {
		at = &(*at)->next;
	}
	*at = batch->next;
	buffer_finish(&batch->answers);
	free(batch);
}

void websocket_batch_close(struct connection *connection, struct batch *batch)
{
	if (--batch->waiting > 0) {
		return;
	}
	if (batch->answers.failed) {
		connection_drop(connection);
	} else if (batch->answers.len > 0) {
		buffer_append_char(&batch->answers, ']');
		websocket_send(connection, WEBSOCKET_TEXT, buffer_span(&batch->answers));
	}
	destroy_batch(connection, batch);
}

void websocket_batch_add(struct connection *connection, struct batch *batch, struct span bytes)
{
	if (bytes.len > 0) {
		buffer_append_char(&batch->answers, batch->answers.len == 0 ? '[' : ',');
		buffer_append_span(&batch->answers, bytes);
	}
	websocket_batch_close(connection, batch);
}

/* ---- turns ---- */

uint32_t websocket_turn_take(struct connection *connection)
{
	return connection->websocket.turn_given++;
}

static void put_out(struct connection *connection, const struct websocket_output *output)
{
	if (output->close_code != 0) {
		websocket_close(connection, output->close_code, "");
	} else if (!output->nothing) {
		websocket_send(connection, output->opcode, output->bytes);
	}
}

static void hold(
	struct connection *connection, uint32_t number, const struct websocket_output *output)
{
	struct turn *turn = malloc(sizeof(*turn) + output->bytes.len);
	if (turn == NULL) {
		connection_drop(connection);
		return;
	}
	turn->number = number;
	turn->opcode = output->opcode;
	turn->close_code = output->close_code;
	turn->nothing = output->nothing;
	turn->len = output->bytes.len;
	if (turn->len > 0) {
		memcpy(turn->bytes, output->bytes.ptr, turn->len);
	}
	turn->next = connection->websocket.turns;
	connection->websocket.turns = turn;
}

static struct turn *take_held(struct connection *connection, uint32_t number)
{
	struct turn **at = &connection->websocket.turns;
	while (*at != NULL && (*at)->number != number) {
		at = &(*at)->next;
	}
	struct turn *turn = *at;
	if (turn != NULL) {
		*at = turn->next;
	}
	return turn;
}

void websocket_turn_end(
	struct connection *connection, uint32_t number, const struct websocket_output *output)
{
	struct websocket *websocket = &connection->websocket;
	if (number != websocket->turn_due) {
		hold(connection, number, output);
		return;
	}
	put_out(connection, output);
	websocket->turn_due++;
	struct turn *turn;
	while ((turn = take_held(connection, websocket->turn_due)) != NULL) {
		const struct websocket_output held = { .bytes = span_of(turn->bytes, turn->len),
			.opcode = turn->opcode,
			.close_code = turn->close_code,
			.nothing = turn->nothing };
		put_out(connection, &held);
		websocket->turn_due++;
		free(turn);
	}
}

void websocket_order_finish(struct connection *connection)
{
	while (connection->websocket.batches != NULL) {
		destroy_batch(connection, connection->websocket.batches);
	}
	struct turn *next;
	for (struct turn *turn = connection->websocket.turns; turn != NULL; turn = next) {
		next = turn->next;
		free(turn);
	}
	connection->websocket.turns = NULL;
}
