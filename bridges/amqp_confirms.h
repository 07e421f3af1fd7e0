/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The legs that one channel has published and the broker has not confirmed, by the broker's own
 * numbering: the first publish after confirm.select is 1. Pure. Zero-initialised is valid and
 * empty.
 *
 * Legs are taken out one at a time, so whoever tells about them may push new ones meanwhile.
 */
#pragma once

#include "base/span.h"
#include "bridges/bridge.h"

#include <stdbool.h>
#include <stdint.h>

struct amqp_confirm {
	struct leg leg;
	uint64_t mark;
	bool taken;
};

struct amqp_confirms {
	struct amqp_confirm *ring;
	uint64_t capacity; /* a power of two */
	uint64_t first;    /* numbers from `first` on, below `next`, are in the ring */
	uint64_t next;
	uint64_t returned; /* where the search for the next return starts */
};

/* Forgets everything and starts to count at 1. */
void amqp_confirms_restart(struct amqp_confirms *confirms);
void amqp_confirms_finish(struct amqp_confirms *confirms);

/* What tells a returned message from others: a hash of its correlation id. */
uint64_t amqp_confirms_mark(struct span correlation_id);
/* False: too many are open. */
bool amqp_confirms_push(struct amqp_confirms *confirms, struct leg leg, uint64_t mark);
/* Without confirms nothing is ever taken: drops the oldest once more than `count` are kept. */
void amqp_confirms_keep(struct amqp_confirms *confirms, uint64_t count);

/* True and the leg if `number` was open. */
bool amqp_confirms_take(struct amqp_confirms *confirms, uint64_t number, struct leg *leg);
/* The oldest open leg up to `number`; call until false. */
bool amqp_confirms_take_until(struct amqp_confirms *confirms, uint64_t number, struct leg *leg);
/* The leg whose message came back. */
bool amqp_confirms_take_returned(struct amqp_confirms *confirms, uint64_t mark, struct leg *leg);

static inline bool amqp_confirms_empty(const struct amqp_confirms *confirms)
{
	return confirms->first == confirms->next;
}
