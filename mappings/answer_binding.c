/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/answer_binding.h"

#include "mappings/filter.h"

#include <stddef.h>
#include <stdlib.h>

#define REPLY_TO "${reply_to}"
/* Of 255 bytes the name of the reply queue may take 192. */
#define TEXT_MAX 63

struct binding_options {
	char *exchange, *key;
	const struct json_node *arguments;
};

const struct option answer_binding_rows[] = {
	{ .name = "exchange",
		.type = OPTION_TEXT,
		.offset = offsetof(struct binding_options, exchange),
		.required = true },
	{ .name = "key", .type = OPTION_TEXT, .offset = offsetof(struct binding_options, key) },
	{ .name = "arguments",
		.type = OPTION_NODE,
		.offset = offsetof(struct binding_options, arguments),
		.schema = "{\"type\":\"object\"}" },
	{ 0 },
};

/* Only the reply address is known when a session begins; there is no request yet. */
static bool holds_other_variables(struct span text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		struct span rest = span_skip(text, i);
		if (span_starts_with(rest, SPAN("${")) && !span_starts_with(rest, SPAN(REPLY_TO))) {
			return true;
		}
	}
	return false;
}

static bool check_text(const struct json_node *at, struct span text, struct problem_list *problems)
{
	if (holds_other_variables(text)) {
		problem_list_error(problems, at, "only ${reply_to} is known here");
	} else if (text.len > TEXT_MAX || !filter_is_plain_text(text)) {
		problem_list_error(
			problems, at, "expected at most 63 bytes without control characters");
	} else {
		return true;
	}
	return false;
}

static bool check_arguments(const struct json_node *node, struct problem_list *problems)
{
	bool good = true;
	if (node->type != JSON_OBJECT) {
		problem_list_error(problems, node, "expected an object: {\"x-match\": \"any\"}");
		return false;
	}
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		if (n->type == JSON_ARRAY || n->type == JSON_OBJECT || n->type == JSON_NULL) {
			problem_list_error(problems, n, "expected a string, a number or a bool");
			good = false;
		} else if (n->type == JSON_STRING) {
			good = check_text(n, n->string, problems) && good;
		}
	}
	return good;
}

static void compile_one(const struct json_node *node, struct store *store,
	struct mapping_binding *binding, struct problem_list *problems)
{
	struct binding_options options;
	if (node->type != JSON_OBJECT) {
		problem_list_error(
			problems, node, "expected {\"exchange\": NAME, \"key\": \"${reply_to}\"}");
		return;
	}
	if (option_read(answer_binding_rows, node, &options, problems)) {
		struct span exchange = span_from_text(options.exchange);
		struct span key = options.key != NULL ? span_from_text(options.key) : SPAN("");
		if (exchange.len == 0 || exchange.len > 255 || !filter_is_plain_text(exchange)) {
			problem_list_error(problems, json_node_member(node, SPAN("exchange")),
				"expected the name of an exchange");
		}
		check_text(options.key != NULL ? json_node_member(node, SPAN("key")) : node, key,
			problems);
		binding->exchange = store_copy(store, exchange).ptr;
		binding->key = store_copy(store, key).ptr;
		if (options.arguments != NULL && check_arguments(options.arguments, problems)) {
			binding->arguments = store_copy(store, options.arguments->text).ptr;
		}
	}
	option_finish(answer_binding_rows, &options);
}

void answer_binding_compile(const struct json_node *node, struct store *store,
	struct answer_rule *rule, struct problem_list *problems)
{
	bool list = node->type == JSON_ARRAY;
	const struct json_node *first = list ? node->first : node;
	unsigned count = 0;
	for (const struct json_node *n = first; n != NULL; n = list ? n->next : NULL) {
		count++;
	}
	rule->bindings = store_new(store, count + 1, sizeof(*rule->bindings));
	for (const struct json_node *n = first; n != NULL; n = list ? n->next : NULL) {
		compile_one(n, store, &rule->bindings[rule->binding_count++], problems);
	}
}

void answer_binding_compile_queue(const struct json_node *node, struct store *store,
	struct answer_rule *rule, struct problem_list *problems)
{
	char *text = node->type == JSON_STRING ? option_expand(node, problems) : NULL;
	struct span name = text != NULL ? span_from_text(text) : SPAN("");
	if (memmem(name.ptr, name.len, REPLY_TO, sizeof(REPLY_TO) - 1) == NULL) {
		problem_list_error(problems, node,
			"expected a name with ${reply_to} in it: each session has its own queue");
	} else if (check_text(node, name, problems)) {
		rule->reply_queue = store_copy(store, name).ptr;
	}
	free(text);
}
