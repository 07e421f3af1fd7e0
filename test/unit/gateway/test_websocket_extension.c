/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Each offer is given to an entrance of one kind or the other, and the header of the answer is what
 * is compared: "" is none. */
#include "gateway/websocket_extension.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct websocket_terms plain = { .compress = true, .window_bits = 12 };
static const struct websocket_terms takeover = {
	.compress = true, .takeover = true, .window_bits = 12
};
static const struct websocket_terms off = { .window_bits = 12 };

#define NONE "; server_no_context_takeover; client_no_context_takeover"

static struct websocket_extension agreed;

/* NULL ends the lines. */
static void expect_lines(
	const struct websocket_terms *terms, const char *const *lines, const char *answer)
{
	struct buffer out = { 0 };
	agreed = (struct websocket_extension){ 0 };
	for (; *lines != NULL; lines++) {
		assert_true(websocket_extension_read(&agreed, terms, span_from_text(*lines)));
	}
	if (agreed.compress) {
		websocket_extension_write(&agreed, &out);
	}
	buffer_append_char(&out, '\0');
	assert_string_equal(out.data, answer);
	buffer_finish(&out);
}

static void expect(const struct websocket_terms *terms, const char *line, const char *answer)
{
	const char *const lines[] = { line, NULL };
	expect_lines(terms, lines, answer);
}

static void expect_malformed(const char *line)
{
	agreed = (struct websocket_extension){ 0 };
	if (websocket_extension_read(&agreed, &plain, span_from_text(line))) {
		fail_msg("taken: %s", line);
	}
}

static void an_offer_is_taken_without_contexts(void **state)
{
	(void)state;
	expect(&plain, "permessage-deflate", "permessage-deflate" NONE);
	expect(&plain, "permessage-deflate; client_max_window_bits", "permessage-deflate" NONE);
	assert_int_equal(agreed.server_bits, 12);
	assert_int_equal(agreed.client_bits, 15);
	assert_false(agreed.server_takeover || agreed.client_takeover);
}

static void contexts_are_kept_where_both_want_it(void **state)
{
	(void)state;
	expect(&takeover, "permessage-deflate", "permessage-deflate");
	assert_true(agreed.server_takeover && agreed.client_takeover);
	expect(&takeover, "permessage-deflate; server_no_context_takeover",
		"permessage-deflate; server_no_context_takeover");
	assert_true(!agreed.server_takeover && agreed.client_takeover);
	expect(&takeover, "permessage-deflate; client_no_context_takeover",
		"permessage-deflate; client_no_context_takeover");
	assert_true(agreed.server_takeover && !agreed.client_takeover);
}

static void a_window_for_our_messages_is_named_only_when_asked_for(void **state)
{
	(void)state;
	expect(&plain, "permessage-deflate; server_max_window_bits=15",
		"permessage-deflate" NONE "; server_max_window_bits=12");
	expect(&plain, "permessage-deflate; server_max_window_bits=9",
		"permessage-deflate" NONE "; server_max_window_bits=9");
	assert_int_equal(agreed.server_bits, 9);
}

static void a_window_that_zlib_cannot_write_is_declined(void **state)
{
	(void)state;
	expect(&plain, "permessage-deflate; server_max_window_bits=8", "");
	expect(&plain, "permessage-deflate; server_max_window_bits=8, permessage-deflate",
		"permessage-deflate" NONE);
}

static void a_client_is_told_a_window_only_if_it_knows_the_word(void **state)
{
	(void)state;
	expect(&takeover, "permessage-deflate", "permessage-deflate");
	assert_int_equal(agreed.client_bits, 15);
	expect(&takeover, "permessage-deflate; client_max_window_bits",
		"permessage-deflate; client_max_window_bits=12");
	expect(&takeover, "permessage-deflate; client_max_window_bits=15",
		"permessage-deflate; client_max_window_bits=12");
	expect(&takeover, "permessage-deflate; client_max_window_bits=8",
		"permessage-deflate; client_max_window_bits=8");
	assert_int_equal(agreed.client_bits, 8);
}

static void without_a_context_a_client_may_use_the_window_it_likes(void **state)
{
	(void)state;
	expect(&plain, "permessage-deflate; client_max_window_bits=15", "permessage-deflate" NONE);
	expect(&plain, "permessage-deflate; client_max_window_bits=10",
		"permessage-deflate" NONE "; client_max_window_bits=10");
	expect(&takeover, "permessage-deflate; client_no_context_takeover; client_max_window_bits",
		"permessage-deflate; client_no_context_takeover");
	assert_int_equal(agreed.client_bits, 15);
}

static void invalid_parameters_decline_their_offer(void **state)
{
	static const char *const parameters[] = {
		"unknown",
		"server_max_window_bits",
		"server_max_window_bits=7",
		"server_max_window_bits=16",
		"server_max_window_bits=08",
		"server_max_window_bits=010",
		"server_max_window_bits=100",
		"server_max_window_bits=10x",
		"server_max_window_bits=1000000000000000000000",
		"client_max_window_bits=7",
		"client_max_window_bits=16",
		"client_max_window_bits=x",
		"server_no_context_takeover=1",
		"client_no_context_takeover=true",
		"client_no_context_takeover; client_no_context_takeover",
		"server_no_context_takeover; server_no_context_takeover",
		"server_max_window_bits=10; server_max_window_bits=10",
		"client_max_window_bits; client_max_window_bits=10",
		"Server_no_context_takeover",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		struct buffer line = { 0 };
		buffer_append_format(&line, "permessage-deflate; %s", parameters[i]);
		buffer_append(&line, "", 1);
		expect(&plain, line.data, "");
		line.len--;
		buffer_append_format(&line, ", permessage-deflate");
		buffer_append(&line, "", 1);
		expect(&plain, line.data, "permessage-deflate" NONE);
		buffer_finish(&line);
	}
}

static void the_first_offer_that_can_be_met_is_taken(void **state)
{
	(void)state;
	expect(&plain,
		"permessage-deflate; server_max_window_bits=10, permessage-deflate; "
		"server_max_window_bits=11",
		"permessage-deflate" NONE "; server_max_window_bits=10");
	expect(&plain, "x-other; a=1; b=\"c\", permessage-deflate", "permessage-deflate" NONE);
	expect(&plain, "permessage-bzip2, x-webkit-deflate-frame", "");
}

static void offers_may_stand_on_several_lines(void **state)
{
	const char *const lines[] = { "permessage-deflate; nonsense",
		"permessage-deflate; server_max_window_bits=9", "permessage-deflate", NULL };
	(void)state;
	expect_lines(&plain, lines, "permessage-deflate" NONE "; server_max_window_bits=9");
}

static void values_may_be_quoted(void **state)
{
	(void)state;
	expect(&plain, "permessage-deflate; server_max_window_bits=\"10\"",
		"permessage-deflate" NONE "; server_max_window_bits=10");
	expect(&plain, "permessage-deflate; server_max_window_bits=\"\\1\\0\"",
		"permessage-deflate" NONE "; server_max_window_bits=10");
	expect(&plain, "permessage-deflate; server_max_window_bits=\"100\"", "");
}

static void blanks_and_empty_elements_are_nothing(void **state)
{
	(void)state;
	expect(&plain, "", "");
	expect(&plain, " \t", "");
	expect(&plain, ",, ,", "");
	expect(&plain, " , permessage-deflate ;\tserver_max_window_bits = 10 ,,",
		"permessage-deflate" NONE "; server_max_window_bits=10");
}

static void where_compression_is_off_no_offer_is_taken(void **state)
{
	(void)state;
	expect(&off, "permessage-deflate", "");
	expect(&off, "permessage-deflate; client_max_window_bits, permessage-deflate", "");
}

static void what_is_not_written_as_it_has_to_be_is_malformed(void **state)
{
	static const char *const lines[] = {
		";",
		"=",
		"\"permessage-deflate\"",
		"permessage-deflate;",
		"permessage-deflate; ;",
		"permessage-deflate; =10",
		"permessage-deflate; server_max_window_bits=",
		"permessage-deflate; server_max_window_bits=\"",
		"permessage-deflate; server_max_window_bits=\"\"",
		"permessage-deflate; server_max_window_bits=\"10",
		"permessage-deflate; server_max_window_bits=\"10\\",
		"permessage-deflate; server_max_window_bits=\"1 0\"",
		"permessage-deflate; server_max_window_bits=\"10\"1",
		"permessage-deflate; server_max_window_bits=10=10",
		"permessage-deflate server_max_window_bits",
		"permessage-deflate; a b",
		"permessage-deflate, x/y",
		"permessage-deflate\x80",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		expect_malformed(lines[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offer_is_taken_without_contexts),
		cmocka_unit_test(contexts_are_kept_where_both_want_it),
		cmocka_unit_test(a_window_for_our_messages_is_named_only_when_asked_for),
		cmocka_unit_test(a_window_that_zlib_cannot_write_is_declined),
		cmocka_unit_test(a_client_is_told_a_window_only_if_it_knows_the_word),
		cmocka_unit_test(without_a_context_a_client_may_use_the_window_it_likes),
		cmocka_unit_test(invalid_parameters_decline_their_offer),
		cmocka_unit_test(the_first_offer_that_can_be_met_is_taken),
		cmocka_unit_test(offers_may_stand_on_several_lines),
		cmocka_unit_test(values_may_be_quoted),
		cmocka_unit_test(blanks_and_empty_elements_are_nothing),
		cmocka_unit_test(where_compression_is_off_no_offer_is_taken),
		cmocka_unit_test(what_is_not_written_as_it_has_to_be_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
