/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/dead_letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct dead_letter read_headers(const struct message_header *headers, unsigned count)
{
	static struct message message;
	struct dead_letter letter;
	message = (struct message){ .headers = headers, .header_count = count };
	dead_letter_read(&message, &letter);
	assert_ptr_equal(letter.message, &message);
	return letter;
}

#define READ(headers) read_headers(headers, sizeof(headers) / sizeof((headers)[0]))

static void assert_text(struct span text, const char *expected)
{
	assert_true(span_present(text));
	assert_true(span_equal(text, span_from_text(expected)));
}

static void the_last_death_in_rabbitmqs_table_counts(void **state)
{
	(void)state;
	const struct message_header headers[] = {
		{ SPAN("x-first-death-reason"), SPAN("rejected"), MESSAGE_TEXT },
		{ SPAN("x-first-death-queue"), SPAN("work"), MESSAGE_TEXT },
		{ SPAN("x-death"),
			SPAN("[{\"count\":2,\"reason\":\"expired\",\"queue\":\"retry\"},"
			     "{\"count\":3,\"reason\":\"rejected\",\"queue\":\"work\"}]"),
			MESSAGE_JSON },
	};
	struct dead_letter letter = READ(headers);
	assert_true(letter.expired);
	assert_text(letter.reason, "expired");
	assert_text(letter.from, "retry");
	assert_false(span_present(letter.exception));
}

static void the_first_death_helps_where_there_is_no_table(void **state)
{
	(void)state;
	const struct message_header headers[] = {
		{ SPAN("x-death"), SPAN("[{\"reason\":"), MESSAGE_JSON },
		{ SPAN("x-first-death-reason"), SPAN("maxlen"), MESSAGE_TEXT },
		{ SPAN("x-first-death-queue"), SPAN("work"), MESSAGE_TEXT },
	};
	struct dead_letter letter = READ(headers);
	assert_false(letter.expired);
	assert_text(letter.reason, "maxlen");
	assert_text(letter.from, "work");
}

static void springs_cause_comes_before_what_wraps_it(void **state)
{
	(void)state;
	const struct message_header headers[] = {
		{ SPAN("kafka_dlt-exception-fqcn"), SPAN("Wrapper"), MESSAGE_TEXT },
		{ SPAN("kafka_dlt-exception-cause-fqcn"), SPAN("Cause"), MESSAGE_TEXT },
		{ SPAN("kafka_dlt-exception-message"), SPAN("a\xff\n"), MESSAGE_BYTES },
		{ SPAN("kafka_dlt-original-topic"), SPAN("orders"), MESSAGE_TEXT },
	};
	struct dead_letter letter = READ(headers);
	assert_false(letter.expired);
	assert_false(span_present(letter.reason));
	assert_text(letter.exception, "Cause");
	assert_text(letter.text, "a\xff\n");
	assert_text(letter.from, "orders");
}

static void a_letter_may_say_nothing(void **state)
{
	(void)state;
	struct dead_letter letter = read_headers(NULL, 0);
	assert_false(letter.expired);
	assert_false(span_present(letter.reason) || span_present(letter.from) ||
		     span_present(letter.exception) || span_present(letter.text));
}

static void a_table_of_another_shape_says_nothing(void **state)
{
	(void)state;
	const struct span tables[] = { SPAN("{}"), SPAN("[]"), SPAN("[1]"), SPAN("null"), SPAN(""),
		SPAN("[{\"reason\":{\"a\":1},\"queue\":null}]"), SPAN("\"expired\"") };
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct message_header headers[] = { { SPAN("x-death"), tables[i],
			MESSAGE_JSON } };
		struct dead_letter letter = READ(headers);
		assert_false(letter.expired || span_present(letter.reason));
	}
	const struct message_header text[] = { { SPAN("x-death"),
		SPAN("[{\"reason\":\"expired\"}]"), MESSAGE_TEXT } };
	assert_false(READ(text).expired);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_death_in_rabbitmqs_table_counts),
		cmocka_unit_test(the_first_death_helps_where_there_is_no_table),
		cmocka_unit_test(springs_cause_comes_before_what_wraps_it),
		cmocka_unit_test(a_letter_may_say_nothing),
		cmocka_unit_test(a_table_of_another_shape_says_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
