/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/reconnect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_between(double value, double low, double high)
{
	if (value < low || value > high) {
		fail_msg("%g is not within %g and %g", value, low, high);
	}
}

static void delays_double_from_a_tenth_to_ten_seconds(void **state)
{
	(void)state;
	struct reconnect reconnect;
	reconnect_init(&reconnect, 42);
	double expected = 0.1;
	for (unsigned i = 0; i < 20; i++) {
		assert_between(reconnect_down(&reconnect, i), expected / 2, expected);
		expected = expected * 2 < 10 ? expected * 2 : 10;
	}
}

static void a_session_that_stood_starts_over(void **state)
{
	(void)state;
	struct reconnect reconnect;
	reconnect_init(&reconnect, 42);
	for (unsigned i = 0; i < 10; i++) {
		reconnect_down(&reconnect, 1);
	}
	reconnect_up(&reconnect, 100);
	assert_between(reconnect_down(&reconnect, 160), 0.05, 0.1);
}

static void a_session_that_fell_at_once_does_not(void **state)
{
	(void)state;
	struct reconnect reconnect;
	reconnect_init(&reconnect, 42);
	for (unsigned i = 0; i < 10; i++) {
		reconnect_down(&reconnect, 1);
	}
	reconnect_up(&reconnect, 100);
	assert_between(reconnect_down(&reconnect, 100.5), 5, 10);
}

static void two_that_fail_together_come_back_apart(void **state)
{
	(void)state;
	struct reconnect one, other;
	reconnect_init(&one, 1);
	reconnect_init(&other, 2);
	unsigned apart = 0;
	for (unsigned i = 0; i < 10; i++) {
		double difference = reconnect_down(&one, i) - reconnect_down(&other, i);
		apart += difference > 0.001 || difference < -0.001;
	}
	assert_in_range(apart, 8, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_double_from_a_tenth_to_ten_seconds),
		cmocka_unit_test(a_session_that_stood_starts_over),
		cmocka_unit_test(a_session_that_fell_at_once_does_not),
		cmocka_unit_test(two_that_fail_together_come_back_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
