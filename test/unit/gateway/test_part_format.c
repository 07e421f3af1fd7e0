/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/part_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect_text(struct buffer *out, const char *expected)
{
	buffer_append_char(out, '\0');
	assert_false(out->failed);
	assert_string_equal(out->data, expected);
	buffer_finish(out);
}

static void append(enum part_format format, uint32_t position, struct span part, const char *type,
	struct buffer *out)
{
	const struct part one = { .body = part,
		.content_type = type != NULL ? span_from_text(type) : SPAN_ABSENT };
	part_format_append(format, position, &one, out);
}

static void parts_and_their_end_are_one_body(void **state)
{
	(void)state;
	static const char *const bodies[] = {
		[PART_FORMAT_ARRAY] = "[1,\"a\"]",
		[PART_FORMAT_NDJSON] = "1\n\"a\"\n",
		[PART_FORMAT_SSE] = "data: 1\n\ndata: \"a\"\n\n",
	};
	for (int format = PART_FORMAT_ARRAY; format <= PART_FORMAT_SSE; format++) {
		struct buffer out = { 0 };
		append(format, 0, SPAN("1"), NULL, &out);
		append(format, 1, SPAN("a"), NULL, &out);
		part_format_append_end(format, 2, &out);
		expect_text(&out, bodies[format]);
	}
}

static void an_array_without_parts_is_empty(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	part_format_append_end(PART_FORMAT_ARRAY, 0, &out);
	expect_text(&out, "[]");
}

static void a_part_becomes_one_json_value_in_one_line(void **state)
{
	(void)state;
	static const struct {
		struct span part;
		const char *type;
		const char *line;
	} rows[] = {
		{ SPAN(" {\"a\":\r\n1}\n"), NULL, "{\"a\":  1}\n" },
		{ SPAN("1"), "application/json", "1\n" },
		{ SPAN("1"), "application/vnd.a+json; charset=utf-8", "1\n" },
		{ SPAN("1"), "text/plain", "\"1\"\n" },
		{ SPAN("{"), "application/json", "\"{\"\n" },
		{ SPAN("a\nb"), NULL, "\"a\\nb\"\n" },
		{ SPAN(""), NULL, "null\n" },
		{ SPAN("\xff"), NULL, "\"/w==\"\n" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = { 0 };
		append(PART_FORMAT_NDJSON, 3, rows[i].part, rows[i].type, &out);
		expect_text(&out, rows[i].line);
	}
}

static void an_error_is_told_where_the_format_can(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	assert_false(part_format_append_error(PART_FORMAT_ARRAY, SPAN("{}"), &out));
	assert_int_equal(out.len, 0);
	assert_true(part_format_append_error(PART_FORMAT_NDJSON, SPAN("{\n}"), &out));
	expect_text(&out, "{\"error\":{ }}\n");
	out = (struct buffer){ 0 };
	assert_true(part_format_append_error(PART_FORMAT_SSE, SPAN("{\n}"), &out));
	expect_text(&out, "event: error\ndata: { }\n\n");
}

static void the_client_chooses(void **state)
{
	(void)state;
	static const struct {
		const char *accept, *more;
		enum part_format format;
	} rows[] = {
		{ "", "", PART_FORMAT_ARRAY },
		{ "*/*", "", PART_FORMAT_ARRAY },
		{ "text/html", "", PART_FORMAT_ARRAY },
		{ "text/event-stream", "", PART_FORMAT_SSE },
		{ "text/*;q=0.1", "", PART_FORMAT_SSE },
		{ "application/x-ndjson, application/json", "", PART_FORMAT_ARRAY },
		{ "application/x-ndjson, application/json;q=0.9", "", PART_FORMAT_NDJSON },
		{ "application/json;q=0.9", "application/x-ndjson", PART_FORMAT_NDJSON },
		{ "*/*, text/event-stream", "", PART_FORMAT_SSE },
		{ "application/json;q=0, */*;q=0.5", "", PART_FORMAT_NDJSON },
		{ "application/json;q=0", "", PART_FORMAT_ARRAY },
		{ "application/x-ndjson, */html", "", PART_FORMAT_NDJSON },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct request_header headers[] = {
			{ SPAN("X"), SPAN("text/event-stream") },
			{ SPAN("Accept"), span_from_text(rows[i].accept) },
			{ SPAN("accept"), span_from_text(rows[i].more) },
		};
		if (part_format_choose(headers, 3) != rows[i].format) {
			fail_msg("%s", rows[i].accept);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_and_their_end_are_one_body),
		cmocka_unit_test(an_array_without_parts_is_empty),
		cmocka_unit_test(a_part_becomes_one_json_value_in_one_line),
		cmocka_unit_test(the_client_chooses),
		cmocka_unit_test(an_error_is_told_where_the_format_can),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
