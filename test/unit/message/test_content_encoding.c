/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/content_encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_list_gives_its_elements_and_no_empty_ones(void **state)
{
	(void)state;
	static const char *const lists[] = { "gzip,br", " gzip\t, br ", ",,gzip , ,br,",
		"gzip, br" };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct span rest = span_from_text(lists[i]), element;
		assert_true(content_encoding_next(&rest, &element));
		assert_true(span_equal(element, SPAN("gzip")));
		assert_true(content_encoding_next(&rest, &element));
		assert_true(span_equal(element, SPAN("br")));
		assert_false(content_encoding_next(&rest, &element));
	}
	static const char *const empty[] = { "", " ", ",", " , ,\t" };
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		struct span rest = span_from_text(empty[i]), element;
		assert_false(content_encoding_next(&rest, &element));
	}
	struct span absent = SPAN_ABSENT, element;
	assert_false(content_encoding_next(&absent, &element));
}

static void names_are_equal_in_any_case_and_with_their_old_x(void **state)
{
	(void)state;
	assert_true(content_encoding_equal(SPAN("gzip"), SPAN("GZIP")));
	assert_true(content_encoding_equal(SPAN("x-gzip"), SPAN("gzip")));
	assert_true(content_encoding_equal(SPAN("compress"), SPAN("X-Compress")));
	assert_false(content_encoding_equal(SPAN("x-br"), SPAN("br")));
	assert_false(content_encoding_equal(SPAN("gzip"), SPAN("gzi")));
}

static void identity_alone_leaves_a_body_as_it_is(void **state)
{
	(void)state;
	assert_false(content_encoding_is_coded(SPAN_ABSENT));
	assert_false(content_encoding_is_coded(SPAN("")));
	assert_false(content_encoding_is_coded(SPAN(" , ")));
	assert_false(content_encoding_is_coded(SPAN("Identity, identity")));
	assert_true(content_encoding_is_coded(SPAN("identity, gzip")));
	assert_true(content_encoding_is_coded(SPAN("nonsense")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_gives_its_elements_and_no_empty_ones),
		cmocka_unit_test(names_are_equal_in_any_case_and_with_their_old_x),
		cmocka_unit_test(identity_alone_leaves_a_body_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
