/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Every node of a configuration lies in its file, under its parent, and can be reported. */
#include "base/json_tree.h"
#include "base/problem_list.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>

static void walk(const struct json_node *node, struct span text, struct problem_list *problems)
{
	unsigned index = 0;
	require(node->offset + node->text.len <= text.len);
	require((node->type == JSON_STRING) == span_present(node->string));
	if (node->index % 64 == 0) {
		problem_list_warning(problems, node, "seen");
	}
	for (const struct json_node *item = node->first; item != NULL; item = item->next) {
		require(item->parent == node && item->index == index++);
		require((node->type == JSON_OBJECT) == span_present(item->name));
		require(item->name_offset >= node->offset && item->name_offset <= item->offset);
		walk(item, text, problems);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of((const char *)data, size);
	struct json_fault fault = { 0 };
	struct problem_list *problems = problem_list_create();
	struct json_tree *tree = json_tree_create("fuzz.json", text, &fault);
	if (tree != NULL) {
		walk(json_tree_root(tree), text, problems);
	} else {
		require(fault.offset <= size);
		problem_list_file(problems, "fuzz.json", text, fault.offset, fault.reason);
	}
	FILE *out = fopen("/dev/null", "we");
	problem_list_print(problems, out);
	fclose(out);
	problem_list_destroy(problems);
	json_tree_destroy(tree);
	return 0;
}
