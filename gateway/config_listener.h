/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Reading one element of `listeners` with its `websockets`. Load time only, main thread. */
#pragma once

#include "base/json_tree.h"
#include "base/problem_list.h"
#include "gateway/config.h"

#include <stdbool.h>
#include <stdio.h>

void config_listener_read(struct listener_options *listener, const struct json_node *node,
	struct problem_list *problems);
/* What only shows beside the mappings: warnings. */
void config_listener_check(const struct listener_options *listener,
	const struct mapping_table *mappings, struct problem_list *problems);
void config_listener_finish(struct listener_options *listener);
void config_listener_document(FILE *out);
/* Appends the JSON Schema of one. */
void config_listener_schema(struct buffer *out);
