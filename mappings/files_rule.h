/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The `files` of one mapping, compiled. Immutable after load, read by any thread; see files.h. */
#pragma once

#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "mappings/match.h"
#include "mappings/store.h"

#include <stdint.h>

struct files_rule {
	struct span root;  /* path of a folder; absent: the mapping has no files */
	struct span index; /* name of what a folder shows; empty: nothing */
	int64_t max_age_s; /* -1: nothing is said */
};

extern const struct option files_rows[];

/* Compiles `node` into `store`; a match without a method is narrowed to GET. Problems are added. */
void files_rule_compile(const struct json_node *node, struct store *store, struct match_rule *match,
	struct files_rule *rule, struct problem_list *problems);
