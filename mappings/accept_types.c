/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What a client says of a name is its most specific range that has to do with any range of the
 * name; of equally specific ones the most welcoming. A range and a name meet where some type is in
 * both: a client that wants image/png can be served by a name for all of image/. But a range that
 * is refused takes only itself away: who wants no image/png may still want other images.
 */
#include "mappings/accept_types.h"

#include "base/memory.h"
#include "base/option.h"
#include "mappings/filter.h"
#include "message/accept.h"

#include <stdlib.h>

/* ---- load ---- */

static void compile_range(struct accept_types *types, struct accept_type *type,
	struct media_range *range, const struct json_node *node, struct problem_list *problems)
{
	char *text = node->type == JSON_STRING ? option_expand(node, problems) : NULL;
	struct span copy = store_take(&types->store, text);
	if (!span_present(copy) || !media_range_parse(copy, range)) {
		problem_list_error(problems, node,
			"expected a type or a range without parameters, like application/json, "
			"application/*+json or text/*");
		return;
	}
	type->range_count++;
}

static void compile_type(
	struct accept_types *types, const struct json_node *node, struct problem_list *problems)
{
	struct accept_type *type = &types->items[types->count];
	bool lone = node->type != JSON_ARRAY;
	const struct json_node *first = lone ? node : node->first;
	unsigned count = 0;
	if (node->name.len == 0 || !filter_is_plain_text(node->name)) {
		problem_list_error_name(problems, node, "expected a name like json or html");
		return;
	}
	for (const struct json_node *n = first; n != NULL; n = lone ? NULL : n->next) {
		count++;
	}
	if (count == 0) {
		problem_list_error(problems, node, "expected at least one media range");
	}
	struct media_range *ranges = store_new(&types->store, count, sizeof(*ranges));
	for (const struct json_node *n = first; n != NULL; n = lone ? NULL : n->next) {
		compile_range(types, type, &ranges[type->range_count], n, problems);
	}
	type->name = store_copy(&types->store, node->name);
	type->ranges = ranges;
	types->count++;
}

struct accept_types *accept_types_create(
	const struct json_node *node, struct problem_list *problems)
{
	struct accept_types *types = memory_new(1, sizeof(*types));
	if (node->type != JSON_OBJECT) {
		problem_list_error(problems, node,
			"expected an object: {\"json\": \"application/json\", \"html\": …}");
		return types;
	}
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		if (types->count == ACCEPT_TYPES_MAX) {
			problem_list_error_name(problems, n, "more than 64 names");
			break;
		}
		compile_type(types, n, problems);
	}
	return types;
}

void accept_types_destroy(struct accept_types *types)
{
	if (types != NULL) {
		store_finish(&types->store);
		free(types);
	}
}

unsigned accept_types_find(const struct accept_types *types, struct span name)
{
	for (unsigned i = 0; types != NULL && i < types->count; i++) {
		if (span_equal(types->items[i].name, name)) {
			return i;
		}
	}
	return ACCEPT_TYPES_MAX;
}

const char *accept_types_nearest(const struct accept_types *types, struct span name)
{
	const char *names[ACCEPT_TYPES_MAX + 1] = { NULL };
	for (unsigned i = 0; types != NULL && i < types->count; i++) {
		names[i] = types->items[i].name.ptr;
	}
	return option_nearest_name(name, names);
}

/* ---- a request ---- */

/* How specific what was said last of a name is; 0: nothing was. */
struct scales {
	struct accept_weights *weights;
	uint8_t known[ACCEPT_TYPES_MAX];
	unsigned ranges;
};

static bool meets(const struct accept_range *wanted, const struct accept_type *type)
{
	for (unsigned i = 0; i < type->range_count; i++) {
		const struct media_range *own = &type->ranges[i];
		if (wanted->weight > 0 ? media_range_overlaps(&wanted->range, own)
				       : media_range_covers(&wanted->range, own)) {
			return true;
		}
	}
	return false;
}

static void weigh_range(
	struct scales *scales, const struct accept_types *types, const struct accept_range *wanted)
{
	uint8_t specific = (uint8_t)(wanted->range.kind + 1);
	for (unsigned i = 0; i < types->count; i++) {
		uint16_t *weight = &scales->weights->of[i];
		if (specific < scales->known[i] || !meets(wanted, &types->items[i])) {
			continue;
		}
		if (specific > scales->known[i] || wanted->weight > *weight) {
			*weight = (uint16_t)wanted->weight;
		}
		scales->known[i] = specific;
	}
}

static bool weigh_line(struct scales *scales, const struct accept_types *types, struct span line)
{
	struct accept_range wanted;
	for (;;) {
		switch (accept_next(&line, &wanted)) {
		case ACCEPT_END: return true;
		case ACCEPT_BROKEN: return false;
		case ACCEPT_RANGE: break;
		}
		if (++scales->ranges > ACCEPT_RANGES_MAX) {
			return false;
		}
		weigh_range(scales, types, &wanted);
	}
}

bool accept_types_weigh(const struct accept_types *types, const struct request *request,
	struct accept_weights *weights)
{
	static const struct accept_range anything = { .weight = ACCEPT_WEIGHT_MAX };
	struct scales scales = { .weights = weights };
	bool known = !request->websocket && !request->preflight;
	*weights = (struct accept_weights){ 0 };
	for (unsigned i = 0; i < request->header_count && known; i++) {
		const struct request_header *header = &request->headers[i];
		if (span_equal_nocase(header->name, SPAN("accept")) &&
			!weigh_line(&scales, types, header->value)) {
			return false;
		}
	}
	if (scales.ranges == 0) {
		weigh_range(&scales, types, &anything);
	}
	for (unsigned i = 0; i < types->count; i++) {
		weights->most = weights->of[i] > weights->most ? weights->of[i] : weights->most;
	}
	return true;
}
