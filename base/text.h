/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Questions about texts that come from outside. Pure. */
#pragma once

#include "base/span.h"

#include <endian.h>
#include <stdint.h>

/* C0 controls and DEL. */
static inline bool text_is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* A token of RFC 9110 section 5.6.2: names of headers, methods, media types. */
static inline bool text_is_token(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		char lower = span_lower(c);
		bool alphanumeric = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
		if (!alphanumeric && (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
			return false;
		}
	}
	return text.len > 0;
}

/* Without the spaces and tabs around it. */
static inline struct span text_trim(struct span text)
{
	while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
		text = span_skip(text, 1);
	}
	while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) {
		text.len--;
	}
	return text;
}

/* Takes the next element off a list with commas, without the blanks around it; empty ones do not
 * count (RFC 9110 section 5.6.1). False at the end. */
static inline bool text_next_element(struct span *list, struct span *element)
{
	*element = SPAN_ABSENT;
	while (element->len == 0 && list->len > 0) {
		const char *comma = memchr(list->ptr, ',', list->len);
		size_t len = comma != NULL ? (size_t)(comma - list->ptr) : list->len;
		*element = text_trim(span_of(list->ptr, len));
		*list = span_skip(*list, comma != NULL ? len + 1 : len);
	}
	return element->len > 0;
}

/*
 * The first control character at or behind `from`; text.len when there is none. Eight bytes at a
 * time: a word without one has no high bit left over from the two subtractions.
 */
static inline size_t text_find_control(struct span text, size_t from)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	size_t at = from;
	for (; text.len - at >= 8; at += 8) {
		uint64_t word;
		memcpy(&word, text.ptr + at, 8);
		uint64_t delete = word ^ ones * 0x7f;
		if ((((word - ones * 0x20) & ~word) | ((delete - ones) & ~delete)) & highs) {
			break;
		}
	}
	while (at < text.len && !text_is_control((unsigned char)text.ptr[at])) {
		at++;
	}
	return at;
}

/*
 * Nothing but printable ASCII? Nearly all short texts are, so those who accept more ask this first.
 * Exact: neither the borrow nor the carry of a byte reaches another one unless it is flagged
 * itself.
 */
static inline bool text_is_printable(struct span text)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	size_t at = 0;
	for (; text.len - at >= 8; at += 8) {
		uint64_t word;
		memcpy(&word, text.ptr + at, 8);
		if (((word - ones * 0x20) | (word + ones) | word) & highs) {
			return false;
		}
	}
	for (; at < text.len; at++) {
		unsigned char c = (unsigned char)text.ptr[at];
		if (c < 0x20 || c > 0x7e) {
			return false;
		}
	}
	return true;
}

/* Decimal digits without leading zeros, at most `max` (which has at most nine): short numbers such
 * as ports, where there is only one way to write each. */
static inline bool text_read_small(struct span text, unsigned max, unsigned *number)
{
	unsigned value = 0;
	if (text.len == 0 || text.len > 9 || (text.ptr[0] == '0' && text.len > 1)) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9') {
			return false;
		}
		value = value * 10 + (unsigned)(text.ptr[i] - '0');
	}
	*number = value;
	return value <= max;
}

/*
 * The number of 1 to 8 digits that end at `end`; the 8 bytes before `end` must be readable. False
 * when one is no digit. All at once: first what stands before the digits becomes zeros, then
 * neighbours are joined to numbers of two digits, of four, of eight.
 */
static inline bool text_read_digits(const char *end, size_t len, uint64_t *number)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	unsigned before = (unsigned)(64 - 8 * len);
	uint64_t word;
	memcpy(&word, end - 8, 8);
	word = (le64toh(word) ^ ones * '0') >> before << before;
	bool good = ((word | (word + ones * (0x7f - 9))) & ones << 7) == 0;
	word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
	*number = (word * 10000 + (word >> 32)) & UINT32_MAX;
	return good;
}

/*
 * Writes a number below 100 000 000 without leading zeros; gives how many digits, but `out` takes 8
 * bytes in any case. The same steps backwards: numbers of four digits, of two, of one, side by
 * side; the multiplications divide by 100 and by 10.
 */
static inline size_t text_write_digits(char out[static 8], uint32_t number)
{
	uint64_t word = number / 10000 | (uint64_t)(number % 10000) << 32;
	uint64_t upper = (word * 5243 >> 19) & UINT64_C(0x0000007f0000007f);
	word = upper | (word - upper * 100) << 16;
	upper = (word * 103 >> 10) & UINT64_C(0x000f000f000f000f);
	word = upper | (word - upper * 10) << 8;
	unsigned zeros = number == 0 ? 7 : (unsigned)__builtin_ctzll(word) / 8;
	word = htole64((word | UINT64_C(0x3030303030303030)) >> 8 * zeros);
	memcpy(out, &word, 8);
	return 8 - zeros;
}
