/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Patterns of hosts (mappings.md 2): "api.example", that name; ":tenant.example", one label and
 * then the rest; "*.example", one or more labels and then the suffix. Hosts are compared without
 * port, in any case, and without the dot that a fully qualified name may end in. Pure; any thread.
 */
#pragma once

#include "base/span.h"
#include "mappings/store.h"

#include <stdbool.h>

struct host_pattern {
	struct span name;   /* as written; of a tail only what follows the star */
	struct span suffix; /* what every host it matches ends in; of a plain name all of it */
	bool tail;          /* "*.suffix" */
	bool captures;      /* has a label like ":tenant" */
};

/* Compiles a pattern into `store`. NULL, or a constant phrase that says why it is none. */
const char *host_pattern_parse(struct span text, struct store *store, struct host_pattern *pattern);
/* `host` is without port; an absent one fits nothing. */
bool host_pattern_match(const struct host_pattern *pattern, struct span host);
/* The pattern has a capture of this name. */
bool host_pattern_has(const struct host_pattern *pattern, struct span name);
/* After a match: the label that a capture stands for, as the client wrote it; absent: it has no
 * such capture. */
struct span host_pattern_capture(
	const struct host_pattern *pattern, struct span host, struct span name);
/* Name of its capture number `index`, from the left; absent: it has no more. */
struct span host_pattern_capture_name(const struct host_pattern *pattern, unsigned index);
/* Every host that `b` matches is matched by `a`. */
bool host_pattern_covers(const struct host_pattern *a, const struct host_pattern *b);
