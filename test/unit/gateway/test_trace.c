/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void valid_parents_pass(void **state)
{
	(void)state;
	static const char *const valid[] = {
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
		"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-adds",
	};
	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
		assert_true(trace_parent_is_valid(span_from_text(valid[i])));
	}
}

static void invalid_parents_do_not(void **state)
{
	(void)state;
	static const char *const invalid[] = {
		"",
		"00",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
		"00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
	};
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		assert_false(trace_parent_is_valid(span_from_text(invalid[i])));
	}
}

static void a_made_parent_is_valid_and_new(void **state)
{
	(void)state;
	struct random random = { 0 };
	char first[TRACE_PARENT_LEN], second[TRACE_PARENT_LEN];
	trace_parent_make(&random, first);
	trace_parent_make(&random, second);
	assert_true(trace_parent_is_valid(span_of(first, sizeof(first))));
	assert_memory_not_equal(first, second, sizeof(first));
}

static void a_state_is_printable_and_short(void **state)
{
	(void)state;
	char longest[513];
	memset(longest, 'a', sizeof(longest));
	assert_true(trace_state_is_valid(SPAN("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")));
	assert_true(trace_state_is_valid(span_of(longest, 512)));
	assert_false(trace_state_is_valid(span_of(longest, 513)));
	assert_false(trace_state_is_valid(SPAN("")));
	assert_false(trace_state_is_valid(SPAN("a=\x01")));
	assert_false(trace_state_is_valid(SPAN("a=\xc3\xa4")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_parents_pass),
		cmocka_unit_test(invalid_parents_do_not),
		cmocka_unit_test(a_made_parent_is_valid_and_new),
		cmocka_unit_test(a_state_is_printable_and_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
