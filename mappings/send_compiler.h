/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* A `send` while it is compiled, shared by the files that do it. */
#pragma once

#include "mappings/send_rule.h"

#define SHORT_STRING_MAX 255

/* The keys as they were read. */
struct send_options {
	char *bridge, *convention;
	const struct json_node *queue, *exchange, *routing_key, *op, *properties, *headers;
	const struct json_node *forward_headers, *body;
	const struct json_node *topic, *key, *partition, *reply_partition;
	bool tombstone;
	bool mandatory;
	int behave;
	int64_t delay_ms;
};

struct send_compiler {
	const struct json_node *node;
	const struct send_rule_context *context;
	const struct send_options *options;
	struct variable_context variables;
	struct problem_list *problems;
	struct send_rule *rule;
};

/* The mapping's own knob, else its convention's; NULL: neither. */
const struct json_node *send_compiler_knob(
	const struct send_compiler *compiler, const struct json_node *own, struct span name);
/* Where no client names the op, it is known now to what is compiled from here on. */
void send_compiler_settle_op(struct send_compiler *compiler);
/* NULL and problems when it is wrong; remembers what it reads of a request. */
struct template *send_compiler_template(
	struct send_compiler *compiler, const struct json_node *node, enum template_form form);
