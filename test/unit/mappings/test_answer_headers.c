/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/unit/mappings/answer_story.h"

static void strings_of_an_encoded_body_are_what_they_stand_for(void **state)
{
	(void)state;
#define HTTP                                                                       \
	"\"body\": \"body:/body\", \"encoding\": \"body:/encoding\", \"status\": " \
	"[\"body:/status\"], "                                                     \
	"\"headers\": [\"body:/headers\", {\"set-cookie\": \"body:/cookies\"}]"
	static const struct story stories[] = {
		{ HTTP, "\n\n{\"body\":{\"a\":1.0}}",
			"200 json type=application/json | {\"a\":1.0}" },
		{ HTTP, "\n\n{\"body\":\"a\\nb\"}", "200 type=text/plain; charset=utf-8 | a\nb" },
		{ HTTP, "\n\n{\"status\":201,\"body\":\"aGk=\",\"encoding\":\"base64\"}",
			"201 | hi" },
		{ HTTP, "\n\n{\"body\":\"aG\\u006b\",\"encoding\":\"base64\"}", "200 | hi" },
		{ HTTP, "\n\n{\"body\":\"a!\",\"encoding\":\"base64\"}",
			"502 The reply's body is no base64." },
		{ HTTP, "\n\n{\"status\":204}", "204 | " },
		{ HTTP, "\n\n{\"status\":204,\"body\":null}", "204 | " },
		{ HTTP, "\n\n{\"status\":99}", "502 The reply has a status that is not one." },
		{ HTTP, "\n\nno json", "502 The reply has no body where one is expected." },
		{ HTTP,
			"\n\n{\"body\":\"<p>\",\"headers\":{\"Content-Type\":\"text/"
			"html\",\"X-A\":\"1\","
			"\"x-b\":[\"2\",3],\"x-c\":null},\"cookies\":[\"a=b\",\"c=d; Path=/\"]}",
			"200 type=text/html X-A=1 x-b=2 x-b=3 set-cookie=a=b set-cookie=c=d; "
			"Path=/ | <p>" },
		{ HTTP,
			"\n\n{\"body\":\"\",\"headers\":{\"content-length\":\"5\",\"Connection\":"
			"\"close\","
			"\"transfer-encoding\":\"chunked\",\"x "
			"y\":\"1\",\"x-n\":\"a\\r\\nb\",\"date\":1,"
			"\"x-o\":{}}}",
			"200 type=text/plain; charset=utf-8 dropped=7 | " },
		{ HTTP, "\n\n{\"body\":1,\"headers\":[1],\"cookies\":\"a=b\"}",
			"200 json type=application/json set-cookie=a=b dropped=1 | 1" },
	};
	TELL(stories);
#undef HTTP
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_of_an_encoded_body_are_what_they_stand_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
