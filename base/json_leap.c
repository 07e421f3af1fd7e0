/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Long strings are where the bytes of a body are, so they are walked with what the processor has:
 * 32 bytes in one instruction where it has AVX2, which the program finds out when it runs, because
 * it is built for every x86-64. An exclusive or with 0x82 puts the quote next to the control
 * characters and what is not ASCII below both, so that one minimum finds all of them.
 */
#include "base/json_leap.h"

#ifdef __SSE2__
#include "base/json_string.h"

#include <immintrin.h>
#include <stddef.h>

#define WITH_AVX2 __attribute__((target("avx2")))

#define MOVED_BY ((char)0x82)
#define MOVED_LOW ((char)(0x20 ^ 0x80))
#define MOVED_BACKSLASH ((char)('\\' ^ 0x82))

/*
 * Whether one of 64 bytes ends a run or is not ASCII: then one is below the bottom, or a backslash.
 */
static inline bool stops_in_64(const char *bytes)
{
	const __m128i bottom = _mm_set1_epi8(MOVED_LOW + 1), zero = _mm_setzero_si128();
	__m128i backslashes = zero, least = bottom;
	for (int i = 0; i < 64; i += 16) {
		__m128i moved = _mm_xor_si128(
			_mm_loadu_si128((const __m128i *)(bytes + i)), _mm_set1_epi8(MOVED_BY));
		__m128i backslash = _mm_cmpeq_epi8(moved, _mm_set1_epi8(MOVED_BACKSLASH));
		least = _mm_min_epu8(least, moved);
		backslashes = _mm_or_si128(backslashes, backslash);
	}
	__m128i stops = _mm_or_si128(_mm_xor_si128(least, bottom), backslashes);
	return _mm_movemask_epi8(_mm_cmpeq_epi8(stops, zero)) != 0xffff;
}

const char *json_leap_16(const char *at, const char *end)
{
	const char *first = at;
	uint64_t stops = 0;
	for (size_t left = (size_t)(end - at) / 64; left > 0 && !stops_in_64(at); left--) {
		at += 64;
	}
	while (end - at >= 16 && (stops = json_string_halts(at)) == 0) {
		at += 16;
	}
	if (stops == 0 && at < end && end - first >= 16) {
		/* What is left, once more with what comes before it. */
		stops = json_string_halts(end - 16) >> (16 - (end - at));
		return stops != 0 ? at + json_string_place(stops) : end;
	}
	return stops != 0 ? at + json_string_place(stops) : at;
}

/* As json_string_halts(), for 32 bytes. */
static inline WITH_AVX2 unsigned stops_32(const char *bytes)
{
	__m256i moved = _mm256_xor_si256(
		_mm256_loadu_si256((const __m256i *)bytes), _mm256_set1_epi8(MOVED_BY));
	__m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(moved, _mm256_set1_epi8(MOVED_LOW)), moved);
	__m256i backslash = _mm256_cmpeq_epi8(moved, _mm256_set1_epi8(MOVED_BACKSLASH));
	return (unsigned)_mm256_movemask_epi8(_mm256_or_si256(low, backslash));
}

static inline WITH_AVX2 bool stops_in_128(const char *bytes)
{
	const __m256i bottom = _mm256_set1_epi8(MOVED_LOW + 1);
	__m256i backslashes = _mm256_setzero_si256(), least = bottom;
	for (int i = 0; i < 128; i += 32) {
		__m256i moved = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(bytes + i)),
			_mm256_set1_epi8(MOVED_BY));
		__m256i backslash = _mm256_cmpeq_epi8(moved, _mm256_set1_epi8(MOVED_BACKSLASH));
		least = _mm256_min_epu8(least, moved);
		backslashes = _mm256_or_si256(backslashes, backslash);
	}
	__m256i stops = _mm256_or_si256(_mm256_xor_si256(least, bottom), backslashes);
	return !_mm256_testz_si256(stops, stops);
}

WITH_AVX2 const char *json_leap_32(const char *at, const char *end)
{
	const char *first = at;
	unsigned stops = 0;
	for (size_t left = (size_t)(end - at) / 128; left > 0 && !stops_in_128(at); left--) {
		at += 128;
	}
	while (end - at >= 32 && (stops = stops_32(at)) == 0) {
		at += 32;
	}
	if (stops == 0 && at < end && end - first >= 32) {
		stops = stops_32(end - 32) >> (32 - (end - at));
		return stops != 0 ? at + __builtin_ctz(stops) : end;
	}
	return stops != 0 ? at + __builtin_ctz(stops) : at;
}

bool json_leap_has_32(void)
{
	return __builtin_cpu_supports("avx2");
}

const char *json_leap(const char *at, const char *end)
{
	return __builtin_cpu_supports("avx2") ? json_leap_32(at, end) : json_leap_16(at, end);
}
#else
const char *json_leap(const char *at, const char *end)
{
	(void)end;
	return at;
}
#endif
