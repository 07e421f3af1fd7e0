/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The table of mappings: rows of match → send → answer, in order. Built at load on the main thread,
 * immutable after it and shared by all shards. The steps of a call through it, each pure:
 *
 *     mapping_table_match()   which mapping, with which captures (needs only the head of a request)
 *     mapping_accepts_body()  what the mapping says about the body that came (411, 400)
 *     send_compose()          the message                       (send.h)
 *     answer_read()           what the client gets for a reply  (answer.h)
 *
 *     respond_compose()       instead of the last two: an answer without a worker  (respond.h)
 */
#pragma once

#include "base/buffer.h"
#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "mappings/place.h"
#include "mappings/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct accept_types;
struct convention_table;
struct cors_rule;
struct layers;
struct mapping;
struct mapping_table;

/* What happens to a request that a mapping takes. */
enum mapping_action {
	MAPPING_SEND,    /* a bridge sends it on */
	MAPPING_RESPOND, /* it is answered here: `respond` and `redirect` (respond.h) */
	MAPPING_FILES,   /* by a file (files.h) */
};

#define MAPPING_NO_BRIDGE SIZE_MAX

enum answer_when { WHEN_REPLIED, WHEN_CONFIRMED, WHEN_SENT };

/* How several replies go over HTTP. */
enum answer_parts { PARTS_BY_ACCEPT, PARTS_ARRAY, PARTS_NDJSON, PARTS_SSE };

/* A bridge as mappings know it: they check their keys by its type. */
struct mapping_bridge {
	const char *name;
	const char *type;
};

/* A binding of the reply queue that a mapping's workers need. Texts may hold ${reply_to}. */
struct mapping_binding {
	const char *exchange;
	const char *key;       /* "" for none */
	const char *arguments; /* a JSON object; NULL: none */
};

/* `defaults` of the configuration, and what else a mapping is checked against. */
struct mapping_context {
	const struct mapping_bridge *bridges;
	size_t bridge_count;
	const char *default_bridge;                 /* NULL: none */
	const char *default_convention;             /* NULL: "plain" */
	const struct convention_table *conventions; /* NULL: plain and nothing else */
	int64_t default_timeout_ms;
	const struct layers *layers;
	const struct accept_types *accept_types; /* NULL: none */
	int64_t limit_body;           /* defaults.limits.body, 0: none; a mapping may lower it */
	int64_t limit_reply;          /* defaults.limits.reply */
	const struct cors_rule *cors; /* of mappings that have no `cors`; NULL: none */
	struct problem_list *problems;
};

struct mapping_table *mapping_table_create(void);
void mapping_table_destroy(struct mapping_table *table);
/* Compiles one element of `mappings`; problems are added. The node's tree must outlive the table.
 */
void mapping_table_add(struct mapping_table *table, const struct json_node *node,
	const struct mapping_context *context);
/*
 * After the last add, and before the first match: duplicate names are errors, mappings that can
 * never be reached are warnings.
 */
void mapping_table_finish(struct mapping_table *table, struct problem_list *problems);
size_t mapping_table_count(const struct mapping_table *table);
/* Some mapping reads headers of requests, or looks at them before it takes one. */
bool mapping_table_reads_headers(const struct mapping_table *table);
/* Some mapping can be reached by an op (`ops`) or a path (`paths`) whatever the Host says. */
bool mapping_table_takes_any_host(const struct mapping_table *table, bool ops, bool paths);
const struct mapping *mapping_table_at(const struct mapping_table *table, size_t index);
/* The distinct correlation places of all mappings, most common first. */
const struct place *mapping_table_correlations(const struct mapping_table *table, size_t *count);
/* The distinct constant exchanges of mappings that use `bridge`; NULL-terminated, owned by the
 * table. */
const char *const *mapping_table_exchanges(struct mapping_table *table, const char *bridge);

#define MATCH_CAPTURES_MAX 16

struct match {
	const struct mapping *mapping; /* NULL when none came near: 404, and 400 for the path */
	struct span captures[MATCH_CAPTURES_MAX]; /* decoded, in the order of the pattern */
	unsigned capture_count;
	struct span path;       /* decoded path; absent for a plain op */
	struct span op_rest;    /* tail of "orders.*" */
	struct span accept;     /* name of accept_types that was chosen; absent: none had to be */
	uint64_t vary;          /* headers that were looked at, see mapping_table_append_vary */
	struct buffer *scratch; /* set by the caller: decoded text goes here */
};

/* What a refusal can say about what would have been right: the header that says it. */
enum refusal_offer {
	OFFER_NOTHING,
	OFFER_ALLOW,
	OFFER_ACCEPT,
	OFFER_ACCEPT_ENCODING,
	OFFER_CONTENT_RANGE,
};

/* Why a request is refused before anything was sent. Texts are constants and name no broker thing.
 */
struct refusal {
	int status;
	const char *type;         /* of the problem: "bad-request", "too-large", … */
	const char *detail;       /* one sentence for the client */
	enum refusal_offer offer; /* 405 and 415 */
	struct span offered;      /* its value; absent: see mapping_table_offer */
};

/*
 * Finds the mapping for a request's head; the body need not be there. 0 when found, else 400, or
 * the strongest of 404, 405, 406 and 415 with `refusal` filled; `vary` is set in any case. Spans in
 * `match` point into the request or into match->scratch.
 */
int mapping_table_match(const struct mapping_table *table, const struct request *request,
	struct match *match, struct refusal *refusal);
/*
 * The same once more, when the mapping that was found for a request by path turns out to have
 * nothing for it: goes on behind it, as if neither it nor those that went before it were there.
 */
int mapping_table_match_behind(const struct mapping_table *table, const struct request *request,
	struct match *match, struct refusal *refusal);
/*
 * What would have been right for a request by path: the value of Allow ("GET, HEAD, POST"), Accept
 * or Accept-Encoding, gathered from all mappings that came as near as the refusal says.
 */
void mapping_table_offer(const struct mapping_table *table, const struct request *request,
	enum refusal_offer offer, struct buffer *out);

/*
 * The value of Vary for an answer: "Accept, X-Flavour", or "*" where more headers than can be told
 * apart were looked at. `vary` not 0.
 */
void mapping_table_append_vary(
	const struct mapping_table *table, uint64_t vary, struct buffer *out);

const char *mapping_name(const struct mapping *mapping);
/* As it is written. */
const struct json_node *mapping_node(const struct mapping *mapping);
size_t mapping_index(const struct mapping *mapping);
enum mapping_action mapping_action(const struct mapping *mapping);
/* Its answer can be given over HTTP only: a redirect, a file. */
bool mapping_is_http(const struct mapping *mapping);
/* Index into mapping_context.bridges; MAPPING_NO_BRIDGE unless it sends. */
size_t mapping_bridge_index(const struct mapping *mapping);
/* Where this mapping's replies carry the correlation id; one of mapping_table_correlations, or NULL
 * where nothing is sent. */
const struct place *mapping_correlation(const struct mapping *mapping);
enum answer_when mapping_when(const struct mapping *mapping);
/* The Kafka topic that it names outright; NULL: none. */
const char *mapping_topic(const struct mapping *mapping);
/* Its messages say which partition the reply has to come to. */
bool mapping_tells_partition(const struct mapping *mapping);
/* It names this topic outright, or binds its replies to this exchange. */
bool mapping_needs(const struct mapping *mapping, const char *destination);
const struct mapping_binding *mapping_bindings(const struct mapping *mapping, unsigned *count);
/* Name of a second queue for replies, with ${reply_to} in it; NULL: none. */
const char *mapping_reply_queue(const struct mapping *mapping);
int64_t mapping_timeout_ms(const struct mapping *mapping);
/* Several replies may come to one of its calls. */
bool mapping_streams(const struct mapping *mapping);
enum answer_parts mapping_parts(const struct mapping *mapping);
/* For all parts of an answer together; 0: no end. */
int64_t mapping_total_ms(const struct mapping *mapping);
int64_t mapping_limit_body(const struct mapping *mapping);
int64_t mapping_limit_reply(const struct mapping *mapping);
/* Its own `cors` or the top level's; NULL: none. */
const struct cors_rule *mapping_cors(const struct mapping *mapping);
/* Nacks mean 503 for a queue mapping, unknown for an exchange mapping (design.md section 5). */
bool mapping_to_queue(const struct mapping *mapping);
/* 0, or 411 / 400 by match.body: `has_body` is whether the head announces one. Before reading it.
 */
int mapping_accepts_body(const struct mapping *mapping, bool has_body, struct refusal *refusal);

/* For docs/configuration.md: the tables of mapping, match, send and answer. */
void mapping_document(FILE *out);
/* Appends the JSON Schema of one; it refers to those of config_schema.h. */
void mapping_schema(struct buffer *out);
