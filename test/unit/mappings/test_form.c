/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void pairs_come_as_they_were_written_and_empty_ones_do_not(void **state)
{
	(void)state;
	struct span rest = SPAN("&a=1&&b==2=&=c&d& e = f &");
	static const char *const pairs[][2] = { { "a", "1" }, { "b", "=2=" }, { "", "c" },
		{ "d", "" }, { "e ", " f" } };
	struct form_pair pair;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_true(form_next(&rest, '&', &pair));
		assert_true(span_equal(pair.name, span_from_text(pairs[i][0])));
		assert_true(span_equal(pair.value, span_from_text(pairs[i][1])));
		assert_true(span_present(pair.value));
	}
	assert_false(form_next(&rest, '&', &pair));
	assert_false(form_next(&rest, '&', &pair));
	struct span absent = SPAN_ABSENT;
	assert_false(form_next(&absent, '&', &pair));
}

static void text_is_compared_by_what_it_means(void **state)
{
	(void)state;
	static const struct {
		const char *text, *plain;
		bool same;
	} stories[] = {
		{ "", "", true },
		{ "a", "a", true },
		{ "%61", "a", true },
		{ "%C3%bc", "\xc3\xbc", true },
		{ "a+b", "a b", true },
		{ "a%2Bb", "a+b", true },
		{ "a%20b", "a b", true },
		{ "%2561", "%61", true },
		{ "a", "", false },
		{ "", "a", false },
		{ "ab", "a", false },
		{ "a", "ab", false },
		{ "A", "a", false },
		{ "%", "%", false },
		{ "%4", "%4", false },
		{ "%zz", "%zz", false },
		{ "a%", "a", false },
		{ "%00", "", false },
		{ "a%00", "a", false },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		if (form_text_is(span_from_text(stories[i].text),
			    span_from_text(stories[i].plain)) != stories[i].same) {
			fail_msg("%s %s", stories[i].text, stories[i].plain);
		}
	}
	assert_false(form_text_is(span_of("\0", 1), SPAN("")));
}

static void a_parameter_is_found_once_or_not_at_all(void **state)
{
	(void)state;
	static const struct {
		const char *query, *value; /* NULL: absent */
		bool once;
	} stories[] = {
		{ "a=1", "1", true },
		{ "b=2&%61=%31&A=3", "%31", true },
		{ "a", "", true },
		{ "a=", "", true },
		{ "", NULL, true },
		{ "b=a&aa=1&%=1", NULL, true },
		{ "a=1&a=1", NULL, false },
		{ "a&%61", NULL, false },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct span value;
		bool once = form_find(span_from_text(stories[i].query), SPAN("a"), &value);
		if (once != stories[i].once ||
			(once && (span_present(value) != (stories[i].value != NULL) ||
					 !span_equal(value, span_from_text(stories[i].value))))) {
			fail_msg("%s", stories[i].query);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_come_as_they_were_written_and_empty_ones_do_not),
		cmocka_unit_test(text_is_compared_by_what_it_means),
		cmocka_unit_test(a_parameter_is_found_once_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
