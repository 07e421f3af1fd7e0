/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/http_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const int64_t now = 1795000000; /* in 2026 */

static int64_t read_date(const char *text)
{
	int64_t seconds;
	if (!http_date_parse(span_from_text(text), now, &seconds)) {
		fail_msg("%s", text);
	}
	return seconds;
}

static void three_forms_say_the_same(void **state)
{
	(void)state;
	assert_int_equal(read_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
	assert_int_equal(read_date("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
	assert_int_equal(read_date("Sun Nov  6 08:49:37 1994"), 784111777);
	assert_int_equal(read_date("Wed Nov 16 08:49:37 1994"), 784975777);
}

static void years_of_two_digits_are_at_most_fifty_years_ahead(void **state)
{
	(void)state;
	assert_int_equal(read_date("Thursday, 01-Jan-70 00:00:00 GMT"), 3155760000);
	assert_int_equal(read_date("Friday, 01-Jan-77 00:00:00 GMT"), 220924800);
	assert_int_equal(read_date("Saturday, 01-Jan-00 00:00:00 GMT"), 946684800);
}

static void leap_days_and_seconds_are_known(void **state)
{
	(void)state;
	assert_int_equal(read_date("Thu, 29 Feb 2024 00:00:00 GMT"), 1709164800);
	assert_int_equal(read_date("Tue, 29 Feb 2000 12:00:00 GMT"), 951825600);
	assert_int_equal(read_date("Sat, 31 Dec 2016 23:59:60 GMT"), 1483228799);
	assert_int_equal(read_date("Wed, 31 Dec 1969 23:59:59 GMT"), -1);
}

static void what_is_no_date_is_refused(void **state)
{
	(void)state;
	static const char *const broken[] = { "", "0", "now", "1994-11-06T08:49:37Z",
		"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT",
		"sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
		"Son, 06 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 2023 08:49:37 GMT",
		"Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 19994 08:49:37 GMT", "Sun,06 Nov 1994 08:49:37 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sunday, 06 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
		"Sun Nov  6 08:49:37 1994 GMT", "Sun, 06 Nov 1994 08:49:3", "Sun, +6 Nov 1994",
		"Sun, 06 Nov -994 08:49:37 GMT" };
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		int64_t seconds;
		if (http_date_parse(span_from_text(broken[i]), now, &seconds)) {
			fail_msg("%s", broken[i]);
		}
	}
}

static void assert_written(int64_t seconds, const char *expected)
{
	char text[HTTP_DATE_SIZE + 1] = { 0 };
	http_date_write(seconds, text);
	assert_string_equal(text, expected);
}

static void one_form_is_written(void **state)
{
	(void)state;
	assert_written(784111777, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_written(0, "Thu, 01 Jan 1970 00:00:00 GMT");
	assert_written(-1, "Wed, 31 Dec 1969 23:59:59 GMT");
	assert_written(1709164800, "Thu, 29 Feb 2024 00:00:00 GMT");
	assert_written(951782400, "Tue, 29 Feb 2000 00:00:00 GMT");
	assert_written(INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT");
	assert_written(INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT");
}

static void what_is_written_is_read_again(void **state)
{
	(void)state;
	for (int64_t at = INT64_C(-62167219200); at <= INT64_C(253402300799);
		at += 86400 * 17 + 4567) {
		char text[HTTP_DATE_SIZE];
		int64_t seconds;
		http_date_write(at, text);
		assert_true(http_date_parse(span_of(text, sizeof(text)), now, &seconds));
		assert_true(seconds == at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_forms_say_the_same),
		cmocka_unit_test(years_of_two_digits_are_at_most_fifty_years_ahead),
		cmocka_unit_test(leap_days_and_seconds_are_known),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(one_form_is_written),
		cmocka_unit_test(what_is_written_is_read_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
