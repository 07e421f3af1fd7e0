/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/problem.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_problem_is_strict_json_with_all_members(void **state)
{
	(void)state;
	const struct problem problem = { .status = 504,
		.type = "timeout",
		.detail = "No answer \"came\" in time.",
		.call = SPAN("00000001-0000-4000-8000-000000000000"),
		.published = PUBLISHED_YES };
	struct buffer out = { 0 };
	problem_write(&problem, &out);
	assert_true(json_check(buffer_span(&out), NULL));
	static const char *const expected[][2] = {
		{ "/type", "\"timeout\"" },
		{ "/title", "\"No answer came in time\"" },
		{ "/status", "504" },
		{ "/detail", "\"No answer \\\"came\\\" in time.\"" },
		{ "/call", "\"00000001-0000-4000-8000-000000000000\"" },
		{ "/published", "\"yes\"" },
	};
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct span value;
		assert_true(
			json_pointer(buffer_span(&out), span_from_text(expected[i][0]), &value));
		assert_true(span_equal(value, span_from_text(expected[i][1])));
	}
	buffer_finish(&out);
}

static void a_problem_without_a_call_names_none(void **state)
{
	(void)state;
	const struct problem problem = { .status = 400, .type = "bad-request", .detail = "No." };
	struct buffer out = { 0 };
	struct span value;
	problem_write(&problem, &out);
	assert_false(json_pointer(buffer_span(&out), SPAN("/call"), &value));
	assert_true(json_pointer(buffer_span(&out), SPAN("/published"), &value));
	assert_true(span_equal(value, SPAN("\"no\"")));
	buffer_finish(&out);
}

static void every_status_of_ours_has_a_type_with_a_title(void **state)
{
	(void)state;
	static const int statuses[] = { 400, 403, 404, 405, 408, 411, 413, 414, 415, 417, 426, 429,
		431, 500, 501, 502, 503, 504, 505 };
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		const char *type = problem_type_of_status(statuses[i]);
		assert_string_not_equal(problem_title(type), "Error");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_problem_is_strict_json_with_all_members),
		cmocka_unit_test(a_problem_without_a_call_names_none),
		cmocka_unit_test(every_status_of_ours_has_a_type_with_a_title),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
