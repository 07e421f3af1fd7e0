/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A tree whose edges are all in one hash table, by node and text. From a node that stands for a set
 * of hosts one subtree leads segment by segment along the paths of its mappings, another in one
 * step to their ops. At a node there may be two lists of ranks: mappings that end there, and those
 * with a star there.
 *
 *     host ".example" ─┬─ "orders" ─┬─ ":" ── exact [3, 7]         /orders/:id
 *                      │            └─ rest [9]                    /orders/ and *rest
 *                      └─ "orders.create" ── exact [4]             the op
 *                      └─ "orders." ── rest [5]                    the op orders. and a star
 *
 * A search gathers the lists along all ways a request can take, then reads them in step by rank:
 * first match in order is the semantics, and a literal has no priority. Of two ways at a segment
 * (literal, capture) both are taken, so the number of steps is bounded by the tree and not by what
 * a client sends; tables in which many patterns fit one path are rare, and searched one by one.
 *
 * Hosts are looked up from their end, like ops from their start: a suffix is a prefix of the host
 * turned round. The hash is made byte by byte, so that one pass gives that of each prefix. Clients
 * only look things up in it, so nobody can fill a chain on purpose.
 *
 * Whole literal paths are in it too, each with all its candidates. Most requests are for one.
 *
 * In a large table it is the misses of the cache that cost. So nodes and texts lie in the order in
 * which they were made, which is that of the segments of a path, and a node that only one edge
 * leaves names the next one itself.
 */

#include "mappings/mapping_index.h"

#include "base/memory.h"
#include "mappings/mapping_parts.h"

#include <stdlib.h>

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

struct node {
	uint32_t text, len;   /* of the edge that leads here; where in the texts it begins */
	uint32_t parent;      /* 0: nothing leads here, or any segment does */
	uint32_t exact, rest; /* where the lists begin; 0: none. Below ROOT_HOSTS: groups */
	uint32_t capture;     /* the node behind any segment; 0: none */
	uint32_t only;        /* the node behind the only text; 0: none, NODE_MANY: look it up */
};

struct slot {
	uint32_t hash;
	uint32_t node; /* 0: free */
};

/* Mappings that have a host pattern of one suffix, or none. */
struct group {
	uint32_t paths, ops; /* nodes */
};

/* What is looked up by all its prefixes. */
struct prefixes {
	uint32_t *lengths; /* ascending */
	unsigned count;
	size_t longest; /* no text in the index is longer */
};

/* Of a list while the index is made. */
struct entry {
	uint32_t list; /* twice its node, and one more for `rest` */
	uint32_t rank;
};

struct mapping_index {
	struct mapping *const *ranked;
	size_t count;
	struct node *nodes;
	uint32_t node_count;
	struct slot *slots;
	uint32_t mask;        /* slots - 1 */
	struct group *groups; /* the first: any host */
	uint32_t group_count;
	struct prefixes hosts, ops;
	uint32_t *lists; /* one behind the other */
	struct entry *entries;
	size_t entry_count;
	char *texts;
	size_t texts_len, texts_room;
};

static uint32_t hash_char(uint32_t hash, char c)
{
	return (hash ^ (unsigned char)c) * UINT32_C(16777619);
}

static uint32_t hash_text(struct span text)
{
	uint32_t hash = HASH_START;
	for (size_t i = 0; i < text.len; i++) {
		hash = hash_char(hash, text.ptr[i]);
	}
	return hash;
}

/* Of a whole path, eight bytes at a time; the last eight may have been taken already. */
static uint32_t hash_path(struct span path)
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
	}
	for (; at < path.len && path.len < 8; at++) {
		word = word << 8 | (unsigned char)path.ptr[at];
	}
	hash = (hash ^ word) * factor;
	return (uint32_t)(hash >> 32);
}

static uint32_t hash_edge(uint32_t parent, uint32_t hash)
{
	hash = (hash ^ parent * UINT32_C(0x9e3779b1)) * UINT32_C(0x85ebca6b);
	return hash ^ hash >> 15;
}

static bool has_text(const struct mapping_index *index, uint32_t id, struct span text)
{
	const struct node *node = &index->nodes[id];
	return span_equal(span_of(index->texts + node->text, node->len), text);
}

/* The node that the edge leads to, or 0. `hash` is that of the text. */
static uint32_t find_child(
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

/* ---- making it: nodes ---- */

static void put_slot(struct mapping_index *index, uint32_t edge, uint32_t id)
{
	uint32_t at = edge & index->mask;
	while (index->slots[at].node != 0) {
		at = (at + 1) & index->mask;
	}
	index->slots[at] = (struct slot){ edge, id };
}

/* Half of the slots stay free, and nodes have room for as many. */
static void grow(struct mapping_index *index)
{
	struct slot *old = index->slots;
	uint32_t count = old != NULL ? index->mask + 1 : 0;
	index->mask = old != NULL ? 2 * count - 1 : 63;
	index->slots = memory_new((size_t)index->mask + 1, sizeof(*index->slots));
	index->nodes = memory_resize(index->nodes, (index->mask + 1) / 2, sizeof(*index->nodes));
	for (uint32_t i = 0; i < count; i++) {
		if (old[i].node != 0) {
			put_slot(index, old[i].hash, old[i].node);
		}
	}
	free(old);
}

static uint32_t add_node(struct mapping_index *index)
{
	if (index->node_count == (index->mask + 1) / 2) {
		grow(index);
	}
	index->nodes[index->node_count] = (struct node){ 0 };
	return index->node_count++;
}

/* Where it begins. */
static uint32_t add_text(struct mapping_index *index, struct span text)
{
	size_t start = index->texts_len;
	if (index->texts_room - start < text.len || index->texts == NULL) {
		index->texts_room = 2 * start + text.len + 64;
		index->texts = memory_resize(index->texts, index->texts_room, 1);
	}
	if (text.len > 0) {
		memcpy(index->texts + start, text.ptr, text.len);
	}
	index->texts_len += text.len;
	return (uint32_t)start;
}

static uint32_t child_by_hash(
	struct mapping_index *index, uint32_t parent, uint32_t hash, struct span text)
{
	uint32_t id = find_child(index, parent, hash, text);
	if (id != 0) {
		return id;
	}
	id = add_node(index);
	struct node *node = &index->nodes[id];
	node->text = add_text(index, text);
	node->len = (uint32_t)text.len;
	node->parent = parent;
	index->nodes[parent].only = index->nodes[parent].only == 0 ? id : NODE_MANY;
	put_slot(index, hash_edge(parent, hash), id);
	return id;
}

static uint32_t child_of(struct mapping_index *index, uint32_t parent, struct span text)
{
	return child_by_hash(index, parent, hash_text(text), text);
}

static uint32_t capture_of(struct mapping_index *index, uint32_t parent)
{
	if (index->nodes[parent].capture == 0) {
		uint32_t id = add_node(index);
		index->nodes[parent].capture = id;
	}
	return index->nodes[parent].capture;
}

static void know_prefix(struct prefixes *prefixes, size_t len, bool is_prefix)
{
	unsigned at = 0;
	prefixes->longest = len > prefixes->longest ? len : prefixes->longest;
	while (at < prefixes->count && prefixes->lengths[at] < len) {
		at++;
	}
	if (!is_prefix || (at < prefixes->count && prefixes->lengths[at] == len)) {
		return;
	}
	prefixes->lengths =
		memory_resize(prefixes->lengths, prefixes->count + 1, sizeof(*prefixes->lengths));
	memmove(&prefixes->lengths[at + 1], &prefixes->lengths[at],
		(prefixes->count - at) * sizeof(*prefixes->lengths));
	prefixes->lengths[at] = (uint32_t)len;
	prefixes->count++;
}

/* ---- making it: groups and entries ---- */

static uint32_t add_group(struct mapping_index *index)
{
	uint32_t id = index->group_count++;
	index->groups = memory_resize(index->groups, index->group_count, sizeof(*index->groups));
	index->groups[id].paths = add_node(index);
	index->groups[id].ops = add_node(index);
	return id;
}

static void turn_round(struct span host, char *out)
{
	for (size_t i = 0; i < host.len; i++) {
		out[i] = span_lower(host.ptr[host.len - 1 - i]);
	}
}

static uint32_t group_of(struct mapping_index *index, const struct host_pattern *pattern)
{
	bool open = pattern->tail || pattern->captures;
	char *turned = memory_new(pattern->suffix.len + 1, 1);
	turn_round(pattern->suffix, turned);
	uint32_t node = child_of(index, ROOT_HOSTS, span_of(turned, pattern->suffix.len));
	free(turned);
	uint32_t known = open ? index->nodes[node].rest : index->nodes[node].exact;
	know_prefix(&index->hosts, pattern->suffix.len, open);
	if (known == 0) {
		known = add_group(index);
		*(open ? &index->nodes[node].rest : &index->nodes[node].exact) = known;
	}
	return known;
}

static void add_entry(struct mapping_index *index, uint32_t node, bool rest, uint32_t rank)
{
	if ((index->entry_count & (index->entry_count - 1)) == 0) {
		size_t room = index->entry_count > 0 ? 2 * index->entry_count : 1;
		index->entries = memory_resize(index->entries, room, sizeof(*index->entries));
	}
	index->entries[index->entry_count++] = (struct entry){ 2 * node + rest, rank };
}

static void add_path(struct mapping_index *index, uint32_t root, uint32_t rank)
{
	const struct path_pattern *pattern = &index->ranked[rank]->match.path;
	uint32_t node = root;
	for (unsigned i = 0; i < pattern->count; i++) {
		const struct path_segment *segment = &pattern->segments[i];
		node = segment->capture ? capture_of(index, node)
					: child_of(index, node, segment->text);
	}
	add_entry(index, node, pattern->rest, rank);
	if (pattern->slash_ignored) {
		add_entry(index, child_of(index, node, SPAN("")), false, rank);
	}
}

static void add_to_group(struct mapping_index *index, uint32_t group, uint32_t rank)
{
	const struct match_rule *rule = &index->ranked[rank]->match;
	if (rule->has_path) {
		add_path(index, index->groups[group].paths, rank);
	}
	if (rule->has_op) {
		know_prefix(&index->ops, rule->op.len, rule->op_tail);
		add_entry(index, child_of(index, index->groups[group].ops, rule->op), rule->op_tail,
			rank);
	}
}

static void add_mapping(struct mapping_index *index, uint32_t rank)
{
	const struct match_condition *condition = &index->ranked[rank]->match.condition;
	for (unsigned i = 0; i < condition->host_count; i++) {
		if (span_present(condition->hosts[i].name)) {
			add_to_group(index, group_of(index, &condition->hosts[i]), rank);
		}
	}
	if (condition->host_count == 0) {
		add_to_group(index, 0, rank);
	}
}

/* ---- making it: lists ---- */

static uint32_t *list_of(struct mapping_index *index, uint32_t list)
{
	struct node *node = &index->nodes[list / 2];
	return list % 2 != 0 ? &node->rest : &node->exact;
}

/* The entries of each list in the order in which they came, which is that of the ranks. */
static void make_lists(struct mapping_index *index)
{
	uint32_t *ends = memory_new(2 * (size_t)index->node_count, sizeof(*ends));
	for (size_t i = 0; i < index->entry_count; i++) {
		ends[index->entries[i].list]++;
	}
	uint32_t end = 1;
	for (uint32_t list = 0; list < 2 * index->node_count; list++) {
		if (ends[list] > 0) {
			*list_of(index, list) = end;
			end += ends[list] + 1;
			ends[list] = *list_of(index, list);
		}
	}
	free(index->lists);
	index->lists = memory_new(end, sizeof(*index->lists));
	memset(index->lists, 0xff, end * sizeof(*index->lists));
	for (size_t i = 0; i < index->entry_count; i++) {
		index->lists[ends[index->entries[i].list]++] = index->entries[i].rank;
	}
	free(ends);
}

static void search_path(const struct mapping_index *index, uint32_t root, const struct path *path,
	struct mapping_candidates *candidates);

static void add_literal(struct mapping_index *index, struct span text)
{
	struct path path;
	struct buffer scratch = { 0 };
	struct mapping_candidates candidates = { .path = &path };
	uint32_t ranks[LITERAL_CANDIDATES_MAX];
	unsigned count = 0;
	const struct mapping *next = NULL;
	uint32_t hash = hash_path(text);
	if (find_child(index, ROOT_LITERALS, hash, text) != 0 ||
		path_split(text, &scratch, &path) != NULL) {
		return;
	}
	for (uint32_t group = 0; group < index->group_count; group++) {
		search_path(index, index->groups[group].paths, &path, &candidates);
	}
	while ((next = mapping_index_next(index, &candidates)) != NULL &&
		count < LITERAL_CANDIDATES_MAX) {
		ranks[count++] = next->rank;
	}
	uint32_t node = next == NULL ? child_by_hash(index, ROOT_LITERALS, hash, text) : 0;
	for (unsigned i = 0; i < count && node != 0; i++) {
		add_entry(index, node, false, ranks[i]);
	}
}

static void add_literals(struct mapping_index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		struct span literal = index->ranked[i]->match.path.literal;
		if (index->ranked[i]->match.has_path && span_present(literal)) {
			add_literal(index, literal);
		}
	}
}

struct mapping_index *mapping_index_create(struct mapping *const *ranked, size_t count)
{
	struct mapping_index *index = memory_new(1, sizeof(*index));
	index->ranked = ranked;
	index->count = count;
	grow(index);
	while (index->node_count < ROOTS) {
		add_node(index);
	}
	add_group(index);
	for (size_t i = 0; i < count; i++) {
		add_mapping(index, (uint32_t)i);
	}
	make_lists(index);
	if (index->group_count <= GROUPS_FOR_LITERALS_MAX) {
		add_literals(index);
		make_lists(index);
	}
	free(index->entries);
	index->entries = NULL;
	return index;
}

void mapping_index_destroy(struct mapping_index *index)
{
	if (index != NULL) {
		free(index->texts);
		free(index->hosts.lengths);
		free(index->ops.lengths);
		free(index->entries);
		free(index->lists);
		free(index->groups);
		free(index->slots);
		free(index->nodes);
		free(index);
	}
}

/* ---- a search ---- */

static void add_list(
	const struct mapping_index *index, uint32_t start, struct mapping_candidates *candidates)
{
	if (start == 0) {
		return;
	}
	if (candidates->count == MAPPING_LISTS_MAX) {
		candidates->all = true;
		return;
	}
	candidates->lists[candidates->count++] = index->lists + start;
}

struct path_hash {
	uint32_t value;
	bool known;
};

/* Where a search has to go back to: at most one place for each segment. */
struct fork {
	uint32_t node;
	unsigned depth;
};

/* Where the text of a segment leads. Its hash is made when it is needed first. */
static uint32_t follow(const struct mapping_index *index, uint32_t node, struct span segment,
	struct path_hash *hash)
{
	uint32_t only = index->nodes[node].only;
	if (only == 0) {
		return 0;
	}
	if (only != NODE_MANY) {
		return has_text(index, only, segment) ? only : 0;
	}
	if (!hash->known) {
		*hash = (struct path_hash){ hash_text(segment), true };
	}
	return find_child(index, node, hash->value, segment);
}

static void search_path(const struct mapping_index *index, uint32_t root, const struct path *path,
	struct mapping_candidates *candidates)
{
	struct fork forks[PATH_SEGMENTS_MAX + 1];
	struct path_hash hashes[PATH_SEGMENTS_MAX];
	unsigned reached = 0;
	forks[0] = (struct fork){ root, 0 };
	for (unsigned count = 1; count > 0 && !candidates->all;) {
		struct fork at = forks[--count];
		while (at.node != 0) {
			const struct node *node = &index->nodes[at.node];
			add_list(index, node->rest, candidates);
			if (at.depth == path->count) {
				add_list(index, node->exact, candidates);
				break;
			}
			if (at.depth == PATH_SEGMENTS_MAX) {
				break;
			}
			struct span segment = path->segments[at.depth];
			if (reached == at.depth) {
				hashes[reached++].known = false;
			}
			/* an absent one is any, see mapping_index_find_cover */
			if (node->capture != 0 && (segment.len > 0 || segment.ptr == NULL)) {
				forks[count++] = (struct fork){ node->capture, at.depth + 1 };
			}
			at.node = follow(index, at.node, segment, &hashes[at.depth]);
			at.depth++;
		}
	}
}

/*
 * Gives what is at `exact` of the whole text and at `rest` of its prefixes, which leave something
 * of it. The number of them, or more than `max` when that was too small.
 */
static unsigned search_text(const struct mapping_index *index, const struct prefixes *prefixes,
	uint32_t root, struct span text, uint32_t found[MAPPING_LISTS_MAX])
{
	uint32_t hash = HASH_START;
	unsigned next = 0, count = 0;
	for (size_t i = 0; i < text.len && i <= prefixes->longest; i++) {
		if (next < prefixes->count && prefixes->lengths[next] == i) {
			uint32_t node = find_child(index, root, hash, span_of(text.ptr, i));
			if (node != 0 && index->nodes[node].rest != 0) {
				if (count == MAPPING_LISTS_MAX) {
					return count + 1;
				}
				found[count++] = index->nodes[node].rest;
			}
			next++;
		}
		hash = hash_char(hash, text.ptr[i]);
	}
	uint32_t node = text.len <= prefixes->longest ? find_child(index, root, hash, text) : 0;
	if (node != 0 && index->nodes[node].exact != 0) {
		if (count < MAPPING_LISTS_MAX) {
			found[count] = index->nodes[node].exact;
		}
		count++;
	}
	return count;
}

static void search_op(const struct mapping_index *index, uint32_t root, struct span op,
	struct mapping_candidates *candidates)
{
	uint32_t lists[MAPPING_LISTS_MAX];
	unsigned count = search_text(index, &index->ops, root, op, lists);
	candidates->all = candidates->all || count > MAPPING_LISTS_MAX;
	for (unsigned i = 0; i < count && !candidates->all; i++) {
		add_list(index, lists[i], candidates);
	}
}

static void search_group(
	const struct mapping_index *index, uint32_t group, struct mapping_candidates *candidates)
{
	if (candidates->path != NULL) {
		search_path(index, index->groups[group].paths, candidates->path, candidates);
	} else {
		search_op(index, index->groups[group].ops, candidates->op, candidates);
	}
}

static void search(
	const struct mapping_index *index, struct span host, struct mapping_candidates *candidates)
{
	char turned[HOST_MAX];
	uint32_t groups[MAPPING_LISTS_MAX];
	candidates->count = 0;
	candidates->all = false;
	candidates->cover = false;
	candidates->rank = 0;
	search_group(index, 0, candidates);
	if (index->group_count == 1 || host.len == 0) {
		return;
	}
	host.len -= host.ptr[host.len - 1] == '.';
	if (host.len > HOST_MAX) {
		candidates->all = true;
		return;
	}
	turn_round(host, turned);
	unsigned count =
		search_text(index, &index->hosts, ROOT_HOSTS, span_of(turned, host.len), groups);
	candidates->all = candidates->all || count > MAPPING_LISTS_MAX;
	for (unsigned i = 0; i < count && !candidates->all; i++) {
		search_group(index, groups[i], candidates);
	}
}

const uint32_t *mapping_index_literal(const struct mapping_index *index, struct span path)
{
	uint32_t node = find_child(index, ROOT_LITERALS, hash_path(path), path);
	return node != 0 ? index->lists + index->nodes[node].exact : NULL;
}

void mapping_index_find_path(const struct mapping_index *index, const struct path *path,
	struct span host, struct mapping_candidates *candidates)
{
	candidates->path = path;
	search(index, host, candidates);
}

void mapping_index_find_op(const struct mapping_index *index, struct span op, struct span host,
	struct mapping_candidates *candidates)
{
	candidates->path = NULL;
	candidates->op = op;
	search(index, host, candidates);
}

/* A host that is in all groups that the hosts of the pattern are in. */
static struct span some_host(const struct match_rule *rule, struct buffer *scratch)
{
	if (rule->condition.host_count == 0) {
		return SPAN_ABSENT;
	}
	const struct host_pattern *pattern = &rule->condition.hosts[0];
	buffer_append_span(scratch, pattern->tail || pattern->captures ? SPAN("x") : SPAN(""));
	buffer_append_span(scratch, pattern->suffix);
	return buffer_span(scratch);
}

void mapping_index_find_cover(const struct mapping_index *index, const struct match_rule *rule,
	bool by_path, struct mapping_candidates *candidates)
{
	struct path path = { .count = rule->path.count };
	struct buffer host = { 0 }, op = { 0 };
	struct span own_host = some_host(rule, &host);
	if (by_path) {
		for (unsigned i = 0; i < path.count; i++) {
			bool any = (rule->path.captured & 1u << i) != 0;
			path.segments[i] = any ? SPAN_ABSENT : rule->path.segments[i].text;
		}
		mapping_index_find_path(index, &path, own_host, candidates);
	} else {
		buffer_append_span(&op, rule->op);
		buffer_append_span(&op, rule->op_tail ? SPAN("x") : SPAN(""));
		mapping_index_find_op(index, buffer_span(&op), own_host, candidates);
	}
	candidates->path = NULL;
	candidates->op = SPAN_ABSENT;
	candidates->cover = true;
	buffer_finish(&host);
	buffer_finish(&op);
}

/* One by one, where the lists were too many. */
static const struct mapping *next_of_all(
	const struct mapping_index *index, struct mapping_candidates *candidates)
{
	while (candidates->rank < index->count) {
		const struct mapping *mapping = index->ranked[candidates->rank++];
		const struct match_rule *rule = &mapping->match;
		bool fits = candidates->path != NULL
				    ? rule->has_path &&
					      path_pattern_match(&rule->path, candidates->path)
				    : match_rule_op(rule, candidates->op);
		if (fits || candidates->cover) {
			return mapping;
		}
	}
	return NULL;
}

const struct mapping *mapping_index_next(
	const struct mapping_index *index, struct mapping_candidates *candidates)
{
	uint32_t lowest = MAPPING_RANK_NONE;
	if (candidates->all) {
		return next_of_all(index, candidates);
	}
	for (unsigned i = 0; i < candidates->count; i++) {
		lowest = *candidates->lists[i] < lowest ? *candidates->lists[i] : lowest;
	}
	if (lowest == MAPPING_RANK_NONE) {
		return NULL;
	}
	for (unsigned i = 0; i < candidates->count; i++) {
		while (*candidates->lists[i] == lowest) {
			candidates->lists[i]++;
		}
	}
	return index->ranked[lowest];
}
