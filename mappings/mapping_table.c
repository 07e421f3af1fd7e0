/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The table is searched from its start, because the order in which mappings are written decides. A
 * mapping whose number of segments or first literal does not fit is passed in a few instructions.
 */

#include "mappings/mapping.h"

#include "base/memory.h"
#include "mappings/mapping_parts.h"
#include "mappings/path.h"

#include <stdlib.h>
#include <string.h>

struct mapping_table {
	struct mapping **items;
	size_t count;
	bool reads_headers;
	struct place *correlations;
	size_t correlation_count;
	struct mapping_exchanges *exchanges; /* one list for each bridge that was asked for */
};

struct mapping_exchanges {
	struct mapping_exchanges *next;
	const char **names; /* the names belong to their templates */
};

struct mapping_table *mapping_table_create(void)
{
	return memory_new(1, sizeof(struct mapping_table));
}

void mapping_table_destroy(struct mapping_table *table)
{
	if (table == NULL) {
		return;
	}
	for (size_t i = 0; i < table->count; i++) {
		mapping_destroy(table->items[i]);
	}
	while (table->exchanges != NULL) {
		struct mapping_exchanges *exchanges = table->exchanges;
		table->exchanges = exchanges->next;
		free(exchanges->names);
		free(exchanges);
	}
	free(table->items);
	free(table->correlations);
	free(table);
}

void mapping_table_add(struct mapping_table *table, const struct json_node *node,
	const struct mapping_context *context)
{
	struct mapping *mapping = mapping_create(node, context, table->count);
	if (mapping == NULL) {
		return;
	}
	if ((table->count & (table->count - 1)) == 0) {
		size_t room = table->count > 0 ? 2 * table->count : 1;
		table->items = memory_resize(table->items, room, sizeof(*table->items));
	}
	table->items[table->count++] = mapping;
	table->reads_headers = table->reads_headers || mapping->send.reads_headers ||
			       mapping->respond.reads_headers ||
			       mapping->match.condition.headers.count > 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct mapping *x = *(struct mapping *const *)a;
	const struct mapping *y = *(struct mapping *const *)b;
	int order = strcmp(x->name.ptr, y->name.ptr);
	return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static void check_names(const struct mapping_table *table, struct problem_list *problems)
{
	struct mapping **sorted = memory_new(table->count + 1, sizeof(*sorted));
	for (size_t i = 0; i < table->count; i++) {
		sorted[i] = table->items[i];
	}
	qsort(sorted, table->count, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < table->count; i++) {
		if (sorted[i]->name.len > 0 && span_equal(sorted[i]->name, sorted[i - 1]->name)) {
			problem_list_error(problems,
				json_node_member(sorted[i]->node, SPAN("name")),
				"the name '%s' is taken by an earlier mapping",
				sorted[i]->name.ptr);
		}
	}
	free(sorted);
}

/* The first earlier mapping that hides an entrance of mapping `at`, or NULL. */
static const struct mapping *find_hider(const struct mapping_table *table, size_t at,
	bool (*hides)(const struct match_rule *, const struct match_rule *))
{
	for (size_t i = 0; i < at; i++) {
		if (hides(&table->items[i]->match, &table->items[at]->match)) {
			return table->items[i];
		}
	}
	return NULL;
}

static void check_reach(const struct mapping_table *table, struct problem_list *problems)
{
	for (size_t i = 1; i < table->count; i++) {
		const struct match_rule *rule = &table->items[i]->match;
		const struct mapping *path =
			rule->has_path ? find_hider(table, i, match_rule_hides_path) : NULL;
		const struct mapping *op =
			rule->has_op ? find_hider(table, i, match_rule_hides_op) : NULL;
		const struct mapping *hider = path != NULL ? path : op;
		if (hider != NULL && (path != NULL) == rule->has_path &&
			(op != NULL) == rule->has_op) {
			problem_list_warning(problems,
				json_node_member(table->items[i]->node, SPAN("match")),
				"this mapping can never be reached: the earlier mapping '%s' takes "
				"its requests",
				hider->name.ptr);
		}
	}
}

/* Most common first; an insertion sort, for there are few. */
static void collect_correlations(struct mapping_table *table)
{
	size_t *uses = memory_new(table->count + 1, sizeof(*uses));
	struct place *places = memory_new(table->count + 1, sizeof(*places));
	size_t count = 0;
	for (size_t i = 0; i < table->count; i++) {
		const struct place *place = &table->items[i]->answer.correlation;
		size_t at = 0;
		if (table->items[i]->action != MAPPING_SEND) {
			continue;
		}
		while (at < count && !place_equal(&places[at], place)) {
			at++;
		}
		places[at] = *place;
		uses[at]++;
		count += at == count;
		for (; at > 0 && uses[at] > uses[at - 1]; at--) {
			struct place moved = places[at];
			places[at] = places[at - 1];
			places[at - 1] = moved;
			size_t moved_uses = uses[at];
			uses[at] = uses[at - 1];
			uses[at - 1] = moved_uses;
		}
	}
	for (size_t i = 0; i < table->count; i++) {
		size_t at = 0;
		if (table->items[i]->action != MAPPING_SEND) {
			continue;
		}
		while (!place_equal(&places[at], &table->items[i]->answer.correlation)) {
			at++;
		}
		table->items[i]->correlation = &places[at];
	}
	free(uses);
	free(table->correlations);
	table->correlations = places;
	table->correlation_count = count;
}

void mapping_table_finish(struct mapping_table *table, struct problem_list *problems)
{
	check_names(table, problems);
	check_reach(table, problems);
	collect_correlations(table);
}

size_t mapping_table_count(const struct mapping_table *table)
{
	return table->count;
}

bool mapping_table_reads_headers(const struct mapping_table *table)
{
	return table->reads_headers;
}

bool mapping_table_takes_any_host(const struct mapping_table *table, bool ops, bool paths)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct match_rule *rule = &table->items[i]->match;
		if (rule->condition.host_count == 0 &&
			((ops && rule->has_op) || (paths && rule->has_path))) {
			return true;
		}
	}
	return false;
}

const struct mapping *mapping_table_at(const struct mapping_table *table, size_t index)
{
	return table->items[index];
}

const struct place *mapping_table_correlations(const struct mapping_table *table, size_t *count)
{
	*count = table->correlation_count;
	return table->correlations;
}

static void add_exchange(const char **names, const struct mapping *mapping)
{
	struct span text;
	if (mapping->send.exchange == NULL ||
		!template_is_constant(mapping->send.exchange, &text) || text.len == 0) {
		return;
	}
	while (*names != NULL && strcmp(*names, text.ptr) != 0) {
		names++;
	}
	*names = text.ptr;
}

const char *const *mapping_table_exchanges(struct mapping_table *table, const char *bridge)
{
	struct mapping_exchanges *exchanges = memory_new(1, sizeof(*exchanges));
	exchanges->names = memory_new(table->count + 1, sizeof(*exchanges->names));
	exchanges->next = table->exchanges;
	table->exchanges = exchanges;
	for (size_t i = 0; i < table->count; i++) {
		const struct mapping *mapping = table->items[i];
		if (mapping->send.bridge_name != NULL &&
			strcmp(mapping->send.bridge_name, bridge) == 0) {
			add_exchange(exchanges->names, mapping);
		}
	}
	return exchanges->names;
}

static int refuse(struct refusal *refusal, int status, const char *type, const char *detail)
{
	*refusal = (struct refusal){ .status = status, .type = type, .detail = detail };
	return status;
}

/* The mapping that came nearest so far; of those that came equally near the first. */
struct nearest {
	enum match_fit fit;
	const struct mapping *mapping;
};

/* True: the search is over. */
static bool consider(struct nearest *nearest, const struct mapping *mapping, enum match_fit fit)
{
	if (fit > nearest->fit) {
		*nearest = (struct nearest){ fit, mapping };
	}
	return fit >= MATCH_FIT_BROKEN;
}

/* Of a search that has found none. */
static int refuse_nearest(const struct nearest *nearest, bool by_path, struct refusal *refusal)
{
	switch (nearest->fit) {
	case MATCH_FIT_BROKEN:
		return refuse(refusal, 400, "bad-request",
			"The query has a parameter twice that may come once.");
	case MATCH_FIT_NOT_ENCODING:
		refuse(refusal, 415, "unsupported-media-type",
			"A body with this content encoding is not taken here.");
		refusal->offer = OFFER_ACCEPT_ENCODING;
		return 415;
	case MATCH_FIT_NOT_TYPE:
		refuse(refusal, 415, "unsupported-media-type",
			"A body of this content type is not taken here.");
		refusal->offer = OFFER_ACCEPT;
		return 415;
	case MATCH_FIT_NOT_METHOD:
		refuse(refusal, 405, "method-not-allowed", "This path has no such method.");
		refusal->offer = OFFER_ALLOW;
		return 405;
	default:
		return refuse(refusal, 404, "not-found",
			by_path ? "No mapping has this path." : "No mapping has this operation.");
	}
}

static int match_op(const struct mapping_table *table, const struct request *request,
	struct match *match, struct refusal *refusal)
{
	struct nearest nearest = { MATCH_FIT_NOT, NULL };
	for (size_t i = 0; i < table->count; i++) {
		const struct match_rule *rule = &table->items[i]->match;
		if (match_rule_op(rule, request->op) &&
			consider(&nearest, table->items[i], match_rule_fit(rule, request))) {
			break;
		}
	}
	match->mapping = nearest.mapping;
	if (nearest.fit != MATCH_FIT) {
		return refuse_nearest(&nearest, false, refusal);
	}
	const struct match_rule *rule = &match->mapping->match;
	if (rule->op_tail) {
		match->op_rest = span_skip(request->op, rule->op.len);
	}
	return 0;
}

/*
 * Most paths are a mapping's own, byte by byte, and need not be taken apart. Only among those
 * before the first one with a real pattern, because the order decides.
 */
static const struct mapping *find_literal(
	const struct mapping_table *table, const struct request *request)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct match_rule *rule = &table->items[i]->match;
		if (!rule->has_path) {
			continue;
		}
		if (!span_present(rule->path.literal)) {
			return NULL;
		}
		if (!span_equal(rule->path.literal, request->path) ||
			!match_rule_serves(rule, request->method)) {
			continue;
		}
		enum match_fit fit = match_rule_fit(rule, request);
		if (fit >= MATCH_FIT_BROKEN) {
			return fit == MATCH_FIT ? table->items[i] : NULL;
		}
	}
	return NULL;
}

static int match_path(const struct mapping_table *table, const struct request *request,
	struct match *match, struct refusal *refusal)
{
	struct path path;
	const char *why = path_split(request->path, match->scratch, &path);
	if (why != NULL) {
		return refuse(refusal, 400, "bad-request", why);
	}
	struct nearest nearest = { MATCH_FIT_NOT, NULL };
	for (size_t i = 0; i < table->count; i++) {
		const struct match_rule *rule = &table->items[i]->match;
		if (rule->has_path && path_pattern_match(&rule->path, &path) &&
			consider(&nearest, table->items[i], match_rule_fit_path(rule, request))) {
			break;
		}
	}
	match->mapping = nearest.mapping;
	if (nearest.fit != MATCH_FIT) {
		return refuse_nearest(&nearest, true, refusal);
	}
	const struct path_pattern *pattern = &match->mapping->match.path;
	match->path = path.text;
	match->capture_count = pattern->capture_count;
	path_pattern_capture(pattern, &path, match->captures);
	return 0;
}

int mapping_table_match(const struct mapping_table *table, const struct request *request,
	struct match *match, struct refusal *refusal)
{
	match->mapping = NULL;
	match->capture_count = 0;
	match->path = SPAN_ABSENT;
	match->op_rest = SPAN_ABSENT;
	if (span_present(request->path)) {
		match->mapping = find_literal(table, request);
		if (match->mapping != NULL) {
			match->path = request->path;
			return 0;
		}
		return match_path(table, request, match, refusal);
	}
	return match_op(table, request, match, refusal);
}

static void append_offer(const struct match_rule *rule, enum match_fit fit,
	enum refusal_offer offer, struct buffer *out)
{
	if (fit == MATCH_FIT_NOT_TYPE && offer == OFFER_ACCEPT) {
		match_content_append_types(&rule->content, out);
	} else if (fit == MATCH_FIT_NOT_ENCODING && offer == OFFER_ACCEPT_ENCODING) {
		match_content_append_encodings(&rule->content, out);
	}
}

void mapping_table_offer(const struct mapping_table *table, const struct request *request,
	enum refusal_offer offer, struct buffer *out)
{
	struct path path;
	struct buffer scratch = { 0 };
	uint32_t methods = 0;
	if (path_split(request->path, &scratch, &path) == NULL) {
		for (size_t i = 0; i < table->count; i++) {
			const struct match_rule *rule = &table->items[i]->match;
			if (!rule->has_path || !path_pattern_match(&rule->path, &path)) {
				continue;
			}
			enum match_fit fit = match_rule_fit_path(rule, request);
			methods |= fit != MATCH_FIT_NOT ? rule->methods : 0;
			append_offer(rule, fit, offer, out);
		}
	}
	if (offer == OFFER_ALLOW) {
		match_append_methods(methods, out);
	}
	buffer_finish(&scratch);
}
