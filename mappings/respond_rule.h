/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The `respond` of one mapping, compiled: an answer that needs nobody else. A `redirect` is one,
 * too, with a Location. Immutable after load, read by any thread. Evaluated by respond.c.
 */
#pragma once

#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "mappings/match.h"
#include "mappings/store.h"
#include "mappings/template.h"

struct respond_header {
	struct span name;
	struct template *template;
};

struct respond_rule {
	int status;
	bool is_redirect;
	struct template *content_type; /* NULL: that of the body */
	struct respond_header *headers;
	unsigned header_count;
	struct template *body; /* NULL: none */
	struct span body_type; /* absent: there is neither body nor file */
	bool body_is_json;
	struct span file;   /* path of what is the content instead; absent: none */
	bool reads_headers; /* of the request, in any way */
};

extern const struct option respond_rows[];
extern const struct option redirect_rows[];

/* What both are compiled against. */
struct respond_context {
	const struct match_rule *match;
	struct store *store;
	struct problem_list *problems;
};

/* Compile `node`; problems are added. Finish the rule in any case. */
void respond_rule_compile(const struct json_node *node, const struct respond_context *context,
	struct respond_rule *rule);
void redirect_rule_compile(const struct json_node *node, const struct respond_context *context,
	struct respond_rule *rule);
void respond_rule_finish(struct respond_rule *rule);

/* NULL and problems when it is wrong; remembers what it reads of a request. */
struct template *respond_rule_template(const struct json_node *node, enum template_form form,
	const struct respond_context *context, struct respond_rule *rule);
