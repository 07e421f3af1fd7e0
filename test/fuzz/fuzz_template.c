/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The text as a template of every form, filled from a request whose values are hostile: a JSON
 * template gives strict JSON, a value plain text, a destination a short string, or nothing.
 */
#include "base/json.h"
#include "base/utf8.h"
#include "mappings/mapping_parts.h"
#include "mappings/match.h"
#include "mappings/template.h"

#include <stdint.h>
#include <stdlib.h>

static const struct request_header headers[] = {
	{ { "Cookie", 6 }, { "a=1; b=\"\\\x01; a=2", 15 } },
	{ { "X-A", 3 }, { "\"\\\t\xc3\xa9", 5 } },
	{ { "x-a", 3 }, { "2", 1 } },
};

static const struct request request = {
	.method = { "POST", 4 },
	.uri = { "/a/b?q=%22%5C&r=1&r=2&s=%0a", 27 },
	.path = { "/a/b", 4 },
	.query = { "q=%22%5C&r=1&r=2&s=%0a", 22 },
	.headers = headers,
	.header_count = 3,
	.content_type = { "application/json", 16 },
	.has_body = true,
	.body = { "{\"x\":[1e400,\"\\\"\\u0000\"],\"y\":{\"z\":\"\\n\"}}", 40 },
	.host = { "h", 1 },
	.client = { { [15] = 1 } },
};

static const struct mapping mapping = { .name = { "orders.create", 13 } };

static void check(enum template_form form, struct span text)
{
	bool good = form == TEMPLATE_JSON ? json_check(text, NULL)
		    : form == TEMPLATE_VALUE
			    ? text.len <= TEMPLATE_VALUE_MAX
			    : form != TEMPLATE_DESTINATION || text.len <= TEMPLATE_DESTINATION_MAX;
	if (!good) {
		abort();
	}
}

static void fill(const struct json_node *node, enum template_form form)
{
	struct match_rule rule = { .has_path = true };
	rule.captures[0] = (struct match_capture){ .name = SPAN("id"), .in_path = true };
	rule.capture_count = 1;
	struct variable_context context = { .scope = VARIABLE_SCOPE_SEND, .match = &rule };
	struct problem_list *problems = problem_list_create();
	struct template *template = template_create(node, form, &context, problems);
	struct match match = { .mapping = &mapping, .path = SPAN("/a/b"), .capture_count = 1 };
	match.captures[0] = SPAN("b.*#");
	struct send_facts facts = {
		.id = SPAN("id"), .deadline_ms = 1, .wall_ms = INT64_MAX / 4096
	};
	struct buffer scratch = { 0 }, out = { 0 };
	struct refusal refusal;
	struct variable_source source = { .request = &request,
		.match = &match,
		.rule = &rule,
		.facts = &facts,
		.op = SPAN("op"),
		.scratch = &scratch,
		.refusal = &refusal };
	struct span text;
	if (template != NULL &&
		template_evaluate(template, &source, &out, &text) == TEMPLATE_DONE &&
		!template_is_constant(template, NULL)) {
		check(form, text);
	}
	buffer_finish(&scratch);
	buffer_finish(&out);
	template_destroy(template);
	problem_list_destroy(problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of((const char *)data, size);
	struct json_fault fault;
	struct buffer json = { 0 };
	/* No outside files here. */
	if (size == 0 || memmem(data, size, "file:", 5) != NULL) {
		return 0;
	}
	struct json_tree *tree = json_tree_create("fuzz", text, &fault);
	if (tree == NULL && utf8_check(text)) {
		json_append_string(&json, text);
		tree = json_tree_create("fuzz", buffer_span(&json), &fault);
	}
	for (enum template_form form = TEMPLATE_JSON; tree != NULL && form <= TEMPLATE_DESTINATION;
		form++) {
		fill(json_tree_root(tree), form);
	}
	json_tree_destroy(tree);
	buffer_finish(&json);
	return 0;
}
