/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/unit/mappings/answer_story.h"

static void a_reply_without_rules_is_the_answer(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "", "\n\nhello", "200 | hello" },
		{ "", "prop:content_type=a/b\nprop:content_encoding=gzip\n\nhello",
			"200 type=a/b encoding=gzip | hello" },
		{ "", "prop:content_encoding=utf-8\n\nhello", "200 | hello" },
		{ "", "prop:content_type=a\015b\n\nhello", "200 dropped=1 | hello" },
		{ "", "prop:content_encoding=a\015b\n\nhello", "200 dropped=1 | hello" },
		{ "", "int:status=404\n\nhello", "404 | hello" },
		{ "", "header:status=599\n\n", "599 | " },
	};
	TELL(stories);
}

static void a_status_is_an_integer_from_200_to_599(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "", "header:status=0\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status=99\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status=100\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status=199\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status=600\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status=text\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status=\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status=2000\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status=-200\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status=200.0\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status= 200\n\nx", "502 The reply has a status that is not one." },
		{ "", "header:status=1e2\n\nx", "502 The reply has a status that is not one." },
		{ "", "null:status=\n\nx", "200 | x" },
		{ "\"status\": [\"header:a\", \"body:/s\", \"prop:type\"]",
			"header:a=bad\nprop:type=204\n\n{\"s\":\"201\"}", "201 | {\"s\":\"201\"}" },
		{ "\"status\": [\"header:a\", \"body:/s\", \"prop:type\"]",
			"header:a=bad\nprop:type=204\n\n{\"s\":null}", "204 | {\"s\":null}" },
		{ "\"status\": \"body:/s\"", "\n\n{\"s\":404}", "404 | {\"s\":404}" },
		{ "\"status\": \"body:/s\"", "\n\n{\"s\":404.0}",
			"502 The reply has a status that is not one." },
		{ "\"status\": \"body:/s\"", "\n\nno json", "200 | no json" },
		{ "\"status\": \"header:e#/code\"", "header:e={\"code\":418}\n\nx", "418 | x" },
		{ "\"status_map\": {\"at\": \"header:s\", \"map\": {\"ok\": 201, \"5\": 205}}",
			"header:s=ok\nheader:status=404\n\nx", "201 | x" },
		{ "\"status_map\": {\"at\": [\"header:n\", \"header:s\"], \"map\": {\"ok\": 201, "
		  "\"5\": 205}}",
			"int:s=5\nheader:status=404\n\nx", "205 | x" },
		{ "\"status_map\": {\"at\": \"header:s\", \"map\": {\"ok\": 201}}",
			"header:s=other\nheader:status=404\n\nx", "404 | x" },
	};
	TELL(stories);
}

static void a_pointer_makes_the_body_json(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"body\": \"body:/r\"",
			"prop:content_type=text/x\nprop:content_encoding=utf-8\n\n{\"r\": "
			"\"a\\u0041\"}",
			"200 json type=application/json | \"a\\u0041\"" },
		{ "\"body\": \"body:/r/1\"", "\n\n{\"r\": [1, {\"x\" : 1.0}]}",
			"200 json type=application/json | {\"x\" : 1.0}" },
		{ "\"body\": \"body:/r\"", "\n\n{\"other\": 1}",
			"200 json type=application/json | null" },
		{ "\"body\": \"body:/r\"", "\n\nno json",
			"502 The reply has no body where one is expected." },
		{ "\"body\": \"body:/r\"", "\n\n",
			"502 The reply has no body where one is expected." },
		{ "\"body\": \"body:/r\"", "\n\n{\"r\": 1, \"r\": 2}",
			"502 The reply has no body where one is expected." },
		{ "\"body\": \"header:b\"", "header:b=hé\n\nx",
			"200 type=text/plain; charset=utf-8 | hé" },
		{ "\"body\": \"header:b\"", "\n\nx",
			"502 The reply has no body where one is expected." },
	};
	TELL(stories);
}

static void a_content_type_may_be_a_place_or_a_constant(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"content_type\": \"text/plain\"", "prop:content_type=a/b\n\nx",
			"200 type=text/plain | x" },
		{ "\"content_type\": \"header:ct\"", "header:ct=c/d\nprop:content_type=a/b\n\nx",
			"200 type=c/d | x" },
		{ "\"content_type\": \"header:ct\"", "prop:content_type=a/b\n\nx",
			"200 type=a/b | x" },
		{ "\"content_type\": \"header:ct\"", "header:ct=c\001d\nprop:content_type=a/b\n\nx",
			"200 type=a/b dropped=1 | x" },
		{ "\"content_type\": \"body:/ct\", \"body\": \"body:/b\"",
			"\n\n{\"ct\": \"x\\u002fy\", \"b\": 1}", "200 json type=x/y | 1" },
	};
	TELL(stories);
}

static void an_error_shows_only_its_error_body(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"error\": {\"at\": \"header:e\", \"exists\": true}", "header:e=1\n\nsecret",
			"502 error" },
		{ "\"error\": {\"at\": \"header:e\", \"exists\": true}",
			"header:e=1\nheader:status=409\n\nsecret", "409 error" },
		{ "\"error\": {\"at\": \"header:e\", \"exists\": true}, \"error_body\": \"body:\"",
			"header:e=1\nheader:status=bad\nprop:content_type=text/x\n\nwhy",
			"502 error type=text/x | why" },
		{ "\"error\": {\"at\": \"prop:type\", \"equals\": \"error\"}, \"error_body\": "
		  "\"body:/e\"",
			"prop:type=error\n\n{\"e\": {\"m\": 1, \"Stack\": \"s\", \"traceback\": "
			"[], \"n\": 2}}",
			"502 error json type=application/json | {\"m\":1,\"n\":2}" },
		{ "\"error\": {\"at\": \"prop:type\", \"equals\": \"error\"}, \"error_body\": "
		  "\"body:\"",
			"prop:type=error\n\n{\"stack\": \"s\"}", "502 error | {}" },
		{ "\"error\": {\"at\": \"prop:type\", \"equals\": \"error\"}, \"error_body\": "
		  "\"body:/e\"",
			"prop:type=error\n\n{\"e\": null}", "502 error" },
		{ "\"error\": {\"at\": \"prop:type\", \"equals\": \"error\"}, \"error_body\": "
		  "\"body:/e\"",
			"prop:type=error\n\nno json", "502 error" },
		{ "\"error\": {\"at\": \"prop:type\", \"equals\": \"error\"}, \"error_body\": "
		  "[\"body:/e/name\", \"header:m\", \"body:/e/x\"]",
			"prop:type=error\nheader:m=a\"b\n\n{\"e\": {\"name\": \"N\"}}",
			"502 error json type=application/json | "
			"{\"name\":\"N\",\"m\":\"a\\\"b\"}" },
		{ "\"error\": {\"at\": \"prop:type\", \"equals\": \"error\"}, \"error_body\": "
		  "[\"body:/e/name\"]",
			"prop:type=error\n\n{}", "502 error" },
		{ "\"error\": [{\"at\": \"body:/ok\", \"equals\": false}, {\"at\": \"body:/n\", "
		  "\"in\": [1, \"1\"]}, {\"at\": \"body:/t\", \"prefix\": \"Fault\"}], "
		  "\"error_body\": \"body:/b\"",
			"\n\n{\"ok\": true, \"n\": 2, \"t\": \"x\"}",
			"200 | {\"ok\": true, \"n\": 2, \"t\": \"x\"}" },
	};
	TELL(stories);
}

static void headers_pass_when_they_are_named_and_writable(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"headers\": [\"location\", \"set-cookie\"]",
			"header:Location=/"
			"x\nheader:X-Other=1\nheader:set-cookie=a=1\nheader:Set-Cookie=b=2\n\nx",
			"200 location=/x set-cookie=a=1 set-cookie=b=2 | x" },
		{ "\"headers\": [\"location\", \"set-cookie\"]",
			"json:set-cookie=[\"a=\\u0031\", \"b=2\", {}]\nnull:location=\n\nx",
			"200 set-cookie=a=1 set-cookie=b=2 dropped=1 | x" },
		{ "\"headers\": [\"a\", \"b\", \"c\"]",
			"header:a=x\015y\nheader:b=x\177y\nheader:c=x\011y\n\nx",
			"200 c=x\011y dropped=2 | x" },
		{ "\"headers\": [\"a\"]", "json:a=[\"x\\r\\ny\", \"x\\u0000\", \"ok\"]\n\nx",
			"200 a=ok dropped=2 | x" },
		{ "\"headers\": [\"a\"]", "json:a={\"x\": 1}\n\nx", "200 dropped=1 | x" },
		{ "\"headers\": [\"connection\", \"content-length\", \"Date\", \"server\", "
		  "\"transfer-encoding\", \"x\"]",
			"header:connection=close\nheader:content-length=5\nheader:date=d\nheader:"
			"server=s\nheader:transfer-encoding=chunked\nint:x=1\n\nx",
			"200 x=1 | x" },
	};
	TELL(stories);
}

static void an_unmodified_nestjs_worker_is_understood(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"body\": \"body:/response\", \"error\": {\"at\": \"body:/err\", \"exists\": "
		  "true}, \"error_body\": \"body:/err\", \"status\": [\"body:/err/statusCode\", "
		  "\"body:/err/status\"], \"status_map\": {\"at\": \"body:/err\", \"map\": "
		  "{\"There is no matching message handler defined in the remote service.\": 404}}",
			"\n\n{\"response\":6,\"isDisposed\":true}",
			"200 json type=application/json | 6" },
		{ "\"body\": \"body:/response\", \"error\": {\"at\": \"body:/err\", \"exists\": "
		  "true}, \"error_body\": \"body:/err\", \"status\": [\"body:/err/statusCode\", "
		  "\"body:/err/status\"], \"status_map\": {\"at\": \"body:/err\", \"map\": "
		  "{\"There is no matching message handler defined in the remote service.\": 404}}",
			"\n\n{\"response\":null,\"isDisposed\":true}",
			"200 json type=application/json | null" },
		{ "\"body\": \"body:/response\", \"error\": {\"at\": \"body:/err\", \"exists\": "
		  "true}, \"error_body\": \"body:/err\", \"status\": [\"body:/err/statusCode\", "
		  "\"body:/err/status\"], \"status_map\": {\"at\": \"body:/err\", \"map\": "
		  "{\"There is no matching message handler defined in the remote service.\": 404}}",
			"\n\n{\"isDisposed\":true}", "200 json type=application/json | null" },
		{ "\"body\": \"body:/response\", \"error\": {\"at\": \"body:/err\", \"exists\": "
		  "true}, \"error_body\": \"body:/err\", \"status\": [\"body:/err/statusCode\", "
		  "\"body:/err/status\"], \"status_map\": {\"at\": \"body:/err\", \"map\": "
		  "{\"There is no matching message handler defined in the remote service.\": 404}}",
			"\n\n{\"err\":{\"status\":\"error\",\"message\":\"bad "
			"thing\"},\"isDisposed\":true}",
			"502 error json type=application/json | "
			"{\"status\":\"error\",\"message\":\"bad thing\"}" },
		{ "\"body\": \"body:/response\", \"error\": {\"at\": \"body:/err\", \"exists\": "
		  "true}, \"error_body\": \"body:/err\", \"status\": [\"body:/err/statusCode\", "
		  "\"body:/err/status\"], \"status_map\": {\"at\": \"body:/err\", \"map\": "
		  "{\"There is no matching message handler defined in the remote service.\": 404}}",
			"\n\n{\"err\":{\"statusCode\":404,\"message\":\"not "
			"found\"},\"isDisposed\":true}",
			"404 error json type=application/json | "
			"{\"statusCode\":404,\"message\":\"not found\"}" },
		{ "\"body\": \"body:/response\", \"error\": {\"at\": \"body:/err\", \"exists\": "
		  "true}, \"error_body\": \"body:/err\", \"status\": [\"body:/err/statusCode\", "
		  "\"body:/err/status\"], \"status_map\": {\"at\": \"body:/err\", \"map\": "
		  "{\"There is no matching message handler defined in the remote service.\": 404}}",
			"\n\n{\"id\":\"c17\",\"err\":\"There is no matching message handler "
			"defined in the remote service.\",\"status\":\"error\"}",
			"404 error json type=application/json | \"There is no matching message "
			"handler defined in the remote service.\"" },
	};
	TELL(stories);
}

static void an_unmodified_celery_worker_is_understood(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"body\": \"body:/result\", \"error\": {\"at\": \"body:/status\", \"in\": "
		  "[\"FAILURE\", \"REVOKED\"]}, \"error_body\": [\"body:/result/exc_type\", "
		  "\"body:/result/exc_message\"], \"status_map\": {\"at\": "
		  "[\"body:/result/exc_type\"], \"map\": {\"NotRegistered\": 404, "
		  "\"TaskRevokedError\": 504, \"ValueError\": 400}}",
			"prop:content_type=application/"
			"json\nprop:content_encoding=utf-8\n\n{\"task_id\":\"x\",\"status\":"
			"\"SUCCESS\",\"result\":5,\"traceback\":null,\"children\":[]}",
			"200 json type=application/json | 5" },
		{ "\"body\": \"body:/result\", \"error\": {\"at\": \"body:/status\", \"in\": "
		  "[\"FAILURE\", \"REVOKED\"]}, \"error_body\": [\"body:/result/exc_type\", "
		  "\"body:/result/exc_message\"], \"status_map\": {\"at\": "
		  "[\"body:/result/exc_type\"], \"map\": {\"NotRegistered\": 404, "
		  "\"TaskRevokedError\": 504, \"ValueError\": 400}}",
			"\n\n{\"status\":\"FAILURE\",\"result\":{\"exc_type\":\"ValueError\",\"exc_"
			"message\":[\"bad\"],\"exc_module\":\"builtins\"},\"traceback\":"
			"\"Traceback\"}",
			"400 error json type=application/json | "
			"{\"exc_type\":\"ValueError\",\"exc_message\":[\"bad\"]}" },
		{ "\"body\": \"body:/result\", \"error\": {\"at\": \"body:/status\", \"in\": "
		  "[\"FAILURE\", \"REVOKED\"]}, \"error_body\": [\"body:/result/exc_type\", "
		  "\"body:/result/exc_message\"], \"status_map\": {\"at\": "
		  "[\"body:/result/exc_type\"], \"map\": {\"NotRegistered\": 404, "
		  "\"TaskRevokedError\": 504, \"ValueError\": 400}}",
			"\n\n{\"status\":\"FAILURE\",\"result\":{\"exc_type\":\"KeyError\",\"exc_"
			"message\":[\"k\"]}}",
			"502 error json type=application/json | "
			"{\"exc_type\":\"KeyError\",\"exc_message\":[\"k\"]}" },
	};
	TELL(stories);
}

static void null_is_absent_for_exists(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"error\": {\"at\": \"body:/error\", \"exists\": true}, \"body\": "
		  "\"body:/result\"",
			"\n\n{\"result\": 1, \"error\": null}",
			"200 json type=application/json | 1" },
		{ "\"error\": {\"at\": \"body:/error\", \"exists\": false}, \"body\": "
		  "\"body:/result\"",
			"\n\n{\"result\": 1, \"error\": null}", "502 error" },
		{ "\"error\": {\"at\": \"body:/error\", \"equals\": null}, \"body\": "
		  "\"body:/result\"",
			"\n\n{\"result\": 1, \"error\": null}", "502 error" },
	};
	TELL(stories);
}

static void an_answer_that_means_nothing_does_not_load(void **state)
{
	(void)state;
	static const struct world_fault faults[] = {
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"body\": \"bdy:\"}",
			"'bdy:' is no place" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"body\": \"body:x\"}",
			"is no place" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"body\": \"prop:nope\"}",
			"is no place" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"body\": 5}",
			"expected a place" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"status\": []}",
			"expected a place" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"status_map\": {\"at\": \"key\", \"map\": {\"a\": 199}}}",
			"from 200 to 599" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"status_map\": {\"at\": \"key\"}}",
			"map" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"status_map\": []}",
			"expected {" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"error\": {\"at\": \"key\"}}",
			"exactly one of" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"error\": {\"at\": \"key\", \"equals\": 1, \"exists\": true}}",
			"exactly one of" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"error\": {\"at\": \"key\", \"in\": []}}",
			"an array with a value" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"error\": {\"at\": \"key\", \"equals\": {}}}",
			"a string, a number" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"error\": {\"at\": \"key\", \"exists\": 1}}",
			"true or false" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"error\": {\"at\": \"key\", \"equls\": 1}}",
			"equals" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"error\": []}",
			"expected a condition" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"error_body\": \"body:/traceback\"}",
			"never reach a client" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"error_body\": [\"body:/e/stack\"]}",
			"never reach a client" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"error_body\": [\"body:\"]}",
			"each needs a name" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"content_type\": \"text\"}",
			"expected a content type" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"content_type\": \"text/\"}",
			"expected a content type" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"headers\": [\"x-*\"]}",
			"name of a reply header" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"headers\": [\":status\"]}",
			"name of a reply header" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"when\": \"later\"}",
			"\"replied\"" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"timeout\": \"0s\"}",
			"timeout" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"skip\": {}}",
			"skip" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"stream\": {}}",
			"end" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"stream\": true}",
			"expected {" },
		{ "\"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, \"answer\": "
		  "{\"parts\": \"xml\"}",
			"\"ndjson\"" },
	};
	WORLD_REFUSE(faults);
}

static void a_skipped_reply_is_no_answer_yet(void **state)
{
	(void)state;
#define SKIP "\"skip\": {\"at\": \"body:/state\", \"in\": [\"STARTED\", \"PROGRESS\"]}"
	static const struct story stories[] = {
		{ SKIP, "\n\n{\"state\":\"STARTED\"}", "not yet" },
		{ SKIP, "header:status=none\n\n{\"state\":\"PROGRESS\"}", "not yet" },
		{ SKIP, "\n\n{\"state\":\"SUCCESS\"}", "200 | {\"state\":\"SUCCESS\"}" },
		{ SKIP ", \"error\": {\"at\": \"body:/state\", \"equals\": \"STARTED\"}",
			"\n\n{\"state\":\"STARTED\"}", "502 error" },
	};
	TELL(stories);
#undef SKIP
}

static void a_reply_may_be_one_of_several(void **state)
{
	(void)state;
#define NEST                                                                                  \
	"\"body\": \"body:/response\", \"error\": {\"at\": \"body:/err\", \"exists\": true}," \
	"\"stream\": {\"end\": {\"at\": \"body:/isDisposed\", \"equals\": true}}"
#define MOLECULER                                                                               \
	"\"body\": \"body:/data\", \"stream\": {\"more\": {\"at\": \"body:/stream\", "          \
	"\"equals\": true}, \"end\": {\"at\": \"body:/stream\", \"equals\": false}, \"empty\":" \
	"{\"at\": \"body:/data\", \"equals\": null}}"
#define WHOLE "\"stream\": {\"end\": {\"at\": \"header:last\", \"exists\": true}}"
	static const struct story stories[] = {
		{ NEST, "\n\n{\"response\":1}", "part 200 json type=application/json | 1" },
		{ NEST, "\n\n{\"response\":null}", "part 200 json type=application/json | null" },
		{ NEST, "\n\n{}", "part none 200" },
		{ NEST, "\n\n{\"response\":3,\"isDisposed\":true}",
			"last 200 json type=application/json | 3" },
		{ NEST, "\n\n{\"isDisposed\":true}", "last none 200" },
		{ NEST, "\n\n{\"err\":\"x\"}", "502 error" },
		{ NEST, "\n\n{\"err\":\"x\",\"isDisposed\":true}", "502 error" },
		{ MOLECULER, "\n\n{\"stream\":true,\"data\":null}", "part none 200" },
		{ MOLECULER, "\n\n{\"stream\":true,\"data\":1}",
			"part 200 json type=application/json | 1" },
		{ MOLECULER, "\n\n{\"stream\":false,\"data\":null}", "last none 200" },
		{ MOLECULER, "\n\n{\"data\":null}", "200 json type=application/json | null" },
		{ WHOLE, "\n\n", "part 200 | " },
		{ WHOLE, "header:last=1\n\n", "last none 200" },
		{ WHOLE, "header:last=1\n\nx", "last 200 | x" },
	};
	TELL(stories);
#undef NEST
#undef MOLECULER
#undef WHOLE
}

static void the_first_content_type_of_a_list_that_fits_is_taken(void **state)
{
	(void)state;
#define LIST "\"content_type\": [\"application/json\", \"text/plain; charset=utf-8\"]"
	static const struct story stories[] = {
		{ LIST, "\n\n{\"a\":1}", "200 type=application/json | {\"a\":1}" },
		{ LIST, "\n\nhello", "200 type=text/plain; charset=utf-8 | hello" },
		{ LIST, "\n\n\xff", "200 | \xff" },
		{ LIST, "prop:content_type=text/html\n\n1", "200 type=text/html | 1" },
		{ LIST, "\n\n", "200 | " },
	};
	TELL(stories);
#undef LIST
}

static void an_error_in_a_header_that_holds_json_is_json(void **state)
{
	(void)state;
#define ERR                                                                                   \
	"\"error\": {\"at\": \"header:e\", \"exists\": true}, \"error_body\": \"header:e\", " \
	"\"status\": [\"header:e#/statusCode\", \"header:e#/status\"]"
	static const struct story stories[] = {
		{ ERR, "header:e={\"statusCode\":404,\"stack\":\"at x\"}\n\n",
			"404 error json type=application/json | {\"statusCode\":404}" },
		{ ERR, "header:e={\"status\":\"error\"}\n\n",
			"502 error json type=application/json | {\"status\":\"error\"}" },
		{ ERR, "header:e={} \n\n", "502 error json type=application/json | {}" },
		{ ERR, "header:e=boom\n\n", "502 error type=text/plain; charset=utf-8 | boom" },
	};
	TELL(stories);
#undef ERR
}

static void a_request_of_ours_that_comes_back_is_dead(void **state)
{
	(void)state;
#define DEAD "\"dead\": {\"at\": \"prop:type\", \"equals\": \"call\"}"
	static const struct story stories[] = {
		{ DEAD, "prop:type=call\nheader:x-first-death-reason=expired\n\n{}",
			"504 dead expired" },
		{ DEAD, "prop:type=call\nheader:x-first-death-reason=rejected\n\n{}", "502 dead" },
		{ DEAD, "prop:type=call\n\n{}", "502 dead" },
		{ DEAD, "prop:type=result\n\n{}", "200 | {}" },
	};
	TELL(stories);
#undef DEAD
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_skipped_reply_is_no_answer_yet),
		cmocka_unit_test(a_reply_may_be_one_of_several),
		cmocka_unit_test(a_reply_without_rules_is_the_answer),
		cmocka_unit_test(a_status_is_an_integer_from_200_to_599),
		cmocka_unit_test(a_pointer_makes_the_body_json),
		cmocka_unit_test(a_content_type_may_be_a_place_or_a_constant),
		cmocka_unit_test(an_error_shows_only_its_error_body),
		cmocka_unit_test(headers_pass_when_they_are_named_and_writable),
		cmocka_unit_test(an_unmodified_nestjs_worker_is_understood),
		cmocka_unit_test(an_unmodified_celery_worker_is_understood),
		cmocka_unit_test(null_is_absent_for_exists),
		cmocka_unit_test(an_answer_that_means_nothing_does_not_load),
		cmocka_unit_test(the_first_content_type_of_a_list_that_fits_is_taken),
		cmocka_unit_test(an_error_in_a_header_that_holds_json_is_json),
		cmocka_unit_test(a_request_of_ours_that_comes_back_is_dead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
