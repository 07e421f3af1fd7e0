/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* `layers`: the names of groups of mappings, in the order in which they are tried. Load only. */
#pragma once

#include "base/json_tree.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "mappings/store.h"

struct layers {
	const struct span *names;
	unsigned count; /* at least one */
	struct store store;
};

/* As they are without the key. */
#define LAYERS_DEFAULT "[\"main\", \"last_call\"]"

/* Compiles the list; NULL gives the default. Problems are added. To be freed by layers_destroy().
 */
struct layers *layers_create(const struct json_node *node, struct problem_list *problems);
/* NULL is accepted. */
void layers_destroy(struct layers *layers);
/* Index of a name, or layers->count. */
unsigned layers_find(const struct layers *layers, struct span name);
/* The name that was probably meant, or NULL. */
const char *layers_nearest(const struct layers *layers, struct span name);
