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
		{ ":x.example", "a.example", true },
		{ ":x.example", "A.EXAMPLE.", true },
		{ ":x.example", "example", false },
		{ ":x.example", ".example", false },
		{ ":x.example", ".a.example", false },
		{ ":x.example", "b.a.example", false },
		{ ":x.example", "a.example.b", false },
		{ ":x.example", "a%2eb.example", false },
		{ ":x", "localhost", true },
		{ ":x", "a.b", false },
		{ "a.:x.example.", "a.b.example", true },
		{ "a.:x.example", "b.b.example", false },
		{ "*.:x.example", "a.b.example", true },
		{ "*.:x.example", "c.a.b.example", true },
		{ "*.:x.example", "b.example", false },
		{ "*.:x.example", "..b.example", false },
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
		{ ":.example", "begins with a letter" },
		{ ":8080", "without its port" },
		{ "a:x.example", "without its port" },
		{ ":x:y.example", "without its port" },
		{ ":x.:y.:x", "twice" },
		{ ":x..example", "whole label" },
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
		{ ":x.example", "a.example", true },
		{ ":x.example", ":y.example", true },
		{ ":x.example", "*.example", false },
		{ ":x.example", "a.b.example", false },
		{ ":x.example", "example", false },
		{ "a.example", ":x.example", false },
		{ "*.example", ":x.example", true },
		{ "*.example", "*.:x.example", true },
		{ "*.:x.example", "*.example", false },
		{ "*.:x", "*.example", true },
		{ "*.:x.example", ":y.:x.example", true },
		{ ":x", "[::1]", false },
		{ "[::1]", "[::1]", true },
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

static void a_capture_is_the_label_at_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *host, *name, *label;
	} stories[] = {
		{ ":x.example", "a.example", "x", "a" },
		{ ":x.example", "A.example.", "x", "A" },
		{ ":x.b.:y", "1.b.2", "x", "1" },
		{ ":x.b.:y", "1.b.2", "y", "2" },
		{ "*.:x.example", "a.b.c.example", "x", "c" },
		{ ":x.example", "a.example", "y", NULL },
		{ "x.example", "x.example", "x", NULL },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct store store = { 0 };
		struct host_pattern pattern;
		struct span host = span_from_text(stories[i].host);
		struct span name = span_from_text(stories[i].name);
		assert_null(
			host_pattern_parse(span_from_text(stories[i].pattern), &store, &pattern));
		assert_true(host_pattern_match(&pattern, host));
		struct span label = host_pattern_capture(&pattern, host, name);
		assert_int_equal(span_present(label), stories[i].label != NULL);
		assert_true(span_equal(label, span_from_text(stories[i].label)));
		assert_int_equal(host_pattern_has(&pattern, name), stories[i].label != NULL);
		store_finish(&store);
	}
}

static void captures_are_counted_from_the_left(void **state)
{
	(void)state;
	struct store store = { 0 };
	struct host_pattern pattern;
	assert_null(host_pattern_parse(SPAN("*.:x.b.:y-1"), &store, &pattern));
	assert_true(span_equal(host_pattern_capture_name(&pattern, 0), SPAN("x")));
	assert_true(span_equal(host_pattern_capture_name(&pattern, 1), SPAN("y-1")));
	assert_false(span_present(host_pattern_capture_name(&pattern, 2)));
	assert_null(host_pattern_parse(SPAN("a.b"), &store, &pattern));
	assert_false(span_present(host_pattern_capture_name(&pattern, 0)));
	store_finish(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_a_name_or_a_suffix),
		cmocka_unit_test(what_no_host_can_fit_is_refused_and_explained),
		cmocka_unit_test(a_suffix_covers_what_ends_in_it),
		cmocka_unit_test(a_capture_is_the_label_at_its_place),
		cmocka_unit_test(captures_are_counted_from_the_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
