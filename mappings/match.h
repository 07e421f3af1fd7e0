/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The `match` of one mapping: its two entrances (method and path, or op), what else it asks of a
 * request, what it captures, and what it asks of the body. Compiled at load, immutable, read by any
 * thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "mappings/mapping.h"
#include "mappings/match_condition.h"
#include "mappings/match_content.h"
#include "mappings/path.h"
#include "mappings/place.h"
#include "mappings/request.h"
#include "mappings/store.h"

#include <stdbool.h>
#include <stdint.h>

enum match_body { MATCH_BODY_OPTIONAL, MATCH_BODY_REQUIRED, MATCH_BODY_NONE };

struct match_capture {
	struct span name;
	bool in_path;
	bool in_op; /* `place` says where in the payload */
	struct place place;
};

struct match_rule {
	uint32_t methods; /* a bit for each known one */
	bool has_path;
	bool has_op;
	bool op_tail; /* ends in "*"; `op` is what stands before it */
	bool json;
	bool is_choosy; /* has a condition or content types; see match_rule_fit */
	int body;       /* enum match_body */
	struct path_pattern path;
	struct span op;
	struct match_capture captures[MATCH_CAPTURES_MAX]; /* those of the path first */
	unsigned capture_count;
	struct match_condition condition;
	struct match_content content;
};

/* How near a mapping with the right path or op comes to a request; the later, the nearer. */
enum match_fit {
	MATCH_FIT_NOT,          /* another host, query or header: as if it were not there */
	MATCH_FIT_NOT_METHOD,   /* 405 */
	MATCH_FIT_NOT_TYPE,     /* 415 */
	MATCH_FIT_NOT_ENCODING, /* 415 */
	MATCH_FIT_BROKEN,       /* 400 whatever comes after it */
	MATCH_FIT,
};

extern const struct option match_rows[];

/* The bit of a method; one bit for all that have no own. */
uint32_t match_method(struct span method);
/* "GET, HEAD, POST" */
void match_append_methods(uint32_t methods, struct buffer *out);

/* Compiles `node` into `store`; problems are added. */
void match_rule_compile(const struct json_node *node, struct store *store, struct match_rule *rule,
	struct problem_list *problems);
/* Index of a capture, or MATCH_CAPTURES_MAX. */
unsigned match_rule_capture(const struct match_rule *rule, struct span name);
/* A mapping without a method serves any, one of GET serves HEAD, too. */
bool match_rule_serves(const struct match_rule *rule, struct span method);
bool match_rule_op(const struct match_rule *rule, struct span op);
/* Slow half of match_rule_fit. */
enum match_fit match_rule_fit_slowly(const struct match_rule *rule, const struct request *request);
/* For a request with the path of the rule, maybe with another method. */
enum match_fit match_rule_fit_path(const struct match_rule *rule, const struct request *request);
/* No request reaches `rule` that an earlier mapping with `first` does not take. */
bool match_rule_hides_path(const struct match_rule *first, const struct match_rule *rule);
bool match_rule_hides_op(const struct match_rule *first, const struct match_rule *rule);

/* For a request that has found an entrance of the rule. */
static inline enum match_fit match_rule_fit(
	const struct match_rule *rule, const struct request *request)
{
	bool plain = !rule->is_choosy && request->content_encoding.len == 0;
	return plain ? MATCH_FIT : match_rule_fit_slowly(rule, request);
}
