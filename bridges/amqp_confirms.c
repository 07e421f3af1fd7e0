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
	const char *at = correlation_id.ptr;
	size_t len = correlation_id.len;
	uint64_t mark = len + 1, piece = 0;
	if (len < sizeof(piece)) {
		if (len > 0) {
			memcpy(&piece, at, len);
		}
		return mix(mark, piece);
	}
	const char *last = at + len - sizeof(piece);
	for (; at < last; at += sizeof(piece)) {
		memcpy(&piece, at, sizeof(piece));
		mark = mix(mark, piece);
	}
	/* may overlap with what came before */
	memcpy(&piece, last, sizeof(piece));
	return mix(mark, piece);
}

/* The first one is always open, so that there are open ones exactly if there are any. */
static void skip_taken(struct amqp_confirms *confirms)
{
	while (confirms->first < confirms->next && at(confirms, confirms->first)->taken) {
		confirms->first++;
	}
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
		skip_taken(confirms);
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
	skip_taken(confirms);
	return true;
}

bool amqp_confirms_take_until(struct amqp_confirms *confirms, uint64_t number, struct leg *leg)
{
	if (amqp_confirms_empty(confirms) || confirms->first > number) {
		return false;
	}
	*leg = at(confirms, confirms->first++)->leg;
	skip_taken(confirms);
	return true;
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
