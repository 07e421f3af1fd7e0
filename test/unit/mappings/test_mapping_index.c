/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/unit/mappings/random_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The same numbers each time, so that what fails once fails again. */
static void fill(unsigned char *bytes, size_t len, uint64_t seed)
{
	uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bytes[i] = (unsigned char)(x >> 32);
	}
}

static void the_compiled_table_finds_what_a_walk_in_order_finds(void **state)
{
	(void)state;
	unsigned statuses[6] = { 0 };
	for (unsigned seed = 0; seed < 500; seed++) {
		unsigned char bytes[4096];
		struct draw draw = { bytes, sizeof(bytes) };
		struct random_table table;
		struct random_request request = { 0 };
		fill(bytes, sizeof(bytes), seed);
		random_table_open(&table, &draw);
		assert_true(random_table_warns(&table));
		for (unsigned i = 0; i < 100; i++) {
			random_request_draw(&request, &draw);
			const char *wrong = random_table_check(&table, &request.request);
			if (wrong != NULL) {
				fail_msg("table %u, request %u: %s", seed, i, wrong);
			}
			struct buffer scratch = { 0 };
			struct expected expected =
				random_table_expect(&table, &request.request, &scratch);
			statuses[expected.status == 0     ? 0
				 : expected.status == 400 ? 1
				 : expected.status == 404 ? 2
				 : expected.status == 405 ? 3
				 : expected.status == 406 ? 4
							  : 5]++;
			buffer_finish(&scratch);
		}
		buffer_finish(&request.path);
		random_table_close(&table);
	}
	for (unsigned i = 0; i < 6; i++) {
		assert_true(statuses[i] >= 100); /* or the draw no longer reaches it */
	}
}

static void check_path(const struct random_table *table, const char *path, const char *method,
	const char *host, const char *name)
{
	struct refusal refusal;
	struct buffer scratch = { 0 };
	struct match match = { .scratch = &scratch };
	const struct request request = { .method = span_from_text(method),
		.path = span_from_text(path),
		.host = span_from_text(host) };
	const char *wrong = random_table_check(table, &request);
	if (wrong != NULL) {
		fail_msg("%s %s: %s", method, path, wrong);
	}
	mapping_table_match(table->table, &request, &match, &refusal);
	assert_string_equal(match.mapping != NULL ? mapping_name(match.mapping) : "", name);
	buffer_finish(&scratch);
}

/* More lists than a search has room for: /a and /:x in each of eight segments, all that end in a
 * literal of POST only. */
static void a_path_that_hundreds_of_patterns_fit_is_found_too(void **state)
{
	(void)state;
	struct random_table table;
	struct buffer json = { 0 };
	for (unsigned i = 0; i < 256; i++) {
		buffer_append_format(&json,
			"%c{\"name\":\"%u\",\"match\":{\"method\":\"%s\",\"path\":\"",
			i == 0 ? '[' : ',', i, i < 255 ? "POST" : "GET");
		for (unsigned k = 0; k < 8; k++) {
			if ((i * 37 % 256) >> k & 1) {
				buffer_append_format(&json, "/:x%u", k);
			} else {
				buffer_append_literal(&json, "/a");
			}
		}
		buffer_append_literal(&json, "\"},\"send\":{}}");
	}
	buffer_append_char(&json, ']');
	random_table_load(&table, buffer_span(&json));
	check_path(&table, "/a/a/a/a/a/a/a/a", "POST", "h", "0");
	check_path(&table, "/a/a/a/a/a/a/a/a", "PUT", "h", "0");
	check_path(&table, "/a/b/a/a/a/a/a/a", "POST", "h", "2");
	check_path(&table, "/a/a/a/a/a/a/a", "POST", "h", "");
	check_path(&table, "/a/a/a/a/a/a/a/", "POST", "h", "");
	random_table_close(&table);
	buffer_finish(&json);
}

static void an_op_that_a_hundred_stars_fit_is_found_too(void **state)
{
	(void)state;
	struct random_table table;
	struct buffer json = { 0 };
	for (unsigned i = 100; i > 0; i--) {
		buffer_append_format(&json,
			"%c{\"name\":\"%u\",\"match\":{\"op\":\"%.*s*\"},\"send\":{}}",
			i == 100 ? '[' : ',', i, (int)i,
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	}
	buffer_append_char(&json, ']');
	random_table_load(&table, buffer_span(&json));
	assert_true(random_table_warns(&table));
	char op[160];
	memset(op, 'a', sizeof(op));
	for (unsigned len = 0; len <= sizeof(op); len++) {
		const struct request request = { .websocket = true, .op = span_of(op, len) };
		assert_null(random_table_check(&table, &request));
	}
	random_table_close(&table);
	buffer_finish(&json);
}

static void a_host_too_long_to_be_turned_round_is_compared(void **state)
{
	(void)state;
	struct random_table table;
	char host[400];
	memset(host, 'a', sizeof(host));
	memcpy(host + sizeof(host) - 5, "b.x.", 5);
	host[200] = '.';
	random_table_load(&table,
		SPAN("[{\"name\":\"tail\",\"match\":{\"path\":\"/x\",\"host\":\"*.x\"},"
		     "\"send\":{}},{\"name\":\"label\",\"match\":{\"path\":\"/:x\",\"host\":"
		     "\":t.x\"},\"send\":{}},{\"name\":\"any\",\"match\":{\"path\":\"/z\"},"
		     "\"send\":{}}]"));
	check_path(&table, "/x", "GET", host, "tail");
	check_path(&table, "/y", "GET", host, "");
	host[200] = 'a';
	check_path(&table, "/y", "GET", host, "label");
	check_path(&table, "/z", "GET", host, "label");
	host[398] = 'y';
	check_path(&table, "/z", "GET", host, "any");
	random_table_close(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_compiled_table_finds_what_a_walk_in_order_finds),
		cmocka_unit_test(a_path_that_hundreds_of_patterns_fit_is_found_too),
		cmocka_unit_test(an_op_that_a_hundred_stars_fit_is_found_too),
		cmocka_unit_test(a_host_too_long_to_be_turned_round_is_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
