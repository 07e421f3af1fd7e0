/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Lower-case hexadecimal, two digits a byte. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Sixteen digits at once: the nibbles stand side by side in a vector and become letters there. */
static inline char *hex_write_eight(char *out, const uint8_t bytes[static 8])
{
	typedef uint64_t words __attribute__((vector_size(16)));
	typedef uint8_t sixteen __attribute__((vector_size(16)));
	words word = { 0 };
	memcpy(&word, bytes, 8);
	const words nibble = { UINT64_C(0x0f0f0f0f0f0f0f0f) };
	sixteen high = (sixteen)(word >> 4 & nibble), low = (sixteen)(word & nibble);
	sixteen digits = __builtin_shufflevector(
		high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
	digits += '0' + ((sixteen)(digits > 9) & ('a' - '0' - 10));
	memcpy(out, &digits, 16);
	return out + 16;
}

/* Writes 2 * len digits, gives the place behind them. */
static inline char *hex_write(char *out, const uint8_t *bytes, size_t len)
{
	for (; len >= 8; bytes += 8, len -= 8) {
		out = hex_write_eight(out, bytes);
	}
	if (len > 0) {
		uint8_t last[8] = { 0 };
		char digits[16];
		memcpy(last, bytes, len);
		hex_write_eight(digits, last);
		memcpy(out, digits, 2 * len);
		out += 2 * len;
	}
	return out;
}
