/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * CONDITION: {at: PLACE, and one of equals, in, prefix, exists}; a list holds when any of it does.
 * JSON null counts as absent for `exists`. Compiled at load, immutable, read by any thread.
 */
#pragma once

#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "mappings/place.h"
#include "mappings/store.h"

#include <stdbool.h>

enum condition_test { CONDITION_IN, CONDITION_PREFIX, CONDITION_EXISTS };

/* A scalar that a value is compared to. */
struct condition_value {
	enum json_type type;
	struct span text; /* decoded text of a string, else source text */
};

struct condition {
	struct place at;
	enum condition_test test;
	bool exists;
	const struct condition_value *values;
	unsigned value_count;
};

struct condition_list {
	struct condition *items;
	unsigned count;
};

extern const struct option condition_rows[];

/* Compiles an object or a list of objects into `store`; problems are added. */
void condition_list_compile(const struct json_node *node, struct store *store,
	struct condition_list *list, struct problem_list *problems);
/* The list is not empty. */
bool condition_list_holds_some(const struct condition_list *list, struct place_source *source);

/* False for an empty list, as it is for most mappings. */
static inline bool condition_list_holds(
	const struct condition_list *list, struct place_source *source)
{
	return list->count > 0 && condition_list_holds_some(list, source);
}

/* A PLACE from a configuration string, its text in `store`. False and a problem. */
bool condition_place(const struct json_node *node, struct store *store, struct place *place,
	struct problem_list *problems);
