/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Finds the few mappings of a table whose path or op, and as far as it can tell whose host, is that
 * of a request, in the order in which they are to be looked at. A host may still be another one:
 * match_rule_fit() has the last word. Made at load, immutable, read by any thread; a search
 * allocates nothing.
 */
#pragma once

#include "base/span.h"
#include "mappings/path.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping;
struct mapping_index;
struct match_rule;

/* More lists than patterns of any sane table fit one path; beyond it all mappings are looked at. */
#define MAPPING_LISTS_MAX 64

/* Ends a list of ranks. */
#define MAPPING_RANK_NONE UINT32_MAX

/* One search. To be filled by mapping_index_find_*(). */
struct mapping_candidates {
	const uint32_t *lists[MAPPING_LISTS_MAX]; /* ascending ranks; what is left of each */
	unsigned count;
	bool all;                /* there were too many lists */
	bool cover;              /* of mapping_index_find_cover */
	size_t rank;             /* of those all: the next */
	const struct path *path; /* by this; NULL: by op */
	struct span op;
};

/* `ranked` in the order of the search; it and the mappings must outlive the index. Never NULL. */
struct mapping_index *mapping_index_create(struct mapping *const *ranked, size_t count);
/* NULL is accepted. */
void mapping_index_destroy(struct mapping_index *index);

/*
 * A raw path that stands in the table as it is need not be taken apart: the ranks of all candidates
 * for it, ascending. NULL: it does not, or there are many.
 */
const uint32_t *mapping_index_literal(const struct mapping_index *index, struct span path);
/* `path` must live as long as the search. */
void mapping_index_find_path(const struct mapping_index *index, const struct path *path,
	struct span host, struct mapping_candidates *candidates);
void mapping_index_find_op(const struct mapping_index *index, struct span op, struct span host,
	struct mapping_candidates *candidates);
/*
 * The mappings that may take all requests that the path (else the op) of a rule lets in: those that
 * do are among them. Load only.
 */
void mapping_index_find_cover(const struct mapping_index *index, const struct match_rule *rule,
	bool by_path, struct mapping_candidates *candidates);
/* The next one in order; NULL: no more. */
const struct mapping *mapping_index_next(
	const struct mapping_index *index, struct mapping_candidates *candidates);
