/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A `cors` block, compiled: which pages of other origins may use what (Fetch standard, section
 * "CORS protocol"). A mapping's own block replaces the top level one whole. Immutable after load,
 * read by any thread; gateway/cors.h asks it and writes the answers.
 */
#pragma once

#include "base/buffer.h"
#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "mappings/mapping.h"
#include "mappings/origin.h"
#include "mappings/request.h"
#include "mappings/store.h"

#include <stdbool.h>
#include <stdint.h>

struct cors_rule {
	bool any_header;  /* "*": the names that are asked for are given back */
	bool credentials; /* never with any origin */
	struct origin_list origins;
	uint32_t methods; /* a bit for each, as match.h has them; all where none is named */
	struct span *headers;
	unsigned header_count;
	struct span allow_headers; /* `headers` as a list; absent for any_header */
	struct span max_age;       /* seconds, as text */
	/* Header lines of every answer: behind an origin that is let in, and for all others. */
	struct span lines_allowed;
	struct span lines_other;
	struct store store;
};

extern const struct option cors_rule_rows[];

/* Compiles a block; problems are added. Never NULL; to be freed by cors_rule_destroy(). */
struct cors_rule *cors_rule_create(const struct json_node *node, struct problem_list *problems);
/* NULL is accepted. */
void cors_rule_destroy(struct cors_rule *rule);

/*
 * What Access-Control-Allow-Origin says to a page of this origin (absent: the request names none):
 * "*", the origin as it is configured or, where a pattern lets it in, `header` itself. Absent: the
 * page may not see the answer.
 */
struct span cors_rule_allow(const struct cors_rule *rule, struct span header);
/*
 * Whether all of a comma-separated list of request headers may be sent. Where any may, the names
 * are appended to `names` as a list in lower case.
 */
bool cors_rule_takes_headers(const struct cors_rule *rule, struct span list, struct buffer *names);
/*
 * The methods that a preflight for this path may promise, as bits: those of the block whose mapping
 * here has the same block. Browsers remember each of them, so that one whose mapping has a block of
 * its own must not be among them.
 */
uint32_t cors_rule_methods(const struct cors_rule *rule, const struct mapping_table *table,
	const struct request *request);
/* A reply header that is not the worker's to set where a block holds. */
bool cors_rule_owns(struct span name);
