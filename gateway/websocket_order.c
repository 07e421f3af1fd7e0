/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Batches are few and their answers come in any order. Turns may be many, and end mostly in order:
 * those that wait stand in a ring by number, whose entrance is the last, so that both a turn that
 * ends after all others and the one that is due next are found at once.
 */
#include "gateway/websocket_order.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "gateway/connection.h"
#include "gateway/listener.h"
#include "gateway/quota.h"

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
	bool part; /* the turn goes on */
	size_t len;
	char bytes[];
};

/* ---- what waits is bounded ---- */

static void count_memory(struct connection *connection, int64_t more)
{
	quota_memory(connection->listener->quota, more);
}

/* Asked before more is held, so that one whole answer always fits. */
static bool may_hold(struct connection *connection)
{
	return !connection->dead && connection_has_room(connection, connection->websocket.held);
}

/* ---- batches ---- */

struct batch *websocket_batch_open(struct connection *connection)
{
	struct batch *batch = memory_new(1, sizeof(*batch));
	count_memory(connection, sizeof(*batch));
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
	connection->websocket.held -= batch->answers.len;
	count_memory(connection, -(int64_t)(sizeof(*batch) + batch->answers.cap));
	buffer_finish(&batch->answers);
	free(batch);
}

static void append(struct connection *connection, struct batch *batch, struct span bytes)
{
	size_t len = batch->answers.len, cap = batch->answers.cap;
	buffer_append_span(&batch->answers, bytes);
	connection->websocket.held += batch->answers.len - len;
	count_memory(connection, (int64_t)(batch->answers.cap - cap));
}

void websocket_batch_close(struct connection *connection, struct batch *batch)
{
	if (--batch->waiting > 0) {
		return;
	}
	if (batch->answers.failed) {
		connection_drop(connection);
	} else if (batch->answers.len > 0) {
		append(connection, batch, SPAN("]"));
		websocket_send(connection, WEBSOCKET_TEXT, buffer_span(&batch->answers));
	}
	destroy_batch(connection, batch);
}

void websocket_batch_add(struct connection *connection, struct batch *batch, struct span bytes)
{
	if (bytes.len > 0) {
		if (!may_hold(connection)) {
			return;
		}
		append(connection, batch, batch->answers.len == 0 ? SPAN("[") : SPAN(","));
		append(connection, batch, bytes);
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

/* Numbers may wrap; those that wait are never that far apart. */
static bool is_later(uint32_t number, uint32_t other)
{
	return (int32_t)(number - other) > 0;
}

/* The one to stand behind, where the ring is not empty: the last that is not later. */
static struct turn *find_before(struct turn *last, uint32_t number)
{
	struct turn *at = last;
	while (is_later(last->number, number) && at->next != last &&
		!is_later(at->next->number, number)) {
		at = at->next;
	}
	return at;
}

static void hold(struct connection *connection, uint32_t number,
	const struct websocket_output *output, bool part)
{
	if (!may_hold(connection)) {
		return;
	}
	struct websocket *websocket = &connection->websocket;
	size_t size = sizeof(struct turn) + output->bytes.len;
	struct turn *turn = malloc(size);
	if (turn == NULL) {
		connection_drop(connection);
		return;
	}
	turn->number = number;
	turn->opcode = output->opcode;
	turn->close_code = output->close_code;
	turn->nothing = output->nothing;
	turn->part = part;
	turn->len = output->bytes.len;
	if (turn->len > 0) {
		memcpy(turn->bytes, output->bytes.ptr, turn->len);
	}
	struct turn *last = websocket->turns;
	struct turn *before = last != NULL ? find_before(last, number) : turn;
	turn->next = last != NULL ? before->next : turn;
	before->next = turn;
	if (last == NULL || !is_later(last->number, number)) {
		websocket->turns = turn;
	}
	websocket->held += size;
	count_memory(connection, (int64_t)size);
}

static struct turn *take_first(struct connection *connection)
{
	struct websocket *websocket = &connection->websocket;
	struct turn *last = websocket->turns, *first = last->next;
	last->next = first->next;
	if (first == last) {
		websocket->turns = NULL;
	}
	size_t size = sizeof(*first) + first->len;
	websocket->held -= size;
	count_memory(connection, -(int64_t)size);
	return first;
}

void websocket_turn_part(
	struct connection *connection, uint32_t number, const struct websocket_output *output)
{
	if (number == connection->websocket.turn_due) {
		put_out(connection, output);
	} else {
		hold(connection, number, output, true);
	}
}

void websocket_turn_end(
	struct connection *connection, uint32_t number, const struct websocket_output *output)
{
	struct websocket *websocket = &connection->websocket;
	if (number != websocket->turn_due) {
		hold(connection, number, output, false);
		return;
	}
	put_out(connection, output);
	websocket->turn_due++;
	while (websocket->turns != NULL && websocket->turns->next->number == websocket->turn_due) {
		struct turn *turn = take_first(connection);
		const struct websocket_output held = { .bytes = span_of(turn->bytes, turn->len),
			.opcode = turn->opcode,
			.close_code = turn->close_code,
			.nothing = turn->nothing };
		put_out(connection, &held);
		websocket->turn_due += turn->part ? 0 : 1;
		free(turn);
	}
}

void websocket_order_finish(struct connection *connection)
{
	struct websocket *websocket = &connection->websocket;
	if (!envelope_is_raw(websocket->options->envelope)) {
		while (websocket->batches != NULL) {
			destroy_batch(connection, websocket->batches);
		}
		return;
	}
	while (websocket->turns != NULL) {
		free(take_first(connection));
	}
}
