/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/content_encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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
		cmocka_unit_test(names_are_equal_in_any_case_and_with_their_old_x),
		cmocka_unit_test(identity_alone_leaves_a_body_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
