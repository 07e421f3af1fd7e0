/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Deadlines in bulk: arming, disarming and arming again cost a few instructions whatever the number
 * of nodes. A node never fires before its time and at most 200 ms after it, provided that
 * wheel_advance() runs at least every 100 ms; while no tick has passed it costs nothing. Times are
 * milliseconds of any monotonic clock. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wheel;

/* Embedded in what has a deadline. Zero-initialised is a valid node that is not armed. */
struct wheel_node {
	struct wheel_node *next, *prev; /* NULL while not armed */
	uint32_t due;                   /* in ticks */
	uint32_t kind;                  /* the owner's: lets one handler tell its nodes apart */
};

struct wheel *wheel_create(uint64_t now_ms);
/* Nodes still armed are forgotten; they must not be touched with wheel functions any more. */
void wheel_destroy(struct wheel *wheel);

/* Arms a node, armed or not, for an absolute time. One that has passed fires at the next tick. */
void wheel_arm(struct wheel *wheel, struct wheel_node *node, uint64_t due_ms);
/* Does nothing to a node that is not armed. */
void wheel_disarm(struct wheel_node *node);

static inline bool wheel_is_armed(const struct wheel_node *node)
{
	return node->next != NULL;
}

/*
 * Calls `handle` once for every node that is due; the node is disarmed by then. The handler may
 * arm, disarm and free any node, its own and others due at the same moment; what it arms fires in a
 * later call. Ticks come in order, and nodes of one tick in the order of their arming, unless the
 * clock jumped by a whole rotation (51 s). Not to be called from the handler. A clock that steps
 * back is ignored.
 */
void wheel_advance(struct wheel *wheel, uint64_t now_ms,
	void (*handle)(struct wheel_node *node, void *context), void *context);
