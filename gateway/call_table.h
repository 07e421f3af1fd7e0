/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The calls of a shard: slots that never move. A correlation id holds its slot (design.md section
 * 5), so a reply finds its call by one look and one comparison of all 36 bytes. Slots are reused
 * first-in first-out, and while one rests it still knows its last id and how that ended. One
 * thread.
 */
#pragma once

#include "gateway/call.h"
#include "gateway/random.h"

#include <stddef.h>
#include <stdint.h>

enum { CALL_TABLE_CHUNK = 256 };

struct call_table {
	struct call **chunks; /* of CALL_TABLE_CHUNK each */
	uint32_t slots;       /* made so far */
	uint32_t free_first, free_last, free_count;
	uint32_t in_use;
	unsigned shard;
	struct random *random;
};

void call_table_init(struct call_table *table, unsigned shard, struct random *random);
/* No call may be in use. */
void call_table_finish(struct call_table *table);
/* A slot with a new id; everything else in it is as the last use left it. NULL: 2^24 are in use. */
struct call *call_table_take(struct call_table *table);
void call_table_give(struct call_table *table, struct call *call);

enum call_found { CALL_FOUND, CALL_FOUND_ENDED, CALL_NOT_FOUND };
/* ENDED: the id was this slot's last one; call->state says how it ended. */
enum call_found call_table_find(const struct call_table *table, struct span id, struct call **call);
/* The shard that an id names; -1: it is none of ours. */
int call_table_shard_of(struct span id);
/* NULL when the leg's call has ended. */
struct call *call_table_leg(const struct call_table *table, struct leg leg);
/* Slot by number, in use or not. */
struct call *call_table_at(const struct call_table *table, uint32_t slot);
