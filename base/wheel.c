/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A hashed wheel: 512 slots of 100 ms, and every node keeps the tick at which it is due. Deadlines
 * here are seconds and are nearly always disarmed or moved before they come, so what must be cheap
 * is arming: linking into a slot's ring. A node further away than a rotation is passed over once
 * per 51 seconds.
 *
 * A node's time is rounded up to the next tick, so it is never early; a tick runs when it has
 * passed, so it is at most one tick plus the caller's own period late. What is due is first moved
 * to a ring of its own: then the handler may unlink anything without spoiling the walk.
 */
#include "base/wheel.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

#define TICK_MS 100
#define SLOTS 512

struct wheel {
	uint32_t tick; /* the last one that has run */
	bool advancing;
	struct wheel_node slots[SLOTS]; /* rings; an empty one points to itself */
};

static void ring_init(struct wheel_node *ring)
{
	ring->next = ring->prev = ring;
}

static void link_before(struct wheel_node *ring, struct wheel_node *node)
{
	node->next = ring;
	node->prev = ring->prev;
	ring->prev->next = node;
	ring->prev = node;
}

/* 32 bits of ticks are 13 years of the clock; what is beyond waits until then. */
static uint32_t tick_of(uint64_t ms)
{
	return ms / TICK_MS < UINT32_MAX ? (uint32_t)(ms / TICK_MS) : UINT32_MAX;
}

struct wheel *wheel_create(uint64_t now_ms)
{
	struct wheel *wheel = memory_new(1, sizeof(*wheel));
	wheel->tick = tick_of(now_ms);
	for (unsigned i = 0; i < SLOTS; i++) {
		ring_init(&wheel->slots[i]);
	}
	return wheel;
}

void wheel_destroy(struct wheel *wheel)
{
	free(wheel);
}

void wheel_arm(struct wheel *wheel, struct wheel_node *node, uint64_t due_ms)
{
	uint32_t due = tick_of(due_ms > UINT64_MAX - TICK_MS ? due_ms : due_ms + TICK_MS - 1);
	wheel_disarm(node);
	node->due = due > wheel->tick ? due : wheel->tick + 1;
	link_before(&wheel->slots[node->due % SLOTS], node);
}

void wheel_disarm(struct wheel_node *node)
{
	if (node->next != NULL) {
		node->prev->next = node->next;
		node->next->prev = node->prev;
		node->next = node->prev = NULL;
	}
}

static void take_due(struct wheel_node *slot, uint32_t tick, struct wheel_node *due)
{
	struct wheel_node *next;
	for (struct wheel_node *node = slot->next; node != slot; node = next) {
		next = node->next;
		if (node->due <= tick) {
			wheel_disarm(node);
			link_before(due, node);
		}
	}
}

void wheel_advance(struct wheel *wheel, uint64_t now_ms,
	void (*handle)(struct wheel_node *node, void *context), void *context)
{
	uint32_t from = wheel->tick + 1;
	uint32_t to = tick_of(now_ms);
	assert(!wheel->advancing);
	if (to < from) {
		return;
	}
	wheel->advancing = true;
	wheel->tick = to;
	/* After a jump one rotation meets every slot. */
	if (to - from >= SLOTS) {
		from = to - SLOTS + 1;
	}
	for (uint32_t tick = from; tick - from <= to - from; tick++) {
		struct wheel_node due;
		ring_init(&due);
		take_due(&wheel->slots[tick % SLOTS], to, &due);
		while (due.next != &due) {
			struct wheel_node *node = due.next;
			wheel_disarm(node);
			handle(node, context);
		}
	}
	wheel->advancing = false;
}
