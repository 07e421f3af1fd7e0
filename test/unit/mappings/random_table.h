/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A table of mappings and requests for it, drawn from bytes, and what the manual says comes of
 * them: layer by layer, in each from what is wanted most to what is wanted least, in each group the
 * mappings as they are written. The compiled table has to find the same.
 */
#pragma once

#include "base/json_tree.h"
#include "base/problem_list.h"
#include "mappings/accept_types.h"
#include "mappings/layers.h"
#include "mappings/mapping.h"
#include "mappings/mapping_parts.h"
#include "mappings/path.h"

#include <stdio.h>
#include <stdlib.h>

/* Where the choices come from; 0 when it is used up. */
struct draw {
	const unsigned char *bytes;
	size_t len;
};

static inline unsigned draw_below(struct draw *draw, unsigned end)
{
	if (draw->len == 0) {
		return 0;
	}
	draw->len--;
	return *draw->bytes++ % end;
}

#define DRAW_FROM(draw, texts) \
	((texts)[draw_below((draw), (unsigned)(sizeof(texts) / sizeof((texts)[0])))])

struct random_table {
	struct json_tree *types_tree, *tree;
	struct problem_list *problems;
	struct layers *layers;
	struct accept_types *accept_types;
	struct mapping_table *table;
};

static inline void draw_path_pattern(struct draw *draw, struct buffer *out)
{
	static const char *const segments[] = { "a", "b", "a", ":", ":", "\xc3\xa4", "c" };
	unsigned count = draw_below(draw, 5);
	for (unsigned i = 0; i < count; i++) {
		const char *segment = DRAW_FROM(draw, segments);
		buffer_append_format(out, "/%s", segment);
		if (segment[0] == ':') {
			buffer_append_format(out, "x%u", i);
		}
	}
	switch (draw_below(draw, 6)) {
	case 0: buffer_append_literal(out, "/*rest"); break;
	case 1: buffer_append_literal(out, "/"); break;
	case 2: buffer_append_format(out, "%s", count > 0 ? "/?" : "/"); break;
	default: buffer_append_format(out, "%s", count > 0 ? "" : "/"); break;
	}
}

static inline void draw_match(struct draw *draw, struct buffer *out)
{
	static const char *const ops[] = { "a", "a.b", "a.*", "*", "a.b.*", "b", "ab*", "a." };
	static const char *const methods[] = { "", "", ",\"method\":\"GET\"",
		",\"method\":[\"POST\",\"PUT\"]" };
	static const char *const hosts[] = { "", "", "", ",\"host\":\"a.x\"", ",\"host\":\"*.x\"",
		",\"host\":\":t.x\"", ",\"host\":[\"b.:t\",\"*.a.x\",\"A.X\"]",
		",\"host\":\"*.:t.x\"", ",\"host\":\":t\"" };
	static const char *const accepts[] = { "", "", ",\"accept\":\"j\"", ",\"accept\":\"h\"",
		",\"accept\":[\"t\",\"j\"]" };
	static const char *const others[] = { "", "", "", ",\"query\":{\"v\":\"1\"}",
		",\"query\":{\"v\":true}", ",\"header\":{\"x-a\":\"1\"}",
		",\"content_types\":\"a/b\"", ",\"encodings\":\"gzip\"" };
	static const char *const layers[] = { "", "", ",\"layer\":\"last_call\"" };
	unsigned kind = draw_below(draw, 4);
	if (kind != 0) {
		buffer_append_literal(out, "\"path\":\"");
		draw_path_pattern(draw, out);
		buffer_append_char(out, '"');
	}
	if (kind <= 1) {
		buffer_append_format(
			out, "%s\"op\":\"%s\"", kind == 1 ? "," : "", DRAW_FROM(draw, ops));
	}
	buffer_append_format(out, "%s%s%s%s%s", DRAW_FROM(draw, methods), DRAW_FROM(draw, hosts),
		DRAW_FROM(draw, accepts), DRAW_FROM(draw, others), DRAW_FROM(draw, layers));
}

/* From the text of an array of mappings on the bridge "b". */
static inline void random_table_load(struct random_table *random, struct span json)
{
	static const char types[] =
		"{\"j\":[\"a/j\",\"a/*+j\"],\"h\":\"t/h\",\"t\":[\"t/p\",\"t/*\"]}";
	static const struct mapping_bridge bridge = { "b", "loopback" };
	struct json_fault fault;
	random->problems = problem_list_create();
	random->layers = layers_create(NULL, random->problems);
	random->types_tree = json_tree_create("types", span_of(types, sizeof(types) - 1), &fault);
	random->accept_types =
		accept_types_create(json_tree_root(random->types_tree), random->problems);
	random->tree = json_tree_create("table", json, &fault);
	random->table = mapping_table_create();
	const struct mapping_context context = { .bridges = &bridge,
		.bridge_count = 1,
		.default_bridge = "b",
		.layers = random->layers,
		.accept_types = random->accept_types,
		.problems = random->problems };
	const struct json_node *node = json_tree_root(random->tree)->first;
	for (; node != NULL; node = node->next) {
		mapping_table_add(random->table, node, &context);
	}
	mapping_table_finish(random->table, random->problems);
	if (problem_list_has_errors(random->problems)) {
		problem_list_print(random->problems, stderr);
		abort();
	}
}

static inline void random_table_open(struct random_table *random, struct draw *draw)
{
	struct buffer json = { 0 };
	unsigned count = 1 + draw_below(draw, 24);
	for (unsigned i = 0; i < count; i++) {
		buffer_append_format(
			&json, "%c{\"name\":\"%u\",\"match\":{", i == 0 ? '[' : ',', i);
		draw_match(draw, &json);
		buffer_append_literal(&json, "},\"send\":{}}");
	}
	buffer_append_char(&json, ']');
	random_table_load(random, buffer_span(&json));
	buffer_finish(&json);
}

static inline void random_table_close(struct random_table *random)
{
	mapping_table_destroy(random->table);
	accept_types_destroy(random->accept_types);
	layers_destroy(random->layers);
	problem_list_destroy(random->problems);
	json_tree_destroy(random->tree);
	json_tree_destroy(random->types_tree);
}

struct random_request {
	struct request request;
	struct request_header headers[3];
	struct buffer path;
};

static inline void draw_path(struct draw *draw, struct buffer *out)
{
	static const char *const segments[] = { "a", "b", "c", "%61", "\xc3\xa4", "aa", "." };
	unsigned count = draw_below(draw, 6);
	for (unsigned i = 0; i < count; i++) {
		/* the last one makes a path that is refused, and is not often wanted */
		unsigned which = draw_below(draw, 6) + (draw_below(draw, 32) == 1);
		buffer_append_format(out, "/%s", segments[which]);
	}
	buffer_append_format(out, "%s", count == 0 || draw_below(draw, 4) == 0 ? "/" : "");
}

static inline void random_request_draw(struct random_request *random, struct draw *draw)
{
	static const char *const ops[] = { "a", "a.b", "a.", "a.c", "a.b.c", "b", "abc", "", "ab" };
	static const char *const methods[] = { "GET", "HEAD", "POST", "OTHER" };
	static const char *const hosts[] = { "a.x", "b.x", "A.x.", "c.a.x", "b.y", "x", "", "..x" };
	static const char *const accepts[] = { "*/*", "a/j", "t/h;q=0.5, a/j;q=0.4",
		"t/*;q=0.3, a/k+j;q=0.3", "t/h;q=0, */*", "z/z", "*/h", "t/p, t/h, a/j;q=0.9" };
	static const char *const queries[] = { "v=1", "v", "v=1&v=2", "w" };
	struct request *request = &random->request;
	buffer_clear(&random->path);
	*request = (struct request){ .headers = random->headers,
		.host = span_from_text(DRAW_FROM(draw, hosts)) };
	if (draw_below(draw, 4) == 0) {
		request->websocket = true;
		request->op = span_from_text(DRAW_FROM(draw, ops));
	} else {
		draw_path(draw, &random->path);
		request->path = request->uri = buffer_span(&random->path);
		request->method = span_from_text(DRAW_FROM(draw, methods));
	}
	request->query = span_from_text(DRAW_FROM(draw, queries));
	if (draw_below(draw, 4) != 0) {
		random->headers[request->header_count++] = (struct request_header){ SPAN("Accept"),
			span_from_text(DRAW_FROM(draw, accepts)) };
	}
	if (draw_below(draw, 2) != 0) {
		random->headers[request->header_count++] =
			(struct request_header){ SPAN("x-a"), SPAN("1") };
	}
	request->has_content = draw_below(draw, 2) != 0;
	request->content_type = draw_below(draw, 2) != 0 ? SPAN("a/b") : SPAN_ABSENT;
	request->content_encoding = draw_below(draw, 8) == 1 ? SPAN("gzip") : SPAN_ABSENT;
}

/* ---- what the manual says ---- */

struct expected {
	const struct mapping *mapping; /* NULL: refused */
	int status;
};

static inline bool expected_entrance(
	const struct match_rule *rule, const struct request *request, const struct path *path)
{
	return span_present(request->path) ? rule->has_path && path_pattern_match(&rule->path, path)
					   : match_rule_op(rule, request->op);
}

static inline bool expected_method(const struct match_rule *rule, const struct request *request)
{
	uint32_t method = match_method(request->method);
	uint32_t head = match_method(SPAN("HEAD")), get = match_method(SPAN("GET"));
	return !span_present(request->path) || (rule->methods & method) != 0 ||
	       (method == head && (rule->methods & get) != 0);
}

/* Whether one of its names is in the group of that weight; without a name always. */
static inline bool expected_in_group(
	const struct match_rule *rule, const struct accept_weights *weights, unsigned weight)
{
	unsigned most = 0;
	for (unsigned i = 0; i < rule->accept_count; i++) {
		unsigned own = weights->of[rule->accepts[i]];
		most = own > most ? own : most;
	}
	return rule->accept_count == 0 || most == weight;
}

/* Of the next group; 0: there is none. */
static inline unsigned expected_next_weight(const struct accept_weights *weights, unsigned weight)
{
	unsigned next = 0;
	for (unsigned i = 0; i < ACCEPT_TYPES_MAX; i++) {
		next = weights->of[i] < weight && weights->of[i] > next ? weights->of[i] : next;
	}
	return next;
}

/* What one mapping that is not taken makes of the status: 415 over 406 over 405 over 404. */
static inline int expected_refusal(const struct match_rule *rule, const struct request *request,
	const struct accept_weights *weights)
{
	unsigned most = 0;
	if (match_condition_check(&rule->condition, request, NULL) != MATCH_CONDITION_HOLDS) {
		return 404;
	}
	for (unsigned i = 0; i < rule->accept_count; i++) {
		unsigned own = weights->of[rule->accepts[i]];
		most = own > most ? own : most;
	}
	if (!expected_method(rule, request)) {
		return 405;
	}
	return rule->accept_count > 0 && most == 0 ? 406 : 415;
}

/* 0: it does not fit, 400: its query is broken, 200: it fits. */
static inline int expected_fit(const struct match_rule *rule, const struct request *request)
{
	enum match_condition_result result = match_condition_check(&rule->condition, request, NULL);
	if (!expected_method(rule, request)) {
		return 0;
	}
	if (result == MATCH_CONDITION_BROKEN) {
		return 400;
	}
	return result == MATCH_CONDITION_HOLDS &&
			       match_content_takes_type(&rule->content, request) &&
			       match_content_takes_encoding(&rule->content, request)
		       ? 200
		       : 0;
}

/* Of one group of one layer. True: it is decided. */
static inline bool expected_group(const struct random_table *random, const struct request *request,
	const struct path *path, unsigned layer, unsigned weight,
	const struct accept_weights *weights, struct expected *expected)
{
	for (size_t i = 0; i < mapping_table_count(random->table); i++) {
		const struct mapping *mapping = mapping_table_at(random->table, i);
		const struct match_rule *rule = &mapping->match;
		if (rule->layer != layer || !expected_entrance(rule, request, path) ||
			!expected_in_group(rule, weights, weight)) {
			continue;
		}
		int fit = expected_fit(rule, request);
		if (fit != 0) {
			expected->status = fit == 200 ? 0 : fit;
			expected->mapping = mapping;
			return true;
		}
	}
	return false;
}

static inline struct expected random_table_expect(
	const struct random_table *random, const struct request *request, struct buffer *scratch)
{
	struct expected expected = { .status = 404 };
	struct accept_weights weights;
	struct path path;
	if (span_present(request->path) && path_split(request->path, scratch, &path) != NULL) {
		expected.status = 400;
		return expected;
	}
	if (!accept_types_weigh(random->accept_types, request, &weights)) {
		expected.status = -1; /* whether anybody asks decides the order: not told here */
		return expected;
	}
	for (unsigned layer = 0; layer < random->layers->count; layer++) {
		for (unsigned weight = weights.most; weight > 0;
			weight = expected_next_weight(&weights, weight)) {
			if (expected_group(
				    random, request, &path, layer, weight, &weights, &expected)) {
				return expected;
			}
		}
		if (weights.most == 0 &&
			expected_group(random, request, &path, layer, 1, &weights, &expected)) {
			return expected;
		}
	}
	for (size_t i = 0; i < mapping_table_count(random->table); i++) {
		const struct match_rule *rule = &mapping_table_at(random->table, i)->match;
		int status = expected_entrance(rule, request, &path)
				     ? expected_refusal(rule, request, &weights)
				     : 404;
		expected.status = status > expected.status ? status : expected.status;
	}
	return expected;
}

/* Some mapping that is looked at before this one takes all requests of its entrance. */
static inline bool expected_hidden(
	const struct random_table *random, const struct mapping *mapping, bool by_path)
{
	const struct match_rule *rule = &mapping->match;
	for (size_t i = 0; i < mapping_table_count(random->table); i++) {
		const struct mapping *other = mapping_table_at(random->table, i);
		const struct match_rule *first = &other->match;
		bool before = first->layer < rule->layer ||
			      (first->layer == rule->layer && other->index < mapping->index);
		if (before && (by_path ? match_rule_hides_path(first, rule)
				       : match_rule_hides_op(first, rule))) {
			return true;
		}
	}
	return false;
}

/* As many mappings are warned of as cannot be reached. */
static inline bool random_table_warns(const struct random_table *random)
{
	unsigned hidden = 0, warned = 0;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	problem_list_print(random->problems, out);
	fclose(out);
	for (const char *at = text; (at = strstr(at, "can never be reached")) != NULL; at++) {
		warned++;
	}
	free(text);
	for (size_t i = 0; i < mapping_table_count(random->table); i++) {
		const struct mapping *mapping = mapping_table_at(random->table, i);
		const struct match_rule *rule = &mapping->match;
		hidden += (!rule->has_path || expected_hidden(random, mapping, true)) &&
			  (!rule->has_op || expected_hidden(random, mapping, false));
	}
	return hidden == warned;
}

/* NULL, or what is wrong with what the compiled table makes of the request. */
static inline const char *random_table_check(
	const struct random_table *random, const struct request *request)
{
	struct buffer scratch = { 0 }, own = { 0 };
	struct match match = { .scratch = &scratch };
	struct refusal refusal = { 0 };
	const char *wrong = NULL;
	struct expected expected = random_table_expect(random, request, &own);
	int status = mapping_table_match(random->table, request, &match, &refusal);
	if (expected.status >= 0 && status != expected.status) {
		wrong = "another status";
	} else if (expected.mapping != NULL && match.mapping != expected.mapping) {
		wrong = "another mapping";
	} else if (status == 0 &&
		   expected_hidden(random, match.mapping, span_present(request->path))) {
		wrong = "a mapping that cannot be reached";
	} else if (status != refusal.status) {
		wrong = "a refusal of another status";
	} else if (expected.status == 0 && span_present(request->path)) {
		struct path path;
		struct span captures[MATCH_CAPTURES_MAX];
		const struct path_pattern *pattern = &match.mapping->match.path;
		buffer_clear(&own);
		path_split(request->path, &own, &path);
		path_pattern_capture(pattern, &path, captures);
		wrong = span_equal(match.path, path.text) ? NULL : "another path";
		for (unsigned i = 0; i < pattern->capture_count; i++) {
			wrong = span_equal(match.captures[i], captures[i]) ? wrong
									   : "another capture";
		}
	}
	buffer_finish(&scratch);
	buffer_finish(&own);
	return wrong;
}
