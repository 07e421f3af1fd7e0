/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Origins of web pages as browsers write them (RFC 6454 section 6.2): scheme, host and, where it is
 * not the scheme's own, port. Immutable after load, read by any thread.
 */
#pragma once

#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "mappings/store.h"

#include <stdbool.h>

/* One that a configuration names. */
struct origin {
	struct span text; /* the whole of it: "https://app.example", "null" */
	/* Of a pattern: what stands before its "*", and behind it. Absent: only `text` fits. */
	struct span scheme, suffix;
};

/*
 * Reads what `text`, the value of `node`, says: an origin, one whose host begins with "*.", or
 * "null". False and a problem when no browser would send it, which names what it would send.
 */
bool origin_compile(const struct json_node *node, struct span text, struct store *store,
	struct origin *origin, struct problem_list *problems);
/*
 * Whether a client's Origin is this one, byte by byte. "*" is one label or more of a host name,
 * never none, so neither app.example nor notapp.example nor app.example.evil is let in.
 */
bool origin_fits(const struct origin *origin, struct span header);

/* The key `origins` of some object. */
struct origin_list {
	bool any; /* "*", and then no items */
	struct origin *items;
	unsigned count;
};

/* `texts` are what `object` has under `origins`; problems are added. */
void origin_list_compile(const struct json_node *object, const struct option_texts *texts,
	struct store *store, struct origin_list *list, struct problem_list *problems);
/* The item that lets a page of this Origin in; NULL: none, also when `any` would. */
const struct origin *origin_list_find(const struct origin_list *list, struct span header);
