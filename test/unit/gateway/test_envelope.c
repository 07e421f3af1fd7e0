/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Requests are written down as text, "op|body|id" and more, and compared with what was wanted. */
#include "gateway/envelope.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char custom_text[] =
	"{\"id\": \"body:/ref\", \"op\": \"body:/do\", \"path\": \"body:/path\","
	" \"method\": \"body:/method\", \"body\": \"body:/with\","
	" \"answer\": {\"ref\": \"${request_id}\", \"status\": \"${answer.status}\","
	" \"with\": \"${answer.body}\"},"
	" \"error\": {\"ref\": \"${request_id}\", \"status\": \"${answer.status}\","
	" \"with\": \"${answer.body}\", \"why\": \"${problem}\"}}";

struct setup {
	struct json_tree *tree;
	struct problem_list *problems;
	struct envelope *envelope;
};

static struct setup open_text(const char *text)
{
	struct setup setup = { .problems = problem_list_create() };
	struct json_fault fault;
	setup.tree = json_tree_create("test.json", span_from_text(text), &fault);
	assert_non_null(setup.tree);
	setup.envelope = envelope_create(json_tree_root(setup.tree), setup.problems);
	return setup;
}

static struct setup open_good(const char *text)
{
	struct setup setup = open_text(text);
	if (problem_list_has_errors(setup.problems)) {
		problem_list_print(setup.problems, stderr);
		fail();
	}
	assert_non_null(setup.envelope);
	return setup;
}

static void close_setup(struct setup *setup)
{
	envelope_destroy(setup->envelope);
	problem_list_destroy(setup->problems);
	json_tree_destroy(setup->tree);
}

static void note(struct buffer *log, const char *name, struct span value)
{
	if (span_present(value)) {
		buffer_append_format(log, "|%s=%.*s", name, (int)value.len, value.ptr);
	}
}

static void note_call(struct buffer *log, const struct envelope_call *call)
{
	buffer_append_format(log, "%d", call->error_code);
	assert_int_equal(call->error_code != 0, call->error != NULL);
	note(log, "id", call->id);
	if (call->error_code == 0) {
		note(log, "op", call->op);
		note(log, "json", call->op_json);
		note(log, "method", call->method);
		note(log, "uri", call->uri);
		note(log, "token", call->token);
		note(log, call->body_is_json ? "body" : "bytes", call->body);
		assert_true(!call->body_is_json || json_check(call->body, NULL));
	}
	buffer_append_format(log, "%s%s\n", call->notification ? "|notification" : "",
		call->in_batch ? "|batch" : "");
}

static void expect_calls_in(
	const struct envelope *envelope, struct span message, const char *wanted)
{
	struct buffer log = { 0 };
	struct envelope_cursor cursor = { 0 };
	struct envelope_call call;
	char *copy = malloc(message.len + (message.len == 0));
	memcpy(copy, message.ptr, message.len);
	envelope_open(envelope, span_of(copy, message.len), false, &cursor);
	while (envelope_next(&cursor, &call)) {
		note_call(&log, &call);
	}
	buffer_append_char(&log, '\0');
	assert_string_equal(log.data, wanted);
	buffer_finish(&log);
	buffer_finish(&cursor.scratch);
	free(copy);
}

static void expect_calls(const char *configuration, const char *message, const char *wanted)
{
	struct setup setup = open_good(configuration);
	expect_calls_in(setup.envelope, span_from_text(message), wanted);
	close_setup(&setup);
}

static void expect_answer(
	const char *configuration, const struct envelope_result *result, const char *wanted)
{
	struct setup setup = open_good(configuration);
	struct buffer out = { 0 };
	envelope_write(setup.envelope, result, &out);
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, wanted);
	buffer_finish(&out);
	close_setup(&setup);
}

#define RPC "\"jsonrpc\""
#define PATHFINDER "\"pathfinder\""
#define RAW "\"raw\""

/* ---- configuration ---- */

static void an_envelope_has_a_name_or_is_an_object(void **state)
{
	(void)state;
	struct setup setup = open_good(custom_text);
	assert_string_equal(envelope_name(setup.envelope), "custom");
	close_setup(&setup);
	static const char *const wrong[] = { "\"json\"", "7", "[]", "{}", "{\"op\": \"body:/a\"}",
		"{\"op\": \"header:a\", \"answer\": 1, \"error\": 1}",
		"{\"op\": \"body:\", \"answer\": 1, \"error\": 1}",
		"{\"op\": \"nowhere\", \"answer\": 1, \"error\": 1}",
		"{\"op\": \"body:/a\", \"body\": \"key\", \"answer\": 1, \"error\": 1}",
		"{\"op\": \"body:/a\", \"method\": \"body:/b\", \"answer\": 1, \"error\": 1}",
		"{\"id\": \"body:/a\", \"answer\": 1, \"error\": 1}",
		"{\"op\": \"body:/a\", \"answer\": \"${op}\", \"error\": 1}",
		"{\"op\": \"body:/a\", \"answer\": 1, \"error\": 1, \"other\": 1}" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		setup = open_text(wrong[i]);
		assert_true(problem_list_has_errors(setup.problems));
		close_setup(&setup);
	}
}

static void the_kinds_say_what_they_are(void **state)
{
	(void)state;
	struct problem_list *problems = problem_list_create();
	struct envelope *envelope = envelope_create(NULL, problems);
	assert_string_equal(envelope_name(envelope), "jsonrpc");
	assert_true(envelope_ids_are_unique(envelope));
	assert_false(envelope_is_raw(envelope));
	assert_false(envelope_paths_default(envelope));
	envelope_destroy(envelope);
	problem_list_destroy(problems);
	struct setup setup = open_good(PATHFINDER);
	assert_true(envelope_paths_default(setup.envelope));
	assert_false(envelope_ids_are_unique(setup.envelope));
	close_setup(&setup);
	setup = open_good(RAW);
	assert_true(envelope_is_raw(setup.envelope));
	close_setup(&setup);
}

/* ---- jsonrpc ---- */

static void a_request_is_taken_apart_byte_for_byte(void **state)
{
	(void)state;
	expect_calls(RPC,
		" { \"params\" : {\"big\": 1e400,  \"n\":9007199254740993} , \"x\":{\"id\":3},"
		"\n\"method\": \"orders.create\", \"id\" : 1.50 ,\"jsonrpc\":\"2.0\" } ",
		"0|id=1.50|op=orders.create|json=\"orders.create\""
		"|body={\"big\": 1e400,  \"n\":9007199254740993}\n");
	expect_calls(RPC,
		"{\"jsonrpc\":\"2\\u002e0\",\"method\":\"a\\/b\\u00e9\",\"\\u0069d\":\"\\u00e9\"}",
		"0|id=\"\\u00e9\"|op=a/b\xc3\xa9|json=\"a\\/b\\u00e9\"|bytes=\n");
	expect_calls(RPC, "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":null,\"params\":[]}",
		"0|id=null|op=a|json=\"a\"|body=[]\n");
}

static void a_request_without_an_id_is_a_notification(void **state)
{
	(void)state;
	expect_calls(RPC, "{\"jsonrpc\":\"2.0\",\"method\":\"a\"}",
		"0|op=a|json=\"a\"|bytes=|notification\n");
}

static void what_is_no_request_says_why_and_keeps_a_good_id(void **state)
{
	(void)state;
	static const struct {
		const char *message;
		const char *wanted;
	} rows[] = {
		{ "", "-32700\n" },
		{ "{", "-32700\n" },
		{ "{\"a\":1,\"a\":2}", "-32700\n" },
		{ "\xff", "-32700\n" },
		{ "{} {}", "-32700\n" },
		{ "7", "-32600\n" },
		{ "\"x\"", "-32600\n" },
		{ "null", "-32600\n" },
		{ "{}", "-32600\n" },
		{ "[]", "-32600\n" },
		{ " [ ] ", "-32600\n" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1}", "-32600|id=1\n" },
		{ "{\"id\":1,\"method\":\"a\"}", "-32600|id=1\n" },
		{ "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"a\"}", "-32600|id=1\n" },
		{ "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"a\"}", "-32600|id=1\n" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", "-32600|id=1\n" },
		{ "{\"jsonrpc\":\"2.0\",\"method\":7}", "-32600\n" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"method\":\"a\\u0000\"}",
			"-32600|id=\"i\"\n" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":7}", "-32600|id=1\n" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":null}",
			"-32600|id=1\n" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":\"x\"}",
			"-32600|id=1\n" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"a\"}", "-32600\n" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"a\"}", "-32600\n" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"a\"}", "-32600\n" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_calls(RPC, rows[i].message, rows[i].wanted);
	}
}

static void a_batch_gives_its_requests_in_order(void **state)
{
	(void)state;
	expect_calls(RPC,
		"[ {\"jsonrpc\":\"2.0\",\"method\":\"a\\u0062\",\"id\":1,\"params\":[[1],2]} ,7,"
		"{\"jsonrpc\":\"2.0\",\"method\":\"c\"}, [],{\"id\":\"x\"}]",
		"0|id=1|op=ab|json=\"a\\u0062\"|body=[[1],2]|batch\n-32600|batch\n"
		"0|op=c|json=\"c\"|bytes=|notification|batch\n-32600|batch\n"
		"-32600|id=\"x\"|batch\n");
}

static void a_cursor_serves_one_message_after_the_other(void **state)
{
	(void)state;
	struct setup setup = open_good(RPC);
	struct envelope_cursor cursor = { 0 };
	struct envelope_call call;
	envelope_open(setup.envelope, SPAN("[7]"), false, &cursor);
	assert_true(envelope_next(&cursor, &call));
	assert_true(call.in_batch);
	assert_false(envelope_next(&cursor, &call));
	envelope_open(setup.envelope, SPAN("7"), true, &cursor);
	assert_true(envelope_next(&cursor, &call));
	assert_false(call.in_batch);
	assert_false(envelope_next(&cursor, &call));
	buffer_finish(&cursor.scratch);
	close_setup(&setup);
}

#define ANSWER(id_, status_, ...)                               \
	&(struct envelope_result)                               \
	{                                                       \
		.id = SPAN(id_), .status = status_, __VA_ARGS__ \
	}

static void a_result_is_spliced_in_or_becomes_a_string(void **state)
{
	(void)state;
	expect_answer(RPC, ANSWER("1", 200, .body = SPAN("{\"a\" : 1e400}")),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\" : 1e400}}");
	expect_answer(RPC,
		ANSWER("\"\\u00e9\"", 201, .body = SPAN(" [1]\n"),
			.content_type = SPAN("application/json")),
		"{\"jsonrpc\":\"2.0\",\"id\":\"\\u00e9\",\"result\": [1]\n}");
	expect_answer(RPC, ANSWER("null", 200, .body = SPAN("")),
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":null}");
	expect_answer(RPC, ANSWER("1", 200, .body = SPAN("1"), .content_type = SPAN("text/plain")),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"1\",\"encoding\":\"text\"}");
	expect_answer(RPC,
		ANSWER("1", 200, .body = SPAN("{broken\n\""),
			.content_type = SPAN("application/json")),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"{broken\\n\\\"\","
		"\"encoding\":\"text\"}");
	expect_answer(RPC,
		ANSWER("1", 200, .body = { "\xff\x00", 2 }, .content_type = SPAN("image/png")),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"/wA=\",\"encoding\":\"base64\"}");
	expect_answer(RPC, ANSWER("1", 200, .body = { "\xff", 1 }),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"/w==\",\"encoding\":\"base64\"}");
	expect_answer(RPC, ANSWER("1", 200, .body = SPAN("{\"a\":1,\"a\":2}")),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"{\\\"a\\\":1,\\\"a\\\":2}\","
		"\"encoding\":\"text\"}");
}

static void a_202_says_what_was_published(void **state)
{
	(void)state;
	expect_answer(RPC, ANSWER("1", 202, .published = "unknown"),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"published\":\"unknown\"}}");
	expect_answer(PATHFINDER, ANSWER("1", 202, .published = "yes"),
		"{\"content\":{\"published\":\"yes\"},\"event-name\":1}");
	expect_answer(custom_text, ANSWER("1", 202, .published = "yes"),
		"{\"ref\":1,\"status\":202,\"with\":{\"published\":\"yes\"}}");
	expect_answer(RAW, ANSWER("", 202, .published = "yes"), "");
}

static void every_status_has_its_code(void **state)
{
	(void)state;
	static const struct {
		int status;
		int code;
	} rows[] = {
		{ 400, -32602 },
		{ 401, -32602 },
		{ 403, -32602 },
		{ 404, -32601 },
		{ 405, -32601 },
		{ 406, -32602 },
		{ 411, -32602 },
		{ 413, -32602 },
		{ 415, -32602 },
		{ 429, -32029 },
		{ 499, -32602 },
		{ 500, -32603 },
		{ 501, -32001 },
		{ 502, -32002 },
		{ 503, -32003 },
		{ 504, -32004 },
		{ 505, -32005 },
		{ 599, -32099 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char wanted[128];
		snprintf(wanted, sizeof(wanted),
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":%d,"
			"\"message\":\"%s\",\"data\":{\"x\": 1}}}",
			rows[i].code,
			rows[i].code == -32601 ? "Method not found" : "A \\\"title\\\"");
		expect_answer(RPC,
			ANSWER("1", rows[i].status, .problem = SPAN("{\"x\": 1}"),
				.problem_title = SPAN("A \"title\"")),
			wanted);
	}
}

static void a_message_that_is_no_request_is_answered_with_its_code(void **state)
{
	(void)state;
	const struct envelope_result result = { .status = 400,
		.error_code = -32700,
		.problem = SPAN("{}"),
		.problem_title = SPAN("t") };
	expect_answer(RPC, &result,
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"Parse "
		"error\","
		"\"data\":{}}}");
	expect_answer(RPC, ANSWER("\"i\"", 400, .error_code = -32600),
		"{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"error\":{\"code\":-32600,"
		"\"message\":\"Invalid Request\"}}");
}

static void an_error_of_the_worker_carries_its_status_and_body(void **state)
{
	(void)state;
	expect_answer(RPC,
		ANSWER("1", 409, .worker_error = true, .body = SPAN("{\"why\": 1}"),
			.content_type = SPAN("application/json")),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,"
		"\"message\":\"The service reported an error\","
		"\"data\":{\"status\":409,\"body\":{\"why\": 1}}}}");
	expect_answer(RPC,
		ANSWER("1", 502, .worker_error = true, .body = SPAN("sold out"),
			.content_type = SPAN("text/plain")),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,"
		"\"message\":\"The service reported an error\","
		"\"data\":{\"status\":502,\"body\":\"sold out\",\"encoding\":\"text\"}}}");
	expect_answer(RPC, ANSWER("1", 404, .body = SPAN("7")),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,"
		"\"message\":\"The service reported an error\","
		"\"data\":{\"status\":404,\"body\":7}}}");
	expect_answer(RPC,
		ANSWER("1", 502, .worker_error = true, .problem = SPAN("{\"p\":1}"),
			.problem_title = SPAN("t")),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":\"t\","
		"\"data\":{\"p\":1}}}");
}

/* ---- pathfinder ---- */

static void a_pathfinder_message_names_a_url(void **state)
{
	(void)state;
	expect_calls(PATHFINDER,
		"{\"url\":\"/a\\/b\",\"content\": {\"n\": 1e400},\"token\":\"t\\u00e9\","
		"\"event-name\": [1, {\"e\":2}]}",
		"0|id=[1, {\"e\":2}]|op=/a/b|json=\"/a\\/b\"|token=t\xc3\xa9"
		"|body={\"n\": 1e400}\n");
	expect_calls(PATHFINDER, "{\"url\":\"GET /a?b\",\"event-name\":\"\"}",
		"0|id=\"\"|op=GET /a?b|json=\"GET /a?b\"|bytes=\n");
	expect_calls(PATHFINDER, "{\"url\":\"plain\",\"content\":null,\"token\":null}",
		"0|op=plain|json=\"plain\"|body=null\n");
}

static void a_pathfinder_message_that_is_not_valid_keeps_its_event_name(void **state)
{
	(void)state;
	expect_calls(PATHFINDER, "{", "-32700\n");
	expect_calls(PATHFINDER, "[]", "-32600\n");
	expect_calls(PATHFINDER, "{}", "-32600\n");
	expect_calls(PATHFINDER, "{\"event-name\":\"e\"}", "-32600|id=\"e\"\n");
	expect_calls(PATHFINDER, "{\"url\":7,\"event-name\":null}", "-32600|id=null\n");
	expect_calls(PATHFINDER, "{\"url\":\"/a\\u0000\"}", "-32600\n");
	expect_calls(PATHFINDER, "{\"url\":\"/a\",\"token\":{}}", "-32600\n");
}

static void a_pathfinder_answer_has_content_and_event_name(void **state)
{
	(void)state;
	expect_answer(PATHFINDER, ANSWER("\"e\"", 200, .body = SPAN("{\"d\" : 1}")),
		"{\"content\":{\"d\" : 1},\"event-name\":\"e\"}");
	const struct envelope_result nameless = { .status = 200, .body = SPAN("text") };
	expect_answer(PATHFINDER, &nameless, "{\"content\":\"text\",\"encoding\":\"text\"}");
}

static void a_pathfinder_error_has_type_and_details(void **state)
{
	(void)state;
	expect_answer(PATHFINDER,
		ANSWER("\"e\"", 404,
			.problem = SPAN("{\"type\":\"not-found\",\"title\":\"t\","
					"\"detail\":\"Nobody \\\"here\\\".\"}")),
		"{\"error\":{\"type\":\"not-found\",\"details\":\"Nobody \\\"here\\\".\"},"
		"\"event-name\":\"e\"}");
	expect_answer(PATHFINDER,
		ANSWER("\"e\"", 404, .problem = SPAN("{\"type\":\"not-found\"}"),
			.problem_title = SPAN("A title")),
		"{\"error\":{\"type\":\"not-found\",\"details\":\"A title\"},"
		"\"event-name\":\"e\"}");
	const struct envelope_result nameless = {
		.status = 400,
		.error_code = -32700,
		.problem = SPAN("{\"type\":\"bad-request\",\"detail\":\"d\"}"),
	};
	expect_answer(
		PATHFINDER, &nameless, "{\"error\":{\"type\":\"bad-request\",\"details\":\"d\"}}");
	expect_answer(PATHFINDER,
		ANSWER("1", 409, .worker_error = true, .body = SPAN("{\"why\":1}")),
		"{\"error\":{\"type\":\"worker-error\",\"details\":{\"why\":1}},"
		"\"event-name\":1}");
	expect_answer(PATHFINDER,
		ANSWER("1", 409, .worker_error = true, .body = SPAN("no"),
			.content_type = SPAN("text/plain")),
		"{\"error\":{\"type\":\"worker-error\",\"details\":\"no\","
		"\"encoding\":\"text\"},\"event-name\":1}");
}

/* ---- raw ---- */

static void raw_takes_and_gives_bytes_as_they_are(void **state)
{
	(void)state;
	struct setup setup = open_good(RAW);
	expect_calls_in(setup.envelope, SPAN("{\"a\""), "0|bytes={\"a\"\n");
	expect_calls_in(setup.envelope, SPAN(""), "0|bytes=\n");
	close_setup(&setup);
	expect_answer(RAW, ANSWER("", 200, .body = SPAN("any\xff")), "any\xff");
	expect_answer(RAW, ANSWER("", 504, .problem = SPAN("{\"p\":1}")), "{\"p\":1}");
	expect_answer(
		RAW, ANSWER("", 409, .worker_error = true, .body = SPAN("sold out")), "sold out");
}

/* ---- objects ---- */

static void an_object_says_where_things_stand(void **state)
{
	(void)state;
	expect_calls(custom_text,
		"{\"ref\":\"r1\",\"do\":\"ma\\u006be\",\"with\": {\"n\":  1e400}}",
		"0|id=\"r1\"|op=make|json=\"ma\\u006be\"|body={\"n\":  1e400}\n");
	expect_calls(custom_text,
		"{\"ref\":{\"a\":1},\"path\":\"\\/a?b\",\"method\":\"P\\u0055T\"}",
		"0|id={\"a\":1}|method=PUT|uri=/a?b|bytes=\n");
	expect_calls(custom_text, "{\"do\":17,\"method\":null}", "0|op=17|json=17|bytes=\n");
	expect_calls(custom_text, "{\"do\":null}", "0|bytes=\n");
	expect_calls(custom_text, "7", "0|bytes=\n");
	expect_calls(custom_text, "{\"do\"", "-32700\n");
	expect_calls(custom_text, "{\"ref\":1,\"do\":\"\\u0000\"}", "-32600|id=1\n");
	expect_calls(custom_text, "{\"ref\":1,\"path\":7}", "-32600|id=1\n");
	expect_calls(custom_text, "{\"ref\":1,\"path\":\"/a\",\"method\":[]}", "-32600|id=1\n");
	expect_calls(custom_text, "{\"ref\":\"\\u0000\",\"do\":\"a\"}", "-32600\n");
	expect_calls("{\"op\":\"body:/do\",\"answer\":1,\"error\":2}", " {\"do\":\"a\"} ",
		"0|op=a|json=\"a\"|body={\"do\":\"a\"}\n");
}

static void an_object_answers_by_its_templates(void **state)
{
	(void)state;
	expect_answer(custom_text, ANSWER("\"r\"", 200, .body = SPAN("{\"n\":  1e400}")),
		"{\"ref\":\"r\",\"status\":200,\"with\":{\"n\":  1e400}}");
	expect_answer(custom_text,
		ANSWER("1", 200, .body = SPAN("text"), .content_type = SPAN("text/plain")),
		"{\"ref\":1,\"status\":200,\"with\":\"text\"}");
	const struct envelope_result nameless = { .status = 200 };
	expect_answer(custom_text, &nameless, "{\"ref\":null,\"status\":200,\"with\":null}");
	expect_answer(custom_text, ANSWER("1", 404, .problem = SPAN("{\"p\":1}")),
		"{\"ref\":1,\"status\":404,\"with\":null,\"why\":{\"p\":1}}");
	expect_answer(custom_text, ANSWER("1", 409, .worker_error = true, .body = SPAN("[1]")),
		"{\"ref\":1,\"status\":409,\"with\":[1],\"why\":null}");
	expect_answer("{\"op\":\"body:/do\",\"answer\":{\"a\":[1]},\"error\":2}",
		ANSWER("1", 200, .body = SPAN("7")), "{\"a\":[1]}");
	expect_answer("{\"op\":\"body:/do\",\"answer\":1,\"error\":\"none\"}",
		ANSWER("1", 500, .problem = SPAN("{}")), "\"none\"");
}

static void an_answer_that_does_not_fit_its_template_becomes_an_error(void **state)
{
	(void)state;
	static const char strict[] =
		"{\"op\":\"body:/do\",\"answer\":\"<${answer.body|[a-z]{1,3}}>\","
		"\"error\":[\"${answer.status}\",\"${answer.body}\"]}";
	static const char stricter[] =
		"{\"op\":\"body:/do\",\"answer\":\"<${answer.body|[a-z]{1,3}}>\","
		"\"error\":\"${problem|[a-z]{1,3}}\"}";
	const struct envelope_result good = { .status = 200, .body = SPAN("abc") };
	const struct envelope_result bad = { .status = 200, .body = SPAN("abcd") };
	expect_answer(strict, &good, "\"<abc>\"");
	expect_answer(strict, &bad, "[502,null]");
	struct setup setup = open_good(stricter);
	struct buffer out = { 0 };
	envelope_write(setup.envelope, &bad, &out);
	assert_true(json_check(buffer_span(&out), NULL));
	assert_true(span_starts_with(buffer_span(&out), SPAN("{\"type\":\"bad-reply\"")));
	buffer_finish(&out);
	close_setup(&setup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_envelope_has_a_name_or_is_an_object),
		cmocka_unit_test(the_kinds_say_what_they_are),
		cmocka_unit_test(a_request_is_taken_apart_byte_for_byte),
		cmocka_unit_test(a_request_without_an_id_is_a_notification),
		cmocka_unit_test(what_is_no_request_says_why_and_keeps_a_good_id),
		cmocka_unit_test(a_batch_gives_its_requests_in_order),
		cmocka_unit_test(a_cursor_serves_one_message_after_the_other),
		cmocka_unit_test(a_result_is_spliced_in_or_becomes_a_string),
		cmocka_unit_test(a_202_says_what_was_published),
		cmocka_unit_test(every_status_has_its_code),
		cmocka_unit_test(a_message_that_is_no_request_is_answered_with_its_code),
		cmocka_unit_test(an_error_of_the_worker_carries_its_status_and_body),
		cmocka_unit_test(a_pathfinder_message_names_a_url),
		cmocka_unit_test(a_pathfinder_message_that_is_not_valid_keeps_its_event_name),
		cmocka_unit_test(a_pathfinder_answer_has_content_and_event_name),
		cmocka_unit_test(a_pathfinder_error_has_type_and_details),
		cmocka_unit_test(raw_takes_and_gives_bytes_as_they_are),
		cmocka_unit_test(an_object_says_where_things_stand),
		cmocka_unit_test(an_object_answers_by_its_templates),
		cmocka_unit_test(an_answer_that_does_not_fit_its_template_becomes_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
