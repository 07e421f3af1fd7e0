/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Lower-case hexadecimal, two digits a byte. Pure. */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Eight digits at once: the nibbles are spread over the bytes of a word and become letters there.
 */
static inline char *hex_write_four(char *out, const uint8_t bytes[static 4])
{
	uint32_t word;
	memcpy(&word, bytes, 4);
	uint64_t spread = be32toh(word);
	spread = (spread << 16 | spread) & UINT64_C(0x0000ffff0000ffff);
	spread = (spread << 8 | spread) & UINT64_C(0x00ff00ff00ff00ff);
	spread = (spread << 4 | spread) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	uint64_t letters =
		(spread + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
	spread = htobe64(spread + UINT64_C(0x3030303030303030) + letters * ('a' - '0' - 10));
	memcpy(out, &spread, 8);
	return out + 8;
}

/* Writes 2 * len digits, gives the place behind them. */
static inline char *hex_write(char *out, const uint8_t *bytes, size_t len)
{
	for (; len >= 4; bytes += 4, len -= 4) {
		out = hex_write_four(out, bytes);
	}
	if (len > 0) {
		uint8_t last[4] = { 0 };
		char digits[8];
		memcpy(last, bytes, len);
		hex_write_four(digits, last);
		memcpy(out, digits, 2 * len);
		out += 2 * len;
	}
	return out;
}
