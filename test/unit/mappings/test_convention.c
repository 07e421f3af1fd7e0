/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/unit/mappings/world.h"

static void every_convention_compiles_for_a_mapping_with_a_typical_destination(void **state)
{
	(void)state;
	struct convention_table *table = convention_table_create();
	assert_true(convention_table_count(table) > 20);
	for (size_t i = 0; i < convention_table_count(table); i++) {
		const struct convention *convention = convention_table_at(table, i);
		struct world world;
		struct buffer json = { 0 };
		bool kafka = span_equal(convention->bridge, SPAN("kafka"));
		buffer_append_format(&json,
			"[{\"name\": \"m\", \"match\": {\"path\": \"/:x\"}, \"send\": "
			"{\"bridge\": \"%s\", \"convention\": \"%s\", \"op\": \"${path.x}\", "
			"\"%s\": \"there\"}}]%c",
			kafka ? "kafka" : "rabbit", convention->name, kafka ? "topic" : "queue", 0);
		world_open(&world, json.data);
		if (strlen(world_problems(&world)) > 0) {
			fail_msg("%s: %s", convention->name, world_problems(&world));
		}
		assert_int_equal(
			world_send(&world, "POST /a\nContent-Type: application/json\n\n{}"), 0);
		assert_true(convention->about.len > 0);
		world_close(&world);
		buffer_finish(&json);
	}
	convention_table_destroy(table);
}

static void every_convention_passes_as_one_of_the_user(void **state)
{
	(void)state;
	for (const struct convention_file *file = convention_files; file->name != NULL; file++) {
		struct convention_table *table = convention_table_create();
		struct problem_list *problems = problem_list_create();
		struct json_fault fault;
		struct buffer text = { 0 };
		char *name = strstr(file->text, "\"name\": \"");
		assert_non_null(name);
		size_t front = (size_t)(name - file->text) + strlen("\"name\": \"");
		buffer_append(&text, file->text, front);
		buffer_append_literal(&text, "my-");
		buffer_append(&text, file->text + front, file->len - front);
		struct json_tree *tree = json_tree_create("own.json", buffer_span(&text), &fault);
		assert_non_null(tree);
		convention_table_add(table, json_tree_root(tree), problems);
		if (problem_list_has_errors(problems)) {
			problem_list_print(problems, stderr);
			fail_msg("%s", file->name);
		}
		convention_table_destroy(table);
		problem_list_destroy(problems);
		json_tree_destroy(tree);
		buffer_finish(&text);
	}
}

#define RABBIT(name) "\"match\": {\"path\": \"/:x\"}, \"send\": {\"convention\": \"" name "\", "
#define KAFKA(name)                                                          \
	"\"match\": {\"path\": \"/:x\"}, \"send\": {\"bridge\": \"kafka\", " \
	"\"convention\": \"" name "\", \"topic\": \"t\""
#define JSON "\nContent-Type: application/json\n\n"
#define FOR_REPLY "delivery_mode=1 reply_to=replies.1 expiration=4750"

static void a_convention_speaks_the_dialect_of_its_workers(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ RABBIT("nestjs") "\"queue\": \"q\", \"op\": \"${path.x}\"}",
			"POST /sum" JSON "[1,2]",
			"/q | content_type=application/json " FOR_REPLY
			" | | {\"pattern\":\"sum\",\"data\":[1,2],\"id\":\"" WORLD_ID "\"}" },
		{ RABBIT("nestjs") "\"queue\": \"q\", \"op\": \"${path.x}\"}, \"answer\": "
				   "{\"when\": \"confirmed\"}",
			"POST /sum" JSON "[1,2]",
			"/q | content_type=application/json delivery_mode=2 | | "
			"{\"pattern\":\"sum\",\"data\":[1,2]}" },
		{ RABBIT("celery") "\"op\": \"tasks.${path.x}\"}", "POST /add" JSON "{\"x\": 1}",
			"/celery | content_type=application/json content_encoding=utf-8 " FOR_REPLY
			" | lang=t:py task=t:tasks.add id=t:" WORLD_ID " root_id=t:" WORLD_ID
			" expires=t:2023-11-14T22:13:24.873Z | [[],{\"x\": 1},{}]" },
		{ RABBIT("celery") "\"op\": \"a\"}, \"answer\": {\"when\": \"sent\"}",
			"POST /add" JSON "{}",
			"/celery | content_type=application/json content_encoding=utf-8 "
			"delivery_mode=2 | lang=t:py task=t:a id=t:" WORLD_ID " root_id=t:" WORLD_ID
			" | [[],{},{}]" },
		{ RABBIT("nameko") "\"op\": \"greeter.${path.x}\"}", "POST /hello" JSON "{}",
			"nameko-rpc/greeter.hello | content_type=application/json "
			"content_encoding=utf-8 " FOR_REPLY
			" | nameko.call_id_stack=j:[\"gw-1." WORLD_ID "\"] | "
			"{\"args\":[],\"kwargs\":{}}" },
		{ RABBIT("moleculer") "\"op\": \"math.${path.x}\"}", "POST /add" JSON "{\"a\":1}",
			"/MOL.REQB.math.add | content_type=application/json " FOR_REPLY
			" | | {\"ver\":\"4\",\"sender\":\"replies.1\",\"id\":\"" WORLD_ID
			"\",\"action\":\"math.add\",\"params\":{\"a\":1},\"meta\":{},"
			"\"requestID\":\"" WORLD_ID "\",\"level\":1,\"stream\":false}" },
		{ RABBIT("moleculer") "\"op\": \"${path.x}\"}", "POST /a%20b" JSON "{}", NULL,
			400 },
		{ KAFKA("spring") "}", "POST /a\n\nx",
			"t | content_type=application/octet-stream delivery_mode=1 expiration=4750 "
			"| kafka_replyPartition=y:ABCD kafka_correlationId=t:" WORLD_ID
			" kafka_replyTopic=t:replies.1 | x" },
		{ KAFKA("nestjs") "}, \"answer\": {\"when\": \"confirmed\"}", "POST /a\n\nx",
			"t | content_type=application/octet-stream delivery_mode=2 | "
			"kafka_correlationId=t:" WORLD_ID " | x" },
		{ KAFKA("zilla") "}", "POST /a?b=c\n\nx",
			"t | content_type=application/octet-stream delivery_mode=1 expiration=4750 "
			"| :method=t:POST :scheme=t:http :authority=t:api.example :path=t:/a?b=c "
			"zilla:reply-to=t:replies.1 zilla:correlation-id=t:" WORLD_ID " | x" },
	};
	WORLD_TELL(stories);
}

#define HTTP_FRONT                                      \
	"/q | content_type=application/json " FOR_REPLY \
	" | | {\"method\":\"POST\",\"uri\":\"/a?q=1\",\"path\":\"/a\",\"query\":{\"q\":\"1\"},"

static void the_whole_request_goes_without_what_a_client_proves_itself_by(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ RABBIT("http") "\"queue\": \"q\"}",
			"POST /a?q=1\nAuthorization: Bearer x\nCookie: a=b\nX-B: 1\n"
			"Content-Type: application/json\n\n[1.0]",
			HTTP_FRONT
			"\"headers\":{\"x-b\":\"1\",\"content-type\":\"application/json\""
			"},\"cookies\":{},\"client\":{\"ip\":\"192.0.2.1\"},"
			"\"body\":[1.0]}" },
		{ RABBIT("http") "\"queue\": \"q\"}",
			"POST /a?q=1\nContent-Type: text/x\n\nh\xc3\xa9",
			HTTP_FRONT "\"headers\":{\"content-type\":\"text/x\"},\"cookies\":{},"
				   "\"client\":{\"ip\":\"192.0.2.1\"},\"body\":\"h\xc3\xa9\"}" },
		{ RABBIT("http") "\"queue\": \"q\"}", "POST /a?q=1\n\n\xff\xfe",
			HTTP_FRONT "\"headers\":{},\"cookies\":{},\"client\":{\"ip\":\"192.0.2.1\"}"
				   ",\"body\":\"//4=\",\"encoding\":\"base64\"}" },
		{ RABBIT("http") "\"queue\": \"q\"}", "POST /a?q=1",
			HTTP_FRONT "\"headers\":{},\"cookies\":{},\"client\":{\"ip\":\"192.0.2.1\"}"
				   ",\"body\":null}" },
		{ RABBIT("http") "\"queue\": \"q\"}", "POST /a?q=1" JSON "{broken", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${headers}\", \"forward_headers\": [\"authorization\"]}",
			"POST /a\nAuthorization: Bearer x\nCookie: a=b\n\n.",
			"/q | content_type=application/json " FOR_REPLY " | "
			"authorization=t:Bearer x | {\"authorization\":\"Bearer x\"}" },
	};
	WORLD_TELL(stories);
}

static void a_cookie_that_is_forwarded_is_among_the_cookies(void **state)
{
	(void)state;
	struct world world;
	world_open(
		&world, "[{\"name\": \"m\", " RABBIT(
				"http") "\"queue\": \"q\", \"forward_headers\": [\"cookie\"]}}]");
	assert_int_equal(world_send(&world, "GET /a\nCookie: a=b\nAuthorization: c"), 0);
	assert_non_null(strstr(world_message(&world), "\"cookies\":{\"a\":\"b\"}"));
	assert_null(strstr(world_message(&world), "authorization"));
	world_close(&world);
}

/* What load says about a file with this text. */
static void check_own(const char *text, const char *expected)
{
	struct convention_table *table = convention_table_create();
	struct problem_list *problems = problem_list_create();
	struct json_fault fault;
	struct json_tree *tree = json_tree_create("own.json", span_from_text(text), &fault);
	assert_non_null(tree);
	convention_table_add(table, json_tree_root(tree), problems);
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	problem_list_print(problems, out);
	fclose(out);
	if (strstr(said, expected) == NULL || strstr(said, "own.json:") == NULL) {
		fail_msg("%s\nexpected: %s\nfound: %s", text, expected, said);
	}
	free(said);
	convention_table_destroy(table);
	problem_list_destroy(problems);
	json_tree_destroy(tree);
}

#define OWN "{\"name\": \"own\", \"bridge\": \"amqp\", "

static void a_convention_of_the_user_is_checked_as_a_mapping_is(void **state)
{
	(void)state;
	static const char *const faults[][2] = {
		{ "[]", "expected a convention" },
		{ "{\"bridge\": \"amqp\"}", "name" },
		{ "{\"name\": \"own\", \"bridge\": \"http\"}", "expected \"amqp\" or \"kafka\"" },
		{ "{\"name\": \"a b\", \"bridge\": \"amqp\"}", "1 to 64 characters" },
		{ "{\"name\": \"nestjs\", \"bridge\": \"amqp\"}", "a convention of the program" },
		{ OWN "\"sendd\": {}}", "send" },
		{ OWN "\"send\": []}", "expected an object" },
		{ OWN "\"send\": {\"queu\": \"q\"}}", "queue" },
		{ OWN "\"send\": {\"topic\": \"q\"}}", "only a kafka bridge knows topic" },
		{ OWN "\"send\": {\"bridge\": \"rabbit\"}}", "for a mapping to say" },
		{ OWN "\"send\": {\"convention\": \"plain\"}}", "for a mapping to say" },
		{ OWN "\"send\": {\"body\": \"${nothing}\"}}", "unknown variable ${nothing}" },
		{ OWN "\"send\": {\"headers\": {\"correlation_id\": \"x\"}}}", "cannot set it" },
		{ OWN "\"send\": {\"properties\": {\"typ\": \"x\"}}}", "no property 'typ'" },
		{ OWN "\"answer\": {\"timeout\": \"5s\"}}", "for a mapping to say" },
		{ OWN "\"answer\": {\"correlation\": \"id\"}}", "'id' is no place" },
		{ OWN "\"answer\": {\"bind\": {\"key\": \"x\"}}}", "exchange" },
		{ OWN "\"answer\": {\"bind\": {\"exchange\": \"x\", \"key\": \"${op}\"}}}",
			"only ${reply_to} is known here" },
		{ OWN "\"answer\": {\"bind\": {\"exchange\": \"x\", \"arguments\": {\"a\": []}}}}",
			"expected a string, a number or a bool" },
		{ OWN "\"answer\": {\"reply_queue\": \"mine\"}}", "${reply_to} in it" },
		{ OWN "\"answer\": {\"dead\": {\"at\": \"x\", \"exists\": true}}}", "no place" },
		{ OWN "\"answer\": {\"headers\": [{\"a\": \"x\"}]}}", "no place" },
		{ OWN "\"answer\": {\"content_type\": [\"json\"]}}", "expected a content type" },
	};
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		check_own(faults[i][0], faults[i][1]);
	}
}

static void captures_of_a_convention_are_those_of_its_mappings(void **state)
{
	(void)state;
	struct convention_table *table = convention_table_create();
	struct problem_list *problems = problem_list_create();
	struct json_fault fault;
	struct json_tree *tree = json_tree_create("own.json",
		SPAN(OWN "\"send\": {\"queue\": \"x.${path.tenant}\", \"headers\": {\"rest\": "
			 "\"${op.rest}\"}}}"),
		&fault);
	convention_table_add(table, json_tree_root(tree), problems);
	assert_false(problem_list_has_errors(problems));
	assert_non_null(convention_table_find(table, SPAN("own"), "amqp"));
	assert_null(convention_table_find(table, SPAN("own"), "kafka"));
	convention_table_destroy(table);
	problem_list_destroy(problems);
	json_tree_destroy(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_convention_compiles_for_a_mapping_with_a_typical_destination),
		cmocka_unit_test(every_convention_passes_as_one_of_the_user),
		cmocka_unit_test(a_convention_speaks_the_dialect_of_its_workers),
		cmocka_unit_test(the_whole_request_goes_without_what_a_client_proves_itself_by),
		cmocka_unit_test(a_cookie_that_is_forwarded_is_among_the_cookies),
		cmocka_unit_test(a_convention_of_the_user_is_checked_as_a_mapping_is),
		cmocka_unit_test(captures_of_a_convention_are_those_of_its_mappings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
