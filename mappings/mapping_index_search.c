/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Reads the index that mapping_index.c makes, and tells of there. */

#include "mappings/mapping_index_parts.h"

#include "base/buffer.h"

void mapping_index_turn_round(struct span host, char *out)
{
	for (size_t i = 0; i < host.len; i++) {
		out[i] = span_lower(host.ptr[host.len - 1 - i]);
	}
}

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

void mapping_index_search_path(const struct mapping_index *index, uint32_t root,
	const struct path *path, struct mapping_candidates *candidates)
{
	struct fork forks[PATH_SEGMENTS_MAX + 1];
	struct path_hash hashes[PATH_SEGMENTS_MAX];
	unsigned reached = 0;
	forks[0] = (struct fork){ root, 0 };
	for (unsigned count = 1; count > 0 && !candidates->all;) {
		struct fork at = forks[--count];
		while (at.node != 0) {
			const struct index_node *node = &index->nodes[at.node];
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
static unsigned search_text(const struct mapping_index *index,
	const struct index_prefixes *prefixes, uint32_t root, struct span text,
	uint32_t found[MAPPING_LISTS_MAX])
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
		mapping_index_search_path(
			index, index->groups[group].paths, candidates->path, candidates);
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
	mapping_index_turn_round(host, turned);
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
