/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef void take_function(struct forwarded *walk, struct span value);

/* Trusted: 10.0.0.0/8 and 2001:db8:ffff::/48. The peer is 10.0.0.1. */
static struct forwarded walk(take_function *take, const char *const *lines_from_last)
{
	struct address_range items[2];
	struct address_ranges ranges = { items, 2, false };
	struct address peer;
	assert_int_equal(address_range_parse(SPAN("10.0.0.0/8"), &items[0]), ADDRESS_RANGE_OK);
	assert_int_equal(
		address_range_parse(SPAN("2001:db8:ffff::/48"), &items[1]), ADDRESS_RANGE_OK);
	assert_true(address_parse(SPAN("10.0.0.1"), &peer));
	struct forwarded forwarded = forwarded_from(&ranges, &peer);
	for (; *lines_from_last != NULL; lines_from_last++) {
		size_t len = strlen(*lines_from_last);
		char *copy = malloc(len + (len == 0));
		memcpy(copy, *lines_from_last, len);
		take(&forwarded, span_of(copy, len));
		free(copy);
	}
	return forwarded;
}

static void expect(take_function *take, const char *line, const char *client)
{
	const char *const lines[] = { line, NULL };
	struct forwarded forwarded = walk(take, lines);
	struct address address;
	char text[ADDRESS_TEXT_MAX];
	size_t len = address_write(&forwarded.client, text);
	assert_true(address_parse(span_from_text(client), &address));
	assert_true(forwarded.told);
	if (!address_equal(&forwarded.client, &address)) {
		fail_msg("%s: %.*s instead of %s", line, (int)len, text, client);
	}
}

static void expect_list(const char *line, const char *client)
{
	expect(forwarded_take_list, line, client);
}

static void expect_elements(const char *line, const char *client)
{
	expect(forwarded_take_elements, line, client);
}

/* ---- X-Forwarded-For ---- */

static void the_client_is_what_the_nearest_stranger_is(void **state)
{
	(void)state;
	expect_list("203.0.113.9", "203.0.113.9");
	expect_list("203.0.113.9, 10.0.0.2", "203.0.113.9");
	expect_list("203.0.113.9, 10.0.0.3, 10.0.0.2", "203.0.113.9");
	expect_list("203.0.113.9,10.0.0.3 ,\t10.0.0.2", "203.0.113.9");
	expect_list("2001:db8::7, 2001:db8:ffff::1", "2001:db8::7");
}

static void what_the_stranger_wrote_himself_does_not_count(void **state)
{
	(void)state;
	expect_list("192.0.2.1, 203.0.113.9", "203.0.113.9");
	expect_list("10.0.0.9, 203.0.113.9", "203.0.113.9");
	expect_list("192.0.2.1, 10.0.0.9, 203.0.113.9, 10.0.0.2", "203.0.113.9");
	expect_list("nonsense, 203.0.113.9", "203.0.113.9");
}

static void a_client_inside_is_the_outermost_of_the_trusted(void **state)
{
	(void)state;
	expect_list("10.0.0.3", "10.0.0.3");
	expect_list("10.0.0.4, 10.0.0.3", "10.0.0.4");
}

static void what_is_no_address_ends_the_walk_at_the_proxy_that_wrote_it(void **state)
{
	(void)state;
	static const char *const wrong[] = { "unknown", "_hidden", "localhost", "1.2.3",
		"1.2.3.4.5", "01.2.3.4", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:65536",
		"1.2.3.4 5.6.7.8", "[1.2.3.4]", "[2001:db8::7", "2001:db8::7]", "[2001:db8::7]80",
		"[2001:db8::7]:", "\"1.2.3.4\"", "::", "[::]", "fe80::1%eth0",
		"203.0.113.9;1.2.3.4", "for=203.0.113.9", "-", "*" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char line[128];
		expect_list(wrong[i], "10.0.0.1");
		snprintf(line, sizeof(line), "203.0.113.9, %s, 10.0.0.2", wrong[i]);
		expect_list(line, "10.0.0.2");
	}
	expect_list("", "10.0.0.1");
	expect_list(" , ,", "10.0.0.1");
}

static void ports_and_brackets_are_understood(void **state)
{
	(void)state;
	expect_list("203.0.113.9:4711", "203.0.113.9");
	expect_list("[2001:db8::7]", "2001:db8::7");
	expect_list("[2001:db8::7]:4711, 10.0.0.2:80", "2001:db8::7");
	expect_list("2001:DB8::7", "2001:db8::7");
	expect_list("::ffff:203.0.113.9", "203.0.113.9");
	expect_list("203.0.113.9, ::ffff:10.0.0.2", "203.0.113.9");
}

static void empty_elements_count_for_nothing(void **state)
{
	(void)state;
	expect_list("203.0.113.9,, 10.0.0.2,", "203.0.113.9");
	expect_list(",203.0.113.9", "203.0.113.9");
}

static void several_lines_are_one_list(void **state)
{
	(void)state;
	const char *const lines[] = { "10.0.0.2", "203.0.113.9, 10.0.0.3", "192.0.2.1", NULL };
	struct address client;
	struct forwarded forwarded = walk(forwarded_take_list, lines);
	assert_true(address_parse(SPAN("203.0.113.9"), &client));
	assert_true(address_equal(&forwarded.client, &client));
}

/* ---- Forwarded ---- */

static void elements_name_the_client(void **state)
{
	(void)state;
	expect_elements("for=203.0.113.9", "203.0.113.9");
	expect_elements("For=203.0.113.9;proto=http;by=10.0.0.1", "203.0.113.9");
	expect_elements("by=10.0.0.1;FOR=\"203.0.113.9:4711\"", "203.0.113.9");
	expect_elements("for=\"[2001:db8::7]\"", "2001:db8::7");
	expect_elements("for=\"[2001:db8::7]:4711\"", "2001:db8::7");
	expect_elements("for=\"203.0.113.9:_port\"", "203.0.113.9");
	expect_elements("for=192.0.2.1, for=203.0.113.9, for=10.0.0.2", "203.0.113.9");
	expect_elements("for=203.0.113.9;host=\"a,b;c=\\\"d\\\\\", for=10.0.0.2", "203.0.113.9");
	expect_elements("for=203.0.113.9;;proto=https;", "203.0.113.9");
	expect_elements("for=203.0.113.9; proto=https ;by=_x", "203.0.113.9");
}

static void an_element_that_names_no_address_ends_the_walk(void **state)
{
	(void)state;
	static const char *const wrong[] = { "for=unknown", "for=_hidden", "for=\"_hidden:1\"",
		"proto=https", "for=", "for", "=203.0.113.9", "for=203.0.113.9:80",
		"for=2001:db8::7", "for=[2001:db8::7]", "for=\"2001:db8::7\"", "for=\"[::]\"",
		"for=\"203.0.113.9", "for=203.0.113.9\"", "for=\"203.0.113.9\"x",
		"for =203.0.113.9", "for= 203.0.113.9", "for=203.0.113.9;for=192.0.2.1",
		"for=203.0.113.9 by=x", "for=203.0.113.9;proto=http;proto=http", "for=\"\"",
		"for=\"203.0.113.\\9\"", "203.0.113.9", "for=\"203.0.113.9\\\"" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char line[128];
		expect_elements(wrong[i], "10.0.0.1");
		snprintf(line, sizeof(line), "%s, for=10.0.0.2", wrong[i]);
		expect_elements(line, "10.0.0.2");
	}
}

static void a_quote_that_a_stranger_leaves_open_swallows_nothing(void **state)
{
	(void)state;
	expect_elements("for=\"192.0.2.1, for=203.0.113.9", "203.0.113.9");
	expect_elements("for=192.0.2.1;x=\", for=203.0.113.9;by=\"10.0.0.1\"", "203.0.113.9");
	expect_elements("for=192.0.2.1;x=\"\\, for=203.0.113.9;host=\"h\"", "203.0.113.9");
	expect_elements(
		"x=\", for=192.0.2.1, for=203.0.113.9;by=\"_a\", for=10.0.0.2", "203.0.113.9");
}

static void the_scheme_is_that_of_the_element_where_the_walk_ends(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum forwarded_scheme scheme;
	} cases[] = {
		{ "for=203.0.113.9;proto=https", FORWARDED_SECURE },
		{ "for=203.0.113.9;proto=\"HTTPS\"", FORWARDED_SECURE },
		{ "for=203.0.113.9;proto=wss", FORWARDED_SECURE },
		{ "for=203.0.113.9;proto=http", FORWARDED_PLAIN },
		{ "for=203.0.113.9;proto=gopher", FORWARDED_NOTHING },
		{ "for=203.0.113.9", FORWARDED_NOTHING },
		{ "for=203.0.113.9;proto=https, for=10.0.0.2;proto=http", FORWARDED_SECURE },
		{ "for=203.0.113.9, for=10.0.0.2;proto=https", FORWARDED_NOTHING },
		{ "for=192.0.2.1;proto=https, for=203.0.113.9;proto=http", FORWARDED_PLAIN },
		{ "for=_hidden;proto=https", FORWARDED_SECURE },
		{ "for=\"203.0.113.9;proto=https", FORWARDED_NOTHING },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const lines[] = { cases[i].line, NULL };
		struct forwarded forwarded = walk(forwarded_take_elements, lines);
		assert_int_equal(forwarded.scheme, cases[i].scheme);
	}
	assert_int_equal(forwarded_scheme_of(SPAN("https, http")), FORWARDED_NOTHING);
	assert_int_equal(forwarded_scheme_of(SPAN("")), FORWARDED_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_client_is_what_the_nearest_stranger_is),
		cmocka_unit_test(what_the_stranger_wrote_himself_does_not_count),
		cmocka_unit_test(a_client_inside_is_the_outermost_of_the_trusted),
		cmocka_unit_test(what_is_no_address_ends_the_walk_at_the_proxy_that_wrote_it),
		cmocka_unit_test(ports_and_brackets_are_understood),
		cmocka_unit_test(empty_elements_count_for_nothing),
		cmocka_unit_test(several_lines_are_one_list),
		cmocka_unit_test(elements_name_the_client),
		cmocka_unit_test(an_element_that_names_no_address_ends_the_walk),
		cmocka_unit_test(a_quote_that_a_stranger_leaves_open_swallows_nothing),
		cmocka_unit_test(the_scheme_is_that_of_the_element_where_the_walk_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
