/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/unit/mappings/world.h"

/* Mappings whose send does not matter here. */
#define ROW(name, match) \
	"{\"name\": \"" name "\", \"match\": {" match "}, \"send\": {\"queue\": \"q\"}}"

static const char orders[] = "[" ROW("list", "\"method\": \"GET\", \"path\": \"/orders\"") "," ROW(
	"create", "\"method\": [\"POST\", \"PUT\"], \"path\": \"/orders\", \"op\": "
		  "\"o.create\"") "," ROW("special",
	"\"method\": \"GET\", \"path\": \"/orders/special\"") "," ROW("one",
	"\"method\": \"GET\", \"path\": \"/orders/:id\"") "," ROW("tail",
	"\"op\": \"o.*\"") "," ROW("needs",
	"\"path\": \"/needs\", \"body\": \"required\"") "," ROW("bare",
	"\"path\": \"/bare\", \"body\": \"none\"") "," ROW("rest",
	"\"method\": \"DELETE\", \"path\": \"/files/*rest\"") "]";

static void the_first_mapping_in_order_takes_a_request(void **state)
{
	(void)state;
	static const struct {
		const char *request, *name;
		int status;
	} stories[] = {
		{ "GET /orders", "list", 0 },
		{ "HEAD /orders", "list", 0 },
		{ "GET /%6frders", "list", 0 },
		{ "POST /orders?x", "create", 0 },
		{ "PUT /orders", "create", 0 },
		{ "DELETE /orders", "list", 405 },
		{ "OPTIONS /orders/1", "one", 405 },
		{ "OPTIONS /orders/special", "special", 405 },
		{ "GET /orders/special", "special", 0 },
		{ "GET /orders/1", "one", 0 },
		{ "POST /orders/1", "one", 405 },
		{ "GET /orders/", NULL, 404 },
		{ "GET /nope", NULL, 404 },
		{ "GET /a/../b", NULL, 400 },
		{ "DELETE /files/a%2Fb", NULL, 400 },
		{ "DELETE /files", "rest", 0 },
		{ "GET /files/a", "rest", 405 },
		{ "PURGE /needs", "needs", 0 },
		{ "PURGE /orders", "list", 405 },
		{ "op o.create", "create", 0 },
		{ "op o.other", "tail", 0 },
		{ "op o.", NULL, 404 },
		{ "op list", NULL, 404 },
		{ "op /orders", NULL, 404 },
		{ "GET /o.create", NULL, 404 },
	};
	struct world world;
	world_open(&world, orders);
	assert_string_equal(world_problems(&world), "");
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		int status = world_match(&world, stories[i].request);
		const struct mapping *mapping = world.match.mapping;
		const char *name = mapping != NULL ? mapping_name(mapping) : NULL;
		const char *expected = stories[i].name;
		if (status != stories[i].status || (name == NULL) != (expected == NULL) ||
			(name != NULL && strcmp(name, expected) != 0)) {
			fail_msg("%s: %d %s", stories[i].request, status, name ? name : "");
		}
		assert_true(status == 0 || world.refusal.status == status);
	}
	world_close(&world);
}

static void allow_lists_the_methods_of_a_path(void **state)
{
	(void)state;
	static const char *const stories[][2] = {
		{ "PATCH /orders", "GET, HEAD, POST, PUT" },
		{ "PATCH /orders/7", "GET, HEAD" },
		{ "GET /files/x", "DELETE" },
		{ "GET /nope", "" },
	};
	struct world world;
	world_open(&world, orders);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct buffer allow = { 0 };
		world_match(&world, stories[i][0]);
		mapping_table_offer(world.table, &world.request, OFFER_ALLOW, &allow);
		assert_true(span_equal(buffer_span(&allow), span_from_text(stories[i][1])));
		buffer_finish(&allow);
	}
	world_close(&world);
}

static void a_body_is_refused_before_it_is_read(void **state)
{
	(void)state;
	static const struct {
		const char *request;
		bool has_body;
		int status;
	} stories[] = {
		{ "POST /needs", false, 411 },
		{ "POST /needs", true, 0 },
		{ "POST /bare", false, 0 },
		{ "POST /bare", true, 400 },
		{ "GET /orders", false, 0 },
		{ "GET /orders", true, 0 },
	};
	struct world world;
	world_open(&world, orders);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		assert_int_equal(world_match(&world, stories[i].request), 0);
		int status = mapping_accepts_body(
			world.match.mapping, stories[i].has_body, &world.refusal);
		assert_int_equal(status, stories[i].status);
		assert_true(status == 0 || world.refusal.status == status);
	}
	world_close(&world);
}

static void a_mapping_that_is_never_reached_is_a_warning(void **state)
{
	(void)state;
	static const struct {
		const char *first, *second;
		bool hidden;
	} stories[] = {
		{ "\"path\": \"/a\"", "\"path\": \"/a\"", true },
		{ "\"path\": \"/:x\"", "\"method\": \"GET\", \"path\": \"/a\"", true },
		{ "\"method\": \"GET\", \"path\": \"/:x\"",
			"\"method\": \"HEAD\", \"path\": \"/a\"", true },
		{ "\"method\": \"GET\", \"path\": \"/:x\"",
			"\"method\": \"POST\", \"path\": \"/a\"", false },
		{ "\"method\": \"GET\", \"path\": \"/:x\"", "\"path\": \"/a\"", false },
		{ "\"path\": \"/a\"", "\"path\": \"/:x\"", false },
		{ "\"path\": \"/*all\"", "\"path\": \"/a/:b/*c\"", true },
		{ "\"path\": \"/*all\"", "\"path\": \"/a\", \"op\": \"a\"", false },
		{ "\"path\": \"/*all\", \"op\": \"*\"", "\"path\": \"/a\", \"op\": \"a\"", true },
		{ "\"op\": \"a.*\"", "\"op\": \"a.b\"", true },
		{ "\"op\": \"a.*\"", "\"op\": \"a.b.*\"", true },
		{ "\"op\": \"a.*\"", "\"op\": \"a.\"", false },
		{ "\"op\": \"a.b\"", "\"op\": \"a.*\"", false },
		{ "\"op\": \"a\"", "\"path\": \"/a\"", false },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct world world;
		struct buffer json = { 0 };
		buffer_append_format(&json,
			"[{\"name\": \"a\", \"match\": {%s}, \"send\": {\"queue\": \"q\"}},"
			"{\"name\": \"b\", \"match\": {%s}, \"send\": {\"queue\": \"q\"}}]%c",
			stories[i].first, stories[i].second, 0);
		world_open(&world, json.data);
		assert_false(problem_list_has_errors(world.problems));
		bool warned = strstr(world_problems(&world), "never be reached") != NULL;
		if (warned != stories[i].hidden) {
			fail_msg("%s", json.data);
		}
		world_close(&world);
		buffer_finish(&json);
	}
}

static void matches_that_mean_nothing_do_not_load(void **state)
{
	(void)state;
	static const struct world_fault faults[] = {
		{ "\"match\": {}, \"send\": {\"queue\": \"q\"}", "expected a path or an op" },
		{ "\"match\": 5, \"send\": {\"queue\": \"q\"}", "expected an object" },
		{ "\"send\": {\"queue\": \"q\"}", "match" },
		{ "\"match\": {\"path\": \"a\"}, \"send\": {\"queue\": \"q\"}",
			"does not start with a slash" },
		{ "\"match\": {\"path\": \"/:x/:x\"}, \"send\": {\"queue\": \"q\"}",
			"captures 'x' twice" },
		{ "\"match\": {\"path\": \"/\", \"method\": \"get\"}, \"send\": {\"queue\": \"q\"}",
			"unknown method 'get'" },
		{ "\"match\": {\"path\": \"/\", \"body\": \"maybe\"}, \"send\": {\"queue\": \"q\"}",
			"\"optional\"" },
		{ "\"match\": {\"path\": \"/\", \"pth\": \"/\"}, \"send\": {\"queue\": \"q\"}",
			"path" },
		{ "\"match\": {\"path\": \"/\", \"layer\": \"x\"}, \"send\": {\"queue\": \"q\"}",
			"does not declare 'x'" },
		{ "\"match\": {\"op\": \"a*b\"}, \"send\": {\"queue\": \"q\"}",
			"like orders.create or orders.*" },
		{ "\"match\": {\"op\": {\"name\": \"a\", \"captures\": {\"x\": \"header:x\"}}}, "
		  "\"send\": {\"queue\": \"q\"}",
			"a pointer into the payload" },
		{ "\"match\": {\"op\": {\"captures\": {}}}, \"send\": {\"queue\": \"q\"}", "name" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"files\": {}",
			"the mapping has \"send\" already" },
	};
	WORLD_REFUSE(faults);
}

static void a_name_is_taken_once(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, "[" ROW("a", "\"path\": \"/a\"") "," ROW(
				   "b", "\"path\": \"/b\"") "," ROW("a", "\"path\": \"/c\"") "]");
	assert_true(problem_list_has_errors(world.problems));
	assert_non_null(strstr(world_problems(&world), "the name 'a' is taken"));
	world_close(&world);
}

static void the_table_knows_what_bridges_must_prepare(void **state)
{
	(void)state;
	struct world world;
	world_open(&world,
		"[{\"name\": \"a\", \"match\": {\"path\": \"/a\"}, \"send\": {\"exchange\": "
		"\"x\"}, "
		"\"answer\": {\"correlation\": \"body:/id\"}},"
		"{\"name\": \"b\", \"match\": {\"path\": \"/b\"}, \"send\": {\"exchange\": \"y\", "
		"\"routing_key\": \"k\"}, \"answer\": {\"timeout\": \"2s\"}},"
		"{\"name\": \"c\", \"match\": {\"path\": \"/c\"}, \"send\": {\"exchange\": \"x\"}, "
		"\"limits\": {\"body\": 10, \"reply\": 20}},"
		"{\"name\": \"d\", \"match\": {\"path\": \"/d/:x\"}, \"send\": {\"exchange\": "
		"\"${path.x}\"}},"
		"{\"name\": \"e\", \"match\": {\"path\": \"/e\"}, \"send\": {\"bridge\": \"echo\", "
		"\"exchange\": \"z\"}, \"answer\": {\"when\": \"sent\"}},"
		"{\"name\": \"f\", \"match\": {\"path\": \"/f\"}, \"send\": {\"exchange\": \"\", "
		"\"routing_key\": \"q\"}}]");
	assert_string_equal(world_problems(&world), "");
	const char *const *exchanges = mapping_table_exchanges(world.table, "rabbit");
	assert_string_equal(exchanges[0], "x");
	assert_string_equal(exchanges[1], "y");
	assert_null(exchanges[2]);
	size_t count;
	const struct place *places = mapping_table_correlations(world.table, &count);
	assert_int_equal(count, 2);
	assert_int_equal(places[0].kind, PLACE_PROPERTY);
	assert_int_equal(places[1].kind, PLACE_BODY);
	const struct mapping *a = mapping_table_at(world.table, 0);
	const struct mapping *b = mapping_table_at(world.table, 1);
	const struct mapping *c = mapping_table_at(world.table, 2);
	const struct mapping *e = mapping_table_at(world.table, 4);
	const struct mapping *f = mapping_table_at(world.table, 5);
	assert_ptr_equal(mapping_correlation(a), &places[1]);
	assert_ptr_equal(mapping_correlation(b), &places[0]);
	assert_int_equal(mapping_timeout_ms(a), 5000);
	assert_int_equal(mapping_timeout_ms(b), 2000);
	assert_int_equal(mapping_limit_body(a), 4096);
	assert_int_equal(mapping_limit_body(c), 10);
	assert_int_equal(mapping_limit_reply(c), 20);
	assert_int_equal(mapping_bridge_index(e), 1);
	assert_int_equal(mapping_when(e), WHEN_SENT);
	assert_false(mapping_to_queue(a));
	assert_true(mapping_to_queue(f));
	assert_int_equal(mapping_index(f), 5);
	assert_int_equal(mapping_table_count(world.table), 6);
	world_close(&world);
}

static void the_rows_give_a_manual(void **state)
{
	(void)state;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	mapping_document(out);
	fclose(out);
	assert_non_null(strstr(text, "forward_headers"));
	assert_non_null(strstr(text, "status_map"));
	assert_non_null(strstr(text, "`/?`"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_mapping_in_order_takes_a_request),
		cmocka_unit_test(allow_lists_the_methods_of_a_path),
		cmocka_unit_test(a_body_is_refused_before_it_is_read),
		cmocka_unit_test(a_mapping_that_is_never_reached_is_a_warning),
		cmocka_unit_test(matches_that_mean_nothing_do_not_load),
		cmocka_unit_test(a_name_is_taken_once),
		cmocka_unit_test(the_table_knows_what_bridges_must_prepare),
		cmocka_unit_test(the_rows_give_a_manual),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
