/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A convention is a preset of the knobs of `send` and `answer`: data, two JSON objects. A knob that
 * the mapping sets replaces the preset's whole. `plain` sets none: what the program does without
 * knobs is plain.
 */
#pragma once

#include "base/json_tree.h"
#include "base/problem_list.h"
#include "base/span.h"

struct convention {
	const char *name;
	const struct json_node *send; /* NULL: no knobs */
	const struct json_node *answer;
};

/*
 * What `send` (may be NULL) names, else `fallback` (NULL: plain). Plain, and a problem, when there
 * is no such convention, or not yet.
 */
const struct convention *convention_choose(
	const struct json_node *send, const char *fallback, struct problem_list *problems);
/* The mapping's own knob if it is set, else the preset's; NULL: neither. */
const struct json_node *convention_knob(
	const struct json_node *own, const struct json_node *preset, struct span name);
