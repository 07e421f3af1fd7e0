/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/respond.h"

#include "test/unit/mappings/world.h"

struct story {
	const char *mapping; /* what stands beside the name and the match */
	const char *request;
	const char *answer; /* "status | type | name=value … | body"; NULL: refused */
	int status;
};

static int respond(struct world *world, const char *text)
{
	static const struct send_facts facts = {
		.id = { WORLD_ID, 36 }, .wall_ms = 1700000000123, .instance = { "gw-1", 4 }
	};
	int status = world_match(world, text);
	if (status != 0) {
		return status;
	}
	const struct respond_input input = { &world->request, &world->match, &facts, &world->room };
	return respond_compose(&input, &world->answer, &world->refusal) ? 0 : world->refusal.status;
}

static const char *answer_text(struct world *world)
{
	const struct answer *answer = &world->answer;
	struct buffer out = { 0 };
	buffer_append_format(&out, "%d | ", answer->status);
	buffer_append_span(&out, answer->content_type);
	buffer_append_literal(&out, " |");
	for (unsigned i = 0; i < answer->header_count; i++) {
		buffer_append_literal(&out, " ");
		buffer_append_span(&out, answer->headers[i].name);
		buffer_append_literal(&out, "=");
		buffer_append_span(&out, answer->headers[i].value);
	}
	buffer_append_literal(&out, " | ");
	buffer_append_span(&out, answer->body);
	free(world->text);
	world->text = memory_text(buffer_span(&out));
	buffer_finish(&out);
	return world->text;
}

static void open_mapping(struct world *world, const char *mapping)
{
	struct buffer json = { 0 };
	buffer_append_format(&json,
		"[{ \"name\": \"m\", \"match\": { \"path\": \"/a/:x/*rest\" }, %s }]%c", mapping,
		0);
	world_open(world, json.data);
	buffer_finish(&json);
}

static void tell(const struct story *stories, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct story *story = &stories[i];
		struct world world;
		open_mapping(&world, story->mapping);
		if (problem_list_has_errors(world.problems)) {
			fail_msg("%s\n%s", story->mapping, world_problems(&world));
		}
		/* Twice: the second time nothing grows, and nothing of the first is left. */
		for (int again = 0; again < 2; again++) {
			int status = respond(&world, story->request);
			if (status != story->status) {
				fail_msg("%s\n%s\nstatus %d", story->mapping, story->request,
					status);
			}
			if (story->answer != NULL) {
				assert_string_equal(answer_text(&world), story->answer);
			}
		}
		world_close(&world);
	}
}

#define TELL(stories) tell((stories), sizeof(stories) / sizeof((stories)[0]))

static void a_body_has_the_type_of_what_it_is(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"respond\": {}", "GET /a/1", "200 |  | | ", 0 },
		{ "\"respond\": { \"status\": 204 }", "GET /a/1", "204 |  | | ", 0 },
		{ "\"respond\": { \"body\": \"hi ${path.x}\" }", "GET /a/1%20",
			"200 | text/plain; charset=utf-8 | | hi 1 ", 0 },
		{ "\"respond\": { \"body\": { \"x\": \"${path.x}\", \"n\": 1.50 } }", "GET /a/%22",
			"200 | application/json | | {\"x\":\"\\\"\",\"n\":1.50}", 0 },
		{ "\"respond\": { \"body\": null }", "GET /a/1", "200 | application/json | | null",
			0 },
		{ "\"respond\": { \"body\": \"${query.q?}\" }", "GET /a/1",
			"200 | text/plain; charset=utf-8 | | ", 0 },
		{ "\"respond\": { \"body\": \"<b>${path.x|html}\", \"headers\": { "
		  "\"Content-Type\": "
		  "\"text/html\" } }",
			"GET /a/<i>", "200 | text/html | | <b>&lt;i&gt;", 0 },
		{ "\"respond\": { \"body\": \"x\", \"headers\": { \"content-type\": "
		  "\"${query.t?}\" } }",
			"GET /a/1", "200 | text/plain; charset=utf-8 | | x", 0 },
		{ "\"respond\": { \"body\": \"${id} ${now} ${instance} ${mapping} ${op}\" }",
			"GET /a/1",
			"200 | text/plain; charset=utf-8 | | " WORLD_ID " 1700000000123 gw-1 m m",
			0 },
		{ "\"respond\": { \"body\": \"${body}\" }", "POST /a/1\n\nbytes \x01\xff",
			"200 | text/plain; charset=utf-8 | | bytes \x01\xff", 0 },
	};
	TELL(stories);
}

static void headers_are_lines_of_a_clean_text(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"respond\": { \"headers\": { \"X-A\": \"${path.x}\", \"x-b\": 1, \"x-c\": "
		  "null, "
		  "\"x-d\": \"${query.d?}\", \"set-cookie\": [\"a=1\", \"b=${path.x}\"] } }",
			"GET /a/\xc3\xbc",
			"200 |  | X-A=\xc3\xbc x-b=1 set-cookie=a=1 "
			"set-cookie=b=\xc3\xbc | ",
			0 },
		{ "\"respond\": { \"headers\": { \"x\": \"${path.x}\" } }", "GET /a/b%0d%0aX:y",
			NULL, 400 },
		{ "\"respond\": { \"headers\": { \"x\": \"${path.x}\" } }", "GET /a/%7f", NULL,
			400 },
		{ "\"respond\": { \"headers\": { \"x\": \"${query.q}\" } }", "GET /a/1", NULL,
			400 },
		{ "\"respond\": { \"headers\": { \"x\": \"${path.x}\" } }", "GET /a/" X1024 "y",
			NULL, 400 },
		{ "\"respond\": { \"headers\": { \"content-type\": \"${path.x}\" } }",
			"GET /a/text%0a", NULL, 400 },
	};
	TELL(stories);
}

static void a_request_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"respond\": { \"body\": \"${query.q}\" }", "GET /a/1?q=1&q=2", NULL, 400 },
		{ "\"respond\": { \"body\": \"${body:/x}\" }", "POST /a/1\n\n{", NULL, 400 },
		{ "\"limits\": { \"body\": 3 }, \"respond\": { \"body\": \"x\" }",
			"POST /a/1\n\n1234", NULL, 413 },
		{ "\"respond\": { \"body\": { \"x\": \"${body}\" } }", "POST /a/1\n\n\xff", NULL,
			415 },
	};
	TELL(stories);
}

static void a_redirect_encodes_what_the_client_names(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"redirect\": { \"to\": \"/new\" }", "GET /a/1", "308 |  | Location=/new | ",
			0 },
		{ "\"redirect\": { \"to\": \"/b/${path.x}/${path.rest}\", \"status\": 302 }",
			"GET /a/%C3%BC%20%3f/1%25/a:b/",
			"302 |  | Location=/b/%C3%BC%20%3F/1%25/a%3Ab/ | ", 0 },
		{ "\"redirect\": { \"to\": \"https://new.example${path}\" }", "GET /a/%5cx/",
			"308 |  | Location=https://new.example/a/%5Cx/ | ", 0 },
		{ "\"redirect\": { \"to\": \"${scheme}s://${host}${uri}\" }", "GET /a/%5cx?a=b&c",
			"308 |  | Location=https://api.example/a/%5cx?a=b&c | ", 0 },
		{ "\"redirect\": { \"to\": \"/${query.to}?ip=${client.ip}\" }",
			"GET /a/1?to=//evil.example/%0d%0a%5c",
			"308 |  | Location=/%2F%2Fevil.example%2F%0D%0A%5C?ip=192.0.2.1 | ", 0 },
		{ "\"redirect\": { \"to\": \"/x?${query.q|[a-z=&]{1,9}}\" }",
			"GET /a/1?q=a%3db%26c", "308 |  | Location=/x?a=b&c | ", 0 },
		{ "\"redirect\": { \"to\": \"/x?q=${query.q|base64}\" }", "GET /a/1?q=%ff", NULL,
			400 },
		{ "\"redirect\": { \"to\": \"/x?q=${query.q:-none}\" }", "GET /a/1",
			"308 |  | Location=/x?q=none | ", 0 },
		{ "\"redirect\": { \"to\": \"/x?q=${query.q}\" }", "GET /a/1", NULL, 400 },
		{ "\"redirect\": { \"to\": \"/x?q=${query.q|[ -~]{1,9}}\" }", "GET /a/1?q=a+b",
			NULL, 400 },
		{ "\"redirect\": { \"to\": \"/x${uri}\" }", "GET /a/1?\x80", NULL, 400 },
		{ "\"redirect\": { \"to\": \"https://${path.x}.example/\" }", "GET /a/evil.com%3f",
			"308 |  | Location=https://evil.com%3F.example/ | ", 0 },
	};
	TELL(stories);
}

static void what_cannot_be_answered_is_refused_at_load(void **state)
{
	(void)state;
	static const struct world_fault faults[] = {
		{ "\"match\": { \"path\": \"/\" }", "\"send\" is required, or \"respond\"" },
		{ "\"match\": { \"path\": \"/\" }, \"send\": { \"queue\": \"q\" }, \"respond\": {}",
			"the mapping has \"send\" already" },
		{ "\"match\": { \"path\": \"/\" }, \"redirect\": { \"to\": \"/\" }, \"respond\": "
		  "{}",
			"the mapping has \"respond\" already" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": {}, \"answer\": {}",
			"this is for replies" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": []", "expected an object" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"status\": 199 }",
			"from 200 to 599" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"status\": 204, \"body\": \"\" "
		  "}",
			"status 204 has no content" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"body\": \"${reply_to}\" }",
			"nothing is sent here" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"body\": \"${path.x}\" }",
			"captures no 'x'" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"headers\": { \"x\": "
		  "\"a\\r\\nb: "
		  "c\" } }",
			"no control characters" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"headers\": { \"x\": "
		  "\"${query.x:-a\\nb}\" } }",
			"no control characters" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"headers\": { \"x y\": \"a\" } "
		  "}",
			"expected the name of a header" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"headers\": { "
		  "\"Content-Length\": 1 "
		  "} }",
			"'Content-Length' is written by the gateway" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"headers\": { "
		  "\"transfer-encoding\": \"chunked\" } }",
			"is written by the gateway" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"headers\": { \"Date\": \"now\" "
		  "} }",
			"is written by the gateway" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"headers\": { \"content-type\": "
		  "[\"a/b\", \"c/d\"] } }",
			"one content type" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"file\": \"/nowhere/x\" }",
			"cannot use file /nowhere/x: No such file" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"file\": \"/dev\" }",
			"it is no regular file" },
		{ "\"match\": { \"path\": \"/\" }, \"respond\": { \"file\": \"/dev/null\", "
		  "\"body\": 1 "
		  "}",
			"a body or a file" },
		{ "\"match\": { \"op\": \"a\" }, \"respond\": { \"file\": \"/etc/passwd\" }",
			"a file goes over HTTP only" },
		{ "\"match\": { \"op\": \"a\" }, \"redirect\": { \"to\": \"/\" }",
			"a redirect goes over HTTP only" },
		{ "\"match\": { \"path\": \"/\" }, \"redirect\": {}", "\"to\" is required" },
		{ "\"match\": { \"path\": \"/\" }, \"redirect\": { \"to\": \"\" }",
			"expected an address" },
		{ "\"match\": { \"path\": \"/\" }, \"redirect\": { \"to\": \"/\", \"status\": 304 "
		  "}",
			"expected 301, 302, 303, 307 or 308" },
		{ "\"match\": { \"path\": \"/\" }, \"redirect\": { \"to\": \"/a b\" }",
			"no blanks" },
		{ "\"match\": { \"path\": \"/\" }, \"redirect\": { \"to\": \"/\\u00fc\" }",
			"no blanks" },
		{ "\"match\": { \"path\": \"/\" }, \"redirect\": { \"to\": \"/${query.a?}\" }",
			"needs all of its address" },
	};
	WORLD_REFUSE(faults);
}

static void a_client_cannot_aim_a_redirect(void **state)
{
	(void)state;
	static const char *const targets[] = { "${query.to}", "${query.to}/x",
		"${header.x-to|[a-z:/]{1,99}}", "/${path}", "/${uri}", "/${query.to|uri}",
		"/${query.to|[a-z/]{1,9}}", "https://${query.to}", "https://a.example${query.to}/x",
		"https://a.example${path.x}", "https://${query.to|[a-z?]{1,9}}.example/",
		"https://a.${query.to|uri}.example/", "//a.example${path.x}/", "//${path.x}",
		"${scheme}://${path.x}?" };
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct world world;
		struct buffer json = { 0 };
		buffer_append_format(&json, "\"redirect\": { \"to\": \"%s\" }%c", targets[i], 0);
		open_mapping(&world, json.data);
		if (!problem_list_has_errors(world.problems)) {
			fail_msg("%s", targets[i]);
		}
		world_close(&world);
		buffer_finish(&json);
	}
}

static void markup_with_raw_text_of_a_client_is_warned_about(void **state)
{
	(void)state;
	static const struct {
		const char *type, *body;
		bool warns;
	} pages[] = {
		{ "text/html", "<p>${path.x}", true },
		{ "Text/HTML; charset=utf-8", "<p>${path.x|html}${query.q}", true },
		{ "image/svg+xml", "${header.x}", true },
		{ "application/xml", "${body}", true },
		{ "text/html", "<p>${path.x|[<a-z]{1,9}}", true },
		{ "${header.accept}", "${path.x}", true },
		{ "text/html", "<p>${path.x|html}", false },
		{ "text/html", "<p>${path.x|[a-z]{1,9}}", false },
		{ "text/html", "<p>${path.x|uri} ${path.x|base64}", false },
		{ "text/html", "<p>${id} ${now} ${client.ip}", false },
		{ "text/plain", "<p>${path.x}", false },
		{ "text/xmlish", "<p>${path.x}", false },
	};
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct world world;
		struct buffer json = { 0 };
		buffer_append_format(&json,
			"\"respond\": { \"headers\": { \"content-type\": \"%s\" }, \"body\": "
			"\"%s\" }%c",
			pages[i].type, pages[i].body, 0);
		open_mapping(&world, json.data);
		bool warned = strstr(world_problems(&world), "write |html behind") != NULL;
		if (warned != pages[i].warns || problem_list_has_errors(world.problems)) {
			fail_msg("%s %s\n%s", pages[i].type, pages[i].body, world_problems(&world));
		}
		world_close(&world);
		buffer_finish(&json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_has_the_type_of_what_it_is),
		cmocka_unit_test(headers_are_lines_of_a_clean_text),
		cmocka_unit_test(a_request_that_does_not_fit_is_refused),
		cmocka_unit_test(a_redirect_encodes_what_the_client_names),
		cmocka_unit_test(what_cannot_be_answered_is_refused_at_load),
		cmocka_unit_test(a_client_cannot_aim_a_redirect),
		cmocka_unit_test(markup_with_raw_text_of_a_client_is_warned_about),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
