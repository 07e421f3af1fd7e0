/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/explain.h"

#include "base/buffer.h"
#include "base/json_tree.h"
#include "mappings/mapping_parts.h"
#include "mappings/match.h"
#include "mappings/match_reason.h"
#include "mappings/variable.h"

/* "the path is another" says more with the one that was written. */
static void append_entrance(
	const struct mapping *mapping, const struct request *request, struct buffer *why)
{
	const struct json_node *match = json_node_member(mapping->node, SPAN("match"));
	struct span key = span_present(request->path) ? SPAN("path") : SPAN("op");
	const struct json_node *entrance = match != NULL ? json_node_member(match, key) : NULL;
	if (entrance != NULL) {
		buffer_append_literal(why, ": ");
		buffer_append_span(why, entrance->text);
	}
}

void explain_mappings(const struct mapping_table *table, const struct request *request,
	explain_visit *visit, void *context)
{
	struct match_probe probe;
	struct buffer why = { 0 };
	match_probe_init(&probe, request, table->accept_types);
	for (size_t i = 0; i < table->count; i++) {
		const struct mapping *mapping = table->ranked[i];
		buffer_clear(&why);
		if (match_reason(&mapping->match, &probe, &why) == MATCH_FIT_NOT) {
			append_entrance(mapping, request, &why);
		}
		visit(mapping, why.len > 0 ? buffer_span(&why) : SPAN_ABSENT, context);
	}
	buffer_finish(&why);
}

/* ---- captures ---- */

struct captures {
	struct variable_source source;
	explain_visit_capture *visit;
	void *context;
};

static void visit_variable(
	struct captures *captures, const struct variable_use *use, struct span kind)
{
	struct variable_value value = { .text = SPAN_ABSENT };
	if (variable_read(use, &captures->source, VARIABLE_WANT_TEXT, &value) &&
		span_present(value.text)) {
		const struct explain_capture capture = { kind, use->name, value.text };
		captures->visit(&capture, captures->context);
	}
}

static void visit_named(struct captures *captures, const struct match_rule *rule)
{
	for (unsigned i = 0; i < rule->capture_count; i++) {
		const struct variable_use use = {
			.kind = VARIABLE_CAPTURE, .name = rule->captures[i].name, .index = i
		};
		visit_variable(captures, &use, SPAN("path."));
	}
}

/* Of a list of hosts the first that fits gives them. */
static void visit_labels(struct captures *captures, const struct match_condition *condition)
{
	unsigned at = 0;
	while (at < condition->host_count &&
		!host_pattern_match(&condition->hosts[at], captures->source.request->host)) {
		at++;
	}
	for (unsigned i = 0; at < condition->host_count; i++) {
		const struct variable_use use = { .kind = VARIABLE_HOST_CAPTURE,
			.name = host_pattern_capture_name(&condition->hosts[at], i) };
		if (!span_present(use.name)) {
			return;
		}
		visit_variable(captures, &use, SPAN("host."));
	}
}

void explain_captures(const struct request *request, const struct match *match,
	explain_visit_capture *visit, void *context)
{
	static const struct variable_use rest = { .kind = VARIABLE_OP_REST, .name = SPAN("rest") };
	static const struct variable_use accept = { .kind = VARIABLE_ACCEPT,
		.name = SPAN("accept") };
	struct buffer scratch = { 0 };
	struct refusal refusal = { 0 };
	struct captures captures = { .source = { .request = request,
					     .match = match,
					     .rule = &match->mapping->match,
					     .scratch = &scratch,
					     .refusal = &refusal },
		.visit = visit,
		.context = context };
	visit_named(&captures, &match->mapping->match);
	visit_labels(&captures, &match->mapping->match.condition);
	visit_variable(&captures, &rest, SPAN("op."));
	visit_variable(&captures, &accept, SPAN(""));
	buffer_finish(&scratch);
}
