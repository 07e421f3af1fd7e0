/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What the checker accepts, the walkers read to the end, and strings survive a round trip. */
#include "base/json.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>

static void walk_string(struct span quoted)
{
	struct buffer decoded = { 0 }, again = { 0 };
	json_string_decode(quoted, &decoded);
	require(json_string_equal(quoted, buffer_span(&decoded)));
	json_append_string(&again, buffer_span(&decoded));
	require(json_check(buffer_span(&again), NULL));
	require(json_string_equal(buffer_span(&again), buffer_span(&decoded)));
	buffer_finish(&decoded);
	buffer_finish(&again);
}

static void walk(struct span value)
{
	struct json_cursor cursor;
	struct span name, item;
	require(json_check(value, NULL));
	switch (json_type_of(value)) {
	case JSON_STRING: walk_string(value); break;
	case JSON_ARRAY:
		for (cursor = json_open(value); json_next_element(&cursor, &item);) {
			walk(item);
		}
		break;
	case JSON_OBJECT:
		for (cursor = json_open(value); json_next_member(&cursor, &name, &item);) {
			walk_string(name);
			walk(item);
		}
		break;
	default: break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of((const char *)data, size), found;
	struct json_fault fault;
	if (!json_check(text, &fault)) {
		require(fault.offset <= size && fault.reason[0] != '\0');
		return 0;
	}
	walk(json_value(text));
	json_pointer(text, SPAN("/a/0"), &found);
	json_pointer(text, SPAN("/params/~1~0"), &found);
	return 0;
}
