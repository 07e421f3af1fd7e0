/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The `answer` of one mapping, compiled. Immutable after load, read by any thread. Evaluated by
 * answer.c.
 */
#pragma once

#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "mappings/condition.h"
#include "mappings/mapping.h"
#include "mappings/place.h"
#include "mappings/store.h"

#include <stdbool.h>

struct answer_places {
	struct place *items;
	unsigned count;
};

struct answer_status {
	struct span value;
	int status;
};

/* When a reply is one of several. Without `more` every reply is but the one that ends them. */
struct answer_stream {
	bool used;
	struct condition_list end;
	struct condition_list more; /* count 0: not said */
	struct condition_list empty;
};

/* A header from another place than the reply's header of its name. */
struct answer_header {
	struct span name; /* absent: the place holds an object of headers */
	struct place at;
};

struct answer_rule {
	int when;           /* enum answer_when */
	int64_t timeout_ms; /* 0: not set */
	int64_t total_ms;   /* of all parts together; 0: no end */
	int parts;          /* enum answer_parts */
	bool has_kinds;     /* replies may be errors, dead letters, parts or nothing yet */
	struct condition_list skip;
	struct answer_stream stream;
	struct place correlation;
	bool own_correlation; /* it was said; else the bridge's usual place */
	struct place body;
	struct place content_type;     /* PLACE_NONE: see content_type_text */
	struct span content_type_text; /* a constant; absent: by rule */
	struct span *content_types; /* constants for replies that give none: the first that fits */
	unsigned content_type_count;
	struct place encoding; /* how a string in `body` is meant; PLACE_NONE: it stays JSON */
	struct answer_places map_places;
	struct answer_status *map;
	unsigned map_count;
	struct answer_places status;
	struct condition_list error;
	struct answer_places error_body;
	bool error_body_is_object; /* a list: an object keyed by the places' last tokens */
	struct condition_list dead;
	struct span *headers;
	unsigned header_count;
	struct answer_header *placed;
	unsigned placed_count;
	bool own_cors; /* what CORS headers say is the gateway's */
	struct mapping_binding *bindings;
	unsigned binding_count;
	const char *reply_queue; /* NULL: none */
};

extern const struct option answer_rows[];

/* Compiles `node` (NULL: all defaults) over `preset` into `store`; problems are added. */
void answer_rule_compile(const struct json_node *node, const struct json_node *preset,
	struct store *store, struct answer_rule *rule, struct problem_list *problems);
/* Checks the knobs of a convention. */
void answer_rule_check_preset(const struct json_node *node, struct problem_list *problems);
/* Stacks and tracebacks stay inside, whatever a worker calls them. */
bool answer_rule_hides(struct span name);
