/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/unit/mappings/world.h"

static void numbers_and_spelling_of_a_json_template_are_kept(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"n\": "
		  "9007199254740993, \"e\": 1e400, \"f\": 1.50, \"t\": [true, false, null], \"s\": "
		  "\"a\\\"\\u00e9\\n\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"{\"n\":9007199254740993,\"e\":1e400,\"f\":1.50,\"t\":[true,false,null],"
			"\"s\":\"a\\\"é\\n\"}" },
	};
	WORLD_TELL(stories);
}

static void a_whole_variable_takes_its_json_value_and_a_part_is_escaped(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"${query.a}\", \"b\": \"<${query.a}>\"}}",
			"GET /a?a=x%22y%0a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"a\":\"x\\\"y\\n\",\"b\":\"<x\\\"y\\n>\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"${body:/n}\", \"b\": \"is ${body:/n}\", \"c\": \"${body:/s}\", \"d\": \"is "
		  "${body:/s}\"}}",
			"POST /a\n\n{\"n\": 1.0, \"s\": \"\\u0041\\\"\"}",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"a\":1.0,\"b\":\"is "
			"1.0\",\"c\":\"\\u0041\\\"\",\"d\":\"is A\\\"\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"${deadline_ms}\", \"b\": \"${now}\", \"c\": \"${now}.\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"{\"a\":4750,\"b\":1700000000123,\"c\":\"1700000000123.\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "[\"${method}\", \"${path}\", \"${uri}\", \"${scheme}\", \"${host}\", "
		  "\"${port}\", \"${client.ip}\", \"${connection.id}\", \"${request_id}\", "
		  "\"${instance}\", \"${mapping}\", \"${reply_to}\"]}",
			"GET /%61?b",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"[\"GET\",\"/a\",\"/"
			"%61?b\",\"http\",\"api.example\",\"8080\",\"192.0.2.1\",\"17\",\"r-1\","
			"\"gw-1\",\"m\",\"replies.1\"]" },
	};
	WORLD_TELL(stories);
}

static void the_body_inside_json_follows_its_content_type(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"b\": "
		  "\"${body}\"}}",
			"POST /a\nContent-Type: application/json\n\n {\"x\" : 1e2} ",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\": {\"x\" : 1e2} }" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"b\": "
		  "\"${body}\"}}",
			"POST /a\nContent-Type: application/problem+json;v=1\n\n[]",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\":[]}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"b\": "
		  "\"${body}\"}}",
			"POST /a\nContent-Type: application/json\n\n{\"x\":1,\"x\":2}", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"b\": "
		  "\"${body}\"}}",
			"POST /a\nContent-Type: application/json\n\n",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\":null}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"b\": "
		  "\"${body}\"}}",
			"POST /a\nContent-Type: text/plain\n\n{\"x\":é}",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\":\"{\\\"x\\\":é}\"}" },
		{ "\"match\": {\"path\": \"/a\", \"encodings\": \"br\"}, \"send\": {\"queue\": "
		  "\"q\", \"body\": {\"b\": "
		  "\"${body}\"}}",
			"POST /a\nContent-Type: application/json\nContent-Encoding: br\n\n{}", NULL,
			415 },
		{ "\"match\": {\"path\": \"/a\", \"encodings\": \"br\"}, \"send\": {\"queue\": "
		  "\"q\", \"body\": {\"b\": "
		  "\"${body|base64}\"}}",
			"POST /a\nContent-Encoding: br\n\nfooba",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\":\"Zm9vYmE=\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"b\": "
		  "\"${body?}\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"b\": "
		  "\"${body:-[]}\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\":[]}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"b\": "
		  "\"${body:-none}\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\":\"none\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"b\": "
		  "\"${body:-{\\\"a\\\": {}}}\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\":{\"a\": {}}}" },
	};
	WORLD_TELL(stories);
}

static void what_is_absent_is_refused_defaulted_or_left_out(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"${query.a}\"}}",
			"GET /a", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"${query.a:-1}\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"a\":\"1\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"${query.a:-}\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"a\":\"\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"${body:/n:-10}\"}}",
			"POST /a\n\n{}",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"a\":10}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"<${body:/n:-10}>\"}}",
			"POST /a\n\n{}",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"a\":\"<10>\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"${query.a?}\", \"b\": \"${query.b?}\", \"c\": 1, \"d\": \"x${query.d?}\", "
		  "\"e\": 2}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"c\":1,\"e\":2}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"${query.a?}\", \"b\": \"${query.b?}\", \"c\": 1, \"d\": \"x${query.d?}\", "
		  "\"e\": 2}}",
			"GET /a?b=1&d=2",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\":\"1\",\"c\":1,\"d\":\"x2\",\"e\":2}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "[\"${query.a?}\", \"${query.b?}\", [\"${query.a?}\"], {\"x\": "
		  "\"${query.a?}\"}]}",
			"GET /a?b=1",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | [\"1\",[],{}]" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "[\"${query.a?}\", \"${query.b?}\", [\"${query.a?}\"], {\"x\": "
		  "\"${query.a?}\"}]}",
			"GET /a?a={",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | [\"{\",[\"{\"],{\"x\":\"{\"}]" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${body:/x?}\"}",
			"POST /a\n\n{}",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${query.a?}\", \"b\": \"x-${query.b?}\", \"c\": \"1\"}}",
			"GET /a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | c=t:1 | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${body:/x/y}\"}}",
			"POST /a\n\n{\"x\": 1}", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${body:/x}\"}}",
			"POST /a\n\nno json", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${body:/x?}\"}}",
			"POST /a\n\nno json", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${body:/x?}\"}}",
			"GET /a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/a\", \"encodings\": \"gzip\"}, \"send\": {\"queue\": "
		  "\"q\", \"headers\": "
		  "{\"a\": \"${body:/x}\"}}",
			"POST /a\nContent-Encoding: gzip\n\n{\"x\":1}", NULL, 415 },
	};
	WORLD_TELL(stories);
}

static void a_dollar_pair_is_a_literal(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"$${id} $${query.x?} $ $$ {}\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"a\":\"${id} ${query.x?} $ $$ {}\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"$${id}\"}",
			"GET /a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | ${id}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"$$${method}\"}",
			"GET /a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | $${method}" },
	};
	WORLD_TELL(stories);
}

static void lists_of_a_request_become_objects(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${query}\"}",
			"GET /a?b=1&c=%C3%A9+x&b=2&d&=e&b=3&&f=g=h",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\":[\"1\",\"2\",\"3\"],\"c\":\"é "
			"x\",\"d\":\"\",\"\":\"e\",\"f\":\"g=h\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"q\": "
		  "\"${query}\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"q\":{}}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"q\": "
		  "\"${query}\"}}",
			"GET /a?b=%zz", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"q\": "
		  "\"${query}\"}}",
			"GET /a?b=%ff", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"q\": "
		  "\"${query}\"}}",
			"GET "
			"/a?a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&"
			"a&a&a&a&",
			NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${headers}\"}",
			"GET /a\nX-A: 1\nB: \"q\"\nx-a: 2",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"x-a\":[\"1\",\"2\"],\"b\":\"\\\"q\\\"\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${cookies}\"}",
			"GET /a\nCookie: a=1; b=\"2\"; a=3\nCookie: c",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"{\"a\":[\"1\",\"3\"],\"b\":\"\\\"2\\\"\",\"c\":\"\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${cookie.b}\", \"c\": \"${header.x-y}\", \"d\": "
		  "\"${cookie.z:-none}\"}}",
			"GET /a\nCookie: a=1; b=2\nX-Y: 1\nx-y: 2",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | a=t:2 c=t:1, 2 d=t:none | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${query.b}\"}}",
			"GET /a?b=1&c=2&%62=3", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${query.b}\"}}",
			"GET /a?c=%zz&%62=3",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | a=t:3 | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"q\": \"${query}\"}}",
			"GET /a?b=1",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | q=t:{\"b\":\"1\"} | " },
	};
	WORLD_TELL(stories);
}

static void filters_change_or_check_the_text(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": {\"a\": "
		  "\"${query.a|html}\", \"b\": \"x${query.a|uri}\", \"c\": \"${query.a|base64}\"}}",
			"GET /a?a=<%22>/é",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"{\"a\":\"&lt;&quot;&gt;/é\",\"b\":\"x%3C%22%3E/"
			"%C3%A9\",\"c\":\"PCI+L8Op\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${query.a|[0-9]{2}}\"}",
			"GET /a?a=12",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | 12" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${query.a|[0-9]{2}}\"}",
			"GET /a?a=123", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${query.a|[0-9]{2}}\"}",
			"GET /a?a=1x", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${query.a|[0-9]{2}:-none}\"}",
			"GET /a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | none" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${query.a?|[0-9]{2}}\"}",
			"GET /a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${query.a|[a\\\\-\\\\]]{1,3}|base64}\"}",
			"GET /a?a=-]a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | LV1h" },
	};
	WORLD_TELL(stories);
}

static void captures_of_an_op_come_from_the_payload(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/o/:id\", \"op\": {\"name\": \"o.get\", \"captures\": "
		  "{\"id\": \"body:/id\"}}}, \"send\": {\"queue\": \"q\", \"body\": {\"id\": "
		  "\"${path.id}\", \"r\": \"${op}\"}}",
			"GET /o/7%20",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"id\":\"7 \",\"r\":\"m\"}" },
		{ "\"match\": {\"path\": \"/o/:id\", \"op\": {\"name\": \"o.get\", \"captures\": "
		  "{\"id\": \"body:/id\"}}}, \"send\": {\"queue\": \"q\", \"body\": {\"id\": "
		  "\"${path.id}\", \"r\": \"${op}\"}}",
			"op o.get\n\n{\"id\": 42}",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"id\":\"42\",\"r\":\"o.get\"}" },
		{ "\"match\": {\"path\": \"/o/:id\", \"op\": {\"name\": \"o.get\", \"captures\": "
		  "{\"id\": \"body:/id\"}}}, \"send\": {\"queue\": \"q\", \"body\": {\"id\": "
		  "\"${path.id}\", \"r\": \"${op}\"}}",
			"op o.get\n\n{\"id\": \"a\\\"b\"}",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"id\":\"a\\\"b\",\"r\":\"o.get\"}" },
		{ "\"match\": {\"path\": \"/o/:id\", \"op\": {\"name\": \"o.get\", \"captures\": "
		  "{\"id\": \"body:/id\"}}}, \"send\": {\"queue\": \"q\", \"body\": {\"id\": "
		  "\"${path.id}\", \"r\": \"${op}\"}}",
			"op o.get\n\n{}", NULL, 400 },
		{ "\"match\": {\"path\": \"/o/:id\", \"op\": \"o.get\"}, \"send\": {\"queue\": "
		  "\"q\", \"body\": {\"id\": \"${path.id?}\", \"p\": \"${path?}\"}}",
			"op o.get\n\n{}",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {}" },
	};
	WORLD_TELL(stories);
}

static void an_op_may_use_the_op_of_the_client(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"op\": \"sum\"}, \"send\": {\"queue\": \"q\", \"op\": "
		  "\"v1.${op}\", \"body\": {\"p\": \"${op}\"}, \"headers\": {\"h\": \"${op}\"}}",
			"op sum\n\n",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | h=t:v1.sum | {\"p\":\"v1.sum\"}" },
	};
	WORLD_TELL(stories);
}

static void an_op_that_no_client_names_is_the_same_for_all(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"body\": {\"p\": \"${op}\", \"in\": \"<${op}>\", \"f\": \"${op|base64}\", "
		  "\"o\": \"${op?}\"}}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"{\"p\":\"m\",\"in\":\"<m>\",\"f\":\"bQ==\",\"o\":\"m\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"op\": \"a\\\"b\", \"body\": [\"${op}\", \"<${op}>\", \"${op:-x}\"]}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"[\"a\\\"b\",\"<a\\\"b>\",\"a\\\"b\"]" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"op\": {\"cmd\": \"sum\"}, \"body\": [\"${op}\", \"<${op}>\"]}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"[{\"cmd\":\"sum\"},\"<{\\\"cmd\\\":\\\"sum\\\"}>\"]" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"op\": 7, \"body\": [\"${op}\", \"<${op}>\"]}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"[7,\"<7>\"]" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"op\": \"${query.o?}\", \"body\": [\"${op}\"]}",
			"GET /a?o=s",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"[\"s\"]" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"op\": \"a\\u0000b\", \"body\": [\"${op}\"]}",
			"GET /a", NULL, 400 },
	};
	WORLD_TELL(stories);
}

static void a_template_that_means_nothing_does_not_load(void **state)
{
	(void)state;
	static const struct world_fault faults[] = {
		{ "\"match\": {\"path\": \"/:id\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${pth.id}\"}",
			"unknown variable ${pth.id}; did you mean ${path.id}?" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${qery.user}\"}",
			"did you mean ${query.user}?" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": \"${}\"}",
			"unknown variable ${}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${path.id}\"}",
			"match captures no 'id'; it captures nothing" },
		{ "\"match\": {\"path\": \"/:id/*rest\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${path.x}\"}",
			"it captures ${path.id}, ${path.rest}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${body:x}\"}",
			"no JSON pointer" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${claim.sub}\"}",
			"${claim.sub} is not available yet" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${accept}\"}",
			"${accept} needs match.accept" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${host.tenant}\"}",
			"match.host captures no 'tenant'" },
		{ "\"match\": {\"path\": \"/a\", \"host\": \":tennant.a\"}, \"send\": {\"queue\": "
		  "\"q\", \"body\": \"${host.tenant}\"}",
			"match.host captures no 'tenant'" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${op.rest}\"}",
			"needs a match.op that ends in *" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": \"${id\"}",
			"${ without its }" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${id:-x\"}",
			"${ without its }" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${id:-{x}\"}",
			"${ without its }" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${env:HOME\"}",
			"${ without its }" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${id|rot13}\"}",
			"a filter is base64, html, uri or a class" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${id|[a-z}\"}",
			"a class" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${id|[]}\"}",
			"a class" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${id|[^a]}\"}",
			"not supported" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${id|[a-z]{5,2}}\"}",
			"a length is written like" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${id|base64|base64|base64|base64|base64}\"}",
			"at most four" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${id?:-x}\"}",
			"? or :-default, not both" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${env:BRIDGEHEAD_TEST_NOT_SET}\"}",
			"BRIDGEHEAD_TEST_NOT_SET" },
		{ "\"match\": {\"path\": \"/:id\", \"op\": \"x\"}, \"send\": {\"queue\": \"q\", "
		  "\"body\": \"${path.id}\"}",
			"is not there when match.op picks the mapping" },
		{ "\"match\": {\"path\": \"/a\", \"op\": {\"name\": \"x\", \"captures\": {\"id\": "
		  "\"body:/id\"}}}, \"send\": {\"queue\": \"q\", \"body\": \"${path.id}\"}",
			"is not there when match.path picks" },
	};
	WORLD_REFUSE(faults);
}

static void a_reference_is_literal_text_that_is_not_scanned_again(void **state)
{
	(void)state;
	setenv("BRIDGEHEAD_TEST_TEXT", "${id} $${x} \"", 1);
	static const struct world_story story = {
		"\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		"{\"a\": \"${env:BRIDGEHEAD_TEST_TEXT}${method}\"}}",
		"GET /a",
		"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
		"expiration=4750 | | {\"a\":\"${id} $${x} \\\"GET\"}",
	};
	world_tell_one(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_is_literal_text_that_is_not_scanned_again),
		cmocka_unit_test(numbers_and_spelling_of_a_json_template_are_kept),
		cmocka_unit_test(a_whole_variable_takes_its_json_value_and_a_part_is_escaped),
		cmocka_unit_test(the_body_inside_json_follows_its_content_type),
		cmocka_unit_test(what_is_absent_is_refused_defaulted_or_left_out),
		cmocka_unit_test(a_dollar_pair_is_a_literal),
		cmocka_unit_test(lists_of_a_request_become_objects),
		cmocka_unit_test(filters_change_or_check_the_text),
		cmocka_unit_test(captures_of_an_op_come_from_the_payload),
		cmocka_unit_test(an_op_may_use_the_op_of_the_client),
		cmocka_unit_test(an_op_that_no_client_names_is_the_same_for_all),
		cmocka_unit_test(a_template_that_means_nothing_does_not_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
