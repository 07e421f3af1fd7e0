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
	for (unsigned seed = 0; seed < 400; seed++) {
		unsigned char bytes[4096];
		struct draw draw = { bytes, sizeof(bytes) };
		struct random_table table;
		struct random_request request = { 0 };
		fill(bytes, sizeof(bytes), seed);
		random_table_open(&table, &draw);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_compiled_table_finds_what_a_walk_in_order_finds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
