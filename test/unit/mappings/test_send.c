/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/unit/mappings/world.h"

static void a_plain_message_carries_the_body_untouched(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\", \"encodings\": \"gzip\"}, \"send\": {\"queue\": "
		  "\"q\"}",
			"POST /a\nContent-Type: text/x\nContent-Encoding: gzip\n\n\037\001",
			"/q | content_type=text/x content_encoding=gzip delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | \037\001" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\"}", "POST /a\n\nhello",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | hello" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\"}", "GET /a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"op\": \"a\"}, \"send\": {\"queue\": \"q\"}", "op a\n\n{\"b\": 1}",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\": 1}" },
	};
	WORLD_TELL(stories);
}

#define TO_KAFKA "\"match\": {\"path\": \"/:x\"}, \"send\": {\"bridge\": \"kafka\", "
#define NATIVE \
	"content_type=application/octet-stream delivery_mode=1 reply_to=replies.1 expiration=4750"

static void a_record_has_a_topic_and_perhaps_a_key_and_a_partition(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ TO_KAFKA "\"topic\": \"a.b_c-d\"}", "POST /1\n\nhello",
			"a.b_c-d | " NATIVE " | | hello" },
		{ TO_KAFKA "\"topic\": \"t\", \"key\": \"${path.x}\", \"partition\": 7}",
			"POST /k%20k\n\nx", "t key k k at 7 | " NATIVE " | | x" },
		{ TO_KAFKA "\"topic\": \"t\", \"key\": \"${query.k?}\"}", "POST /1\n\nx",
			"t | " NATIVE " | | x" },
		{ TO_KAFKA "\"topic\": \"t\", \"partition\": \"${path.x}\"}", "POST /12\n\nx",
			"t at 12 | " NATIVE " | | x" },
		{ TO_KAFKA "\"topic\": \"t\", \"partition\": \"${path.x}\"}", "POST /x1\n\nx", NULL,
			400 },
		{ TO_KAFKA "\"topic\": \"t\", \"partition\": \"${path.x}\"}",
			"POST /4294967296\n\nx", NULL, 400 },
		{ TO_KAFKA "\"topic\": \"ev.${path.x}\"}", "POST /a\n\nx",
			"ev.a | " NATIVE " | | x" },
		{ TO_KAFKA "\"topic\": \"ev.${path.x}\"}", "POST /a.b\n\nx", NULL, 400 },
		{ TO_KAFKA "\"topic\": \"${path.x|[a-z.]{1,200}}\"}", "POST /a..\n\nx",
			"a.. | " NATIVE " | | x" },
		{ TO_KAFKA "\"topic\": \"t\", \"key\": \"k\", \"tombstone\": true}", "POST /a\n\nx",
			"t key k | " NATIVE " | | no value" },
		{ TO_KAFKA "\"topic\": \"t\", \"headers\": {\"correlation_id\": \"${id}\"}}",
			"POST /a\n\nx",
			"t | " NATIVE
			" | correlation_id=t:0f8fad5b-d9cb-469f-a165-70867728950e | x" },
		{ TO_KAFKA "\"topic\": \"t\", \"reply_partition\": {\"header\": \"p\", \"format\": "
			   "\"ascii\"}}",
			"POST /a\n\nx", "t | " NATIVE " | p=t:1094861636 | x" },
		{ TO_KAFKA "\"topic\": \"t\", \"reply_partition\": {\"header\": \"p\"}}",
			"POST /a\n\nx", "t | " NATIVE " | p=y:ABCD | x" },
	};
	WORLD_TELL(stories);
}

static void a_call_that_waits_for_no_reply_carries_no_reply_address_and_no_deadline(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"exchange\": \"x\", \"routing_key\": "
		  "\"a.b\"}, \"answer\": {\"when\": \"confirmed\"}",
			"POST /a\n\nhello",
			"x/a.b | content_type=application/octet-stream delivery_mode=2 | | hello" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"exchange\": \"x\", \"mandatory\": "
		  "false}, \"answer\": {\"when\": \"sent\"}",
			"POST /a\n\nhello",
			"x/ | content_type=application/octet-stream delivery_mode=2 | | hello" },
	};
	WORLD_TELL(stories);
}

static void properties_of_the_mapping_replace_those_of_the_convention(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"type\": \"call\", \"priority\": 5, \"content_type\": \"text/${path.x}\", "
		  "\"expiration\": null, \"app_id\": \"${query.a?}\"}}",
			"POST /plain\n\n.",
			"/q | content_type=text/plain delivery_mode=1 priority=5 "
			"reply_to=replies.1 type=call | | ." },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"correlation_id\": \"${id}\", \"reply_to\": \"${reply_to}\", "
		  "\"delivery_mode\": 2}}",
			"POST /a",
			"/q | content_type=application/octet-stream delivery_mode=2 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"reply_to\": \"x|${reply_to}\"}}",
			"POST /a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=x|replies.1 expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"priority\": \"${query.p}\"}}",
			"POST /a?p=9",
			"/q | content_type=application/octet-stream delivery_mode=1 priority=9 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"priority\": \"${query.p}\"}}",
			"POST /a?p=256", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"delivery_mode\": \"${query.p}\"}}",
			"POST /a?p=0", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"type\": \"${header.t}\"}}",
			"POST /a\nT: " X256, NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"properties\": "
		  "{\"type\": \"${header.t}\"}}",
			"POST /a\nT: " X255,
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 "
			"type=" X255 " | | " },
	};
	WORLD_TELL(stories);
}

static void client_text_in_a_destination_keeps_to_its_class(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": \"orders.${path.x}\"}",
			"GET /a_b-C9",
			"/orders.a_b-C9 | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": \"orders.${path.x}\"}",
			"GET /a.b", NULL, 400 },
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": \"orders.${path.x}\"}",
			"GET /%2a", NULL, 400 },
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": \"orders.${path.x}\"}",
			"GET /%C3%A9", NULL, 400 },
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": \"${path.x}\"}",
			"GET "
			"/" X64 X64 "x",
			NULL, 400 },
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": "
		  "\"${path.x|[a-z.]{1,8}}\"}",
			"GET /a.b",
			"/a.b | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": "
		  "\"${path.x|[a-z.]{1,8}}\"}",
			"GET /a.b.c.d.e", NULL, 400 },
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": "
		  "\"${path.x|[a-z]{200}}${path.x|[a-z]{200}}\"}",
			"GET "
			"/" X64 X64 X64 "xxxxxxxx",
			NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"exchange\": \"x\", \"routing_key\": "
		  "\"${query.k:-all.of.them}\"}",
			"GET /a",
			"x/all.of.them | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"exchange\": \"x\", \"routing_key\": "
		  "\"${query.k?}\"}",
			"GET /a", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"exchange\": \"x\", \"routing_key\": "
		  "\"${instance}.${op}.${mapping}\"}",
			"GET /a",
			"x/gw-1.m.m | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"exchange\": \"x\", \"routing_key\": "
		  "\"${op}\", \"op\": \"a.b\"}",
			"GET /a",
			"x/a.b | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"op\": \"a.*\"}, \"send\": {\"exchange\": \"x\", \"routing_key\": "
		  "\"${op}\"}",
			"op a.b\n\n1", NULL, 400 },
		{ "\"match\": {\"op\": \"a.*\"}, \"send\": {\"exchange\": \"x\", \"routing_key\": "
		  "\"${op|[a-z.]{1,9}}.${op.rest}\"}",
			"op a.b\n\n1",
			"x/a.b.b | content_type=application/json delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | 1" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": "
		  "\"${header.x|[a-z]{0,4}}\"}",
			"GET /a\nX: ", NULL, 400 },
	};
	WORLD_TELL(stories);
}

static void a_header_takes_the_type_that_the_configuration_gives_it(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": 5, \"b\": -1.5, \"c\": true, \"d\": null, \"e\": [1, \"${id}\"], \"f\": "
		  "{\"x\": \"${query.y?}\"}, \"g\": \"5\"}}",
			"GET /a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | a=i:5 b=r:-1.5 c=b:true "
			"e=j:[1,\"0f8fad5b-d9cb-469f-a165-70867728950e\"] f=j:{} g=t:5 | " },
	};
	WORLD_TELL(stories);
}

static void a_header_value_is_text_without_control_characters_and_not_long(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${query.v}\"}}",
			"GET /a?v=b%C3%A9+c",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | a=t:bé c | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${query.v}\"}}",
			"GET /a?v=%0d%0aX:1", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${query.v}\"}}",
			"GET /a?v=%7f", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${query.v}\"}}",
			"GET /a?v=%ff", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${query.v}\"}}",
			"GET /a?v=%00", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${query.v}\"}}",
			"GET "
			"/a?v=" X1024,
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | "
			"a=t:" X1024 " | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${query.v}\"}}",
			"GET "
			"/a?v=" X1024 "x",
			NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": [\"${query.v}\"]}}",
			"GET "
			"/a?v=" X1024 "x",
			NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${body:/x}\"}}",
			"POST /a\n\n{\"x\": \"a\\nb\"}", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"headers\": "
		  "{\"a\": \"${body:/x}\"}}",
			"POST /a\n\n{\"x\": \"a\\u0000b\"}", NULL, 400 },
	};
	WORLD_TELL(stories);
}

static void named_request_headers_are_passed_on(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"x-*\", \"authorization\"]}",
			"GET /a\nX-Tenant: t\nAuthorization: s\nX-Forwarded-For: 1\nX-User-Id: "
			"1\nX-Auth: 1\nX-Api-Key: k\nX-Real-IP: 1\nX-Death: 1\nX-Delay: 1\nCookie: "
			"c\nAccept: a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | x-tenant=t:t authorization=t:s | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"x-user-id\", \"cookie\"]}",
			"GET /a\nX-User-Id: 7\nX-Other: o\nCookie: a=b",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | x-user-id=t:7 cookie=t:a=b | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"x-*\"]}",
			"GET /a\nX-A: 1\nX-B: 2\nx-a: \"3\"",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | x-a=j:[\"1\",\"\\\"3\\\"\"] x-b=t:2 "
			"| " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"x-*\", \"y\"], \"headers\": {\"x-a\": \"own\", \"Y\": "
		  "\"own\"}}",
			"GET /a\nX-A: 1\nY: 2",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | x-a=t:own Y=t:own | " },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"x-*\", \"traceparent\"]}",
			"GET /a\nX-A: a\011b", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"x-*\", \"traceparent\"]}",
			"GET /a\nX-A: " X1024 "x", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", "
		  "\"forward_headers\": [\"traceparent\", \"tracestate\"]}",
			"GET /a\nTraceparent: forged\nTracestate: forged",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
	};
	WORLD_TELL(stories);
}

static void json_true_asks_for_a_strict_body(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\", \"json\": true}, \"send\": {\"queue\": \"q\"}",
			"POST /a\n\n{\"a\": 1e400, \"b\": 9007199254740993}",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | {\"a\": 1e400, \"b\": "
			"9007199254740993}" },
		{ "\"match\": {\"path\": \"/a\", \"json\": true}, \"send\": {\"queue\": \"q\"}",
			"POST /a\n\n{\"a\": 1, \"a\": 2}", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\", \"json\": true}, \"send\": {\"queue\": \"q\"}",
			"POST /a\n\n{\"a\": 01}", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\", \"json\": true}, \"send\": {\"queue\": \"q\"}",
			"POST /a\n\n", NULL, 400 },
		{ "\"match\": {\"path\": \"/a\", \"json\": true}, \"send\": {\"queue\": \"q\"}",
			"GET /a",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
		{ "\"match\": {\"path\": \"/a\", \"encodings\": \"gzip\", \"json\": true}, "
		  "\"send\": {\"queue\": \"q\"}",
			"POST /a\nContent-Encoding: gzip\n\n{}", NULL, 415 },
	};
	WORLD_TELL(stories);
}

static void a_body_above_the_mappings_limit_is_refused(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\"}, \"limits\": "
		  "{\"body\": 4}",
			"POST /a\n\n1234",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | 1234" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\"}, \"limits\": "
		  "{\"body\": 4}",
			"POST /a\n\n12345", NULL, 413 },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\"}",
			"POST "
			"/a\n\n11111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"11111111111111111111111111111111111111111111111111111111111111111111111111"
			"111111111111111111111111111111111111111111111111",
			NULL, 413 },
	};
	WORLD_TELL(stories);
}

static void a_body_template_decides_the_content_type(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${body}\"}",
			"POST /a\nContent-Type: text/x\n\nhello",
			"/q | content_type=text/x delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | hello" },
		{ "\"match\": {\"path\": \"/:x\"}, \"send\": {\"queue\": \"q\", \"body\": \"hello "
		  "${path.x}\"}",
			"POST /you\n\n.",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | hello you" },
		{ "\"match\": {\"path\": \"/a\", \"encodings\": \"gzip\"}, \"send\": {\"queue\": "
		  "\"q\", \"body\": "
		  "\"hello\"}",
			"POST /a\nContent-Type: text/x\nContent-Encoding: gzip\n\n.",
			"/q | content_type=text/x delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | hello" },
		{ "\"match\": {\"path\": \"/a\", \"encodings\": \"gzip\"}, \"send\": {\"queue\": "
		  "\"q\", \"body\": "
		  "\"<${body}>\"}",
			"POST /a\nContent-Encoding: gzip\n\n.", NULL, 415 },
		{ "\"match\": {\"path\": \"/a\", \"encodings\": \"gzip\"}, \"send\": {\"queue\": "
		  "\"q\", \"body\": "
		  "\"${body|base64}\"}",
			"POST /a\nContent-Encoding: gzip\n\nfoob",
			"/q | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | Zm9vYg==" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${body:/x}\"}",
			"POST /a\n\n{\"x\": {\"y\" : 1.0}}",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"y\" : 1.0}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": "
		  "\"${query}\"}",
			"GET /a?b=1",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"b\":\"1\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": 5}",
			"GET /a",
			"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | 5" },
	};
	WORLD_TELL(stories);
}

#define FORM \
	"\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\", \"body\": \"${body.form}\"}"
#define URLENCODED "application/x-www-form-urlencoded"
#define SENT_JSON                                                                                  \
	"/q | content_type=application/json delivery_mode=1 reply_to=replies.1 expiration=4750 | " \
	"| "

static void the_fields_of_a_form_become_an_object(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ FORM, "POST /a\nContent-Type: " URLENCODED "\n\na=1&b=x+y&a=%C3%BC&&c",
			SENT_JSON "{\"a\":[\"1\",\"ü\"],\"b\":\"x y\",\"c\":\"\"}" },
		{ FORM,
			"POST /a\nContent-Type: "
			"Application/X-WWW-Form-Urlencoded;charset=utf-8\n\na=1",
			SENT_JSON "{\"a\":\"1\"}" },
		{ FORM, "POST /a\nContent-Type: " URLENCODED "\n\n", SENT_JSON "{}" },
		{ FORM, "POST /a\nContent-Type: " URLENCODED "\n\na=%zz", NULL, 400 },
		{ FORM, "POST /a\nContent-Type: " URLENCODED "\n\na=%00", NULL, 400 },
		{ FORM, "POST /a\nContent-Type: " URLENCODED "\n\na=\377", NULL, 400 },
		{ FORM, "POST /a\nContent-Type: " URLENCODED ";charset=latin1\n\na=1", NULL, 415 },
		{ FORM, "POST /a\nContent-Type: multipart/form-data\n\na=1", NULL, 415 },
		{ FORM, "POST /a\n\na=1", NULL, 415 },
		{ FORM, "POST /a\n\n", NULL, 400 },
	};
	WORLD_TELL(stories);
}

static void the_loopback_bridge_needs_no_destination(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"bridge\": \"echo\", \"behave\": "
		  "\"drop\", \"delay\": \"1s\"}",
			"GET /a",
			"/ | content_type=application/octet-stream delivery_mode=1 "
			"reply_to=replies.1 expiration=4750 | | " },
	};
	WORLD_TELL(stories);
}

static void unmodified_nestjs_and_celery_workers_get_their_envelopes(void **state)
{
	(void)state;
	static const struct world_story stories[] = {
		{ "\"match\": {\"path\": \"/math/:op\"}, \"send\": {\"queue\": \"math\", \"op\": "
		  "\"${path.op}\", \"properties\": {\"correlation_id\": \"${id}\", \"reply_to\": "
		  "\"${reply_to}\", \"expiration\": \"${deadline_ms}\"}, \"body\": {\"pattern\": "
		  "\"${op}\", \"data\": \"${body}\", \"id\": \"${id}\"}}",
			"POST /math/sum\nContent-Type: application/json; charset=utf-8\n\n[1, "
			"2,3.0]",
			"/math | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | {\"pattern\":\"sum\",\"data\":[1, "
			"2,3.0],\"id\":\"0f8fad5b-d9cb-469f-a165-70867728950e\"}" },
		{ "\"match\": {\"op\": \"sum\"}, \"send\": {\"queue\": \"math\", \"op\": {\"cmd\": "
		  "\"sum\"}, \"body\": {\"pattern\": \"${op}\", \"data\": \"${body}\", \"id\": "
		  "\"${id}\"}}",
			"op sum\n\n",
			"/math | content_type=application/json delivery_mode=1 reply_to=replies.1 "
			"expiration=4750 | | "
			"{\"pattern\":{\"cmd\":\"sum\"},\"data\":null,\"id\":\"0f8fad5b-d9cb-469f-"
			"a165-70867728950e\"}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"celery\", \"op\": "
		  "\"tasks.add\", \"properties\": {\"content_encoding\": \"utf-8\"}, \"headers\": "
		  "{\"lang\": \"py\", \"task\": \"${op}\", \"id\": \"${id}\", \"root_id\": "
		  "\"${id}\", \"expires\": \"${deadline_iso}\"}, \"body\": [[], \"${body}\", {}]}",
			"POST /a\nContent-Type: application/json\n\n{\"x\":1}",
			"/celery | content_type=application/json content_encoding=utf-8 "
			"delivery_mode=1 reply_to=replies.1 expiration=4750 | lang=t:py "
			"task=t:tasks.add id=t:0f8fad5b-d9cb-469f-a165-70867728950e "
			"root_id=t:0f8fad5b-d9cb-469f-a165-70867728950e "
			"expires=t:2023-11-14T22:13:24.873Z | [[],{\"x\":1},{}]" },
	};
	WORLD_TELL(stories);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_has_a_topic_and_perhaps_a_key_and_a_partition),
		cmocka_unit_test(a_plain_message_carries_the_body_untouched),
		cmocka_unit_test(
			a_call_that_waits_for_no_reply_carries_no_reply_address_and_no_deadline),
		cmocka_unit_test(properties_of_the_mapping_replace_those_of_the_convention),
		cmocka_unit_test(client_text_in_a_destination_keeps_to_its_class),
		cmocka_unit_test(a_header_takes_the_type_that_the_configuration_gives_it),
		cmocka_unit_test(a_header_value_is_text_without_control_characters_and_not_long),
		cmocka_unit_test(named_request_headers_are_passed_on),
		cmocka_unit_test(json_true_asks_for_a_strict_body),
		cmocka_unit_test(a_body_above_the_mappings_limit_is_refused),
		cmocka_unit_test(a_body_template_decides_the_content_type),
		cmocka_unit_test(the_fields_of_a_form_become_an_object),
		cmocka_unit_test(the_loopback_bridge_needs_no_destination),
		cmocka_unit_test(unmodified_nestjs_and_celery_workers_get_their_envelopes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
