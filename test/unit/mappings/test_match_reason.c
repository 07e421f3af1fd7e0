/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/match_reason.h"

#include "mappings/mapping_parts.h"
#include "test/unit/mappings/world.h"

static void the_condition_that_failed_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *match, *request, *why;
		enum match_fit fit;
	} stories[] = {
		{ "\"path\": \"/x\"", "GET /x", "", MATCH_FIT },
		{ "\"path\": \"/x\"", "GET /y", "the path is another", MATCH_FIT_NOT },
		{ "\"path\": \"/x\"", "GET /x/..", "the path is another", MATCH_FIT_NOT },
		{ "\"op\": \"x\"", "GET /x", "it has no path", MATCH_FIT_NOT },
		{ "\"op\": \"x.*\"", "op x.y", "", MATCH_FIT },
		{ "\"op\": \"x.*\"", "op x.", "the op is another", MATCH_FIT_NOT },
		{ "\"path\": \"/x\"", "op x", "it has no op", MATCH_FIT_NOT },
		{ "\"path\": \"/x\", \"host\": \"a\"", "GET /x", "the host is another",
			MATCH_FIT_NOT_HOST },
		{ "\"path\": \"/x\", \"header\": {\"x-a\": true}", "GET /x",
			"the header x-a is missing", MATCH_FIT_NOT_HEADER },
		{ "\"path\": \"/x\", \"header\": {\"x-a\": \"1\"}", "GET /x\nX-A: 2",
			"the header x-a is missing or another", MATCH_FIT_NOT_HEADER },
		{ "\"path\": \"/x\", \"query\": {\"a\": false}", "GET /x?a",
			"the query parameter a is there", MATCH_FIT_NOT_QUERY },
		{ "\"path\": \"/x\", \"query\": {\"a\": \"1\"}", "GET /x?a=1&a=1",
			"the query parameter a comes twice", MATCH_FIT_BROKEN },
		{ "\"path\": \"/x\", \"method\": [\"GET\", \"PUT\"]", "POST /x",
			"the method is none of GET, HEAD, PUT", MATCH_FIT_NOT_METHOD },
		{ "\"path\": \"/x\", \"method\": \"GET\", \"query\": {\"a\": true}", "POST /x?a&a",
			"the query parameter a comes twice", MATCH_FIT_NOT_QUERY },
		{ "\"path\": \"/x\", \"accept\": [\"html\", \"json\"]", "GET /x\nAccept: image/png",
			"Accept wants none of html, json", MATCH_FIT_NOT_ACCEPT },
		{ "\"path\": \"/x\", \"accept\": \"html\"", "GET /x\nAccept: */html",
			"Accept is broken", MATCH_FIT_BROKEN_ACCEPT },
		{ "\"path\": \"/x\", \"content_types\": [\"a/b\", \"c/*\"]", "POST /x\n\nbody",
			"the content type is none of a/b, c/*", MATCH_FIT_NOT_TYPE },
		{ "\"path\": \"/x\", \"encodings\": \"gzip\"",
			"POST /x\nContent-Encoding: br\n\nbody",
			"the encoding is none of gzip, identity", MATCH_FIT_NOT_ENCODING },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct world world;
		struct buffer json = { 0 }, why = { 0 };
		struct match_probe probe;
		buffer_append_format(&json,
			"[{\"name\": \"m\", \"match\": {%s}, \"send\": {\"queue\": \"q\"}}]%c",
			stories[i].match, 0);
		world_open(&world, json.data);
		assert_string_equal(world_problems(&world), "");
		world_read_request(&world, span_from_text(stories[i].request));
		match_probe_init(&probe, &world.request, world.accept_types);
		enum match_fit fit =
			match_reason(&mapping_table_at(world.table, 0)->match, &probe, &why);
		if (fit != stories[i].fit ||
			!span_equal(buffer_span(&why), span_from_text(stories[i].why))) {
			fail_msg("%s %s: %d %.*s", stories[i].match, stories[i].request, (int)fit,
				(int)why.len, why.data);
		}
		buffer_finish(&why);
		buffer_finish(&json);
		world_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_condition_that_failed_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
