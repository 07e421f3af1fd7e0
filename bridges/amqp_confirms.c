/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Confirms come nearly in order, so a ring by number needs no search. A basic.return has no number:
 * it is found by its mark, from where the last one was found, because returns keep the order of
 * publishing.
 */
#include "bridges/amqp_confirms.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

#define CAPACITY_FIRST 64
#define CAPACITY_LAST (1u << 20)

static struct amqp_confirm *at(struct amqp_confirms *confirms, uint64_t number)
{
	return &confirms->ring[number & (confirms->capacity - 1)];
}

void amqp_confirms_restart(struct amqp_confirms *confirms)
{
	confirms->first = confirms->next = confirms->returned = 1;
}

void amqp_confirms_finish(struct amqp_confirms *confirms)
{
	free(confirms->ring);
	*confirms = (struct amqp_confirms){ 0 };
}

static uint64_t mix(uint64_t mark, uint64_t piece)
{
	mark = (mark ^ piece) * 0x9e3779b97f4a7c15u;
	return mark ^ mark >> 29;
}

uint64_t amqp_confirms_mark(struct span correlation_id)
{
	uint64_t mark = correlation_id.len + 1, piece;
	for (; correlation_id.len >= sizeof(piece);
		correlation_id = span_skip(correlation_id, sizeof(piece))) {
		memcpy(&piece, correlation_id.ptr, sizeof(piece));
		mark = mix(mark, piece);
	}
	for (; correlation_id.len > 0; correlation_id = span_skip(correlation_id, 1)) {
		mark = mix(mark, (unsigned char)correlation_id.ptr[0]);
	}
	return mark;
}

static void grow(struct amqp_confirms *confirms)
{
	struct amqp_confirms bigger = *confirms;
	bigger.capacity = confirms->capacity > 0 ? 2 * confirms->capacity : CAPACITY_FIRST;
	bigger.ring = memory_new(bigger.capacity, sizeof(*bigger.ring));
	for (uint64_t number = confirms->first; number < confirms->next; number++) {
		*at(&bigger, number) = *at(confirms, number);
	}
	free(confirms->ring);
	*confirms = bigger;
}

bool amqp_confirms_push(struct amqp_confirms *confirms, struct leg leg, uint64_t mark)
{
	if (confirms->next - confirms->first == confirms->capacity) {
		if (confirms->capacity == CAPACITY_LAST) {
			return false;
		}
		grow(confirms);
	}
	*at(confirms, confirms->next++) = (struct amqp_confirm){ .leg = leg, .mark = mark };
	return true;
}

void amqp_confirms_keep(struct amqp_confirms *confirms, uint64_t count)
{
	while (confirms->next - confirms->first > count) {
		confirms->first++;
	}
}

static bool is_open(struct amqp_confirms *confirms, uint64_t number)
{
	return number >= confirms->first && number < confirms->next && !at(confirms, number)->taken;
}

bool amqp_confirms_take(struct amqp_confirms *confirms, uint64_t number, struct leg *leg)
{
	if (!is_open(confirms, number)) {
		return false;
	}
	at(confirms, number)->taken = true;
	*leg = at(confirms, number)->leg;
	while (confirms->first < confirms->next && at(confirms, confirms->first)->taken) {
		confirms->first++;
	}
	return true;
}

bool amqp_confirms_take_until(struct amqp_confirms *confirms, uint64_t number, struct leg *leg)
{
	while (confirms->first < confirms->next && confirms->first <= number) {
		if (amqp_confirms_take(confirms, confirms->first, leg)) {
			return true;
		}
		confirms->first++;
	}
	return false;
}

bool amqp_confirms_take_returned(struct amqp_confirms *confirms, uint64_t mark, struct leg *leg)
{
	uint64_t count = confirms->next - confirms->first;
	uint64_t number = confirms->returned;
	for (uint64_t i = 0; i < count; i++, number++) {
		if (number < confirms->first || number >= confirms->next) {
			number = confirms->first;
		}
		if (is_open(confirms, number) && at(confirms, number)->mark == mark) {
			confirms->returned = number + 1;
			return amqp_confirms_take(confirms, number, leg);
		}
	}
	return false;
}
