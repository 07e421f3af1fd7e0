/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Whatever does not depend on the request is made into text at load, so that an answer appends two
 * or three spans. Where all origins are let in, answers are the same for all of them, also for
 * requests without an Origin, and need no Vary; else every answer has one, or a cache would give
 * one page the answer that was made for another (Fetch, "CORS protocol and HTTP caches").
 */
#include "mappings/cors_rule.h"

#include "base/memory.h"
#include "base/text.h"
#include "mappings/header_name.h"
#include "mappings/mapping_parts.h"
#include "mappings/match.h"

#include <stddef.h>
#include <stdlib.h>

#define MAX_AGE_MAX_MS (24 * 3600 * (int64_t)1000)

/* What scripts may send anyway, bodies and tokens, and what the gateway itself understands. */
#define DEFAULT_HEADERS                                             \
	"Accept, Accept-Language, Content-Language, Content-Type, " \
	"Authorization, X-Request-Id, Traceparent, Tracestate"

struct cors_options {
	struct option_texts origins, methods, headers, expose;
	bool credentials;
	int64_t max_age_ms;
};

#define FIELD(member) offsetof(struct cors_options, member)
const struct option cors_rule_rows[] = {
	{ .name = "origins",
		.type = OPTION_TEXTS,
		.offset = FIELD(origins),
		.required = true,
		.help = "origins of the pages that may read answers: `https://app.example`, "
			"`https://*.app.example` (one label or more), or `\"*\"`: all" },
	{ .name = "methods",
		.type = OPTION_TEXTS,
		.offset = FIELD(methods),
		.help = "methods that a preflight allows; without it those mapped at the path" },
	{ .name = "headers",
		.type = OPTION_TEXTS,
		.offset = FIELD(headers),
		.help = "request headers that a preflight allows; `\"*\"`: all that are asked for; "
			"without it " DEFAULT_HEADERS },
	{ .name = "expose",
		.type = OPTION_TEXTS,
		.offset = FIELD(expose),
		.help = "answer headers that a script may read beyond the usual ones; `\"*\"`: "
			"all, "
			"not with `credentials`" },
	{ .name = "credentials",
		.type = OPTION_BOOL,
		.offset = FIELD(credentials),
		.fallback = "false",
		.help = "cookies and other credentials of the browser may come along; never with "
			"`\"*\"`" },
	{ .name = "max_age",
		.type = OPTION_DURATION,
		.offset = FIELD(max_age_ms),
		.fallback = "10m",
		.max = MAX_AGE_MAX_MS,
		.help = "how long browsers may remember a preflight, in whole seconds; 0: not" },
	{ 0 },
};
#undef FIELD

static bool is_star(const char *text)
{
	return strcmp(text, "*") == 0;
}

static bool has_star(const struct option_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (is_star(texts->items[i])) {
			return true;
		}
	}
	return false;
}

/* ---- origins ---- */

/* Both let any page use the cookies of whoever looks at it. */
static void check_credentials(
	const struct cors_rule *rule, const struct json_node *block, struct problem_list *problems)
{
	const struct json_node *node = json_node_member(block, SPAN("credentials"));
	if (rule->credentials && rule->origins.any) {
		problem_list_error(problems, node,
			"\"*\" in origins never goes with credentials: list the origins");
	}
	for (unsigned i = 0; rule->credentials && i < rule->origins.count; i++) {
		if (span_equal(rule->origins.items[i].text, SPAN("null"))) {
			problem_list_error(problems, node,
				"\"null\" in origins never goes with credentials: any page can "
				"give itself that origin");
		}
	}
}

/* ---- methods and headers ---- */

/* The bit of all that have no own. */
static uint32_t other_methods(void)
{
	return match_method(SPAN(""));
}

/* Whoever may GET may HEAD. */
static uint32_t with_head(uint32_t methods)
{
	return methods & match_method(SPAN("GET")) ? methods | match_method(SPAN("HEAD")) : methods;
}

static void compile_methods(struct cors_rule *rule, const struct json_node *block,
	const struct option_texts *texts, struct problem_list *problems)
{
	const struct json_node *list = json_node_member(block, SPAN("methods"));
	if (list == NULL || has_star(texts)) {
		rule->methods = ~other_methods();
		return;
	}
	if (list->type == JSON_ARRAY && list->first == NULL) {
		problem_list_error(problems, list, "expected at least one method");
	}
	for (size_t i = 0; i < texts->count; i++) {
		uint32_t method = match_method(span_from_text(texts->items[i]));
		if (method == other_methods()) {
			problem_list_error(problems, option_text_node(block, "methods", i),
				"unknown method '%s'; expected one like GET or POST",
				texts->items[i]);
		} else {
			rule->methods |= method;
		}
	}
	rule->methods = with_head(rule->methods);
}

/* "A, B" of names that are all right. */
static struct span join_names(struct store *store, const struct json_node *block, const char *key,
	const struct option_texts *texts, struct problem_list *problems)
{
	struct buffer list = { 0 };
	for (size_t i = 0; i < texts->count; i++) {
		struct span name = span_from_text(texts->items[i]);
		if (!header_name_is_token(name) || memchr(name.ptr, '*', name.len) != NULL) {
			problem_list_error(problems, option_text_node(block, key, i),
				"expected the name of a header, or \"*\"");
			continue;
		}
		buffer_append_span(&list, list.len > 0 ? SPAN(", ") : SPAN(""));
		buffer_append_span(&list, name);
	}
	struct span joined = store_copy(store, buffer_span(&list));
	buffer_finish(&list);
	return joined;
}

static void split_headers(struct cors_rule *rule)
{
	struct span rest = rule->allow_headers;
	struct span name;
	unsigned count = 0;
	while (text_next_element(&rest, &name)) {
		count++;
	}
	rule->headers = store_new(&rule->store, count + 1, sizeof(*rule->headers));
	rest = rule->allow_headers;
	while (text_next_element(&rest, &rule->headers[rule->header_count])) {
		rule->header_count++;
	}
}

static void compile_headers(struct cors_rule *rule, const struct json_node *block,
	const struct option_texts *texts, struct problem_list *problems)
{
	rule->any_header = has_star(texts);
	if (rule->any_header) {
		return;
	}
	rule->allow_headers = json_node_member(block, SPAN("headers")) == NULL
				      ? SPAN(DEFAULT_HEADERS)
				      : join_names(&rule->store, block, "headers", texts, problems);
	split_headers(rule);
}

/* ---- what answers say ---- */

static void make_lines(struct cors_rule *rule, const struct json_node *block,
	const struct option_texts *expose, struct problem_list *problems)
{
	struct span names = has_star(expose)
				    ? SPAN("*")
				    : join_names(&rule->store, block, "expose", expose, problems);
	if (has_star(expose) && rule->credentials) {
		problem_list_error(problems, json_node_member(block, SPAN("expose")),
			"with credentials browsers take \"*\" for a name: list the headers");
	}
	const char *vary = rule->origins.any ? "" : "Vary: Origin\r\n";
	rule->lines_other = span_from_text(vary);
	rule->lines_allowed = span_from_text(store_format(&rule->store, "%s%s%.*s%s%s",
		rule->credentials ? "Access-Control-Allow-Credentials: true\r\n" : "",
		names.len > 0 ? "Access-Control-Expose-Headers: " : "", (int)names.len, names.ptr,
		names.len > 0 ? "\r\n" : "", vary));
}

struct cors_rule *cors_rule_create(const struct json_node *node, struct problem_list *problems)
{
	struct cors_rule *rule = memory_new(1, sizeof(*rule));
	struct cors_options options = { 0 };
	if (node->type != JSON_OBJECT) {
		problem_list_error(problems, node,
			"expected an object such as {\"origins\": [\"https://app.example\"]}");
		return rule;
	}
	option_read(cors_rule_rows, node, &options, problems);
	rule->credentials = options.credentials;
	origin_list_compile(node, &options.origins, &rule->store, &rule->origins, problems);
	check_credentials(rule, node, problems);
	compile_methods(rule, node, &options.methods, problems);
	compile_headers(rule, node, &options.headers, problems);
	make_lines(rule, node, &options.expose, problems);
	rule->max_age = span_from_text(
		store_format(&rule->store, "%lld", (long long)(options.max_age_ms / 1000)));
	option_finish(cors_rule_rows, &options);
	return rule;
}

void cors_rule_destroy(struct cors_rule *rule)
{
	if (rule != NULL) {
		store_finish(&rule->store);
		free(rule);
	}
}

/* ---- what requests ask ---- */

struct span cors_rule_allow(const struct cors_rule *rule, struct span header)
{
	if (rule->origins.any) {
		return SPAN("*");
	}
	const struct origin *origin = origin_list_find(&rule->origins, header);
	if (origin != NULL) {
		return span_present(origin->suffix) ? header : origin->text;
	}
	return SPAN_ABSENT;
}

static bool is_listed(const struct cors_rule *rule, struct span name)
{
	for (unsigned i = 0; i < rule->header_count; i++) {
		if (span_equal_nocase(rule->headers[i], name)) {
			return true;
		}
	}
	return false;
}

static void append_name(struct buffer *names, struct span name)
{
	buffer_append_span(names, names->len > 0 ? SPAN(", ") : SPAN(""));
	for (size_t i = 0; i < name.len; i++) {
		buffer_append_char(names, span_lower(name.ptr[i]));
	}
}

bool cors_rule_takes_headers(const struct cors_rule *rule, struct span list, struct buffer *names)
{
	struct span name;
	while (text_next_element(&list, &name)) {
		if (!header_name_is_token(name) || (!rule->any_header && !is_listed(rule, name))) {
			return false;
		}
		if (rule->any_header) {
			append_name(names, name);
		}
	}
	return true;
}

struct promise {
	const struct cors_rule *rule;
	uint32_t own, taken;
};

/* The first mapping that serves a method decides whose block holds for it. */
static void gather_methods(const struct mapping *mapping, enum match_fit fit, void *context)
{
	struct promise *promise = context;
	uint32_t methods = with_head(mapping->match.methods) & ~promise->taken;
	(void)fit;
	promise->taken |= methods;
	promise->own |= mapping->cors == promise->rule ? methods : 0;
}

uint32_t cors_rule_methods(const struct cors_rule *rule, const struct mapping_table *table,
	const struct request *request)
{
	struct promise promise = { .rule = rule };
	mapping_table_visit(table, request, gather_methods, &promise);
	return promise.own & rule->methods;
}

bool cors_rule_owns(struct span name)
{
	struct span prefix = SPAN("access-control-");
	return name.len > prefix.len && span_equal_nocase(span_of(name.ptr, prefix.len), prefix);
}
