/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/send_compiler.h"

#include "base/json.h"

const struct json_node *send_compiler_knob(
	const struct send_compiler *compiler, const struct json_node *own, struct span name)
{
	return convention_knob(own, compiler->context->convention->send, name);
}

void send_compiler_settle_op(struct send_compiler *compiler)
{
	const struct send_rule_context *context = compiler->context;
	const struct template *op = compiler->rule->op;
	if (!context->match->has_path || context->match->has_op) {
		return;
	}
	if (op != NULL) {
		template_is_constant(op, &compiler->variables.op);
		return;
	}
	struct buffer name = { 0 };
	json_append_string(&name, context->name);
	compiler->variables.op = store_copy(context->store, buffer_span(&name));
	buffer_finish(&name);
}

struct template *send_compiler_template(
	struct send_compiler *compiler, const struct json_node *node, enum template_form form)
{
	struct variable_context variables = compiler->variables;
	variables.preset = node->tree != compiler->node->tree;
	struct template *template = template_create(node, form, &variables, compiler->problems);
	if (template == NULL) {
		return NULL;
	}
	if (template_uses(template, VARIABLE_OP)) {
		compiler->rule->op_is_used = true;
	}
	if (template_uses(template, VARIABLE_HEADERS) ||
		template_uses(template, VARIABLE_HEADER_VALUE) ||
		template_uses(template, VARIABLE_COOKIES) ||
		template_uses(template, VARIABLE_COOKIE_VALUE)) {
		compiler->rule->reads_headers = true;
	}
	return template;
}
