/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_class_lists_characters_ranges_and_a_length(void **state)
{
	(void)state;
	static const struct {
		const char *filter, *text;
		bool fits;
	} stories[] = {
		{ "[a-c]", "abc", true },
		{ "[a-c]", "abd", false },
		{ "[a-c]", "", false },
		{ "[a-c]{0,2}", "", true },
		{ "[a-c]{0,2}", "abc", false },
		{ "[a-c]{2}", "ab", true },
		{ "[a-c]{2}", "a", false },
		{ "[-a]", "a-", true },
		{ "[a-]", "a-", true },
		{ "[a\\]\\-z]", "]-z", true },
		{ "[a\\]\\-z]", "b", false },
		{ "[ -~]", "a b~", true },
		{ "[ -~]", "\xc3\xa9", false },
		{ "[ -~]", "\x7f", false },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct span rest = span_from_text(stories[i].filter);
		struct filter filter;
		assert_null(filter_parse(&rest, &filter));
		assert_int_equal(rest.len, 0);
		if (filter_fits(&filter, span_from_text(stories[i].text)) != stories[i].fits) {
			fail_msg("%s on '%s'", stories[i].filter, stories[i].text);
		}
	}
}

static void what_is_no_filter_is_refused(void **state)
{
	(void)state;
	static const char *const filters[] = { "", "rot13", "[", "[]", "[a", "[^a]", "[b-a]",
		"[a]{", "[a]{}", "[a]{2,1}", "[a]{1", "[a]{1,}", "[\xc3\xa9]", "[a\\", "[\n]" };
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct span rest = span_from_text(filters[i]);
		struct filter filter;
		if (filter_parse(&rest, &filter) == NULL) {
			fail_msg("'%s' was accepted", filters[i]);
		}
	}
}

static void text_filters_change_the_text(void **state)
{
	(void)state;
	static const char *const stories[][3] = {
		{ "base64", "foob", "Zm9vYg==" },
		{ "html", "<a href=\"x\">&'", "&lt;a href=&quot;x&quot;&gt;&amp;&#39;" },
		{ "uri", "a/b c?\xc3\xa9~.-_%", "a/b%20c%3F%C3%A9~.-_%25" },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct span rest = span_from_text(stories[i][0]);
		struct filter filter;
		struct buffer out = { 0 };
		assert_null(filter_parse(&rest, &filter));
		filter_append(&filter, span_from_text(stories[i][1]), &out);
		assert_true(span_equal(buffer_span(&out), span_from_text(stories[i][2])));
		buffer_finish(&out);
	}
}

static void plain_text_has_no_control_characters_and_is_utf8(void **state)
{
	(void)state;
	assert_true(filter_is_plain_text(SPAN("")));
	assert_true(filter_is_plain_text(SPAN("a b \xc3\xa9 ~")));
	assert_false(filter_is_plain_text(SPAN("a\tb")));
	assert_false(filter_is_plain_text(SPAN("a\0b")));
	assert_false(filter_is_plain_text(SPAN("a\r\n")));
	assert_false(filter_is_plain_text(SPAN("\x7f")));
	assert_false(filter_is_plain_text(SPAN("\xc3")));
	assert_false(filter_is_plain_text(SPAN("a text that is longer than a register\x1b")));
}

static void destinations_let_no_broker_character_through(void **state)
{
	(void)state;
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	for (int c = 1; c < 256; c++) {
		char text = (char)c;
		assert_int_equal(filter_fits(&filter_destination, span_of(&text, 1)),
			strchr(letters, c) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_class_lists_characters_ranges_and_a_length),
		cmocka_unit_test(what_is_no_filter_is_refused),
		cmocka_unit_test(text_filters_change_the_text),
		cmocka_unit_test(plain_text_has_no_control_characters_and_is_utf8),
		cmocka_unit_test(destinations_let_no_broker_character_through),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
