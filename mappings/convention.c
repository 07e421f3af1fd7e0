/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/convention.h"

#include "base/option.h"
#include "mappings/convention_table.h"

#include <stdlib.h>
#include <string.h>

static const struct convention plain = { .name = "plain" };

static const struct convention *find(
	const struct convention_context *context, const struct json_node *send, struct span name)
{
	const struct convention_table *table = context->table;
	if (strcmp(context->bridge, "loopback") != 0) {
		return convention_table_find(table, name, context->bridge);
	}
	bool record = json_node_member(send, SPAN("topic")) != NULL;
	const struct convention *first =
		convention_table_find(table, name, record ? "kafka" : "amqp");
	return first != NULL ? first
			     : convention_table_find(table, name, record ? "amqp" : "kafka");
}

static void report(const struct convention_context *context, const struct json_node *at,
	struct span name, struct problem_list *problems)
{
	const char *const types[] = { "amqp", "kafka" };
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (convention_table_find(context->table, name, types[i]) != NULL) {
			problem_list_error(problems, at,
				"the convention '%.*s' is for %s bridges; this one's type is %s",
				(int)name.len, name.ptr, types[i], context->bridge);
			return;
		}
	}
	const char *near = convention_table_nearest(context->table, name, context->bridge);
	problem_list_error(problems, at, "unknown convention '%.*s'%s%s%s", (int)name.len, name.ptr,
		near != NULL ? "; did you mean '" : "; 'bridgehead conventions' lists them",
		near != NULL ? near : "", near != NULL ? "'?" : "");
}

const struct convention *convention_choose(const struct json_node *send,
	const struct convention_context *context, struct problem_list *problems)
{
	const struct json_node *at =
		send != NULL ? json_node_member(send, SPAN("convention")) : NULL;
	if (context->table == NULL || context->bridge == NULL || send == NULL ||
		(at == NULL && context->fallback == NULL) ||
		(at != NULL && at->type != JSON_STRING)) {
		return &plain;
	}
	char *expanded = at != NULL ? option_expand(at, problems) : NULL;
	if (at != NULL && expanded == NULL) {
		return &plain;
	}
	struct span name = span_from_text(at != NULL ? expanded : context->fallback);
	const struct convention *convention = find(context, send, name);
	if (convention == NULL) {
		report(context, at != NULL ? at : send, name, problems);
		convention = &plain;
	}
	free(expanded);
	return convention;
}

const struct json_node *convention_knob(
	const struct json_node *own, const struct json_node *preset, struct span name)
{
	return own != NULL || preset == NULL ? own : json_node_member(preset, name);
}
