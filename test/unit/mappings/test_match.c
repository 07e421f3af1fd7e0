/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/unit/mappings/world.h"

#define ROW(name, match) \
	"{\"name\": \"" name "\", \"match\": {" match "}, \"send\": {\"queue\": \"q\"}}"

struct story {
	const char *request;
	const char *name; /* of the mapping; NULL: none came near */
	int status;
};

static void tell(const char *table, const struct story *stories, size_t count)
{
	struct world world;
	world_open(&world, table);
	assert_string_equal(world_problems(&world), "");
	for (size_t i = 0; i < count; i++) {
		int status = world_match(&world, stories[i].request);
		const struct mapping *mapping = world.match.mapping;
		const char *name = mapping != NULL ? mapping_name(mapping) : "";
		const char *expected = stories[i].name != NULL ? stories[i].name : "";
		if (status != stories[i].status || strcmp(name, expected) != 0) {
			fail_msg("%s: %d %s", stories[i].request, status, name);
		}
		assert_true(status == 0 || world.refusal.status == status);
	}
	world_close(&world);
}

#define TELL(table, stories) tell((table), (stories), sizeof(stories) / sizeof((stories)[0]))

static void a_mapping_of_another_host_is_passed_over(void **state)
{
	(void)state;
	static const char table[] = "[" ROW(
		"a", "\"path\": \"/x\", \"host\": \"A.example\"") "," ROW("b",
		"\"path\": \"/:x\", \"host\": [\"*.b.example\", \"b.example\"]") "," ROW("op",
		"\"op\": \"x.*\", \"host\": \"b.example\"") "," ROW("put",
		"\"method\": \"PUT\", \"path\": \"/x\", \"host\": \"c.example\"") "]";
	static const struct story stories[] = {
		{ "GET /x\nHost: a.example", "a", 0 },
		{ "GET /x\nHost: c.b.example", "b", 0 },
		{ "GET /x\nHost: B.EXAMPLE", "b", 0 },
		{ "GET /x\nHost: c.example", "put", 405 },
		{ "GET /x\nHost: d.example", NULL, 404 },
		{ "PUT /x\nHost: d.example", NULL, 404 },
		{ "op x.y\nHost: b.example", "op", 0 },
		{ "op x.y\nHost: a.example", NULL, 404 },
	};
	TELL(table, stories);
}

static void query_and_headers_must_be_as_a_mapping_wants_them(void **state)
{
	(void)state;
	static const char table[] = "[" ROW("one",
		"\"path\": \"/x\", \"query\": {\"v\": \"1\"}, \"header\": {\"X-A\": [\"p\", "
		"\"q\"]}") "," ROW("empty",
		"\"path\": \"/x\", \"query\": {\"v\": \"\"}") "," ROW("some",
		"\"path\": \"/x\", \"query\": {\"v\": true, \"w\": false}") "," ROW("none",
		"\"path\": \"/x\", \"header\": {\"x-a\": false}") "," ROW("two",
		"\"path\": \"/x\", \"header\": {\"x-a\": \"p, q\"}") "," ROW("cookie",
		"\"path\": \"/x\", \"header\": {\"cookie\": \"a=1; b=2\"}") "," ROW("op",
		"\"op\": \"o\", \"query\": {\"v\": \"1\"}") "]";
	static const struct story stories[] = {
		{ "GET /x?v=1\nx-a: p", "one", 0 },
		{ "GET /x?v=1\nX-A: q", "one", 0 },
		{ "GET /x?v=1\nx-a: r", "some", 0 },
		{ "GET /x?v=1", "some", 0 },
		{ "GET /x?v=1&w", "none", 0 },
		{ "GET /x?v", "empty", 0 },
		{ "GET /x?v=", "empty", 0 },
		{ "GET /x", "none", 0 },
		{ "GET /x\nx-a: p\nx-b: 1\nX-A: q", "two", 0 },
		{ "GET /x\nx-a: p, q", "two", 0 },
		{ "GET /x\nx-a: p\nx-a: q\nx-a: ", NULL, 404 },
		{ "GET /x\nx-a: p", NULL, 404 },
		{ "GET /x\nx-a: z\nCookie: a=1\ncookie: b=2", "cookie", 0 },
		{ "GET /x?v=1&v=1", "empty", 400 },
		{ "GET /x?v=1&v=1\nx-a: p", "one", 400 },
		{ "GET /x?v=1&w&w", "some", 400 },
		{ "GET /x?u&u", "none", 0 },
		{ "op o", NULL, 404 },
	};
	TELL(table, stories);
}

static void the_headers_of_a_preflight_are_not_there_yet(void **state)
{
	(void)state;
	struct world world;
	world_open(&world,
		"[" ROW("a", "\"path\": \"/x\", \"header\": {\"x-a\": true}, \"content_types\": "
			     "\"a/b\", \"host\": \"api.example\"") "]");
	assert_int_equal(world_match(&world, "POST /x"), 404);
	world.request.preflight = true;
	assert_int_equal(
		mapping_table_match(world.table, &world.request, &world.match, &world.refusal), 0);
	world.request.host = SPAN("other.example");
	assert_int_equal(
		mapping_table_match(world.table, &world.request, &world.match, &world.refusal),
		404);
	world_close(&world);
}

static void a_body_must_be_of_a_type_and_encoding_that_is_taken(void **state)
{
	(void)state;
	static const char table[] =
		"[" ROW("json", "\"path\": \"/x\", \"content_types\": [\"application/json\", "
				"\"application/*+json\"]") "," ROW("text",
			"\"path\": \"/:x\", \"content_types\": \"text/*\", \"encodings\": "
			"\"gzip\"") "," ROW("put",
			"\"method\": \"PUT\", \"path\": \"/put\", \"content_types\": "
			"\"a/b\"") "," ROW("bytes",
			"\"path\": \"/x\", \"host\": \"bytes\", \"content_types\": "
			"\"application/octet-stream\"") "," ROW("op",
			"\"op\": \"o\", \"content_types\": \"text/plain\"") "]";
	static const struct story stories[] = {
		{ "POST /x\nContent-Type: application/json\n\n{}", "json", 0 },
		{ "POST /x\nContent-Type: A/B\n\n", "json", 0 },
		{ "POST /x", "json", 0 },
		{ "POST /x\nContent-Type: application/a+json;charset=utf-8\n\n{}", "json", 0 },
		{ "POST /x\nContent-Type: application/json;charset=latin1\n\n{}", "json", 415 },
		{ "POST /x\nContent-Type: text/x\n\n{}", "text", 0 },
		{ "POST /x\nContent-Type: text/x\nContent-Encoding: gzip\n\n{}", "text", 0 },
		{ "POST /x\nContent-Type: text/x\nContent-Encoding: br\n\n{}", "text", 415 },
		{ "POST /x\nContent-Encoding: br\n\n", "json", 0 },
		{ "POST /x\nContent-Type: text/x\nContent-Encoding: gzip\nContent-Encoding: "
		  "gzip\n\n{}",
			"text", 415 },
		{ "POST /x\nContent-Type: application/json\nContent-Encoding: gzip\n\n{}", "json",
			415 },
		{ "POST /x\n\n{}", "json", 415 },
		{ "POST /x\nHost: bytes\n\n{}", "bytes", 0 },
		{ "POST /put\nContent-Type: a/b\n\n{}", "text", 415 },
		{ "PUT /put\nContent-Type: a/b\n\n{}", "put", 0 },
		{ "op o\n\n{}", "op", 415 },
		{ "op o", "op", 0 },
	};
	TELL(table, stories);
}

static void the_nearest_mapping_decides_whatever_the_order(void **state)
{
	(void)state;
	static const char table[] = "[" ROW("405", "\"method\": \"PUT\", \"path\": \"/x\"") "," ROW(
		"type", "\"method\": \"POST\", \"path\": \"/:x\", "
			"\"content_types\": \"a/b\"") "," ROW("encoding",
		"\"method\": \"POST\", \"path\": \"/*x\", \"content_types\": "
		"\"a/c\"") "," ROW("late", "\"method\": \"DELETE\", \"path\": \"/x\"") "]";
	static const struct story stories[] = {
		{ "GET /x", "405", 405 },
		{ "POST /x\n\nbody", "type", 415 },
		{ "POST /x\nContent-Type: a/c\nContent-Encoding: br\n\nbody", "encoding", 415 },
		{ "POST /x\nContent-Type: a/b\nContent-Encoding: br\n\nbody", "type", 415 },
		{ "DELETE /x\nContent-Encoding: br\n\nbody", "late", 415 },
		{ "PATCH /x\nContent-Encoding: br\n\nbody", "405", 405 },
	};
	TELL(table, stories);
}

static void a_refusal_offers_what_would_have_been_right(void **state)
{
	(void)state;
	static const char table[] = "[" ROW("a",
		"\"method\": \"POST\", \"path\": \"/x\", "
		"\"content_types\": [\"a/b\", \"a/*\"]") "," ROW("b",
		"\"method\": \"POST\", \"path\": \"/:x\", \"content_types\": [\"A/B\", \"c/d\"], "
		"\"encodings\": [\"gzip\", \"br\"]") "," ROW("c",
		"\"method\": \"PUT\", \"path\": \"/x\", \"content_types\": \"e/f\"") "," ROW("d",
		"\"path\": \"/x\", \"host\": \"h\", \"content_types\": \"g/h\"") "]";
	static const struct {
		const char *request;
		enum refusal_offer offer;
		const char *value;
	} stories[] = {
		{ "GET /x", OFFER_ALLOW, "POST, PUT" },
		{ "POST /x\n\nbody", OFFER_ACCEPT, "a/b, a/*, c/d" },
		{ "POST /y\n\nbody", OFFER_ACCEPT, "A/B, c/d" },
		{ "POST /x\nContent-Type: c/d\nContent-Encoding: x\n\nbody", OFFER_ACCEPT_ENCODING,
			"gzip, br, identity" },
		{ "POST /x\nContent-Type: a/c\nContent-Encoding: x\n\nbody", OFFER_ACCEPT_ENCODING,
			"identity" },
		{ "GET /z/z", OFFER_NOTHING, "" },
	};
	struct world world;
	world_open(&world, table);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct buffer out = { 0 };
		assert_int_not_equal(world_match(&world, stories[i].request), 0);
		mapping_table_offer(world.table, &world.request, stories[i].offer, &out);
		if (world.refusal.offer != stories[i].offer ||
			!span_equal(buffer_span(&out), span_from_text(stories[i].value))) {
			fail_msg("%s: %.*s", stories[i].request, (int)out.len, out.data);
		}
		buffer_finish(&out);
	}
	world_close(&world);
}

#define MATCH(match) "\"match\": {\"path\": \"/\", " match "}, \"send\": {\"queue\": \"q\"}"

static void conditions_that_mean_nothing_do_not_load(void **state)
{
	(void)state;
	static const struct world_fault faults[] = {
		{ MATCH("\"host\": []"), "at least one host" },
		{ MATCH("\"host\": [\"a\", \"b:80\"]"), "match.host[1]: expected a host without" },
		{ MATCH("\"host\": \":x.:x\""), "match.host: captures a name twice" },
		{ MATCH("\"host\": 5"), "expected a string" },
		{ MATCH("\"query\": {}"), "expected an object" },
		{ MATCH("\"query\": \"a\""), "expected an object" },
		{ MATCH("\"query\": {\"a\": 1}"), "match.query.a: expected a string, a list" },
		{ MATCH("\"query\": {\"a\": null}"), "match.query.a: expected a string, a list" },
		{ MATCH("\"query\": {\"a\": []}"), "at least one value" },
		{ MATCH("\"query\": {\"a\": [\"b\", true]}"),
			"match.query.a[1]: expected a string" },
		{ MATCH("\"header\": {\"a b\": true}"), "no name of a header" },
		{ MATCH("\"header\": {\"Host\": \"a\"}"), "use match.host" },
		{ MATCH("\"header\": {\"a\": \"${env:BRIDGEHEAD_NOT_SET}\"}"),
			"BRIDGEHEAD_NOT_SET" },
		{ MATCH("\"content_types\": []"), "at least one content type" },
		{ MATCH("\"content_types\": [\"a/b\", \"*/b\"]"),
			"match.content_types[1]: expected a type or a range" },
		{ MATCH("\"content_types\": \"a/b; charset=utf-8\""), "without parameters" },
		{ MATCH("\"encodings\": \"gzip, br\""), "expected a content encoding" },
		{ MATCH("\"encodings\": \"*\""), "expected a content encoding" },
		{ MATCH("\"accept\": []"), "at least one name" },
		{ MATCH("\"accept\": [\"json\", \"jsn\"]"),
			"match.accept[1]: \"accept_types\" does not declare 'jsn'" },
		{ MATCH("\"layer\": \"man\""), "match.layer: \"layers\" does not declare 'man'" },
	};
	WORLD_REFUSE(faults);
}

static void json_and_an_encoding_do_not_go_together(void **state)
{
	(void)state;
	struct world world;
	world_open(&world,
		"[" ROW("a", "\"path\": \"/x\", \"json\": true, \"encodings\": \"gzip\"") "]");
	assert_false(problem_list_has_errors(world.problems));
	assert_non_null(strstr(world_problems(&world), "json looks into it"));
	world_close(&world);
}

static bool second_is_hidden(const char *first, const char *second)
{
	struct world world;
	struct buffer json = { 0 };
	buffer_append_format(&json,
		"[{\"name\": \"a\", \"match\": {\"path\": \"/:x\", \"op\": \"a.*\" %s}, "
		"\"send\": {\"queue\": \"q\"}},"
		"{\"name\": \"b\", \"match\": {\"path\": \"/a\", \"op\": \"a.b\" %s}, "
		"\"send\": {\"queue\": \"q\"}}]%c",
		first, second, 0);
	world_open(&world, json.data);
	assert_false(problem_list_has_errors(world.problems));
	bool warned = strstr(world_problems(&world), "never be reached") != NULL;
	world_close(&world);
	buffer_finish(&json);
	return warned;
}

static void a_mapping_that_asks_for_more_hides_none(void **state)
{
	(void)state;
	static const struct {
		const char *first, *second;
		bool hidden;
	} stories[] = {
		{ "", ", \"host\": \"a\", \"query\": {\"a\": true}, \"content_types\": \"a/b\"",
			true },
		{ ", \"host\": \"a\"", "", false },
		{ ", \"host\": \"a\"", ", \"host\": \"A\"", true },
		{ ", \"host\": \"a\"", ", \"host\": [\"a\", \"b\"]", false },
		{ ", \"host\": [\"*.a\", \"a\"]", ", \"host\": [\"b.a\", \"a\"]", true },
		{ ", \"query\": {\"a\": \"1\"}", "", false },
		{ ", \"query\": {\"a\": \"1\"}", ", \"query\": {\"a\": \"2\"}", false },
		{ ", \"query\": {\"a\": \"1\"}", ", \"query\": {\"A\": \"1\"}", false },
		{ ", \"query\": {\"a\": [\"1\", \"2\"]}",
			", \"query\": {\"b\": true, \"a\": \"2\"}", true },
		{ ", \"query\": {\"a\": \"2\"}", ", \"query\": {\"a\": [\"1\", \"2\"]}", false },
		{ ", \"query\": {\"a\": true}", ", \"query\": {\"a\": [\"1\", \"2\"]}", true },
		{ ", \"query\": {\"a\": true}", ", \"query\": {\"a\": false}", false },
		{ ", \"query\": {\"a\": false}", ", \"query\": {\"a\": false}", true },
		{ ", \"query\": {\"a\": \"1\"}", ", \"query\": {\"a\": true}", false },
		{ ", \"header\": {\"A\": true}", ", \"header\": {\"a\": \"1\"}", true },
		{ ", \"header\": {\"A\": true}", ", \"query\": {\"a\": \"1\"}", false },
		{ ", \"content_types\": \"a/*\"", ", \"content_types\": [\"a/b\", \"A/*+c\"]",
			true },
		{ ", \"content_types\": \"a/*\"", ", \"content_types\": [\"a/b\", \"b/c\"]",
			false },
		{ ", \"content_types\": \"a/*\"", "", false },
		{ "", ", \"encodings\": \"gzip\"", false },
		{ ", \"host\": \":x.a\"", ", \"host\": \"b.a\"", true },
		{ ", \"host\": \"b.a\"", ", \"host\": \":x.a\"", false },
		{ "", ", \"accept\": \"json\"", true },
		{ ", \"accept\": \"json\"", "", false },
		{ ", \"accept\": [\"html\", \"json\"]", ", \"accept\": \"json\"", true },
		{ ", \"accept\": \"json\"", ", \"accept\": [\"html\", \"json\"]", false },
		{ "", ", \"layer\": \"last_call\"", true },
		{ ", \"layer\": \"last_call\"", ", \"layer\": \"last_call\"", true },
		{ ", \"encodings\": [\"br\", \"GZIP\"]", ", \"encodings\": \"x-gzip\"", true },
		{ ", \"encodings\": \"gzip\"", "", true },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		if (second_is_hidden(stories[i].first, stories[i].second) != stories[i].hidden) {
			fail_msg("%s | %s", stories[i].first, stories[i].second);
		}
	}
}

static void the_table_knows_what_sockets_must_remember_and_guard(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, "[" ROW("a", "\"op\": \"a\", \"host\": \"a\"") "," ROW(
				   "b", "\"path\": \"/\", \"query\": {\"a\": true}") "]");
	assert_false(mapping_table_reads_headers(world.table));
	assert_false(mapping_table_takes_any_host(world.table, true, false));
	assert_true(mapping_table_takes_any_host(world.table, true, true));
	world_close(&world);
	world_open(&world, "[" ROW("a", "\"path\": \"/a\", \"host\": \"a\"") "," ROW(
				   "b", "\"op\": \"b\", \"header\": {\"a\": false}") "]");
	assert_true(mapping_table_reads_headers(world.table));
	assert_false(mapping_table_takes_any_host(world.table, false, true));
	assert_true(mapping_table_takes_any_host(world.table, true, false));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mapping_of_another_host_is_passed_over),
		cmocka_unit_test(query_and_headers_must_be_as_a_mapping_wants_them),
		cmocka_unit_test(the_headers_of_a_preflight_are_not_there_yet),
		cmocka_unit_test(a_body_must_be_of_a_type_and_encoding_that_is_taken),
		cmocka_unit_test(the_nearest_mapping_decides_whatever_the_order),
		cmocka_unit_test(a_refusal_offers_what_would_have_been_right),
		cmocka_unit_test(conditions_that_mean_nothing_do_not_load),
		cmocka_unit_test(json_and_an_encoding_do_not_go_together),
		cmocka_unit_test(a_mapping_that_asks_for_more_hides_none),
		cmocka_unit_test(the_table_knows_what_sockets_must_remember_and_guard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
