/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/layers.h"

#include "base/memory.h"
#include "base/option.h"
#include "mappings/filter.h"

#include <stdlib.h>

static const struct span default_names[] = { SPAN("main"), SPAN("last_call") };

static bool compile_name(struct layers *layers, const struct json_node *node, struct span *name,
	struct problem_list *problems)
{
	char *text = node->type == JSON_STRING ? option_expand(node, problems) : NULL;
	*name = store_take(&layers->store, text);
	if (name->len == 0 || !filter_is_plain_text(*name)) {
		problem_list_error(problems, node, "expected the name of a layer");
		return false;
	}
	if (layers_find(layers, *name) < layers->count) {
		problem_list_error(problems, node, "the layer '%s' is there already", name->ptr);
		return false;
	}
	return true;
}

static void compile_names(
	struct layers *layers, const struct json_node *list, struct problem_list *problems)
{
	unsigned count = 0;
	for (const struct json_node *n = list->first; n != NULL; n = n->next) {
		count++;
	}
	struct span *names = store_new(&layers->store, count, sizeof(*names));
	layers->names = names;
	layers->count = 0;
	for (const struct json_node *n = list->first; n != NULL; n = n->next) {
		layers->count += compile_name(layers, n, &names[layers->count], problems);
	}
}

struct layers *layers_create(const struct json_node *node, struct problem_list *problems)
{
	struct layers *layers = memory_new(1, sizeof(*layers));
	layers->names = default_names;
	layers->count = sizeof(default_names) / sizeof(default_names[0]);
	if (node != NULL && (node->type != JSON_ARRAY || node->first == NULL)) {
		problem_list_error(
			problems, node, "expected an array of names like " LAYERS_DEFAULT);
	} else if (node != NULL) {
		compile_names(layers, node, problems);
	}
	return layers;
}

void layers_destroy(struct layers *layers)
{
	if (layers != NULL) {
		store_finish(&layers->store);
		free(layers);
	}
}

unsigned layers_find(const struct layers *layers, struct span name)
{
	unsigned at = 0;
	while (at < layers->count && !span_equal(layers->names[at], name)) {
		at++;
	}
	return at;
}

const char *layers_nearest(const struct layers *layers, struct span name)
{
	const char **names = memory_new(layers->count + 1, sizeof(*names));
	for (unsigned i = 0; i < layers->count; i++) {
		names[i] = layers->names[i].ptr;
	}
	const char *near = option_nearest_name(name, names);
	free(names);
	return near;
}
