/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/host_pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_pattern_is_a_name_or_a_suffix(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *host;
		bool fits;
	} stories[] = {
		{ "a.example", "a.example", true },
		{ "A.Example", "a.eXample", true },
		{ "a.example.", "a.example", true },
		{ "a.example", "a.example.", true },
		{ "a.example", "a.example..", false },
		{ "a.example", "b.a.example", false },
		{ "a.example", "a.example.b", false },
		{ "a.example", "", false },
		{ "localhost", "localhost", true },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "[::1]", "[::1]", true },
		{ "[2001:DB8::1]", "[2001:db8::1]", true },
		{ "*.example", "a.example", true },
		{ "*.example", "a.b-c_d.EXAMPLE", true },
		{ "*.example.", "a.example.", true },
		{ "*.example", "example", false },
		{ "*.example", ".example", false },
		{ "*.example", "..example", false },
		{ "*.example", ".a.example", false },
		{ "*.example", "a..example", false },
		{ "*.example", "a..b.example", false },
		{ "*.example", "aexample", false },
		{ "*.example", "a.example.b", false },
		{ "*.example", "a%2eb.example", false },
		{ "*.example", "", false },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct store store = { 0 };
		struct host_pattern pattern;
		assert_null(
			host_pattern_parse(span_from_text(stories[i].pattern), &store, &pattern));
		if (host_pattern_match(&pattern, span_from_text(stories[i].host)) !=
			stories[i].fits) {
			fail_msg("%s %s", stories[i].pattern, stories[i].host);
		}
		assert_false(host_pattern_match(&pattern, SPAN_ABSENT));
		store_finish(&store);
	}
}

static void what_no_host_can_fit_is_refused_and_explained(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *why;
	} stories[] = {
		{ "", "expected a host" },
		{ ".", "like" },
		{ "a..b", "like" },
		{ ".a", "like" },
		{ "a.example:80", "without its port" },
		{ "[::1]:80", "without its port" },
		{ "[::g]", "like" },
		{ "http://a", "alone" },
		{ "a/b", "alone" },
		{ "*", "first label" },
		{ "*.", "first label" },
		{ "*.*.a", "first label" },
		{ "a.*.b", "first label" },
		{ "a*.b", "first label" },
		{ "*.[::1]", "like" },
		{ ":x.example", "not available yet" },
		{ "a.:x.example", "not available yet" },
		{ "b\xc3\xbc"
		  "cher.example",
			"xn--" },
		{ "a b", "like" },
		{ "[]", "like" },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct store store = { 0 };
		struct host_pattern pattern;
		const char *why =
			host_pattern_parse(span_from_text(stories[i].pattern), &store, &pattern);
		if (why == NULL || strstr(why, stories[i].why) == NULL) {
			fail_msg("%s: %s", stories[i].pattern, why != NULL ? why : "taken");
		}
		store_finish(&store);
	}
}

static void a_suffix_covers_what_ends_in_it(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool covers;
	} stories[] = {
		{ "a.example", "A.example", true },
		{ "a.example", "b.example", false },
		{ "a.example", "*.example", false },
		{ "a.example", "*.a.example", false },
		{ "*.example", "a.example", true },
		{ "*.example", "a.b.example", true },
		{ "*.example", "example", false },
		{ "*.example", "*.EXAMPLE", true },
		{ "*.example", "*.a.example", true },
		{ "*.a.example", "*.example", false },
		{ "*.example", "aexample", false },
		{ "*.example", "*.aexample", false },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct store store = { 0 };
		struct host_pattern a, b;
		assert_null(host_pattern_parse(span_from_text(stories[i].a), &store, &a));
		assert_null(host_pattern_parse(span_from_text(stories[i].b), &store, &b));
		if (host_pattern_covers(&a, &b) != stories[i].covers) {
			fail_msg("%s %s", stories[i].a, stories[i].b);
		}
		store_finish(&store);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_a_name_or_a_suffix),
		cmocka_unit_test(what_no_host_can_fit_is_refused_and_explained),
		cmocka_unit_test(a_suffix_covers_what_ends_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
