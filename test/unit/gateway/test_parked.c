/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/parked.h"

#include "gateway/quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void bytes_come_out_as_they_went_in(void **state)
{
	(void)state;
	struct limits limits = { .memory = 1 };
	struct quota *quota = quota_create(&limits);
	struct parked *parked = NULL;
	assert_true(parked_append(&parked, SPAN("hello "), quota));
	assert_true(parked_append(&parked, SPAN("world"), quota));
	assert_true(quota_memory_is_over(quota));
	parked_take(&parked, 6, quota);
	assert_int_equal(parked_size(parked), 5);
	assert_true(parked_append(&parked, SPAN("!"), quota));
	assert_memory_equal(parked->bytes + parked->start, "world!", 6);
	parked_take(&parked, 6, quota);
	assert_null(parked);
	assert_false(quota_memory_is_over(quota));
	quota_destroy(quota);
}

static void nothing_held_is_nothing_allocated(void **state)
{
	(void)state;
	struct limits limits = { 0 };
	struct quota *quota = quota_create(&limits);
	struct parked *parked = NULL;
	assert_int_equal(parked_size(parked), 0);
	parked_free(&parked, quota);
	assert_null(parked);
	quota_destroy(quota);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_out_as_they_went_in),
		cmocka_unit_test(nothing_held_is_nothing_allocated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
