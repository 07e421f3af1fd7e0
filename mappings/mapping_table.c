/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/mapping.h"

#include "base/memory.h"
#include "mappings/mapping_index.h"
#include "mappings/mapping_parts.h"

#include <stdlib.h>
#include <string.h>

/* Of a set of headers: behind the bits of names, before that of Accept. */
#define VARY_MANY 62

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
	mapping_index_destroy(table->index);
	free(table->vary);
	free(table->ranked);
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
	table->accept_types = context->accept_types;
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

static int compare_layers(const void *a, const void *b)
{
	const struct mapping *x = *(struct mapping *const *)a;
	const struct mapping *y = *(struct mapping *const *)b;
	if (x->match.layer != y->match.layer) {
		return x->match.layer < y->match.layer ? -1 : 1;
	}
	return (x->index > y->index) - (x->index < y->index);
}

static void rank(struct mapping_table *table)
{
	table->ranked = memory_new(table->count + 1, sizeof(struct mapping *));
	for (size_t i = 0; i < table->count; i++) {
		table->ranked[i] = table->items[i];
	}
	qsort(table->ranked, table->count, sizeof(struct mapping *), compare_layers);
	for (size_t i = 0; i < table->count; i++) {
		table->ranked[i]->rank = i;
	}
}

/* The bit of a header; those that come too late share one that says nothing about which. */
static uint64_t vary_bit(struct mapping_table *table, struct span name)
{
	unsigned at = 0;
	if (span_equal_nocase(name, SPAN("accept"))) {
		return MATCH_VARY_ACCEPT;
	}
	while (at < table->vary_count && !span_equal_nocase(table->vary[at], name)) {
		at++;
	}
	if (at == VARY_MANY) {
		return UINT64_C(1) << VARY_MANY;
	}
	if (at == table->vary_count) {
		table->vary = memory_resize(table->vary, at + 1, sizeof(*table->vary));
		table->vary[table->vary_count++] = name;
	}
	return UINT64_C(1) << at;
}

static void collect_vary(struct mapping_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		struct match_rule *rule = &table->items[i]->match;
		for (unsigned k = 0; k < rule->condition.headers.count; k++) {
			rule->vary |= vary_bit(table, rule->condition.headers.items[k].name);
		}
	}
}

void mapping_table_append_vary(const struct mapping_table *table, uint64_t vary, struct buffer *out)
{
	bool first = true;
	if (vary & UINT64_C(1) << VARY_MANY) {
		buffer_append_char(out, '*');
		return;
	}
	if (vary & MATCH_VARY_ACCEPT) {
		buffer_append_literal(out, "Accept");
		first = false;
	}
	for (unsigned i = 0; i < table->vary_count; i++) {
		if (vary & UINT64_C(1) << i) {
			buffer_append_span(out, first ? SPAN("") : SPAN(", "));
			buffer_append_span(out, table->vary[i]);
			first = false;
		}
	}
}

/* The first mapping before this one that hides an entrance of it, or NULL. */
static const struct mapping *find_hider(
	const struct mapping_table *table, const struct mapping *mapping, bool by_path)
{
	struct mapping_candidates candidates;
	const struct match_rule *rule = &mapping->match;
	const struct mapping *earlier;
	mapping_index_find_cover(table->index, rule, by_path, &candidates);
	while ((earlier = mapping_index_next(table->index, &candidates)) != NULL &&
		earlier->rank < mapping->rank) {
		if (earlier->action == MAPPING_FILES) {
			continue; /* it leaves what it has no file for */
		}
		if (by_path ? match_rule_hides_path(&earlier->match, rule)
			    : match_rule_hides_op(&earlier->match, rule)) {
			return earlier;
		}
	}
	return NULL;
}

static void check_reach(const struct mapping_table *table, struct problem_list *problems)
{
	for (size_t i = 1; i < table->count; i++) {
		const struct mapping *mapping = table->ranked[i];
		const struct match_rule *rule = &mapping->match;
		const struct mapping *path =
			rule->has_path ? find_hider(table, mapping, true) : NULL;
		const struct mapping *op = rule->has_op ? find_hider(table, mapping, false) : NULL;
		const struct mapping *hider = path != NULL ? path : op;
		if (hider != NULL && (path != NULL) == rule->has_path &&
			(op != NULL) == rule->has_op) {
			problem_list_warning(problems,
				json_node_member(mapping->node, SPAN("match")),
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
	rank(table);
	table->index = mapping_index_create(table->ranked, table->count);
	check_reach(table, problems);
	collect_vary(table);
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
