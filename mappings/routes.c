/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/routes.h"

#include "base/buffer.h"
#include "base/json_tree.h"
#include "mappings/mapping_parts.h"
#include "mappings/match.h"

#include <string.h>

/* What stands in `object`, a text without its quotes; empty: nothing. */
static struct span written(const struct json_node *object, const char *name)
{
	const struct json_node *node =
		object != NULL ? json_node_member(object, span_from_text(name)) : NULL;
	if (node == NULL) {
		return SPAN("");
	}
	return node->type == JSON_STRING ? node->string : node->text;
}

static void append_pair(struct buffer *out, const char *name, struct span value)
{
	if (value.len > 0) {
		buffer_append_format(
			out, "%s%s=%.*s", out->len > 0 ? " " : "", name, (int)value.len, value.ptr);
	}
}

/* What a request has to be like. */
static void append_match(const struct mapping *mapping, struct buffer *out)
{
	static const char *const conditions[] = { "host", "query", "header", "accept",
		"content_types", "encodings", NULL };
	const struct json_node *match = json_node_member(mapping->node, SPAN("match"));
	struct span path = written(match, "path");
	if (path.len > 0) {
		bool any = written(match, "method").len == 0;
		if (any) {
			buffer_append_char(out, '*');
		} else {
			match_append_methods(mapping->match.methods, out);
		}
		buffer_append_format(out, " %.*s", (int)path.len, path.ptr);
	}
	const struct json_node *op = json_node_member(match, SPAN("op"));
	bool named = op != NULL && op->type == JSON_OBJECT;
	append_pair(out, "op", named ? written(op, "name") : written(match, "op"));
	for (unsigned i = 0; conditions[i] != NULL; i++) {
		append_pair(out, conditions[i], written(match, conditions[i]));
	}
}

static void append_action(const struct mapping *mapping, struct buffer *out)
{
	static const char *const keys[] = { "bridge", "queue", "exchange", "routing_key", "topic",
		"convention", "root", "to", "status", "file", NULL };
	static const char *const actions[] = { "send", "respond", "redirect", "files", NULL };
	for (unsigned i = 0; actions[i] != NULL; i++) {
		const struct json_node *action =
			json_node_member(mapping->node, span_from_text(actions[i]));
		if (action == NULL) {
			continue;
		}
		buffer_append_format(out, "%s", actions[i]);
		for (unsigned j = 0; keys[j] != NULL; j++) {
			append_pair(out, keys[j], written(action, keys[j]));
		}
	}
	const struct json_node *answer = json_node_member(mapping->node, SPAN("answer"));
	append_pair(out, "when", written(answer, "when"));
}

static void print_row(const struct mapping *mapping, FILE *out)
{
	const struct json_node *match = json_node_member(mapping->node, SPAN("match"));
	struct span layer = written(match, "layer");
	struct buffer taken = { 0 };
	struct buffer done = { 0 };
	append_match(mapping, &taken);
	append_action(mapping, &done);
	fprintf(out, "%-12.*s  %-24s  %-40.*s  %.*s\n", layer.len > 0 ? (int)layer.len : 1,
		layer.len > 0 ? layer.ptr : "-", mapping->name.ptr, (int)taken.len,
		buffer_span(&taken).ptr, (int)done.len, buffer_span(&done).ptr);
	buffer_finish(&taken);
	buffer_finish(&done);
}

void routes_print(const struct mapping_table *table, FILE *out)
{
	fprintf(out, "%-12s  %-24s  %-40s  %s\n", "LAYER", "NAME", "MATCH", "ACTION");
	for (size_t i = 0; i < table->count; i++) {
		print_row(table->ranked[i], out);
	}
}
