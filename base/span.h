/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A span is bytes that somebody else owns: a pointer and a length, never a terminator. An absent
 * value is a span whose ptr is NULL; an empty one has a ptr and len 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *ptr;
	size_t len;
};

/* The span of a string literal. */
#define SPAN(literal) ((struct span){ "" literal, sizeof(literal) - 1 })
#define SPAN_ABSENT ((struct span){ NULL, 0 })

static inline struct span span_of(const char *ptr, size_t len)
{
	return (struct span){ ptr, len };
}

static inline struct span span_from_text(const char *text)
{
	return (struct span){ text, text != NULL ? strlen(text) : 0 };
}

static inline bool span_present(struct span s)
{
	return s.ptr != NULL;
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool span_starts_with(struct span s, struct span prefix)
{
	return s.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static inline char span_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Compares without regard to ASCII case. */
static inline bool span_equal_nocase(struct span a, struct span b)
{
	if (a.len != b.len) {
		return false;
	}
	for (size_t i = 0; i < a.len; i++) {
		if (span_lower(a.ptr[i]) != span_lower(b.ptr[i])) {
			return false;
		}
	}
	return true;
}

/* Takes `count` bytes off the front; count must not exceed the length. */
static inline struct span span_skip(struct span s, size_t count)
{
	return (struct span){ s.ptr + count, s.len - count };
}
