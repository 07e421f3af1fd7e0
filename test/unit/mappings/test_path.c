/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Segments as "a|b|", or why the path is refused. */
static void assert_split(const char *raw, size_t len, const char *expected)
{
	struct buffer scratch = { 0 };
	struct buffer seen = { 0 };
	struct path path;
	const char *why = path_split(span_of(raw, len), &scratch, &path);
	for (unsigned i = 0; why == NULL && i < path.count && i < PATH_SEGMENTS_MAX; i++) {
		buffer_append_span(&seen, i > 0 ? SPAN("|") : SPAN(""));
		buffer_append_span(&seen, path.segments[i]);
	}
	buffer_append_format(&seen, "%s", why != NULL ? why : "");
	struct span got = buffer_span(&seen);
	if (!span_equal(got, span_from_text(expected))) {
		fail_msg("%s: expected '%s', found '%.*s'", raw, expected, (int)got.len, got.ptr);
	}
	buffer_finish(&seen);
	buffer_finish(&scratch);
}

static void a_path_is_decoded_once_segment_by_segment(void **state)
{
	(void)state;
	static const char *const stories[][2] = {
		{ "/", "" },
		{ "/a", "a" },
		{ "/a/", "a|" },
		{ "/a/b/c", "a|b|c" },
		{ "/a%20b/%C3%a9", "a b|é" },
		{ "/%252f", "%2f" },
		{ "/a.b/...", "a.b|..." },
		{ "/é", "é" },
		{ "/a;b=c/+", "a;b=c|+" },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		assert_split(stories[i][0], strlen(stories[i][0]), stories[i][1]);
	}
}

static void a_path_that_two_decoders_could_read_differently_is_refused(void **state)
{
	(void)state;
	static const char *const escapes[] = { "/a%2Fb", "/a%2fb", "/%00", "/a/%", "/%4", "/%zz",
		"/%-1", "/rest/x/%2F" };
	static const char *const dots[] = { "/.", "/..", "/a/../b", "/%2e%2e", "/a/.%2E", "/./" };
	static const char *const empty[] = { "//", "/a//b", "/a//" };
	static const char *const broken[] = { "/%ff", "/%c0%af", "/%ed%a0%80", "/a/%e2%82",
		"/\xff" };
	static const char *const shapeless[] = { "", "a", "*", "http://x/" };
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		assert_split(escapes[i], strlen(escapes[i]),
			"The path has an escape that is broken or not allowed.");
	}
	for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++) {
		assert_split(dots[i], strlen(dots[i]), "The path has a dot segment.");
	}
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		assert_split(empty[i], strlen(empty[i]), "The path has an empty segment.");
	}
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		assert_split(broken[i], strlen(broken[i]), "The path is not UTF-8.");
	}
	for (size_t i = 0; i < sizeof(shapeless) / sizeof(shapeless[0]); i++) {
		assert_split(shapeless[i], strlen(shapeless[i]),
			"The path does not start with a slash.");
	}
	assert_split("/a\0b", 4, "The path holds a character that is not allowed.");
}

/* Captures as "a|b", NULL when the pattern does not match. */
static void assert_match(const char *pattern_text, const char *raw, const char *expected)
{
	struct store store = { 0 };
	struct buffer scratch = { 0 };
	struct buffer seen = { 0 };
	struct path_pattern pattern;
	struct path path;
	struct span captures[MATCH_CAPTURES_MAX];
	assert_null(path_pattern_parse(span_from_text(pattern_text), &store, &pattern));
	assert_null(path_split(span_from_text(raw), &scratch, &path));
	bool matches = path_pattern_match(&pattern, &path);
	if (matches != (expected != NULL)) {
		fail_msg("%s on %s", pattern_text, raw);
	}
	if (matches) {
		path_pattern_capture(&pattern, &path, captures);
		for (unsigned i = 0; i < pattern.capture_count; i++) {
			buffer_append_span(&seen, i > 0 ? SPAN("|") : SPAN(""));
			buffer_append_span(&seen, captures[i]);
		}
		if (!span_equal(buffer_span(&seen), span_from_text(expected))) {
			fail_msg("%s on %s: %.*s", pattern_text, raw, (int)seen.len, seen.data);
		}
	}
	buffer_finish(&seen);
	buffer_finish(&scratch);
	store_finish(&store);
}

static void patterns_match_and_capture(void **state)
{
	(void)state;
	static const char *const stories[][3] = {
		{ "/", "/", "" },
		{ "/", "/a", NULL },
		{ "/a", "/a", "" },
		{ "/a", "/a/", NULL },
		{ "/a", "/A", NULL },
		{ "/a/", "/a/", "" },
		{ "/a/", "/a", NULL },
		{ "/a/?", "/a", "" },
		{ "/a/?", "/a/", "" },
		{ "/a/?", "/a/b", NULL },
		{ "/a/:x/?", "/a/1/", "1" },
		{ "/:x", "/1", "1" },
		{ "/:x", "/", NULL },
		{ "/:x/b/:y", "/1/b/%3A2", "1|:2" },
		{ "/:x/b/:y", "/1/c/2", NULL },
		{ "/a/*rest", "/a", "" },
		{ "/a/*rest", "/a/", "" },
		{ "/a/*rest", "/a/b/c/", "b/c/" },
		{ "/a/*rest", "/ab", NULL },
		{ "/*all", "/", "" },
		{ "/*all", "/x/y", "x/y" },
		{ "/:x/*rest", "/1/2/3", "1|2/3" },
		{ "/caf%C3%A9", "/café", "" },
		{ "/café", "/caf%c3%a9", "" },
		{ "/a/*rest", "/a/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2",
			"1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2" },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		assert_match(stories[i][0], stories[i][1], stories[i][2]);
	}
}

static void a_pattern_that_no_path_can_match_is_refused(void **state)
{
	(void)state;
	static const char *const patterns[] = { "", "a", "/a//b", "/./a", "/a/..", "/:", "/:a b",
		"/*", "/*a/b", "/a*", "/a?", "/a?b", "/a#b", "/%2f", "/%", "/:x/:x", "/:x/*x",
		"/*rest/?", "/\xff", "/:a/:b/:c/:d/:e/:f/:g/:h/:i/:j/:k/:l/:m/:n/:o/:p/:q",
		"/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5" };
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct store store = { 0 };
		struct path_pattern pattern;
		if (path_pattern_parse(span_from_text(patterns[i]), &store, &pattern) == NULL) {
			fail_msg("'%s' was accepted", patterns[i]);
		}
		store_finish(&store);
	}
}

static void a_pattern_covers_what_it_always_matches_too(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool covers;
	} stories[] = {
		{ "/a", "/a", true },
		{ "/:x", "/a", true },
		{ "/a", "/:x", false },
		{ "/:x", "/:y", true },
		{ "/:x", "/", false },
		{ "/*r", "/a/:b/*c", true },
		{ "/a/*r", "/a", true },
		{ "/a/*r", "/b", false },
		{ "/a/:x", "/a/*r", false },
		{ "/a/?", "/a", true },
		{ "/a", "/a/?", false },
		{ "/a/b", "/a", false },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct store store = { 0 };
		struct path_pattern a;
		struct path_pattern b;
		assert_null(path_pattern_parse(span_from_text(stories[i].a), &store, &a));
		assert_null(path_pattern_parse(span_from_text(stories[i].b), &store, &b));
		if (path_pattern_covers(&a, &b) != stories[i].covers) {
			fail_msg("%s and %s", stories[i].a, stories[i].b);
		}
		store_finish(&store);
	}
}

static void a_pattern_of_one_path_that_needs_no_escape_knows_it(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *literal;
	} stories[] = {
		{ "/", "/" },
		{ "/a/b.c/", "/a/b.c/" },
		{ "/\xc3\xa4", "/\xc3\xa4" },
		{ "/a/:b", NULL },
		{ "/a/*b", NULL },
		{ "/a/?", NULL },
		{ "/a%25", NULL },
		{ "/%61", NULL },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct store store = { 0 };
		struct path_pattern pattern;
		assert_null(
			path_pattern_parse(span_from_text(stories[i].pattern), &store, &pattern));
		struct span literal = span_from_text(stories[i].literal);
		if (span_present(pattern.literal) != span_present(literal) ||
			!span_equal(pattern.literal, literal)) {
			fail_msg("%s", stories[i].pattern);
		}
		store_finish(&store);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_decoded_once_segment_by_segment),
		cmocka_unit_test(a_path_that_two_decoders_could_read_differently_is_refused),
		cmocka_unit_test(patterns_match_and_capture),
		cmocka_unit_test(a_pattern_that_no_path_can_match_is_refused),
		cmocka_unit_test(a_pattern_covers_what_it_always_matches_too),
		cmocka_unit_test(a_pattern_of_one_path_that_needs_no_escape_knows_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
