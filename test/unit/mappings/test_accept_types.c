/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/accept_types.h"

#include "test/unit/mappings/world.h"

/* The weights of json, html, image and text, as world.h declares them; NULL: broken. */
static void weigh(const char *head, const char *expected)
{
	struct world world;
	struct accept_weights weights;
	char got[64] = "";
	world_open(&world, "[]");
	world_read_request(&world, span_from_text(head));
	bool good = accept_types_weigh(world.accept_types, &world.request, &weights);
	if (good) {
		snprintf(got, sizeof(got), "%u %u %u %u", weights.of[0], weights.of[1],
			weights.of[2], weights.of[3]);
	}
	if (good != (expected != NULL) || (good && strcmp(got, expected) != 0)) {
		fail_msg("%s: %s", head, good ? got : "broken");
	}
	world_close(&world);
}

static void without_anything_wanted_everything_is(void **state)
{
	(void)state;
	weigh("GET /", "1000 1000 1000 1000");
	weigh("GET /\nAccept: ", "1000 1000 1000 1000");
	weigh("GET /\nAccept: ,", "1000 1000 1000 1000");
	weigh("GET /\nAccept: */*;q=0.3", "300 300 300 300");
	weigh("GET /\nAccept: */*;q=0", "0 0 0 0");
	weigh("GET /\nAccept: video/mp4", "0 0 0 0");
}

static void the_most_specific_range_decides(void **state)
{
	(void)state;
	weigh("GET /\nAccept: text/html;q=0.2, text/*;q=0.3, */*;q=0.4", "400 200 400 300");
	weigh("GET /\nAccept: */*, text/*;q=0.3, text/html;q=0.2", "1000 200 1000 300");
	weigh("GET /\nAccept: text/html;q=0, */*;q=0.1", "100 0 100 100");
	weigh("GET /\nAccept: application/*+json;q=0.4, application/*", "400 0 0 0");
	weigh("GET /\nAccept: application/json;q=0.1, application/*+json;q=0.4", "100 0 0 0");
}

static void of_equally_specific_ranges_the_higher_counts(void **state)
{
	(void)state;
	weigh("GET /\nAccept: text/plain;q=0.2, text/csv;q=0.7", "0 0 0 700");
	weigh("GET /\nAccept: text/html;level=1;q=0.3, TEXT/HTML;q=0.9", "0 900 0 0");
	weigh("GET /\nAccept: text/html;q=0.9, text/html;q=0", "0 900 0 0");
}

static void a_range_and_a_name_meet_where_a_type_is_in_both(void **state)
{
	(void)state;
	weigh("GET /\nAccept: application/problem+json", "1000 0 0 0");
	weigh("GET /\nAccept: image/png;q=0.5", "0 0 500 0");
	weigh("GET /\nAccept: image/png;q=0, image/*;q=0.5", "0 0 500 0");
	weigh("GET /\nAccept: application/*+ld+json", "1000 0 0 0");
}

static void several_lines_are_one(void **state)
{
	(void)state;
	weigh("GET /\nAccept: text/html;q=0.5\nX: y\naccept: application/json", "1000 500 0 0");
	weigh("GET /\nAccept: \nAccept: text/html", "0 1000 0 0");
	weigh("GET /\nAccept: text/html\nAccept: html", NULL);
}

static void what_is_broken_or_endless_is_refused(void **state)
{
	(void)state;
	struct buffer head = { 0 };
	weigh("GET /\nAccept: */html", NULL);
	buffer_append_literal(&head, "GET /\nAccept: a/b");
	for (int i = 1; i < ACCEPT_RANGES_MAX; i++) {
		buffer_append_literal(&head, ",a/b");
	}
	char *most = memory_text(buffer_span(&head));
	buffer_append_literal(&head, ",a/b");
	char *more = memory_text(buffer_span(&head));
	weigh(most, "0 0 0 0");
	weigh(more, NULL);
	free(most);
	free(more);
	buffer_finish(&head);
}

static void a_socket_wants_everything(void **state)
{
	(void)state;
	weigh("op a\nAccept: text/html", "1000 1000 1000 1000");
	weigh("op a\nAccept: nonsense", "1000 1000 1000 1000");
}

static void names_that_mean_nothing_do_not_load(void **state)
{
	(void)state;
	static const char *const stories[][2] = {
		{ "[]", "expected an object" },
		{ "{\"a\": []}", "at least one media range" },
		{ "{\"a\": 5}", "expected a type or a range" },
		{ "{\"a\": [\"a/b\", \"*/b\"]}", "a[1]: expected a type or a range" },
		{ "{\"a\": \"a/b;q=1\"}", "without parameters" },
		{ "{\"\": \"a/b\"}", "expected a name" },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct json_fault fault;
		struct problem_list *problems = problem_list_create();
		struct json_tree *tree =
			json_tree_create("types.json", span_from_text(stories[i][0]), &fault);
		struct accept_types *types = accept_types_create(json_tree_root(tree), problems);
		char *text;
		size_t size;
		FILE *out = open_memstream(&text, &size);
		problem_list_print(problems, out);
		fclose(out);
		if (strstr(text, stories[i][1]) == NULL) {
			fail_msg("%s: %s", stories[i][0], text);
		}
		free(text);
		accept_types_destroy(types);
		problem_list_destroy(problems);
		json_tree_destroy(tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_anything_wanted_everything_is),
		cmocka_unit_test(the_most_specific_range_decides),
		cmocka_unit_test(of_equally_specific_ranges_the_higher_counts),
		cmocka_unit_test(a_range_and_a_name_meet_where_a_type_is_in_both),
		cmocka_unit_test(several_lines_are_one),
		cmocka_unit_test(what_is_broken_or_endless_is_refused),
		cmocka_unit_test(a_socket_wants_everything),
		cmocka_unit_test(names_that_mean_nothing_do_not_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
