/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What a mapping asks of a request beside method and path: its host, query parameters and headers
 * (mappings.md 2, 3). Who does not fit is passed over, as if the mapping were not there. Compiled
 * at load, immutable, read by any thread; nothing here allocates while a request is looked at.
 */
#pragma once

#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "mappings/host_pattern.h"
#include "mappings/request.h"
#include "mappings/store.h"

#include <stdbool.h>

enum match_test { MATCH_TEST_IN, MATCH_TEST_PRESENT, MATCH_TEST_ABSENT };

/* One query parameter or header. */
struct match_field {
	struct span name;
	enum match_test test;
	const struct span *values; /* MATCH_TEST_IN: any of them */
	unsigned value_count;
};

struct match_fields {
	const struct match_field *items;
	unsigned count;
};

/* All of it must hold. */
struct match_condition {
	const struct host_pattern *hosts; /* any of them; none: any host */
	unsigned host_count;
	struct match_fields query;
	struct match_fields headers;
};

/* As they stand in `match`, read by its rows. */
struct match_condition_options {
	struct option_texts host;
	const struct json_node *query, *header;
};

/* `node` is the whole `match`; problems are added. */
void match_condition_compile(const struct json_node *node,
	const struct match_condition_options *options, struct store *store,
	struct match_condition *condition, struct problem_list *problems);
bool match_condition_is_empty(const struct match_condition *condition);

enum match_condition_result {
	MATCH_CONDITION_HOLDS,
	MATCH_CONDITION_OTHER_HOST,
	MATCH_CONDITION_OTHER_HEADER,
	MATCH_CONDITION_OTHER_QUERY,
	MATCH_CONDITION_BROKEN, /* a parameter that is asked for comes twice: 400 */
};

/* `at` (may be NULL) becomes the header or parameter that decided it, else NULL. */
enum match_condition_result match_condition_check(const struct match_condition *condition,
	const struct request *request, const struct match_field **at);
/* Some host pattern has a capture of this name. */
bool match_condition_has_capture(const struct match_condition *condition, struct span name);
/* The label of a request's host that a capture stands for; absent: its pattern has none. */
struct span match_condition_capture(
	const struct match_condition *condition, struct span host, struct span name);
/* What fulfils `b` fulfils `a`. */
bool match_condition_covers(const struct match_condition *a, const struct match_condition *b);
