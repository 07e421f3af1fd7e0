/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A state says what the next byte must be: bits 0-7 the highest, bits 8-15 the lowest value it may
 * have, bits 16-17 how many bytes are missing. Only the first continuation byte ever has a range
 * narrower than 80-BF, and that narrowing is what forbids overlong forms, surrogates and everything
 * above U+10FFFF, as early as it can be known.
 */
#include "base/utf8.h"

#define NEXT(missing, low, high) ((uint32_t)(missing) << 16 | (uint32_t)(low) << 8 | (high))

static const uint64_t high_bits = 0x8080808080808080ULL;

static const unsigned char *skip_ascii(const unsigned char *at, const unsigned char *end)
{
	uint64_t words[4];
	while (end - at >= (ptrdiff_t)sizeof(words)) {
		memcpy(words, at, sizeof(words));
		if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0) {
			break;
		}
		at += sizeof(words);
	}
	while (end - at >= (ptrdiff_t)sizeof(words[0])) {
		memcpy(words, at, sizeof(words[0]));
		uint64_t high = words[0] & high_bits;
		if (high != 0) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
			return at + (__builtin_ctzll(high) >> 3);
#else
			return at + (__builtin_clzll(high) >> 3);
#endif
		}
		at += sizeof(words[0]);
	}
	while (at < end && *at < 0x80) {
		at++;
	}
	return at;
}

/* The state after the first byte of a sequence of several. */
static uint32_t lead(unsigned char byte)
{
	if (byte >= 0xc2 && byte <= 0xdf) {
		return NEXT(1, 0x80, 0xbf);
	}
	if (byte >= 0xe0 && byte <= 0xef) {
		return NEXT(2, byte == 0xe0 ? 0xa0 : 0x80, byte == 0xed ? 0x9f : 0xbf);
	}
	if (byte >= 0xf0 && byte <= 0xf4) {
		return NEXT(3, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf);
	}
	return UTF8_REJECT;
}

uint32_t utf8_feed(uint32_t state, struct span piece)
{
	const unsigned char *at = (const unsigned char *)piece.ptr;
	const unsigned char *end = at + piece.len;
	while (at < end && state != UTF8_REJECT) {
		if (state == UTF8_ACCEPT) {
			at = skip_ascii(at, end);
			if (at < end) {
				state = lead(*at++);
			}
			continue;
		}
		unsigned char byte = *at++;
		if (byte < (state >> 8 & 0xff) || byte > (state & 0xff)) {
			return UTF8_REJECT;
		}
		uint32_t missing = (state >> 16) - 1;
		state = missing == 0 ? UTF8_ACCEPT : NEXT(missing, 0x80, 0xbf);
	}
	return state;
}

bool utf8_check(struct span text)
{
	return utf8_feed(UTF8_ACCEPT, text) == UTF8_ACCEPT;
}
