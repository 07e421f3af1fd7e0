/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/unit/mappings/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PLAIN_PROPERTIES " delivery_mode=1 reply_to=replies.1 expiration=4750 "

/* One request through one mapping: the message, or the status that refuses it. */
struct story {
	const char *mapping; /* what stands beside the name */
	const char *request;
	const char *message; /* NULL: refused */
	int status;
};

static void tell(const struct story *stories, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct world world;
		struct buffer json = { 0 };
		buffer_append_format(&json, "[{ \"name\": \"m\", %s }]%c", stories[i].mapping, 0);
		world_open(&world, json.data);
		if (problem_list_has_errors(world.problems)) {
			fail_msg("%s\n%s", stories[i].mapping, world_problems(&world));
		}
		/* Twice: the second time nothing grows, and nothing of the first is left. */
		for (int again = 0; again < 2; again++) {
			int status = world_send(&world, stories[i].request);
			if (status != stories[i].status) {
				fail_msg("%s\n%s\nstatus %d %s", stories[i].mapping,
					stories[i].request, status,
					status != 0 ? world.refusal.detail : world_message(&world));
			}
			if (stories[i].message != NULL) {
				assert_string_equal(world_message(&world), stories[i].message);
			}
		}
		world_close(&world);
		buffer_finish(&json);
	}
}

#define TELL(stories) tell((stories), sizeof(stories) / sizeof((stories)[0]))

static void a_plain_message_carries_the_body_untouched(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\"}",
			"POST /a\nContent-Type: text/x\nContent-Encoding: gzip\n\n\x1f\x8b",
			"/q | content_type=text/x content_encoding=gzip" PLAIN_PROPERTIES
			"| | \x1f\x8b" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"queue\": \"q\"}", "POST /a\n\nhello",
			"/q | content_type=application/octet-stream" PLAIN_PROPERTIES "| | hello" },
		{ "\"match\": {\"op\": \"a\"}, \"send\": {\"queue\": \"q\"}", "op a\n\n{\"b\": 1}",
			"/q | content_type=application/json" PLAIN_PROPERTIES "| | {\"b\": 1}" },
		{ "\"match\": {\"path\": \"/a\"}, \"send\": {\"exchange\": \"x\", "
		  "\"routing_key\": \"a.b\"}, \"answer\": {\"when\": \"confirmed\"}",
			"POST /a\n\nhello",
			"x/a.b | content_type=application/octet-stream delivery_mode=2 | | hello" },
	};
	TELL(stories);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_message_carries_the_body_untouched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
