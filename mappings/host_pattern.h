/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Patterns of hosts (mappings.md 2): "api.example", that name; "*.example", one or more labels and
 * then the suffix. Hosts are compared without port, in any case, and without the dot that a fully
 * qualified name may end in. Pure; any thread.
 */
#pragma once

#include "base/span.h"
#include "mappings/store.h"

#include <stdbool.h>

struct host_pattern {
	struct span name; /* behind a "*" the suffix, with its dot */
	bool tail;        /* "*.suffix" */
};

/* Compiles a pattern into `store`. NULL, or a constant phrase that says why it is none. */
const char *host_pattern_parse(struct span text, struct store *store, struct host_pattern *pattern);
/* `host` is without port; an absent one fits nothing. */
bool host_pattern_match(const struct host_pattern *pattern, struct span host);
/* Every host that `b` matches is matched by `a`. */
bool host_pattern_covers(const struct host_pattern *a, const struct host_pattern *b);
