/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A table and requests drawn from the bytes: the compiled table finds what a walk in order finds,
 * and warns of the mappings that none can find.
 */
#include "test/fuzz/fuzz.h"
#include "test/unit/mappings/random_table.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct draw draw = { data, size };
	struct random_table table;
	struct random_request request = { 0 };
	random_table_open(&table, &draw);
	require(random_table_warns(&table));
	for (unsigned i = 0; i < 32 && draw.len > 0; i++) {
		random_request_draw(&request, &draw);
		require(random_table_check(&table, &request.request) == NULL);
	}
	buffer_finish(&request.path);
	random_table_close(&table);
	return 0;
}
