/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/cors_rule.h"

#include "mappings/match.h"
#include "test/unit/mappings/world.h"

/* A block out of a file that holds nothing else. */
struct block {
	struct json_tree *tree;
	struct problem_list *problems;
	struct cors_rule *rule;
	char *said;
};

static void open_block(struct block *block, const char *json)
{
	struct json_fault fault;
	size_t size;
	*block = (struct block){ .problems = problem_list_create() };
	block->tree = json_tree_create("t.json", span_from_text(json), &fault);
	assert_non_null(block->tree);
	block->rule = cors_rule_create(json_tree_root(block->tree), block->problems);
	FILE *out = open_memstream(&block->said, &size);
	problem_list_print(block->problems, out);
	fclose(out);
}

static void close_block(struct block *block)
{
	cors_rule_destroy(block->rule);
	problem_list_destroy(block->problems);
	json_tree_destroy(block->tree);
	free(block->said);
}

static void what_cannot_be_meant_is_refused(void **state)
{
	(void)state;
	static const char *const stories[][2] = {
		{ "[]", "expected an object such as {\"origins\": [\"https://app.example\"]}" },
		{ "true", "expected an object" },
		{ "{}", "\"origins\" is required" },
		{ "{\"origins\": []}", "origins: expected at least one origin" },
		{ "{\"origins\": [\"*\", \"https://a.example\"]}", "origins: \"*\" lets all in" },
		{ "{\"origins\": \"*\", \"credentials\": true}",
			"credentials: \"*\" in origins never goes with credentials" },
		{ "{\"origins\": [\"*\"], \"credentials\": true}",
			"credentials: \"*\" in origins never goes with credentials" },
		{ "{\"origins\": [\"null\"], \"credentials\": true}",
			"credentials: \"null\" in origins never goes with credentials" },
		{ "{\"origins\": [\"https://a.example\", \"https://a.example/\"]}",
			"origins[1]: browsers write this origin \"https://a.example\"" },
		{ "{\"origins\": \"a.example\"}", "origins: expected the origin of a page" },
		{ "{\"origins\": \"*\", \"methods\": [\"GET\", \"get\"]}",
			"methods[1]: unknown method 'get'" },
		{ "{\"origins\": \"*\", \"methods\": []}", "methods: expected at least one" },
		{ "{\"origins\": \"*\", \"headers\": [\"A\", \"B C\"]}",
			"headers[1]: expected the name of a header" },
		{ "{\"origins\": \"*\", \"headers\": [\"\"]}", "headers[0]: expected the name" },
		{ "{\"origins\": \"*\", \"headers\": [\"x-*\"]}", "headers[0]: expected the name" },
		{ "{\"origins\": \"*\", \"expose\": [\"a\\r\\nb: c\"]}",
			"expose[0]: expected the name of a header" },
		{ "{\"origins\": [\"https://a.example\"], \"credentials\": true, "
		  "\"expose\": \"*\"}",
			"expose: with credentials browsers take \"*\" for a name" },
		{ "{\"origins\": \"*\", \"max_age\": \"25h\"}", "max_age: expected a duration" },
		{ "{\"origins\": \"*\", \"maxage\": \"1h\"}", "did you mean \"max_age\"?" },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct block block;
		open_block(&block, stories[i][0]);
		if (!problem_list_has_errors(block.problems) ||
			strstr(block.said, stories[i][1]) == NULL) {
			fail_msg("%s: %s", stories[i][0], block.said);
		}
		close_block(&block);
	}
}

static void assert_allows(const struct block *block, struct span header, struct span expected)
{
	struct span allowed = cors_rule_allow(block->rule, header);
	assert_true(span_present(allowed) == span_present(expected));
	assert_true(span_equal(allowed, expected));
}

static void an_origin_is_let_in_by_name_or_by_pattern(void **state)
{
	(void)state;
	struct block block;
	struct span header = SPAN("https://x.b.example");
	open_block(&block, "{\"origins\": [\"https://a.example\", \"https://*.b.example\"]}");
	assert_string_equal(block.said, "");
	assert_allows(&block, SPAN("https://a.example"), SPAN("https://a.example"));
	assert_allows(&block, header, header);
	assert_ptr_equal(cors_rule_allow(block.rule, header).ptr, header.ptr);
	assert_allows(&block, SPAN("https://b.example"), SPAN_ABSENT);
	assert_allows(&block, SPAN("null"), SPAN_ABSENT);
	assert_allows(&block, SPAN("*"), SPAN_ABSENT);
	assert_allows(&block, SPAN(""), SPAN_ABSENT);
	assert_allows(&block, SPAN_ABSENT, SPAN_ABSENT);
	close_block(&block);
}

static void a_star_says_the_same_to_everybody(void **state)
{
	(void)state;
	struct block block;
	open_block(&block, "{\"origins\": \"*\", \"expose\": \"etag\"}");
	assert_allows(&block, SPAN("https://a.example"), SPAN("*"));
	assert_allows(&block, SPAN("null"), SPAN("*"));
	assert_allows(&block, SPAN_ABSENT, SPAN("*"));
	assert_true(span_equal(
		block.rule->lines_allowed, SPAN("Access-Control-Expose-Headers: etag\r\n")));
	assert_int_equal(block.rule->lines_other.len, 0);
	close_block(&block);
}

static void the_lines_of_answers_are_made_at_load(void **state)
{
	(void)state;
	struct block block;
	open_block(&block, "{\"origins\": \"https://a.example\", \"credentials\": true, "
			   "\"expose\": [\"ETag\", \"Retry-After\"], \"max_age\": \"90s\"}");
	assert_true(span_equal(block.rule->lines_allowed,
		SPAN("Access-Control-Allow-Credentials: true\r\n"
		     "Access-Control-Expose-Headers: ETag, Retry-After\r\nVary: Origin\r\n")));
	assert_true(span_equal(block.rule->lines_other, SPAN("Vary: Origin\r\n")));
	assert_true(span_equal(block.rule->max_age, SPAN("90")));
	close_block(&block);
	open_block(&block, "{\"origins\": \"https://a.example\", \"max_age\": \"1500ms\"}");
	assert_true(span_equal(block.rule->lines_allowed, SPAN("Vary: Origin\r\n")));
	assert_true(span_equal(block.rule->max_age, SPAN("1")));
	close_block(&block);
	open_block(&block, "{\"origins\": \"*\"}");
	assert_true(span_equal(block.rule->max_age, SPAN("600")));
	close_block(&block);
}

/* What is taken of a list, and the names that are given back: "-" where the list is refused. */
static void assert_takes(const char *json, const char *list, const char *expected)
{
	struct block block;
	struct buffer names = { 0 };
	open_block(&block, json);
	bool takes = cors_rule_takes_headers(block.rule, span_from_text(list), &names);
	struct span found = takes ? buffer_span(&names) : SPAN("-");
	if (!span_equal(found, span_from_text(expected))) {
		fail_msg("%s: %.*s", list, (int)found.len, found.ptr);
	}
	buffer_finish(&names);
	close_block(&block);
}

static void headers_are_taken_by_name_in_any_case(void **state)
{
	(void)state;
	static const char json[] = "{\"origins\": \"*\", \"headers\": [\"X-A\", \"x-b\"]}";
	assert_takes(json, "x-a,x-b", "");
	assert_takes(json, " X-B ,, \tX-A,", "");
	assert_takes(json, "", "");
	assert_takes(json, "x-a,x-c", "-");
	assert_takes(json, "x-a x-b", "-");
	assert_takes(json, "*", "-");
	assert_takes(json, "content-type", "-");
}

static void a_star_takes_all_headers_that_are_names(void **state)
{
	(void)state;
	static const char json[] = "{\"origins\": \"*\", \"headers\": \"*\"}";
	assert_takes(json, "x-a,AUTHORIZATION", "x-a, authorization");
	assert_takes(json, " ,x-a\t,", "x-a");
	assert_takes(json, "", "");
	assert_takes(json, "x-a,b c", "-");
	assert_takes(json, "x-a,b:c", "-");
	assert_takes(json, "\"x", "-");
	assert_takes(json, "\xc3\xbc", "-");
}

static void without_headers_scripts_can_send_json_and_tokens(void **state)
{
	(void)state;
	static const char json[] = "{\"origins\": \"*\"}";
	assert_takes(json, "accept,authorization,content-type,traceparent,x-request-id", "");
	assert_takes(json, "x-tenant", "-");
	assert_takes(json, "cookie", "-");
	assert_takes("{\"origins\": \"*\", \"headers\": []}", "content-type", "-");
}

/* Mappings whose send does not matter here. */
#define ROW(name, match, more) \
	"{\"name\": \"" name "\", \"match\": {" match "}, \"send\": {\"queue\": \"q\"}" more "}"

static const char table[] = "[" ROW("list", "\"method\": \"GET\", \"path\": \"/a\"", "") "," ROW(
	"own", "\"method\": \"DELETE\", \"path\": \"/a\"",
	", \"cors\": {\"origins\": \"https://b.example\"}") "," ROW("none",
	"\"method\": \"PATCH\", \"path\": \"/a\"",
	", \"cors\": false") "," ROW("rest", "\"path\": \"/*rest\"",
	", \"cors\": {\"origins\": \"*\", \"methods\": [\"GET\", "
	"\"PUT\", \"DELETE\"]}") "]";

static const char *methods_of(struct world *world, unsigned mapping, const char *request)
{
	struct buffer out = { 0 };
	const struct cors_rule *rule = mapping_cors(mapping_table_at(world->table, mapping));
	world_match(world, request);
	match_append_methods(cors_rule_methods(rule, world->table, &world->request), &out);
	free(world->text);
	world->text = memory_text(buffer_span(&out));
	buffer_finish(&out);
	return world->text;
}

static void only_methods_of_the_same_block_are_promised(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, table);
	assert_string_equal(world_problems(&world), "");
	assert_null(mapping_cors(mapping_table_at(world.table, 0)));
	assert_null(mapping_cors(mapping_table_at(world.table, 2)));
	assert_string_equal(methods_of(&world, 1, "OPTIONS /a"), "DELETE");
	assert_string_equal(methods_of(&world, 3, "OPTIONS /a"), "PUT");
	assert_string_equal(methods_of(&world, 3, "OPTIONS /b"), "GET, HEAD, PUT, DELETE");
	assert_string_equal(methods_of(&world, 1, "OPTIONS /b"), "");
	assert_string_equal(methods_of(&world, 3, "OPTIONS /b/../c"), "");
	world_close(&world);
}

static void a_reply_cannot_set_what_the_block_says(void **state)
{
	(void)state;
	struct world world;
	static const char *const headers = "\"answer\": {\"headers\": [\"etag\", "
					   "\"Access-Control-Allow-Origin\", \"vary\"]}";
	struct buffer json = { 0 };
	buffer_append_format(&json,
		"[" ROW("a", "\"path\": \"/a\"", ", \"cors\": {\"origins\": \"*\"}, %s") "," ROW(
			"b", "\"path\": \"/b\"", ", %s") "]%c",
		headers, headers, 0);
	world_open(&world, json.data);
	assert_non_null(strstr(world_problems(&world),
		"[0].answer: 'Access-Control-Allow-Origin' is written by \"cors\""));
	assert_null(strstr(world_problems(&world), "[1]"));
	const struct message_header headers_of_reply[] = {
		{ SPAN("access-control-allow-origin"), SPAN("https://evil.example"), MESSAGE_TEXT },
		{ SPAN("vary"), SPAN("accept"), MESSAGE_TEXT },
	};
	const struct message reply = { .headers = headers_of_reply, .header_count = 2 };
	answer_read(mapping_table_at(world.table, 0), &reply, &world.scratch, &world.answer);
	assert_int_equal(world.answer.header_count, 1);
	assert_true(span_equal(world.answer.headers[0].value, SPAN("accept")));
	answer_read(mapping_table_at(world.table, 1), &reply, &world.scratch, &world.answer);
	assert_int_equal(world.answer.header_count, 2);
	world_close(&world);
	buffer_finish(&json);
}

static void a_block_of_a_mapping_without_a_path_is_warned_of(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, "[" ROW("a", "\"op\": \"a\"", ", \"cors\": {\"origins\": \"*\"}") "]");
	assert_non_null(strstr(world_problems(&world), "[0].cors: this says nothing"));
	assert_false(problem_list_has_errors(world.problems));
	world_close(&world);
}

static void a_preflight_takes_what_headers_ask_for_as_given(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, "[" ROW("a", "\"path\": \"/\", \"header\": {\"x-a\": true}", "") "]");
	assert_int_equal(world_match(&world, "GET /"), 404);
	world_read_request(&world, SPAN("GET /"));
	world.request.preflight = true;
	assert_int_equal(
		mapping_table_match(world.table, &world.request, &world.match, &world.refusal), 0);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_meant_is_refused),
		cmocka_unit_test(an_origin_is_let_in_by_name_or_by_pattern),
		cmocka_unit_test(a_star_says_the_same_to_everybody),
		cmocka_unit_test(the_lines_of_answers_are_made_at_load),
		cmocka_unit_test(headers_are_taken_by_name_in_any_case),
		cmocka_unit_test(a_star_takes_all_headers_that_are_names),
		cmocka_unit_test(without_headers_scripts_can_send_json_and_tokens),
		cmocka_unit_test(only_methods_of_the_same_block_are_promised),
		cmocka_unit_test(a_reply_cannot_set_what_the_block_says),
		cmocka_unit_test(a_block_of_a_mapping_without_a_path_is_warned_of),
		cmocka_unit_test(a_preflight_takes_what_headers_ask_for_as_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
