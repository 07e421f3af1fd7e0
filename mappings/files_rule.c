/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/files_rule.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct files_options {
	char *root, *index;
	int64_t max_age_ms;
};

const struct option files_rows[] = {
	{ .name = "root",
		.type = OPTION_TEXT,
		.offset = offsetof(struct files_options, root),
		.required = true,
		.help = "folder, relative to this file" },
	{ .name = "index",
		.type = OPTION_TEXT,
		.offset = offsetof(struct files_options, index),
		.fallback = "index.html",
		.help = "what a folder shows; `\"\"`: nothing" },
	{ .name = "max_age",
		.type = OPTION_DURATION,
		.offset = offsetof(struct files_options, max_age_ms),
		.max = INT64_C(10) * 366 * 86400000,
		.help = "how long a copy is fresh (`Cache-Control`); none without it" },
	{ 0 },
};

static void compile_root(const struct json_node *node, const char *root, struct store *store,
	struct files_rule *rule, struct problem_list *problems)
{
	struct stat facts;
	const struct json_node *at = json_node_member(node, SPAN("root"));
	rule->root = store_take(store, option_beside(at, *root != '\0' ? root : "."));
	if (stat(rule->root.ptr, &facts) != 0 || access(rule->root.ptr, X_OK) != 0) {
		problem_list_error(
			problems, at, "cannot use folder %s: %s", rule->root.ptr, strerror(errno));
	} else if (!S_ISDIR(facts.st_mode)) {
		problem_list_error(problems, at, "%s is no folder", rule->root.ptr);
	}
}

static void check_match(
	const struct json_node *node, struct match_rule *match, struct problem_list *problems)
{
	const uint32_t reading = match_method(SPAN("GET")) | match_method(SPAN("HEAD"));
	if (match->has_op || !match->has_path) {
		problem_list_error(
			problems, node, "files go over HTTP only: match.path without match.op");
	} else if (!match->path.rest) {
		problem_list_error(problems, node,
			"files need a match.path that ends in *rest: it names them");
	}
	if (match->methods == UINT32_MAX) {
		match->methods = reading;
	} else if ((match->methods & ~reading) != 0) {
		problem_list_error(problems, node, "files can be read; match.method is GET");
	}
}

void files_rule_compile(const struct json_node *node, struct store *store, struct match_rule *match,
	struct files_rule *rule, struct problem_list *problems)
{
	struct files_options options;
	*rule = (struct files_rule){ 0 };
	if (node->type != JSON_OBJECT) {
		problem_list_error(problems, node, "expected an object: {\"root\", \"index\"}");
		return;
	}
	option_read(files_rows, node, &options, problems);
	if (options.root != NULL) {
		compile_root(node, options.root, store, rule, problems);
	}
	rule->index = store_copy(store, span_from_text(options.index));
	if (memchr(rule->index.ptr, '/', rule->index.len + 1) != NULL) {
		problem_list_error(problems, json_node_member(node, SPAN("index")),
			"expected the name of a file");
	}
	bool aged = json_node_member(node, SPAN("max_age")) != NULL;
	rule->max_age_s = aged ? options.max_age_ms / 1000 : -1;
	check_match(node, match, problems);
	option_finish(files_rows, &options);
}
