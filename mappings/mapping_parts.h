/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* A compiled mapping as the files of this folder see it. Everybody else uses mapping.h. */
#pragma once

#include "mappings/answer_rule.h"
#include "mappings/mapping.h"
#include "mappings/match.h"
#include "mappings/respond_rule.h"
#include "mappings/send_rule.h"
#include "mappings/store.h"
#include "mappings/variable.h"

struct mapping {
	struct span name;
	size_t index;
	const struct json_node *node;
	struct match_rule match;
	enum mapping_action action;
	struct send_rule send; /* MAPPING_SEND, and so is what follows */
	struct answer_rule answer;
	const struct place *correlation; /* one of the table's */
	struct respond_rule respond;     /* MAPPING_RESPOND */
	const struct cors_rule *cors;    /* that holds; NULL: none */
	struct cors_rule *own_cors;
	int64_t timeout_ms;
	int64_t limit_body;
	int64_t limit_reply;
	struct store store;
};

/* Compiles `node`; NULL when it is no object. Problems are added. Never half-built. */
struct mapping *mapping_create(
	const struct json_node *node, const struct mapping_context *context, size_t index);
void mapping_destroy(struct mapping *mapping);
/* The body is within the limit (else 413) and, where `match.json` asks, strict JSON (else 400). */
bool mapping_check_body(const struct mapping *mapping, struct variable_source *source);
