/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The id is the text of a UUID version 4: the first eight digits are shard (8 bits) and slot (24
 * bits), the other 90 free bits are random. A chunk of slots is only made when fewer than a chunk
 * of them rest, so an id stays recognisable for at least that many calls after its end.
 */
#include "gateway/call_table.h"

#include "base/hex.h"
#include "base/memory.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = UINT32_MAX, SLOTS_MAX = 1 << 24, RESTING_MIN = CALL_TABLE_CHUNK };

void call_table_init(struct call_table *table, unsigned shard, struct random *random)
{
	*table = (struct call_table){
		.free_first = NONE, .free_last = NONE, .shard = shard, .random = random
	};
}

void call_table_finish(struct call_table *table)
{
	assert(table->in_use == 0);
	for (uint32_t i = 0; i < table->slots; i++) {
		buffer_finish(&call_table_at(table, i)->note);
	}
	for (uint32_t i = 0; i < table->slots / CALL_TABLE_CHUNK; i++) {
		free(table->chunks[i]);
	}
	free(table->chunks);
	*table = (struct call_table){ 0 };
}

struct call *call_table_at(const struct call_table *table, uint32_t slot)
{
	return &table->chunks[slot / CALL_TABLE_CHUNK][slot % CALL_TABLE_CHUNK];
}

static void rest(struct call_table *table, struct call *call)
{
	call->next_free = NONE;
	if (table->free_last == NONE) {
		table->free_first = call->slot;
	} else {
		call_table_at(table, table->free_last)->next_free = call->slot;
	}
	table->free_last = call->slot;
	table->free_count++;
}

static void grow(struct call_table *table)
{
	uint32_t chunk = table->slots / CALL_TABLE_CHUNK;
	table->chunks = memory_resize(table->chunks, chunk + 1, sizeof(*table->chunks));
	table->chunks[chunk] = memory_new(CALL_TABLE_CHUNK, sizeof(struct call));
	for (uint32_t i = 0; i < CALL_TABLE_CHUNK; i++) {
		struct call *call = &table->chunks[chunk][i];
		call->slot = table->slots++;
		rest(table, call);
	}
}

static void make_id(struct call_table *table, struct call *call)
{
	uint32_t place = htobe32((uint32_t)table->shard << 24 | call->slot);
	uint64_t words[2] = { random_word(table->random), random_word(table->random) };
	uint8_t bytes[16];
	char digits[32];
	memcpy(bytes, words, sizeof(bytes));
	memcpy(bytes, &place, sizeof(place));
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	hex_write(digits, bytes, sizeof(bytes));
	memcpy(call->id, digits, 8);
	memcpy(call->id + 9, digits + 8, 4);
	memcpy(call->id + 14, digits + 12, 4);
	memcpy(call->id + 19, digits + 16, 4);
	memcpy(call->id + 24, digits + 20, 12);
	call->id[8] = call->id[13] = call->id[18] = call->id[23] = '-';
}

struct call *call_table_take(struct call_table *table)
{
	if (table->free_count < RESTING_MIN && table->slots < SLOTS_MAX) {
		grow(table);
	}
	if (table->free_count == 0) {
		return NULL;
	}
	struct call *call = call_table_at(table, table->free_first);
	table->free_first = call->next_free;
	if (table->free_first == NONE) {
		table->free_last = NONE;
	}
	table->free_count--;
	table->in_use++;
	call->in_use = true;
	call->generation++;
	make_id(table, call);
	return call;
}

void call_table_give(struct call_table *table, struct call *call)
{
	assert(call->in_use);
	call->in_use = false;
	table->in_use--;
	rest(table, call);
}

/* One more than the value of a lower-case hexadecimal digit; 0: not one. */
static const uint8_t digit_values[256] = { ['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16 };

/* The shard and slot in an id. */
static bool read_place(const char *id, uint32_t *place)
{
	uint32_t read = 0;
	bool good = true;
	for (size_t i = 0; i < 8; i++) {
		unsigned value = digit_values[(unsigned char)id[i]];
		good = good && value > 0;
		read = read << 4 | ((value - 1) & 15);
	}
	*place = read;
	return good;
}

enum call_found call_table_find(const struct call_table *table, struct span id, struct call **call)
{
	uint32_t place;
	if (id.len != CALL_ID_LEN || !read_place(id.ptr, &place)) {
		return CALL_NOT_FOUND;
	}
	uint32_t slot = place & (SLOTS_MAX - 1);
	if (place >> 24 != table->shard || slot >= table->slots) {
		return CALL_NOT_FOUND;
	}
	*call = call_table_at(table, slot);
	if (memcmp((*call)->id, id.ptr, CALL_ID_LEN) != 0) {
		return CALL_NOT_FOUND;
	}
	return (*call)->in_use ? CALL_FOUND : CALL_FOUND_ENDED;
}

int call_table_shard_of(struct span id)
{
	uint32_t place;
	return id.len == CALL_ID_LEN && read_place(id.ptr, &place) ? (int)(place >> 24) : -1;
}

struct call *call_table_leg(const struct call_table *table, struct leg leg)
{
	if (leg.slot >= table->slots) {
		return NULL;
	}
	struct call *call = call_table_at(table, leg.slot);
	return call->in_use && call->generation == leg.generation ? call : NULL;
}
