/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The inside of JSON strings, for the rest of the scanner; everybody else uses json.h. Pure. */
#pragma once

#include "base/span.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The value of four hexadecimal digits, or -1. */
int json_string_hex4(const char *at);
/* Takes one character off the inside of a checked string: its UTF-8, and how many bytes that is. */
size_t json_string_character(const char **at, char utf8[4]);
/* Whether two checked strings, with their quotes, are the same text. */
bool json_string_same(struct span a, struct span b);

/*
 * Strings are where the bytes are: a quote, a backslash and control characters are looked for in
 * sixteen bytes at a time, or in eight where the processor has no such instructions.
 */
#ifdef __SSE2__
#define JSON_STRING_STRIDE 16
/* A bit for each byte that ends a run; in `wide` one for each that is not ASCII. */
static inline uint64_t json_string_stops(const char *bytes, uint64_t *wide)
{
	__m128i block = _mm_loadu_si128((const __m128i *)bytes);
	__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
	__m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
	__m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
	*wide = (uint64_t)_mm_movemask_epi8(block);
	return (uint64_t)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash)));
}

static inline unsigned json_string_place(uint64_t stops)
{
	return (unsigned)__builtin_ctzll(stops);
}

#define JSON_STRING_LEAP 64
/* No byte of so many ends a run; `wide` as above, of any of them. */
static inline bool json_string_goes_on(const char *bytes, uint64_t *wide)
{
	const __m128i *at = (const __m128i *)bytes;
	__m128i stops = _mm_setzero_si128(), least = _mm_set1_epi8(-1), all = stops;
	for (int i = 0; i < 4; i++) {
		__m128i block = _mm_loadu_si128(at + i);
		__m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
		__m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
		stops = _mm_or_si128(stops, _mm_or_si128(quote, backslash));
		least = _mm_min_epu8(least, block);
		all = _mm_or_si128(all, block);
	}
	__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(least, _mm_set1_epi8(0x1f)), least);
	*wide = (uint64_t)_mm_movemask_epi8(all);
	return _mm_movemask_epi8(_mm_or_si128(stops, control)) == 0;
}
#else
#define JSON_STRING_STRIDE 8
/*
 * The top bit of each byte that ends a run. In `(word - n) & ~word & 0x80` it is set when the byte
 * is below n, with n = 1 after an exclusive or: when it was equal. A borrow can only spoil bytes
 * above a true hit, so the lowest one is right.
 */
static inline uint64_t json_string_stops(const char *bytes, uint64_t *wide)
{
	const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
	uint64_t word;
	memcpy(&word, bytes, 8);
	word = le64toh(word);
	uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
	*wide = word & highs;
	return (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
		       ((word - ones * 0x20) & ~word)) &
	       highs;
}

static inline unsigned json_string_place(uint64_t stops)
{
	return (unsigned)__builtin_ctzll(stops) / 8;
}
#endif

/*
 * The first byte from `at` on that is a quote, a backslash or a control character, or `end`. `wide`
 * becomes non-zero when a byte before it is not ASCII.
 */
static inline const char *json_string_run(const char *at, const char *end, uint64_t *wide)
{
#ifdef __SSE2__
	uint64_t leap_wide;
	while (end - at >= JSON_STRING_LEAP && json_string_goes_on(at, &leap_wide)) {
		*wide |= leap_wide;
		at += JSON_STRING_LEAP;
	}
#endif
	while (end - at >= JSON_STRING_STRIDE) {
		uint64_t found_wide;
		uint64_t stops = json_string_stops(at, &found_wide);
		if (stops != 0) {
			*wide |= found_wide & (stops ^ (stops - 1)) >> 1;
			return at + json_string_place(stops);
		}
		*wide |= found_wide;
		at += JSON_STRING_STRIDE;
	}
	while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) {
		*wide |= *at & 0x80;
		at++;
	}
	return at;
}
