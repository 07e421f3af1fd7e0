/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/problem_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_printed(const struct problem_list *list, const char *expected)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	problem_list_print(list, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static const struct json_node *path(const struct json_tree *tree, const char *pointer)
{
	const struct json_node *node = json_tree_root(tree);
	char *copy = strdup(pointer), *rest = copy, *name;
	while ((name = strsep(&rest, "/")) != NULL) {
		unsigned long index = strtoul(name, NULL, 10);
		if (node->type == JSON_ARRAY) {
			for (node = node->first; index > 0; index--) {
				node = node->next;
			}
		} else {
			node = json_node_member(node, span_from_text(name));
		}
		assert_non_null(node);
	}
	free(copy);
	return node;
}

#define TEXT                                                                                       \
	"{\n  \"mappings\": [ {}, {},\n    { \"send\": { \"queue\": 5, \"a.b\": { \"c\": 1 } } } " \
	"]\n}\n"

static void problems_are_printed_in_the_order_of_the_file(void **state)
{
	(void)state;
	struct json_tree *tree = json_tree_create("dir/a.json", SPAN(TEXT), NULL);
	struct problem_list *list = problem_list_create();
	assert_false(problem_list_has_errors(list));
	const struct json_node *queue = path(tree, "mappings/2/send/queue");
	problem_list_error(list, queue, "expected %s", "a string");
	problem_list_warning(list, json_tree_root(tree), "an empty %s", "thing");
	assert_int_equal(problem_list_errors(list), 1);
	problem_list_error_name(list, queue, "unknown key");
	problem_list_error(list, path(tree, "mappings/2/send/a.b/c"), "too small");
	assert_true(problem_list_has_errors(list));
	assert_printed(list, "dir/a.json:1:1: warning: .: an empty thing\n"
			     "dir/a.json:3:17: error: mappings[2].send.queue: unknown key\n"
			     "dir/a.json:3:26: error: mappings[2].send.queue: expected a string\n"
			     "dir/a.json:3:43: error: mappings[2].send[\"a.b\"].c: too small\n");
	problem_list_destroy(list);
	json_tree_destroy(tree);
}

static void files_keep_the_order_in_which_they_were_named(void **state)
{
	(void)state;
	struct json_tree *b = json_tree_create("b.json", SPAN("[1]"), NULL);
	struct json_tree *a = json_tree_create("a.json", SPAN("[\n1]"), NULL);
	struct problem_list *list = problem_list_create();
	problem_list_error(list, json_tree_root(b)->first, "one");
	problem_list_error(list, json_tree_root(a)->first, "two");
	problem_list_error(list, json_tree_root(b), "three");
	problem_list_file(list, "c.json", SPAN("{\n,}"), 2, "expected a name");
	problem_list_file(list, "d.json", SPAN_ABSENT, 0, "No such file or directory");
	problem_list_error(list, NULL, "nothing to %s", "do");
	assert_printed(list, "error: nothing to do\n"
			     "b.json:1:1: error: .: three\n"
			     "b.json:1:2: error: [0]: one\n"
			     "a.json:2:1: error: [0]: two\n"
			     "c.json:2:1: error: .: expected a name\n"
			     "d.json: error: No such file or directory\n");
	problem_list_destroy(list);
	json_tree_destroy(a);
	json_tree_destroy(b);
}

static void a_problem_stays_on_its_line(void **state)
{
	(void)state;
	struct json_tree *tree = json_tree_create("a.json", SPAN("{\"x\\n\\u001b[2J\":1}"), NULL);
	struct problem_list *list = problem_list_create();
	problem_list_error(list, json_tree_root(tree)->first, "found %s", "a\nb\x1b[2J\x7f");
	assert_printed(list, "a.json:1:17: error: [\"x\\n\\u001b[2J\"]: found a?b?[2J?\n");
	problem_list_destroy(list);
	json_tree_destroy(tree);
}

static void warnings_alone_are_no_failure(void **state)
{
	(void)state;
	struct problem_list *list = problem_list_create();
	assert_printed(list, "");
	problem_list_warning(list, NULL, "careful");
	assert_false(problem_list_has_errors(list));
	assert_printed(list, "warning: careful\n");
	problem_list_destroy(list);
	problem_list_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(problems_are_printed_in_the_order_of_the_file),
		cmocka_unit_test(files_keep_the_order_in_which_they_were_named),
		cmocka_unit_test(a_problem_stays_on_its_line),
		cmocka_unit_test(warnings_alone_are_no_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
