/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/files.h"

#include "test/unit/mappings/world.h"

#define FILES "\"match\": { \"path\": \"/s/*rest\" }, \"files\": { \"root\": \"/\" }"

static void open_files(struct world *world, const char *mapping)
{
	struct buffer json = { 0 };
	buffer_append_format(&json, "[{ \"name\": \"m\", %s }]%c", mapping, 0);
	world_open(world, json.data);
	if (problem_list_has_errors(world->problems)) {
		fail_msg("%s\n%s", mapping, world_problems(world));
	}
	buffer_finish(&json);
}

static void a_request_names_a_file_below_the_root(void **state)
{
	(void)state;
	static const struct {
		const char *request, *name; /* NULL: there is none */
	} stories[] = {
		{ "GET /s/a", "a" },
		{ "GET /s/a/b.c/d", "a/b.c/d" },
		{ "GET /s/a%20%C3%BC", "a \xc3\xbc" },
		{ "GET /s/", "index.html" },
		{ "GET /s/a/", "a/index.html" },
		{ "GET /s", "" },
		{ "GET /s/a..b", "a..b" },
		{ "GET /s/a%5c..%5cb", "a\\..\\b" },
		{ "GET /s/.a", NULL },
		{ "GET /s/.a/b", NULL },
		{ "GET /s/a/.b", NULL },
		{ "GET /s/a/%2Eb/", NULL },
		{ "GET /s/...", NULL },
	};
	struct world world;
	open_files(&world, FILES);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct buffer name = { 0 };
		assert_int_equal(world_match(&world, stories[i].request), 0);
		bool good = files_name(&world.match, &name);
		if (good != (stories[i].name != NULL) ||
			(good && strcmp(name.data, stories[i].name) != 0)) {
			fail_msg("%s: %s", stories[i].request, good ? name.data : "none");
		}
		buffer_finish(&name);
	}
	world_close(&world);
}

static void a_folder_may_show_nothing(void **state)
{
	(void)state;
	struct world world;
	struct buffer name = { 0 };
	open_files(&world, "\"match\": { \"path\": \"/*rest\" }, \"files\": { \"root\": \"/\", "
			   "\"index\": \"\" }");
	assert_int_equal(world_match(&world, "GET /"), 0);
	assert_false(files_name(&world.match, &name));
	assert_int_equal(world_match(&world, "GET /a/"), 0);
	assert_false(files_name(&world.match, &name));
	assert_int_equal(world_match(&world, "GET /a"), 0);
	assert_true(files_name(&world.match, &name));
	buffer_finish(&name);
	world_close(&world);
}

static void files_are_read_and_nothing_else(void **state)
{
	(void)state;
	struct world world;
	open_files(&world, FILES);
	assert_int_equal(world_match(&world, "HEAD /s/a"), 0);
	assert_int_equal(world_match(&world, "POST /s/a"), 405);
	assert_int_equal(world_match(&world, "OPTIONS /s/a"), 405);
	assert_int_equal(mapping_action(mapping_table_at(world.table, 0)), MAPPING_FILES);
	world_close(&world);
}

static void the_address_of_a_folder_is_encoded(void **state)
{
	(void)state;
	struct world world;
	struct buffer address = { 0 };
	open_files(&world, FILES);
	assert_int_equal(world_match(&world, "GET /s/a%20b/%5Cx?q=%26//&r"), 0);
	files_append_address(&world.request, &world.match, &address);
	assert_true(span_equal(buffer_span(&address), SPAN("/s/a%20b/%5Cx/?q=%26//&r")));
	buffer_finish(&address);
	world_close(&world);
}

static const struct files_facts facts = {
	.size = 100, .modified_ns = INT64_C(784111777123456789), .now_ms = INT64_C(1700000000123)
};

/* "status type | headers | offset+len", or the status of the refusal and what it offers. */
static const char *finish(struct world *world, const char *request, const struct files_facts *found)
{
	struct buffer text = { 0 }, out = { 0 };
	struct files_part part;
	assert_int_equal(world_match(world, request), 0);
	const struct files_input input = { &world->request, world->match.mapping, found, &text };
	files_begin(SPAN("a/b.css"), &world->answer);
	if (files_finish(&input, &world->answer, &part, &world->refusal)) {
		const struct answer *answer = &world->answer;
		buffer_append_format(&out, "%d %.*s |", answer->status,
			(int)answer->content_type.len, answer->content_type.ptr);
		for (unsigned i = 0; i < answer->header_count; i++) {
			const struct message_header *header = &answer->headers[i];
			buffer_append_format(&out, " %.*s: %.*s;", (int)header->name.len,
				header->name.ptr, (int)header->value.len, header->value.ptr);
		}
		buffer_append_format(&out, " | %llu+%llu", (unsigned long long)part.offset,
			(unsigned long long)part.len);
	} else {
		buffer_append_format(&out, "%d %.*s", world->refusal.status,
			(int)world->refusal.offered.len, world->refusal.offered.ptr);
	}
	free(world->text);
	world->text = memory_text(buffer_span(&out));
	buffer_finish(&out);
	buffer_finish(&text);
	return world->text;
}

#define TAG "\"ae1b981c3a4d715-64\""

static void an_answer_says_what_a_cache_needs(void **state)
{
	(void)state;
	static const struct {
		const char *request, *answer;
	} stories[] = {
		{ "GET /s/a",
			"200 text/css; charset=utf-8 | ETag: " TAG "; Last-Modified: Sun, 06 Nov "
			"1994 08:49:37 GMT; Cache-Control: max-age=3600; Accept-Ranges: bytes; | "
			"0+100" },
		{ "GET /s/a\nIf-None-Match: " TAG,
			"304 text/css; charset=utf-8 | ETag: " TAG "; Last-Modified: Sun, 06 Nov "
			"1994 08:49:37 GMT; Cache-Control: max-age=3600; | 0+100" },
		{ "GET /s/a\nRange: bytes=-10",
			"206 text/css; charset=utf-8 | ETag: " TAG "; Last-Modified: Sun, 06 Nov "
			"1994 08:49:37 GMT; Cache-Control: max-age=3600; Accept-Ranges: bytes; "
			"Content-Range: bytes 90-99/100; | 90+10" },
		{ "GET /s/a\nRange: bytes=100-", "416 bytes */100" },
		{ "GET /s/a\nIf-Match: \"x\"", "412 " },
	};
	struct world world;
	open_files(&world, "\"match\": { \"path\": \"/s/*rest\" }, \"files\": { \"root\": \"/\", "
			   "\"max_age\": \"1h\" }");
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		assert_string_equal(finish(&world, stories[i].request, &facts), stories[i].answer);
	}
	world_close(&world);
}

static void nothing_was_changed_in_the_future(void **state)
{
	(void)state;
	const struct files_facts odd = { .size = 0, .modified_ns = INT64_MAX, .now_ms = 86400000 };
	const struct files_facts old = { .size = 0, .modified_ns = -1, .now_ms = 86400000 };
	struct world world;
	open_files(&world, FILES);
	assert_non_null(strstr(
		finish(&world, "GET /s/a", &odd), "Last-Modified: Fri, 02 Jan 1970 00:00:00 GMT"));
	assert_non_null(strstr(
		finish(&world, "GET /s/a", &old), "Last-Modified: Wed, 31 Dec 1969 23:59:59 GMT"));
	assert_null(strstr(world.text, "Cache-Control"));
	world_close(&world);
}

static void what_cannot_be_served_is_refused_at_load(void **state)
{
	(void)state;
	static const struct world_fault faults[] = {
		{ "\"match\": { \"path\": \"/*r\" }, \"files\": []", "expected an object" },
		{ "\"match\": { \"path\": \"/*r\" }, \"files\": {}", "\"root\" is required" },
		{ "\"match\": { \"path\": \"/*r\" }, \"files\": { \"root\": \"/no/where\" }",
			"cannot use folder /no/where: No such file" },
		{ "\"match\": { \"path\": \"/*r\" }, \"files\": { \"root\": \"/etc/passwd\" }",
			"/etc/passwd" },
		{ "\"match\": { \"path\": \"/*r\" }, \"files\": { \"root\": \"/\", \"index\": "
		  "\"a/b\" }",
			"the name of a file" },
		{ "\"match\": { \"path\": \"/a\" }, \"files\": { \"root\": \"/\" }",
			"ends in *rest" },
		{ "\"match\": { \"op\": \"a\" }, \"files\": { \"root\": \"/\" }",
			"files go over HTTP only" },
		{ "\"match\": { \"path\": \"/*r\", \"op\": \"a\" }, \"files\": { \"root\": \"/\" }",
			"files go over HTTP only" },
		{ "\"match\": { \"path\": \"/*r\", \"method\": \"PUT\" }, \"files\": { \"root\": "
		  "\"/\" }",
			"files can be read" },
		{ "\"match\": { \"path\": \"/*r\" }, \"files\": { \"root\": \"/\", \"max_age\": 5 "
		  "}",
			"expected a duration" },
		{ "\"match\": { \"path\": \"/*r\" }, \"files\": { \"root\": \"/\" }, \"answer\": "
		  "{}",
			"this is for replies" },
	};
	WORLD_REFUSE(faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_names_a_file_below_the_root),
		cmocka_unit_test(a_folder_may_show_nothing),
		cmocka_unit_test(files_are_read_and_nothing_else),
		cmocka_unit_test(the_address_of_a_folder_is_encoded),
		cmocka_unit_test(an_answer_says_what_a_cache_needs),
		cmocka_unit_test(nothing_was_changed_in_the_future),
		cmocka_unit_test(what_cannot_be_served_is_refused_at_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
