/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * `answer.bind` and `answer.reply_queue`: what a session's reply address needs besides its queue,
 * for workers that reply to an exchange of theirs or to a queue of a name they make up. Texts hold
 * ${reply_to}, which the bridge replaces once it has one. Load only.
 */
#pragma once

#include "mappings/answer_rule.h"

extern const struct option answer_binding_rows[];

/* Compiles one {"exchange", "key", "arguments"} or a list of them; problems are added. */
void answer_binding_compile(const struct json_node *node, struct store *store,
	struct answer_rule *rule, struct problem_list *problems);
void answer_binding_compile_queue(const struct json_node *node, struct store *store,
	struct answer_rule *rule, struct problem_list *problems);
