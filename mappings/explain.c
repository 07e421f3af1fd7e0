/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/explain.h"

#include "base/buffer.h"
#include "base/json_tree.h"
#include "mappings/mapping_parts.h"
#include "mappings/match.h"
#include "mappings/match_reason.h"

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

const struct span *explain_capture_names(const struct mapping *mapping)
{
	return mapping->match.path.captures;
}
