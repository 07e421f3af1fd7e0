/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* A compiled mapping as the files of this folder see it. Everybody else uses mapping.h. */
#pragma once

#include "mappings/answer_rule.h"
#include "mappings/files_rule.h"
#include "mappings/mapping.h"
#include "mappings/match.h"
#include "mappings/respond_rule.h"
#include "mappings/send_rule.h"
#include "mappings/store.h"
#include "mappings/variable.h"

struct mapping {
	struct span name;
	size_t index;
	size_t rank; /* in the order in which mappings are looked at: by layer, then as written */
	const struct json_node *node;
	struct match_rule match;
	enum mapping_action action;
	struct send_rule send; /* MAPPING_SEND, and so is what follows */
	struct answer_rule answer;
	const struct place *correlation; /* one of the table's */
	struct respond_rule respond;     /* MAPPING_RESPOND */
	struct files_rule files;         /* MAPPING_FILES */
	const struct cors_rule *cors;    /* that holds; NULL: none */
	struct cors_rule *own_cors;
	int64_t timeout_ms;
	int64_t limit_body;
	int64_t limit_reply;
	struct store store;
};

struct mapping_table {
	struct mapping **items;  /* as written */
	struct mapping **ranked; /* by rank */
	size_t count;
	struct mapping_index *index;
	const struct accept_types *accept_types; /* NULL: none */
	bool reads_headers;
	struct span *vary; /* names of headers that mappings ask for, one for each bit */
	unsigned vary_count;
	struct place *correlations;
	size_t correlation_count;
	struct mapping_exchanges *exchanges; /* one list for each bridge that was asked for */
};

/* `fit` is MATCH_FIT_NOT_METHOD or nearer. */
typedef void mapping_visit(const struct mapping *mapping, enum match_fit fit, void *context);
/* All mappings for the path of a request that host, headers and query do not rule out, by rank. */
void mapping_table_visit(const struct mapping_table *table, const struct request *request,
	mapping_visit *visit, void *context);

/* Compiles `node`; NULL when it is no object. Problems are added. Never half-built. */
struct mapping *mapping_create(
	const struct json_node *node, const struct mapping_context *context, size_t index);
void mapping_destroy(struct mapping *mapping);
/* The body is within the limit (else 413) and, where `match.json` asks, strict JSON (else 400). */
bool mapping_check_body(const struct mapping *mapping, struct variable_source *source);
