/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/media_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void json_is_known_in_all_its_spellings(void **state)
{
	(void)state;
	static const char *const json[] = { "application/json", "Application/JSON",
		"application/json; charset=utf-8", "application/json ;a=b", " application/json",
		"text/json", "application/problem+json", "application/vnd.api+JSON;v=1" };
	static const char *const other[] = { "", "text/plain", "application/jsonl",
		"application/json-seq", "+json", "text/plain; a=application/json", "application",
		"application/json+xml", "json" };
	for (size_t i = 0; i < sizeof(json) / sizeof(json[0]); i++) {
		assert_true(media_type_is_json(span_from_text(json[i])));
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		assert_false(media_type_is_json(span_from_text(other[i])));
	}
	assert_false(media_type_is_json(SPAN_ABSENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_known_in_all_its_spellings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
