/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The inside of JSON strings, for the rest of the scanner; everybody else uses json.h. Pure. */
#pragma once

#include "base/json_leap.h"
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
#define JSON_STRING_BITS 1 /* for each byte, in what json_string_stops() gives */
/*
 * A bit for each byte that ends a run; in `wide` one for each that is not ASCII. An exclusive or
 * with 2 puts the quote, 0x22, next to the control characters, and they stay what they are.
 */
static inline uint64_t json_string_stops(const char *bytes, uint64_t *wide)
{
	__m128i block = _mm_loadu_si128((const __m128i *)bytes);
	__m128i moved = _mm_xor_si128(block, _mm_set1_epi8(2));
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(moved, _mm_set1_epi8(0x20)), moved);
	__m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
	*wide = (uint64_t)_mm_movemask_epi8(block);
	return (uint64_t)_mm_movemask_epi8(_mm_or_si128(low, backslash));
}

/*
 * The two in one: a bit for each byte that ends a run or is not ASCII. Here the exclusive or puts
 * what is not ASCII below the control characters.
 */
static inline uint64_t json_string_halts(const char *bytes)
{
	__m128i moved =
		_mm_xor_si128(_mm_loadu_si128((const __m128i *)bytes), _mm_set1_epi8((char)0x82));
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(moved, _mm_set1_epi8((char)0xa0)), moved);
	__m128i backslash = _mm_cmpeq_epi8(moved, _mm_set1_epi8((char)('\\' ^ 0x82)));
	return (uint64_t)_mm_movemask_epi8(_mm_or_si128(low, backslash));
}
#else
#define JSON_STRING_STRIDE 8
#define JSON_STRING_BITS 8
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

static inline uint64_t json_string_halts(const char *bytes)
{
	uint64_t wide;
	uint64_t stops = json_string_stops(bytes, &wide);
	return stops | wide;
}
#endif

/* Which byte the lowest of these bits is of; there is one. */
static inline size_t json_string_place(uint64_t stops)
{
	return (size_t)__builtin_ctzll(stops) / JSON_STRING_BITS;
}

/* The end of a run, when less than a block is left, `first` being where it began. */
const char *json_string_run_rest(
	const char *first, const char *at, const char *end, uint64_t *wide);

/*
 * The first byte from `at` on that is a quote, a backslash or a control character, or `end`. `wide`
 * becomes non-zero when a byte before it is not ASCII. Most names and many texts end in the first
 * block; text that is not ASCII stops a leap, and the next is tried some way on.
 */
static inline const char *json_string_run(const char *at, const char *end, uint64_t *wide)
{
	const char *first = at;
	const char *leap_at = at + JSON_STRING_STRIDE;
	while (end - at >= JSON_STRING_STRIDE) {
		uint64_t found_wide;
		uint64_t stops = json_string_stops(at, &found_wide);
		if (stops != 0) {
			*wide |= found_wide & (stops ^ (stops - 1)) >> 1;
			return at + json_string_place(stops);
		}
		*wide |= found_wide;
		at += JSON_STRING_STRIDE;
		if (at == leap_at) {
			at = json_leap(at, end);
			leap_at = at + 128;
		}
	}
	return json_string_run_rest(first, at, end, wide);
}
