/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A convention is a preset of the knobs of `send` and `answer`: data, two JSON objects. A knob that
 * the mapping sets replaces the preset's whole. `plain` sets none: what the program does without
 * knobs is plain. Names are per type of bridge.
 */
#pragma once

#include "base/json_tree.h"
#include "base/problem_list.h"
#include "base/span.h"

struct convention_table;

struct convention {
	const char *name;
	struct span bridge;           /* type: "amqp" or "kafka" */
	struct span about;            /* one line; may be empty */
	const struct json_node *send; /* NULL: no knobs */
	const struct json_node *answer;
};

/* What a mapping's convention is chosen from. */
struct convention_context {
	const struct convention_table *table; /* NULL: there is plain and nothing else */
	const char *fallback;                 /* `defaults.convention`; NULL: plain */
	const char *bridge;                   /* type of the mapping's bridge; NULL: unknown */
};

/*
 * What `send` (may be NULL) names, else the fallback. Plain, and a problem, when the bridge's type
 * has no such convention; plain without one when the type is not known. The loopback bridge knows
 * those of all types, AMQP's first unless there is a topic.
 */
const struct convention *convention_choose(const struct json_node *send,
	const struct convention_context *context, struct problem_list *problems);
/* The mapping's own knob if it is set, else the preset's; NULL: neither. */
const struct json_node *convention_knob(
	const struct json_node *own, const struct json_node *preset, struct span name);
