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
#include "mappings/mapping_index_parts.h"

#include <stdlib.h>

/* ---- making it: nodes ---- */

static void put_slot(struct mapping_index *index, uint32_t edge, uint32_t id)
{
	uint32_t at = edge & index->mask;
	while (index->slots[at].node != 0) {
		at = (at + 1) & index->mask;
	}
	index->slots[at] = (struct index_slot){ edge, id };
}

/* Half of the slots stay free, and nodes have room for as many. */
static void grow(struct mapping_index *index)
{
	struct index_slot *old = index->slots;
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
	index->nodes[index->node_count] = (struct index_node){ 0 };
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
	struct index_node *node = &index->nodes[id];
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

static void know_prefix(struct index_prefixes *prefixes, size_t len, bool is_prefix)
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

static uint32_t group_of(struct mapping_index *index, const struct host_pattern *pattern)
{
	bool open = pattern->tail || pattern->captures;
	char *turned = memory_new(pattern->suffix.len + 1, 1);
	mapping_index_turn_round(pattern->suffix, turned);
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
	index->entries[index->entry_count++] = (struct index_entry){ 2 * node + rest, rank };
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
	struct index_node *node = &index->nodes[list / 2];
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
		mapping_index_search_path(index, index->groups[group].paths, &path, &candidates);
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
