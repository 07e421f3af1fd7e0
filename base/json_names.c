/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One stack of names serves all open objects; when an object ends, its names are on top. A few are
 * compared pair by pair, many through a hash table that lives for that moment only. Names are
 * compared byte by byte only when their hashes are equal, so the hash must not be predictable for
 * the sender: multiply-and-fold with a secret factor, drawn from the random bytes that the kernel
 * gives to every process at its start (AT_RANDOM). That needs no system call and no global.
 */
#include "base/json_names.h"

#include "base/json_string.h"

#include <endian.h>
#include <stdlib.h>
#include <sys/auxv.h>

/* Up to here n * n / 2 comparisons of integers are cheaper than a table. */
#define PAIRS_MAX 20
/* A table of this many slots is on the stack. */
#define TABLE_INLINE 256

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void draw_secret(struct json_names *names)
{
	uint64_t random[2] = { 0 };
	const void *source = (const void *)getauxval(AT_RANDOM);
	if (source != NULL) {
		memcpy(random, source, sizeof(random));
	}
	names->seed = fold(random[0] ^ 0x9e3779b97f4a7c15, random[1] ^ 0xd1b54a32d192ed03);
	names->factor = (random[0] + random[1]) | 1;
}

static uint64_t hash_escaped(const struct json_names *names, struct span inside)
{
	uint64_t hash = names->seed, block = 0;
	unsigned len = 0;
	const char *at = inside.ptr;
	while (at < inside.ptr + inside.len) {
		char utf8[4];
		size_t more = json_string_character(&at, utf8);
		for (size_t i = 0; i < more; i++) {
			block |= (uint64_t)(unsigned char)utf8[i] << 8 * (len % 8);
			if (++len % 8 == 0) {
				hash = fold(hash ^ block, names->factor);
				block = 0;
			}
		}
	}
	return fold(hash ^ block, names->factor) + len;
}

/* Less than eight bytes; what stands behind them in the text is loaded too and masked out. */
static uint64_t last_block(const struct json_names *names, struct span rest)
{
	uint64_t block = 0;
	if (names->text.ptr + names->text.len - rest.ptr >= 8) {
		memcpy(&block, rest.ptr, 8);
		return le64toh(block) & (((uint64_t)1 << 8 * rest.len) - 1);
	}
	for (size_t i = 0; i < rest.len; i++) {
		block |= (uint64_t)(unsigned char)rest.ptr[i] << 8 * i;
	}
	return block;
}

static uint64_t hash_plain(const struct json_names *names, struct span inside)
{
	uint64_t hash = names->seed, block;
	struct span rest = inside;
	for (; rest.len >= 8; rest = span_skip(rest, 8)) {
		memcpy(&block, rest.ptr, 8);
		hash = fold(hash ^ le64toh(block), names->factor);
	}
	return fold(hash ^ last_block(names, rest), names->factor) + inside.len;
}

static uint32_t hash_name(const struct json_names *names, struct span quoted, bool escaped)
{
	struct span inside = span_of(quoted.ptr + 1, quoted.len - 2);
	uint64_t hash = escaped ? hash_escaped(names, inside) : hash_plain(names, inside);
	return (uint32_t)(hash ^ hash >> 32);
}

void json_names_init(struct json_names *names, struct span text)
{
	names->text = text;
	names->factor = 0;
	names->entries = names->inline_entries;
	names->count = 0;
	names->capacity = JSON_NAMES_INLINE;
	names->depth = 0;
}

void json_names_finish(struct json_names *names)
{
	if (names->entries != names->inline_entries) {
		free(names->entries);
	}
}

void json_names_open(struct json_names *names)
{
	names->first[names->depth++] = (uint32_t)names->count;
}

static bool grow(struct json_names *names)
{
	bool was_inline = names->entries == names->inline_entries;
	struct json_name *entries = reallocarray(
		was_inline ? NULL : names->entries, names->capacity * 2, sizeof(*entries));
	if (entries == NULL) {
		return false;
	}
	if (was_inline) {
		memcpy(entries, names->inline_entries, sizeof(names->inline_entries));
	}
	names->entries = entries;
	names->capacity *= 2;
	return true;
}

bool json_names_add(struct json_names *names, struct span quoted, bool escaped)
{
	if (names->count == names->capacity && !grow(names)) {
		return false;
	}
	if (names->factor == 0) {
		draw_secret(names);
	}
	struct json_name *name = &names->entries[names->count++];
	name->offset = (uint32_t)(quoted.ptr - names->text.ptr);
	name->hash = hash_name(names, quoted, escaped);
	return true;
}

static struct span quoted_at(const struct json_names *names, uint32_t offset)
{
	const char *start = names->text.ptr + offset;
	const char *at = start + 1;
	const char *end = names->text.ptr + names->text.len;
	uint64_t wide = 0;
	while (*(at = json_string_run(at, end, &wide)) == '\\') {
		at += 2;
	}
	return span_of(start, (size_t)(at + 1 - start));
}

static bool same(
	const struct json_names *names, const struct json_name *a, const struct json_name *b)
{
	return a->hash == b->hash &&
	       json_string_same(quoted_at(names, a->offset), quoted_at(names, b->offset));
}

static const struct json_name *find_in_pairs(
	const struct json_names *names, const struct json_name *first, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (first[i].hash == first[j].hash && same(names, &first[i], &first[j])) {
				return &first[i];
			}
		}
	}
	return NULL;
}

/* Linear probing in a table at most half full; a slot holds a place + 1. */
static const struct json_name *find_by_table(const struct json_names *names,
	const struct json_name *first, uint32_t *table, size_t table_size)
{
	size_t count = (size_t)(names->entries + names->count - first);
	for (size_t i = 0; i < count; i++) {
		size_t slot = first[i].hash & (table_size - 1);
		for (; table[slot] != 0; slot = (slot + 1) & (table_size - 1)) {
			if (same(names, &first[i], &first[table[slot] - 1])) {
				return &first[i];
			}
		}
		table[slot] = (uint32_t)i + 1;
	}
	return NULL;
}

static enum json_names_result find(const struct json_names *names, const struct json_name *first,
	size_t count, const struct json_name **found)
{
	if (count <= PAIRS_MAX) {
		*found = find_in_pairs(names, first, count);
		return JSON_NAMES_UNIQUE;
	}
	if (count <= TABLE_INLINE / 2) {
		uint32_t table[TABLE_INLINE] = { 0 };
		*found = find_by_table(names, first, table, TABLE_INLINE);
		return JSON_NAMES_UNIQUE;
	}
	size_t table_size = 2 * TABLE_INLINE;
	while (table_size < count * 2) {
		table_size *= 2;
	}
	uint32_t *table = calloc(table_size, sizeof(*table));
	if (table == NULL) {
		return JSON_NAMES_NO_MEMORY;
	}
	*found = find_by_table(names, first, table, table_size);
	free(table);
	return JSON_NAMES_UNIQUE;
}

enum json_names_result json_names_close(struct json_names *names, size_t *offset)
{
	const struct json_name *first = &names->entries[names->first[--names->depth]];
	const struct json_name *found = NULL;
	size_t count = (size_t)(names->entries + names->count - first);
	enum json_names_result result = find(names, first, count, &found);
	names->count -= count;
	if (found != NULL) {
		*offset = found->offset;
		return JSON_NAMES_DUPLICATE;
	}
	return result;
}
