/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/template.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* A template of a custom envelope, filled from an answer; NULL: it does not load. */
static char *fill(const char *text, const struct variable_answer *answer)
{
	struct variable_context context = { .scope = VARIABLE_SCOPE_ENVELOPE };
	struct problem_list *problems = problem_list_create();
	struct json_fault fault;
	struct json_tree *tree = json_tree_create("test.json", span_from_text(text), &fault);
	struct template *template =
		template_create(json_tree_root(tree), TEMPLATE_JSON, &context, problems);
	struct buffer scratch = { 0 };
	struct buffer out = { 0 };
	struct refusal refusal;
	struct variable_source source = {
		.answer = answer, .scratch = &scratch, .refusal = &refusal
	};
	struct span result;
	char *filled = NULL;
	assert_int_equal(template == NULL, problem_list_has_errors(problems));
	if (template != NULL &&
		template_evaluate(template, &source, &out, &result) == TEMPLATE_DONE) {
		filled = memory_text(result);
	}
	template_destroy(template);
	problem_list_destroy(problems);
	json_tree_destroy(tree);
	buffer_finish(&scratch);
	buffer_finish(&out);
	return filled;
}

static void an_envelope_knows_the_answer(void **state)
{
	(void)state;
	static const char whole[] = "{\"i\": \"${request_id}\", \"b\": \"${answer.body}\", "
				    "\"s\": \"${answer.status}\", \"p\": \"${problem?}\"}";
	static const struct {
		struct variable_answer answer;
		const char *expected;
	} stories[] = {
		{ { .request_id = { "7", 1 }, .status = 200, .body = { "{\"x\" : 1e2}", 11 } },
			"{\"i\":7,\"b\":{\"x\" : 1e2},\"s\":200}" },
		{ { .request_id = { "\"a\\\"\"", 5 },
			  .status = 200,
			  .body = { "text", 4 },
			  .content_type = { "text/plain", 10 } },
			"{\"i\":\"a\\\"\",\"b\":\"text\",\"s\":200}" },
		{ { .status = 200, .body = { "1", 1 }, .content_type = { "text/plain", 10 } },
			"{\"i\":null,\"b\":\"1\",\"s\":200}" },
		{ { .status = 200,
			  .body = { "{\"a\":1,}", 8 },
			  .content_type = { "application/json", 16 } },
			"{\"i\":null,\"b\":\"{\\\"a\\\":1,}\",\"s\":200}" },
		{ { .status = 200, .body = { "\xff", 1 } },
			"{\"i\":null,\"b\":\"/w==\",\"s\":200}" },
		{ { .status = 503, .problem = { "{\"status\":503}", 14 } },
			"{\"i\":null,\"b\":null,\"s\":503,\"p\":{\"status\":503}}" },
	};
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		char *filled = fill(whole, &stories[i].answer);
		assert_non_null(filled);
		assert_string_equal(filled, stories[i].expected);
		free(filled);
	}
}

static void an_envelope_does_not_know_the_request(void **state)
{
	(void)state;
	struct variable_answer answer = { .status = 200 };
	assert_null(fill("\"${body}\"", &answer));
	assert_null(fill("\"${path.x}\"", &answer));
	assert_null(fill("\"${answer.stat}\"", &answer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_envelope_knows_the_answer),
		cmocka_unit_test(an_envelope_does_not_know_the_request),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
