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
#include "mappings/accept_types.h"
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

/* First what every request that comes here looks at. */
struct match_rule {
	uint32_t methods; /* a bit for each known one */
	unsigned layer;
	bool has_path;
	bool has_op;
	bool op_tail; /* ends in "*"; `op` is what stands before it */
	bool json;
	bool is_choosy;  /* asks for more than its entrance; see match_rule_fit */
	int body;        /* enum match_body */
	uint64_t accept; /* names of accept_types, as bits; 0: fits whatever is wanted */
	uint64_t vary;   /* bits of the headers of `condition`, see mapping_table_append_vary */
	struct span op;
	struct path_pattern path;
	const uint8_t *accepts; /* those of `accept` in the order of `match.accept` */
	unsigned accept_count;
	struct match_condition condition;
	struct match_content content;
	struct match_capture captures[MATCH_CAPTURES_MAX]; /* those of the path first */
	unsigned capture_count;
};

/* How near a mapping with the right path or op comes to a request; the later, the nearer. */
enum match_fit {
	MATCH_FIT_NOT,           /* another path or op */
	MATCH_FIT_NOT_HOST,      /* as if it were not there: 404 */
	MATCH_FIT_NOT_HEADER,    /* the same */
	MATCH_FIT_NOT_QUERY,     /* the same */
	MATCH_FIT_NOT_METHOD,    /* 405 */
	MATCH_FIT_NOT_ACCEPT,    /* 406 */
	MATCH_FIT_NOT_TYPE,      /* 415 */
	MATCH_FIT_NOT_ENCODING,  /* 415 */
	MATCH_FIT_BROKEN_ACCEPT, /* 400 whatever comes after it */
	MATCH_FIT_BROKEN,        /* 400 where it would have been chosen: a parameter comes twice */
	MATCH_FIT,
};

/* A request while mappings are looked at. */
struct match_probe {
	const struct request *request;
	const struct accept_types *accept_types; /* NULL: none */
	uint32_t methods; /* those of a mapping for it, as bits; all for a plain op */
	uint64_t vary;    /* what has been looked at; see mapping_table_append_vary */
	enum { MATCH_ACCEPT_UNREAD, MATCH_ACCEPT_READ, MATCH_ACCEPT_BROKEN } accept;
	struct accept_weights weights; /* where `accept` is read */
};

#define MATCH_VARY_ACCEPT (UINT64_C(1) << 63)

extern const struct option match_rows[];

/* The bit of a method; one bit for all that have no own. */
uint32_t match_method(struct span method);
/* "GET, HEAD, POST" */
void match_append_methods(uint32_t methods, struct buffer *out);

/* Compiles `node` into `store`; problems are added. */
void match_rule_compile(const struct json_node *node, const struct mapping_context *context,
	struct store *store, struct match_rule *rule);
/* Index of a capture, or MATCH_CAPTURES_MAX. */
unsigned match_rule_capture(const struct match_rule *rule, struct span name);
bool match_rule_op(const struct match_rule *rule, struct span op);
void match_probe_init(struct match_probe *probe, const struct request *request,
	const struct accept_types *accept_types);
/* How much the client wants the best of a rule's names (`accept` not 0), in thousandths. Reads
 * Accept when nobody did. */
unsigned match_probe_weight(struct match_probe *probe, const struct match_rule *rule);
/* That name: the first in the rule's own order. */
struct span match_probe_accepted(const struct match_probe *probe, const struct match_rule *rule);
/* Slow half of match_rule_fit; `at` (may be NULL) as in match_condition_check. */
enum match_fit match_rule_fit_slowly(
	const struct match_rule *rule, struct match_probe *probe, const struct match_field **at);
/* No request reaches `rule` that an earlier mapping with `first` does not take. */
bool match_rule_hides_path(const struct match_rule *first, const struct match_rule *rule);
bool match_rule_hides_op(const struct match_rule *first, const struct match_rule *rule);

/* For a request with the path or op of the rule, maybe with another method. */
static inline enum match_fit match_rule_fit(
	const struct match_rule *rule, struct match_probe *probe)
{
	bool plain = !rule->is_choosy && (rule->methods & probe->methods) != 0 &&
		     probe->request->content_encoding.len == 0;
	return plain ? MATCH_FIT : match_rule_fit_slowly(rule, probe, NULL);
}
