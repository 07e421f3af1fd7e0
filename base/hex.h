/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Lower-case hexadecimal, two digits a byte. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Writes 2 * len digits, gives the place behind them. */
static inline char *hex_write(char *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		/* both digits at once: 0-9 and a-f are six apart from what an addition gives */
		unsigned both = (unsigned)(bytes[i] & 0x0f) << 8 | bytes[i] >> 4;
		unsigned letters = (both + 0x0606) >> 4 & 0x0101;
		unsigned digits = both + 0x3030 + letters * ('a' - '0' - 10);
		*out++ = (char)digits;
		*out++ = (char)(digits >> 8);
	}
	return out;
}
