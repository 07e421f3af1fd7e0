/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/media_range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct media_range range_of(const char *text)
{
	struct media_range range;
	if (!media_range_parse(span_from_text(text), &range)) {
		fail_msg("%s", text);
	}
	return range;
}

static void a_range_is_a_type_or_ends_in_a_star_or_has_a_suffix(void **state)
{
	(void)state;
	assert_int_equal(range_of("*/*").kind, MEDIA_RANGE_ALL);
	assert_int_equal(range_of("text/*").kind, MEDIA_RANGE_TYPE);
	assert_int_equal(range_of("application/*+json").kind, MEDIA_RANGE_SUFFIX);
	assert_int_equal(range_of("application/json").kind, MEDIA_RANGE_ONE);
	assert_int_equal(range_of("application/vnd.a+json").kind, MEDIA_RANGE_ONE);
}

static void what_is_no_range_is_refused(void **state)
{
	(void)state;
	static const char *const broken[] = { "", "*", "/", "text", "text/", "/plain", "*/html",
		"text/ht*", "text/**", "te*t/plain", "*+json/x", "application/*json",
		"application/*+", "application/*+*", "application/*+js on", "a/b/c",
		"text/plain;q=1", " text/plain", "text/plain ", "text /plain", "text/pl\xc3\xa4in",
		"a/b,c/d" };
	struct media_range range;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		if (media_range_parse(span_from_text(broken[i]), &range)) {
			fail_msg("%s", broken[i]);
		}
	}
	assert_false(media_range_parse(SPAN_ABSENT, &range));
	assert_false(media_range_parse(span_of("a/b\0", 4), &range));
}

static void a_range_holds_types_in_any_case(void **state)
{
	(void)state;
	static const struct {
		const char *range, *type;
		bool holds;
	} stories[] = {
		{ "*/*", "a/b", true },
		{ "text/*", "text/plain", true },
		{ "text/*", "TEXT/Plain", true },
		{ "text/*", "texts/plain", false },
		{ "text/*", "tex/plain", false },
		{ "application/json", "Application/JSON", true },
		{ "APPLICATION/JSON", "application/json", true },
		{ "application/json", "application/jsonx", false },
		{ "application/json", "application/x+json", false },
		{ "application/*+json", "application/problem+JSON", true },
		{ "application/*+json", "application/a+b+json", true },
		{ "application/*+json", "application/json", false },
		{ "application/*+json", "application/+json", false },
		{ "application/*+json", "text/x+json", false },
		{ "application/*+json", "application/x+jsonp", false },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct media_range range = range_of(stories[i].range);
		if (media_range_holds(&range, span_from_text(stories[i].type)) !=
			stories[i].holds) {
			fail_msg("%s %s", stories[i].range, stories[i].type);
		}
	}
}

static void a_range_covers_those_inside_it(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool covers;
	} stories[] = {
		{ "*/*", "*/*", true },
		{ "*/*", "text/plain", true },
		{ "text/*", "*/*", false },
		{ "text/*", "text/*", true },
		{ "text/*", "Text/*+x", true },
		{ "text/*", "TEXT/plain", true },
		{ "text/*", "image/png", false },
		{ "a/*+json", "a/*", false },
		{ "a/*+json", "a/*+JSON", true },
		{ "a/*+json", "a/*+x+json", true },
		{ "a/*+x+json", "a/*+json", false },
		{ "a/*+json", "a/b+json", true },
		{ "a/*+json", "a/+json", false },
		{ "a/*+json", "a/json", false },
		{ "a/b", "A/B", true },
		{ "a/b", "a/c", false },
		{ "a/b+json", "a/*+json", false },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct media_range a = range_of(stories[i].a), b = range_of(stories[i].b);
		if (media_range_covers(&a, &b) != stories[i].covers) {
			fail_msg("%s %s", stories[i].a, stories[i].b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_is_a_type_or_ends_in_a_star_or_has_a_suffix),
		cmocka_unit_test(what_is_no_range_is_refused),
		cmocka_unit_test(a_range_holds_types_in_any_case),
		cmocka_unit_test(a_range_covers_those_inside_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
