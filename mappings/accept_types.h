/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * `accept_types`: names of what can be answered, each for some media ranges, and how much a client
 * wants each of them (mappings.md 5). Compiled at load, immutable, read by any thread.
 */
#pragma once

#include "base/json_tree.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "mappings/request.h"
#include "mappings/store.h"
#include "message/media_range.h"

#include <stdbool.h>
#include <stdint.h>

/* Sets of names are bits. */
#define ACCEPT_TYPES_MAX 64
/* More ranges in a request than any program sends are taken for an attack, and 400. */
#define ACCEPT_RANGES_MAX 100

struct accept_type {
	struct span name;
	const struct media_range *ranges; /* any of them */
	unsigned range_count;
};

struct accept_types {
	struct accept_type items[ACCEPT_TYPES_MAX];
	unsigned count;
	struct store store;
};

/* Thousandths, in the order of the names; 0: not acceptable. */
struct accept_weights {
	uint16_t of[ACCEPT_TYPES_MAX];
	uint16_t most;
};

/* Compiles an object: name → range or list of ranges; problems are added. Never NULL. */
struct accept_types *accept_types_create(
	const struct json_node *node, struct problem_list *problems);
/* NULL is accepted. */
void accept_types_destroy(struct accept_types *types);
/* Index of a name, or ACCEPT_TYPES_MAX. `types` may be NULL: there are none. */
unsigned accept_types_find(const struct accept_types *types, struct span name);
/* The name that was probably meant, or NULL. */
const char *accept_types_nearest(const struct accept_types *types, struct span name);
/*
 * Reads all lines of a request's Accept as one; none, or nothing in them: everything is wanted.
 * So it is over WebSocket, where the answer comes in an envelope and Accept was said of another
 * one, and for a preflight, which does not know it yet. False: it is broken.
 */
bool accept_types_weigh(const struct accept_types *types, const struct request *request,
	struct accept_weights *weights);
