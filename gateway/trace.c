/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/trace.h"

#include "base/hex.h"

#include <stddef.h>

enum { VERSION_END = 2, TRACE_END = 35, PARENT_END = 52 };

static bool is_lower_hex(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
			return false;
		}
	}
	return true;
}

static bool is_all_zero(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '0') {
			return false;
		}
	}
	return true;
}

bool trace_parent_is_valid(struct span value)
{
	if (value.len < TRACE_PARENT_LEN || value.ptr[VERSION_END] != '-' ||
		value.ptr[TRACE_END] != '-' || value.ptr[PARENT_END] != '-') {
		return false;
	}
	struct span version = span_of(value.ptr, 2);
	struct span trace = span_of(value.ptr + VERSION_END + 1, 32);
	struct span parent = span_of(value.ptr + TRACE_END + 1, 16);
	struct span flags = span_of(value.ptr + PARENT_END + 1, 2);
	if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent) ||
		!is_lower_hex(flags) || is_all_zero(trace) || is_all_zero(parent) ||
		span_equal(version, SPAN("ff"))) {
		return false;
	}
	if (is_all_zero(version)) {
		return value.len == TRACE_PARENT_LEN;
	}
	return value.len == TRACE_PARENT_LEN ||
	       (value.len <= 256 && value.ptr[TRACE_PARENT_LEN] == '-');
}

bool trace_state_is_valid(struct span value)
{
	if (value.len == 0 || value.len > 512) {
		return false;
	}
	for (size_t i = 0; i < value.len; i++) {
		if ((value.ptr[i] < ' ' && value.ptr[i] != '\t') || value.ptr[i] > '~') {
			return false;
		}
	}
	return true;
}

void trace_parent_make(struct random *random, char out[static TRACE_PARENT_LEN])
{
	uint64_t words[3] = { random_word(random), random_word(random), random_word(random) };
	words[0] |= 1; /* neither id may be all zeros */
	words[2] |= 1;
	memcpy(out, "00-", 3);
	char *at = hex_write(out + 3, (const uint8_t *)words, 16);
	*at++ = '-';
	at = hex_write(at, (const uint8_t *)(words + 2), 8);
	memcpy(at, "-00", 3);
}
