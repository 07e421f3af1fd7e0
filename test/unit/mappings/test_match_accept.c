/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Layers, Accept, and what an answer has to tell caches about both. */
#include "test/unit/mappings/world.h"

#define ROW(name, match) \
	"{\"name\": \"" name "\", \"match\": {" match "}, \"send\": {\"queue\": \"q\"}}"

struct story {
	const char *request;
	const char *name; /* of the mapping; NULL: none came near */
	int status;
	const char *accept; /* NULL: nothing was chosen */
	const char *vary;   /* "": nothing */
};

static void tell(const char *table, const struct story *stories, size_t count)
{
	struct world world;
	world_open(&world, table);
	assert_false(problem_list_has_errors(world.problems));
	for (size_t i = 0; i < count; i++) {
		int status = world_match(&world, stories[i].request);
		const struct mapping *mapping = world.match.mapping;
		const char *name = mapping != NULL ? mapping_name(mapping) : "";
		const char *expected = stories[i].name != NULL ? stories[i].name : "";
		struct span accept = span_from_text(stories[i].accept);
		struct buffer vary = { 0 };
		if (world.match.vary != 0) {
			mapping_table_append_vary(world.table, world.match.vary, &vary);
		}
		if (status != stories[i].status || strcmp(name, expected) != 0 ||
			span_present(world.match.accept) != span_present(accept) ||
			!span_equal(world.match.accept, accept) ||
			!span_equal(buffer_span(&vary), span_from_text(stories[i].vary))) {
			fail_msg("%s: %d %s accept %.*s vary %.*s", stories[i].request, status,
				name, (int)world.match.accept.len, world.match.accept.ptr,
				(int)vary.len, vary.data);
		}
		buffer_finish(&vary);
	}
	world_close(&world);
}

#define TELL(table, stories) tell((table), (stories), sizeof(stories) / sizeof((stories)[0]))

static void what_is_wanted_most_goes_before_what_stands_first(void **state)
{
	(void)state;
	static const char table[] =
		"[" ROW("page", "\"path\": \"/x\", \"accept\": \"html\"") "," ROW("data",
			"\"path\": \"/:x\", \"accept\": [\"text\", \"json\"]") "," ROW("free",
			"\"path\": \"/free/x\", \"accept\": \"html\"") "," ROW("any",
			"\"path\": \"/free/x\"") "," ROW("late",
			"\"path\": \"/free/x\", \"accept\": \"json\"") "," ROW("op",
			"\"op\": \"x\", \"accept\": [\"json\", \"html\"]") "]";
	static const struct story stories[] = {
		{ "GET /x", "page", 0, "html", "Accept" },
		{ "GET /x\nAccept: */*", "page", 0, "html", "Accept" },
		{ "GET /x\nAccept: application/json", "data", 0, "json", "Accept" },
		{ "GET /x\nAccept: text/html;q=0.5, text/csv;q=0.6", "data", 0, "text", "Accept" },
		{ "GET /x\nAccept: text/html;q=0.6, text/csv;q=0.6", "page", 0, "html", "Accept" },
		{ "GET /x\nAccept: */*;q=0.1, application/json", "data", 0, "json", "Accept" },
		{ "GET /y\nAccept: text/csv;q=0.3, application/json;q=0.3", "data", 0, "text",
			"Accept" },
		{ "GET /y\nAccept: image/png", "data", 406, NULL, "Accept" },
		{ "GET /x\nAccept: image/png", "page", 406, NULL, "Accept" },
		{ "GET /x\nAccept: */html", "page", 400, NULL, "Accept" },
		{ "GET /free/x\nAccept: text/html", "free", 0, "html", "Accept" },
		{ "GET /free/x\nAccept: text/html;q=0.9, application/json", "any", 0, NULL,
			"Accept" },
		{ "GET /free/x\nAccept: video/mp4", "any", 0, NULL, "Accept" },
		{ "GET /free/x\nAccept: broken", "free", 400, NULL, "Accept" },
		{ "GET /none\nAccept: broken", "data", 400, NULL, "Accept" },
		{ "GET /no/ne\nAccept: broken", NULL, 404, NULL, "" },
		{ "op x\nAccept: text/html", "op", 0, "json", "" },
	};
	TELL(table, stories);
}

static void a_layer_is_exhausted_before_the_next_is_tried(void **state)
{
	(void)state;
	static const char table[] = "[" ROW("sorry",
		"\"path\": \"/*any\", \"layer\": "
		"\"last_call\", \"accept\": \"html\"") "," ROW("sorry-json",
		"\"path\": \"/a\", \"layer\": \"last_call\", \"accept\": \"json\"") "," ROW("page",
		"\"path\": \"/a\", \"method\": \"GET\", \"accept\": \"html\"") "," ROW("type",
		"\"path\": \"/t\", \"content_types\": \"a/b\", \"layer\": \"main\"") "," ROW("op",
		"\"op\": \"a\"") "," ROW("op-last", "\"op\": \"*\", \"layer\": \"last_call\"") "]";
	static const struct story stories[] = {
		{ "GET /a\nAccept: application/json, text/html;q=0.1", "page", 0, "html",
			"Accept" },
		{ "GET /a\nAccept: application/json", "sorry-json", 0, "json", "Accept" },
		{ "GET /b", "sorry", 0, "html", "Accept" },
		{ "PUT /a\nAccept: application/json;q=0.5, text/html;q=0.4", "sorry-json", 0,
			"json", "Accept" },
		{ "GET /b\nAccept: application/json", "sorry", 406, NULL, "Accept" },
		{ "PUT /a\nAccept: image/png", "sorry", 406, NULL, "Accept" },
		{ "POST /t\nAccept: image/png\n\nbody", "type", 415, NULL, "Accept" },
		{ "op a", "op", 0, NULL, "" },
		{ "op b", "op-last", 0, NULL, "" },
	};
	TELL(table, stories);
}

/* Goes on behind whoever was found, until nobody is left. */
static void check_order(const char *table, const char *request, const char *expected)
{
	struct world world;
	struct buffer order = { 0 };
	world_open(&world, table);
	int status = world_match(&world, request);
	while (status == 0) {
		buffer_append_format(&order, " %s", mapping_name(world.match.mapping));
		status = mapping_table_match_behind(
			world.table, &world.request, &world.match, &world.refusal);
	}
	buffer_append_format(&order, " %d", status);
	buffer_append_char(&order, '\0');
	assert_string_equal(order.data, expected);
	buffer_finish(&order);
	world_close(&world);
}

static void the_search_goes_on_behind_who_was_found(void **state)
{
	(void)state;
	static const char table[] =
		"[" ROW("last", "\"path\": \"/*x\", \"layer\": \"last_call\"") "," ROW(
			"json", "\"path\": \"/a\", \"accept\": \"json\"") "," ROW("all",
			"\"path\": \"/:x\"") "," ROW("html",
			"\"path\": \"/a\", \"accept\": \"html\"") "," ROW("other",
			"\"path\": \"/b\"") "," ROW("late", "\"path\": \"/a\"") "," ROW("put",
			"\"path\": \"/c\", \"method\": \"PUT\"") "]";
	check_order(table, "GET /a", " json all html late last 404");
	check_order(table, "GET /a\nAccept: text/html, application/json;q=0.5",
		" all html late json last 404");
	check_order(table, "GET /a\nAccept: text/html", " all html late last 406");
	check_order(table, "GET /b", " all other last 404");
	check_order(table, "GET /c", " all last 405");
}

static void the_nearest_of_all_layers_refuses(void **state)
{
	(void)state;
	static const char table[] = "[" ROW("type", "\"path\": \"/x\", \"content_types\": \"a/b\", "
						    "\"layer\": \"last_call\"") "," ROW("put",
		"\"path\": \"/x\", \"method\": \"PUT\"") "," ROW("json",
		"\"path\": \"/x\", \"method\": \"POST\", \"accept\": \"json\"") "," ROW("both",
		"\"path\": \"/y\", \"accept\": \"json\", \"content_types\": \"a/b\"") "," ROW("othe"
											      "r",
		"\"path\": \"/y\", \"header\": {\"x-a\": \"1\"}") "]";
	static const struct story stories[] = {
		{ "GET /x\n\nbody", "type", 415, NULL, "" },
		{ "POST /x\nAccept: text/html\n\nbody", "type", 415, NULL, "Accept" },
		{ "POST /y\nAccept: text/html\n\nbody", "both", 406, NULL, "Accept, x-a" },
		{ "POST /y\n\nbody", "both", 415, NULL, "Accept, x-a" },
	};
	TELL(table, stories);
}

static void a_broken_query_counts_where_its_mapping_would_be_chosen(void **state)
{
	(void)state;
	static const char table[] = "[" ROW("html",
		"\"path\": \"/x\", \"accept\": \"html\", \"query\": {\"v\": true}") "," ROW("json",
		"\"path\": \"/x\", \"accept\": \"json\"") "]";
	static const struct story stories[] = {
		{ "GET /x?v&v", "html", 400, NULL, "Accept" },
		{ "GET /x?v&v\nAccept: application/json, text/html;q=0.9", "json", 0, "json",
			"Accept" },
		{ "GET /x?v&v\nAccept: application/json;q=0.8, text/html;q=0.9", "html", 400, NULL,
			"Accept" },
		{ "GET /x?v&v\nAccept: application/json", "json", 0, "json", "Accept" },
		{ "GET /x?v&v\nAccept: image/png", "json", 406, NULL, "Accept" },
	};
	TELL(table, stories);
}

static void caches_are_told_which_headers_were_looked_at(void **state)
{
	(void)state;
	static const char table[] = "[" ROW("a",
		"\"path\": \"/x\", \"host\": \"other\", \"header\": {\"x-no\": true}") "," ROW("b",
		"\"path\": \"/x\", \"header\": {\"X-A\": \"1\", \"x-b\": true}") "," ROW("c",
		"\"path\": \"/x\", \"header\": {\"x-a\": true}, \"accept\": "
		"\"json\"") "," ROW("d", "\"path\": \"/:x\"") "," ROW("e",
		"\"path\": \"/x\", \"header\": {\"x-late\": true}") "," ROW("f",
		"\"path\": \"/y/y\", \"header\": {\"accept\": \"a/b\"}") "]";
	static const struct story stories[] = {
		{ "GET /x\nx-a: 1\nx-b: 1", "b", 0, NULL, "X-A, x-b" },
		{ "GET /x\nx-a: 1", "c", 0, "json", "Accept, X-A, x-b" },
		{ "GET /x", "d", 0, NULL, "X-A, x-b" },
		{ "GET /y", "d", 0, NULL, "" },
		{ "GET /y/y", NULL, 404, NULL, "Accept" },
	};
	TELL(table, stories);
}

static void more_headers_than_can_be_told_apart_are_a_star(void **state)
{
	(void)state;
	struct world world;
	struct buffer json = { 0 }, out = { 0 };
	for (int i = 0; i < 70; i++) {
		buffer_append_format(&json,
			"%c{\"name\":\"%d\",\"match\":{\"path\":\"/"
			"%d\",\"header\":{\"x-%d\":true}},"
			"\"send\":{\"queue\":\"q\"}}",
			i == 0 ? '[' : ',', i, i, i);
	}
	buffer_append_literal(&json, "]\0");
	world_open(&world, json.data);
	assert_int_equal(world_match(&world, "GET /61\nx-61: 1"), 0);
	mapping_table_append_vary(world.table, world.match.vary, &out);
	assert_true(span_equal(buffer_span(&out), SPAN("x-61")));
	buffer_clear(&out);
	assert_int_equal(world_match(&world, "GET /69\nx-69: 1"), 0);
	mapping_table_append_vary(world.table, world.match.vary, &out);
	assert_true(span_equal(buffer_span(&out), SPAN("*")));
	buffer_finish(&out);
	buffer_finish(&json);
	world_close(&world);
}

static void a_preflight_does_not_know_what_will_be_accepted(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, "[" ROW("a", "\"path\": \"/x\", \"accept\": \"json\"") "]");
	assert_int_equal(world_match(&world, "GET /x\nAccept: text/html"), 406);
	world.request.preflight = true;
	assert_int_equal(
		mapping_table_match(world.table, &world.request, &world.match, &world.refusal), 0);
	world_close(&world);
}

static void templates_know_what_was_chosen_and_captured(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/x\", \"accept\": [\"html\", \"json\"]}, \"send\": "
		  "{\"queue\": \"q-${accept}\", \"body\": {\"as\": \"${accept}\"}}",
			"GET /x\nAccept: application/json",
			"/q-json | content_type=application/json delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | {\"as\":\"json\"}",
			0 },
		{ "\"match\": {\"path\": \"/x\", \"host\": [\":tenant.api.example\", "
		  "\"api.:zone\"]}, \"send\": {\"queue\": \"q-${host.tenant}\", \"body\": "
		  "\"${host.zone:-none}\"}",
			"GET /x\nHost: ACME.api.example",
			"/q-acme | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | none",
			0 },
		{ "\"match\": {\"op\": \"x\", \"host\": [\":tenant.api.example\", "
		  "\"api.:zone\"]}, \"send\": {\"queue\": \"q-${host.tenant}\"}",
			"op x\nHost: api.example", NULL, 400 },
	};
	WORLD_TELL(stories);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wanted_most_goes_before_what_stands_first),
		cmocka_unit_test(a_layer_is_exhausted_before_the_next_is_tried),
		cmocka_unit_test(the_search_goes_on_behind_who_was_found),
		cmocka_unit_test(the_nearest_of_all_layers_refuses),
		cmocka_unit_test(a_broken_query_counts_where_its_mapping_would_be_chosen),
		cmocka_unit_test(caches_are_told_which_headers_were_looked_at),
		cmocka_unit_test(more_headers_than_can_be_told_apart_are_a_star),
		cmocka_unit_test(a_preflight_does_not_know_what_will_be_accepted),
		cmocka_unit_test(templates_know_what_was_chosen_and_captured),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
