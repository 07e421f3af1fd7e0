/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/origin.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* One origin out of a file that holds nothing else, and what load says about it. */
struct page {
	struct json_tree *tree;
	struct problem_list *problems;
	struct store store;
	struct origin origin;
	bool good;
	char *said;
};

static void open_page(struct page *page, const char *text)
{
	struct json_fault fault;
	struct buffer json = { 0 };
	size_t size;
	*page = (struct page){ .problems = problem_list_create() };
	buffer_append_format(&json, "\"%s\"", text);
	page->tree = json_tree_create("t.json", buffer_span(&json), &fault);
	assert_non_null(page->tree);
	page->good = origin_compile(json_tree_root(page->tree), span_from_text(text), &page->store,
		&page->origin, page->problems);
	FILE *out = open_memstream(&page->said, &size);
	problem_list_print(page->problems, out);
	fclose(out);
	buffer_finish(&json);
}

static void close_page(struct page *page)
{
	problem_list_destroy(page->problems);
	json_tree_destroy(page->tree);
	store_finish(&page->store);
	free(page->said);
}

static void an_origin_is_taken_as_browsers_write_it(void **state)
{
	(void)state;
	static const char *const texts[] = { "https://app.example", "http://localhost:3000",
		"http://127.0.0.1", "https://app.example:8443", "http://[::1]:3000",
		"https://xn--bcher-kva.example", "capacitor://localhost",
		"chrome-extension://abcdefghijklmnop", "https://*.app.example",
		"https://*.app.example:8443", "https://a_b.example", "http://app.example:443" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct page page;
		open_page(&page, texts[i]);
		if (!page.good || page.said[0] != '\0') {
			fail_msg("%s: %s", texts[i], page.said);
		}
		close_page(&page);
	}
}

static void what_no_browser_sends_is_refused_with_what_it_would_send(void **state)
{
	(void)state;
	static const char *const stories[][2] = {
		{ "https://app.example/", "https://app.example" },
		{ "https://app.example/shop?x#y", "https://app.example" },
		{ "https://app.example?x", "https://app.example" },
		{ "https://App.Example", "https://app.example" },
		{ "HTTPS://app.example", "https://app.example" },
		{ "https://app.example:443", "https://app.example" },
		{ "https://app.example:", "https://app.example" },
		{ "http://app.example:80/", "http://app.example" },
		{ "http://app.example:0080", "http://app.example" },
		{ "http://[0:0::1]:80", "http://[::1]" },
		{ "https://*.App.example:443", "https://*.app.example" },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct page page;
		char expected[128];
		open_page(&page, stories[i][0]);
		snprintf(expected, sizeof(expected), "browsers write this origin \"%s\"\n",
			stories[i][1]);
		if (page.good || strstr(page.said, expected) == NULL) {
			fail_msg("%s: %s", stories[i][0], page.said);
		}
		close_page(&page);
	}
}

static void what_is_no_origin_is_refused_with_an_example(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "app.example", "//app.example",
		"https:app.example", "https://", "https:///", "://app.example",
		"1http://app.example", "ht tp://app.example", "https://user@app.example",
		"https://app..example", "https://.example", "https://app.example.",
		"https://app example", "https://app.example:0", "https://app.example:65536",
		"https://app.example:8o", "https://app.example:-1", "https://b\303\274cher.example",
		"https://*", "https://*.", "https://a*.example", "https://a.*.example",
		"https://*.*.example", "*.app.example", "https://[::1", "https://[::1]x",
		"https://[:::]", "https://[]", "http://localhost:*", "NULL" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct page page;
		open_page(&page, texts[i]);
		if (page.good || strstr(page.said, "expected the origin of a page") == NULL) {
			fail_msg("%s: %s", texts[i], page.said);
		}
		close_page(&page);
	}
}

static void what_is_wide_is_taken_with_a_warning(void **state)
{
	(void)state;
	static const char *const stories[][2] = {
		{ "null", "any page can give itself the origin \"null\"" },
		{ "https://*.example", "this lets in every site below \".example\"" },
		{ "http://*.localhost:3000", "this lets in every site below \".localhost:3000\"" },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct page page;
		open_page(&page, stories[i][0]);
		if (!page.good || strstr(page.said, stories[i][1]) == NULL) {
			fail_msg("%s: %s", stories[i][0], page.said);
		}
		close_page(&page);
	}
}

static void only_the_same_bytes_are_the_same_origin(void **state)
{
	(void)state;
	static const char *const others[] = { "", "null", "http://app.example",
		"https://app.example:8443", "https://app.example:443", "https://app.example/",
		"https://App.example", "https://app.example.evil", "https://app.exampl",
		"https://evil.app.example", "https://app.example https://evil.example",
		"https://app.example, https://evil.example", " https://app.example",
		"app.example" };
	struct page page;
	open_page(&page, "https://app.example");
	assert_true(origin_fits(&page.origin, SPAN("https://app.example")));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (origin_fits(&page.origin, span_from_text(others[i]))) {
			fail_msg("%s", others[i]);
		}
	}
	close_page(&page);
}

static void a_star_is_one_label_or_more_and_nothing_else(void **state)
{
	(void)state;
	static const char *const in[] = { "https://a.app.example", "https://a.b-c.app.example",
		"https://1.app.example", "https://xn--bcher-kva.app.example",
		"https://app.example.app.example" };
	static const char *const out[] = { "https://app.example", "https://.app.example",
		"https://notapp.example", "https://a.app.example.evil",
		"https://a.app.example:8443", "http://a.app.example", "https://evil/.app.example",
		"https://evil:1.app.example", "https://evil@a.app.example",
		"https://a..app.example", "https://.a.app.example", "https://evil?.app.example",
		"https://evil#.app.example", "https://evil\\.app.example",
		"https://evil%2f.app.example", "https://A.app.example", "https://a .app.example",
		"https://*.app.example", "https://a,b.app.example", "https://a.app.examplex",
		"null", "" };
	struct page page;
	open_page(&page, "https://*.app.example");
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		if (!origin_fits(&page.origin, span_from_text(in[i]))) {
			fail_msg("%s", in[i]);
		}
	}
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		if (origin_fits(&page.origin, span_from_text(out[i]))) {
			fail_msg("%s", out[i]);
		}
	}
	close_page(&page);
}

static void a_star_keeps_the_port_of_its_pattern(void **state)
{
	(void)state;
	struct page page;
	open_page(&page, "https://*.app.example:8443");
	assert_true(origin_fits(&page.origin, SPAN("https://a.app.example:8443")));
	assert_false(origin_fits(&page.origin, SPAN("https://a.app.example")));
	assert_false(origin_fits(&page.origin, SPAN("https://a.app.example:9:8443")));
	assert_false(origin_fits(&page.origin, SPAN("https://a.app.example:18443")));
	close_page(&page);
}

static void a_host_that_is_too_long_for_one_does_not_fit(void **state)
{
	(void)state;
	char text[400];
	struct page page;
	open_page(&page, "https://*.app.example");
	for (size_t labels = 250; labels < 260; labels++) {
		memset(text, 'a', sizeof(text));
		memcpy(text, "https://", 8);
		memcpy(text + 8 + labels, ".app.example", 12);
		assert_int_equal(
			origin_fits(&page.origin, span_of(text, 20 + labels)), labels <= 253);
	}
	close_page(&page);
}

static void a_value_from_elsewhere_is_not_repeated(void **state)
{
	(void)state;
	struct json_fault fault;
	struct store store = { 0 };
	struct origin origin;
	char *said;
	size_t size;
	struct problem_list *problems = problem_list_create();
	struct json_tree *tree = json_tree_create("t.json", SPAN("\"${env:SECRET}\""), &fault);
	assert_false(origin_compile(
		json_tree_root(tree), SPAN("https://hush.example/"), &store, &origin, problems));
	FILE *out = open_memstream(&said, &size);
	problem_list_print(problems, out);
	fclose(out);
	assert_non_null(strstr(said, "without anything behind it"));
	assert_null(strstr(said, "hush"));
	free(said);
	problem_list_destroy(problems);
	json_tree_destroy(tree);
	store_finish(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_origin_is_taken_as_browsers_write_it),
		cmocka_unit_test(what_no_browser_sends_is_refused_with_what_it_would_send),
		cmocka_unit_test(what_is_no_origin_is_refused_with_an_example),
		cmocka_unit_test(what_is_wide_is_taken_with_a_warning),
		cmocka_unit_test(only_the_same_bytes_are_the_same_origin),
		cmocka_unit_test(a_star_is_one_label_or_more_and_nothing_else),
		cmocka_unit_test(a_star_keeps_the_port_of_its_pattern),
		cmocka_unit_test(a_host_that_is_too_long_for_one_does_not_fit),
		cmocka_unit_test(a_value_from_elsewhere_is_not_repeated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
