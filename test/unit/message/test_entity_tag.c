/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/entity_tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool is_listed(const char *list, enum entity_tag_comparison comparison)
{
	return entity_tag_is_listed(span_from_text(list), SPAN("\"a,b\""), comparison);
}

static void a_tag_is_found_in_a_list(void **state)
{
	(void)state;
	static const char *const lists[] = { "*", " * ", "\"a,b\"", " \"a,b\"\t", "\"x\", \"a,b\"",
		"\"a,b\",\"x\"", ",, \"x\" ,,\"a,b\",", "\"\",\"a,b\"", "W/\"x\", \"a,b\"" };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (!is_listed(lists[i], ENTITY_TAG_STRONG) ||
			!is_listed(lists[i], ENTITY_TAG_WEAK)) {
			fail_msg("%s", lists[i]);
		}
	}
}

static void a_weak_tag_is_one_only_where_that_is_enough(void **state)
{
	(void)state;
	assert_true(is_listed("W/\"a,b\"", ENTITY_TAG_WEAK));
	assert_false(is_listed("W/\"a,b\"", ENTITY_TAG_STRONG));
	assert_true(is_listed("W/\"a,b\", \"a,b\"", ENTITY_TAG_STRONG));
}

static void a_list_without_the_tag_or_with_a_mistake_has_none(void **state)
{
	(void)state;
	static const char *const lists[] = { "", ",", "a,b", "\"a\"", "\"A,B\"", "\"a,b", "a,b\"",
		"\"a,b\" \"x\"", "\"a,b\"x", "\"a,b\", x", "w/\"a,b\"", "W/", "W/ \"a,b\"",
		"\"a b\",\"a,b\"", "*, \"a,b\"", "\"a,b\", *", "**", "\"\\\"a,b\"" };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (is_listed(lists[i], ENTITY_TAG_WEAK)) {
			fail_msg("%s", lists[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_is_found_in_a_list),
		cmocka_unit_test(a_weak_tag_is_one_only_where_that_is_enough),
		cmocka_unit_test(a_list_without_the_tag_or_with_a_mistake_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
