/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One stack of names serves all open objects; when an object ends, its names are on top. Each has a
 * tag made of its outer bytes and its length, cheap and no secret: where there are a few names and
 * all tags differ, so do the names. Else they go through a hash table that lives for that moment
 * only. There the sender must not be able to predict the hash: multiply-and-fold with a secret
 * factor, drawn from the random bytes that the kernel gives to every process at its start
 * (AT_RANDOM). That needs no system call and no global.
 */
#include "base/json_names.h"

#include "base/json_string.h"

#include <stdlib.h>
#include <sys/auxv.h>

/* A table of this many slots is on the stack. */
#define TABLE_INLINE 256

struct secret {
	uint64_t seed, factor;
};

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static struct secret draw_secret(void)
{
	uint64_t random[2] = { 0 };
	const void *source = (const void *)getauxval(AT_RANDOM);
	if (source != NULL) {
		memcpy(random, source, sizeof(random));
	}
	return (struct secret){
		.seed = fold(random[0] ^ 0x9e3779b97f4a7c15, random[1] ^ 0xd1b54a32d192ed03),
		.factor = (random[0] + random[1]) | 1,
	};
}

static uint64_t hash_escaped(const struct secret *secret, struct span inside)
{
	uint64_t hash = secret->seed, block = 0;
	unsigned len = 0;
	const char *at = inside.ptr;
	while (at < inside.ptr + inside.len) {
		char utf8[4];
		size_t more = json_string_character(&at, utf8);
		for (size_t i = 0; i < more; i++) {
			block |= (uint64_t)(unsigned char)utf8[i] << 8 * (len % 8);
			if (++len % 8 == 0) {
				hash = fold(hash ^ block, secret->factor);
				block = 0;
			}
		}
	}
	return fold(hash ^ block, secret->factor) + len;
}

static uint64_t hash_plain(const struct secret *secret, struct span inside)
{
	uint64_t hash = secret->seed, block;
	struct span rest = inside;
	for (; rest.len >= 8; rest = span_skip(rest, 8)) {
		memcpy(&block, rest.ptr, 8);
		hash = fold(hash ^ le64toh(block), secret->factor);
	}
	block = 0;
	for (size_t i = 0; i < rest.len; i++) {
		block |= (uint64_t)(unsigned char)rest.ptr[i] << 8 * i;
	}
	return fold(hash ^ block, secret->factor) + inside.len;
}

static size_t hash_name(const struct secret *secret, struct span quoted)
{
	struct span inside = span_of(quoted.ptr + 1, quoted.len - 2);
	bool escaped = inside.len > 0 && memchr(inside.ptr, '\\', inside.len) != NULL;
	uint64_t hash = escaped ? hash_escaped(secret, inside) : hash_plain(secret, inside);
	return (size_t)(hash ^ hash >> 32);
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

/* The numbers of json_names_tag(), byte by byte. */
struct ends {
	uint64_t first, last;
	size_t len;
};

static void feed(struct ends *ends, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t byte = (unsigned char)bytes[i];
		ends->first |= ends->len < 8 ? byte << 8 * ends->len : 0;
		ends->last = ends->last >> 8 | byte << 56;
		ends->len++;
	}
}

static uint32_t tag_of_ends(const struct ends *ends)
{
	return json_names_tag(ends->first, ends->len >= 8 ? ends->last : 0, ends->len);
}

uint32_t json_names_tag_text(struct span name)
{
	struct ends ends = { 0 };
	feed(&ends, name.ptr, name.len);
	return tag_of_ends(&ends);
}

/* As json_names_add() does it, of a name that has escapes or ends the text. */
static uint32_t tag_of_quoted(struct span quoted)
{
	const char *at = quoted.ptr + 1;
	const char *end = quoted.ptr + quoted.len - 1;
	struct ends ends = { 0 };
	while (at < end) {
		char utf8[4];
		size_t len = json_string_character(&at, utf8);
		feed(&ends, utf8, len);
	}
	return tag_of_ends(&ends);
}

bool json_names_add_any(struct json_names *names, struct span quoted, bool escaped)
{
	if (names->count == names->capacity) {
		return grow(names) && json_names_add(names, quoted, escaped);
	}
	struct json_name *name = &names->entries[names->count++];
	name->offset = (uint32_t)(quoted.ptr - names->text.ptr);
	name->tag = tag_of_quoted(quoted);
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
	return a->tag == b->tag &&
	       json_string_same(quoted_at(names, a->offset), quoted_at(names, b->offset));
}

/* Linear probing in a table at most half full; a slot holds a place + 1. */
static const struct json_name *find(const struct json_names *names, const struct json_name *first,
	uint32_t *table, size_t table_size)
{
	const struct secret secret = draw_secret();
	size_t count = (size_t)(names->entries + names->count - first);
	for (size_t i = 0; i < count; i++) {
		size_t hash = hash_name(&secret, quoted_at(names, first[i].offset));
		size_t slot = hash & (table_size - 1);
		for (; table[slot] != 0; slot = (slot + 1) & (table_size - 1)) {
			if (same(names, &first[i], &first[table[slot] - 1])) {
				return &first[i];
			}
		}
		table[slot] = (uint32_t)i + 1;
	}
	return NULL;
}

enum json_names_result json_names_compare(
	const struct json_names *names, size_t first, size_t *offset)
{
	size_t count = names->count - first;
	uint32_t inline_table[TABLE_INLINE], *table = inline_table;
	size_t table_size = TABLE_INLINE;
	while (table_size < count * 2) {
		table_size *= 2;
	}
	if (table_size == TABLE_INLINE) {
		memset(inline_table, 0, sizeof(inline_table));
	} else {
		table = calloc(table_size, sizeof(*table));
	}
	if (table == NULL) {
		return JSON_NAMES_NO_MEMORY;
	}
	const struct json_name *found = find(names, &names->entries[first], table, table_size);
	if (table != inline_table) {
		free(table);
	}
	if (found == NULL) {
		return JSON_NAMES_UNIQUE;
	}
	*offset = found->offset;
	return JSON_NAMES_DUPLICATE;
}
