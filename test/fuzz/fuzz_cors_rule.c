/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * First line an Origin, the rest a list of header names: only listed origins are let in, and what a
 * client sent is given back only where it can do no harm in a header line. The first line is read
 * as a configured origin, too: what load accepts lets itself in and no suffix of it.
 */
#include "mappings/cors_rule.h"
#include "mappings/header_name.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>

static const char config[] =
	"{\"origins\": [\"https://app.example\", \"https://*.shop.example:8443\", \"null\"],"
	" \"headers\": \"*\"}";

static void check_allowed(struct span header, struct span allowed)
{
	const struct span suffix = SPAN(".shop.example:8443");
	require(span_equal(header, allowed));
	if (span_equal(allowed, SPAN("https://app.example")) || span_equal(allowed, SPAN("null"))) {
		return;
	}
	require(span_starts_with(allowed, SPAN("https://")) && allowed.len > suffix.len + 8);
	require(span_equal(suffix, span_skip(allowed, allowed.len - suffix.len)));
	for (size_t i = 8; i < allowed.len - suffix.len; i++) {
		require(allowed.ptr[i] != 0 &&
			strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", allowed.ptr[i]) != NULL);
	}
}

static void check_names(struct span names)
{
	while (names.len > 0) {
		const char *comma = memchr(names.ptr, ',', names.len);
		size_t len = comma != NULL ? (size_t)(comma - names.ptr) : names.len;
		require(header_name_is_token(span_of(names.ptr, len)));
		require(comma == NULL || (names.len > len + 2 && comma[1] == ' '));
		names = span_skip(names, comma != NULL ? len + 2 : len);
	}
}

static void check_configured(struct span text, const struct json_node *node)
{
	struct store store = { 0 };
	struct origin origin;
	struct buffer longer = { 0 };
	struct problem_list *problems = problem_list_create();
	if (origin_compile(node, text, &store, &origin, problems)) {
		require(span_equal(origin.text, text));
		require(origin_fits(&origin, text) != span_present(origin.suffix));
		buffer_append_span(&longer, text);
		buffer_append_literal(&longer, ".evil");
		require(!origin_fits(&origin, buffer_span(&longer)));
	}
	buffer_finish(&longer);
	problem_list_destroy(problems);
	store_finish(&store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_fault fault;
	struct problem_list *problems = problem_list_create();
	struct json_tree *tree = json_tree_create("fuzz.json", span_from_text(config), &fault);
	struct cors_rule *rule = cors_rule_create(json_tree_root(tree), problems);
	struct buffer names = { 0 };
	const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t len = line != NULL ? (size_t)(line - data) : size;
	struct span header = span_of((const char *)data, len);
	struct span list =
		line != NULL ? span_of((const char *)line + 1, size - len - 1) : SPAN("");
	require(!problem_list_has_errors(problems));
	struct span allowed = cors_rule_allow(rule, header);
	if (span_present(allowed)) {
		check_allowed(header, allowed);
	}
	if (cors_rule_takes_headers(rule, list, &names)) {
		check_names(buffer_span(&names));
	}
	check_configured(header, json_tree_root(tree));
	buffer_finish(&names);
	cors_rule_destroy(rule);
	json_tree_destroy(tree);
	problem_list_destroy(problems);
	return 0;
}
