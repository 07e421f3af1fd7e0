/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Questions about texts that come from outside. Pure. */
#pragma once

#include "base/span.h"

#include <stdint.h>

/* C0 controls and DEL. */
static inline bool text_is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
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
 * Exact: neither the borrow nor the carry of a byte reaches another one unless it is flagged itself.
 */
static inline bool text_is_printable(struct span text)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	uint64_t odd = 0;
	size_t at = 0;
	for (; text.len - at >= 8; at += 8) {
		uint64_t word;
		memcpy(&word, text.ptr + at, 8);
		odd |= (word - ones * 0x20) | (word + ones) | word;
	}
	for (; at < text.len; at++) {
		uint64_t c = (unsigned char)text.ptr[at];
		odd |= (c - 0x20) | (c + 1) | c;
	}
	return (odd & highs) == 0;
}

/* Any byte beyond ASCII? */
static inline bool text_is_ascii(struct span text)
{
	unsigned char high = 0;
	size_t at = 0;
	for (; text.len - at >= 8; at += 8) {
		uint64_t word;
		memcpy(&word, text.ptr + at, 8);
		if (word & UINT64_C(0x8080808080808080)) {
			return false;
		}
	}
	for (; at < text.len; at++) {
		high |= (unsigned char)text.ptr[at];
	}
	return high < 0x80;
}
