/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * `answer.headers`: which headers a reply gives the client. By name from the reply's own headers,
 * from another place, or all members of an object. Framing, hop-by-hop headers and what else is the
 * gateway's own never pass. Compiled at load, read by any thread.
 */
#pragma once

#include "mappings/answer.h"
#include "mappings/answer_rule.h"

#include <stdbool.h>

/* Compiles `node` into `rule`; problems are added. */
void answer_headers_compile(const struct json_node *node, struct store *store,
	struct answer_rule *rule, struct problem_list *problems);
/* Fills headers of `answer`, and what an object says about content type and encoding. */
void answer_headers_read(
	const struct answer_rule *rule, struct place_source *source, struct answer *answer);
/* A header's value on the wire: no control character but a tab. */
bool answer_headers_writable(struct span text);
