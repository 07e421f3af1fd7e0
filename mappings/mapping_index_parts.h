/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The index as the files that make and search it see it; mapping_index.c tells how it works. */
#pragma once

#include "mappings/mapping_index.h"
#include "mappings/mapping_parts.h"

#include <string.h>

#define NODE_MANY UINT32_MAX
#define HASH_START UINT32_C(2166136261)

enum {
	ROOT_NOBODY, /* no node: the empty result of a look-up */
	ROOT_HOSTS,
	ROOT_LITERALS,
	ROOTS,
	HOST_MAX = 255,
	GROUPS_FOR_LITERALS_MAX = 8,
	LITERAL_CANDIDATES_MAX = 8,
};

struct index_node {
	uint32_t text, len;   /* of the edge that leads here; where in the texts it begins */
	uint32_t parent;      /* 0: nothing leads here, or any segment does */
	uint32_t exact, rest; /* where the lists begin; 0: none. Below ROOT_HOSTS: groups */
	uint32_t capture;     /* the node behind any segment; 0: none */
	uint32_t only;        /* the node behind the only text; 0: none, NODE_MANY: look it up */
};

struct index_slot {
	uint32_t hash;
	uint32_t node; /* 0: free */
};

/* Mappings that have a host pattern of one suffix, or none. */
struct index_group {
	uint32_t paths, ops; /* nodes */
};

/* What is looked up by all its prefixes. */
struct index_prefixes {
	uint32_t *lengths; /* ascending */
	unsigned count;
	size_t longest; /* no text in the index is longer */
};

/* Of a list while the index is made. */
struct index_entry {
	uint32_t list; /* twice its node, and one more for `rest` */
	uint32_t rank;
};

struct mapping_index {
	struct mapping *const *ranked;
	size_t count;
	struct index_node *nodes;
	uint32_t node_count;
	struct index_slot *slots;
	uint32_t mask;              /* slots - 1 */
	struct index_group *groups; /* the first: any host */
	uint32_t group_count;
	struct index_prefixes hosts, ops;
	uint32_t *lists; /* one behind the other */
	struct index_entry *entries;
	size_t entry_count;
	char *texts;
	size_t texts_len, texts_room;
};

static inline uint32_t hash_char(uint32_t hash, char c)
{
	return (hash ^ (unsigned char)c) * UINT32_C(16777619);
}

static inline uint32_t hash_text(struct span text)
{
	uint32_t hash = HASH_START;
	for (size_t i = 0; i < text.len; i++) {
		hash = hash_char(hash, text.ptr[i]);
	}
	return hash;
}

/* All of a text of less than eight bytes, in any order. */
static inline uint64_t word_of(const char *text, size_t len)
{
	uint64_t word = 0;
	uint32_t half;
	if (len >= 4) {
		memcpy(&half, text, 4);
		word = half;
		memcpy(&half, text + len - 4, 4);
		return word << 32 | half;
	}
	for (size_t i = 0; i < len; i++) {
		word = word << 8 | (unsigned char)text[i];
	}
	return word;
}

/* Of a whole path, eight bytes at a time; the last eight may have been taken already. */
static inline uint32_t hash_path(struct span path)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t hash = path.len, word = 0;
	size_t at = 0;
	for (; path.len - at > 8; at += 8) {
		memcpy(&word, path.ptr + at, 8);
		hash = (hash ^ word) * factor;
		hash ^= hash >> 32;
	}
	if (path.len >= 8) {
		memcpy(&word, path.ptr + path.len - 8, 8);
	} else {
		word = word_of(path.ptr, path.len);
	}
	hash = (hash ^ word) * factor;
	return (uint32_t)(hash >> 32);
}

static inline uint32_t hash_edge(uint32_t parent, uint32_t hash)
{
	hash = (hash ^ parent * UINT32_C(0x9e3779b1)) * UINT32_C(0x85ebca6b);
	return hash ^ hash >> 15;
}

static inline bool has_text(const struct mapping_index *index, uint32_t id, struct span text)
{
	const struct index_node *node = &index->nodes[id];
	return span_equal(span_of(index->texts + node->text, node->len), text);
}

/* The node that the edge leads to, or 0. `hash` is that of the text. */
static inline uint32_t find_child(
	const struct mapping_index *index, uint32_t parent, uint32_t hash, struct span text)
{
	uint32_t edge = hash_edge(parent, hash);
	for (uint32_t at = edge & index->mask; index->slots[at].node != 0;
		at = (at + 1) & index->mask) {
		uint32_t id = index->slots[at].node;
		if (index->slots[at].hash == edge && index->nodes[id].parent == parent &&
			has_text(index, id, text)) {
			return id;
		}
	}
	return 0;
}

/* Adds the lists of one tree of paths. */
void mapping_index_search_path(const struct mapping_index *index, uint32_t root,
	const struct path *path, struct mapping_candidates *candidates);
/* A host from its end, in lower case; `out` has room for it. */
void mapping_index_turn_round(struct span host, char *out);
