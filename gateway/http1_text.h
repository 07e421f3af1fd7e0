/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What HTTP/1.1 texts are made of: classes of characters, names in any case, lists. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum http1_class {
	HTTP1_TOKEN = 1,
	HTTP1_PATH = 2,  /* what is accepted in a path, with "/" and "%" */
	HTTP1_QUERY = 4, /* likewise in a query */
	HTTP1_HOST = 8,  /* in a registered name, without "%"; "," is left out on purpose */
	HTTP1_DIGIT = 16,
	HTTP1_HEX = 32,
};

extern const unsigned char http1_classes[256];

/* The first byte that is not in the class HTTP1_PATH or HTTP1_QUERY, or `end`. */
const unsigned char *http1_skip_target(
	const unsigned char *at, const unsigned char *end, enum http1_class class);
/*
 * The next element of a comma-separated list (RFC 9110 5.6.1); empty ones are skipped. A comma in a
 * quoted string cuts too: no element with one means anything to us.
 */
bool http1_next_element(const unsigned char **at, const unsigned char *end,
	const unsigned char **element, size_t *len);

static inline bool http1_is(unsigned char c, unsigned classes)
{
	return (http1_classes[c] & classes) != 0;
}

static inline bool http1_is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Most bytes are ordinary, so both scans take sixteen at a time while they are, and look
 * closer only where one is not. A vector of the compiler's own is one code for every processor.
 */
typedef unsigned char http1_sixteen __attribute__((vector_size(16)));

static inline http1_sixteen http1_load_sixteen(const unsigned char *at)
{
	http1_sixteen bytes;
	memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

/* A bit for each byte that is flagged with FF, the first one's the lowest; the others are 00. */
static inline unsigned http1_flags(http1_sixteen flags)
{
#ifdef __SSE2__
	return (unsigned)_mm_movemask_epi8((__m128i)flags);
#else
	unsigned mask = 0;
	for (unsigned i = 0; i < 16; i++) {
		mask |= (flags[i] & 1u) << i;
	}
	return mask;
#endif
}

static inline const unsigned char *http1_skip_bytes(
	const unsigned char *at, const unsigned char *end, enum http1_class class)
{
	while (at < end && http1_is(*at, class)) {
		at++;
	}
	return at;
}

static inline const unsigned char *http1_skip_blanks(
	const unsigned char *at, const unsigned char *end)
{
	while (at < end && http1_is_blank(*at)) {
		at++;
	}
	return at;
}

/* The end of a text whose blanks at the end are cut off. */
static inline const unsigned char *http1_trim_blanks(
	const unsigned char *start, const unsigned char *end)
{
	while (end > start && http1_is_blank(end[-1])) {
		end--;
	}
	return end;
}

/*
 * The first byte that is no HTTP1_TOKEN, or `end`. All but letters and "-" is rare in names and
 * left to the table.
 */
static inline const unsigned char *http1_skip_token(
	const unsigned char *at, const unsigned char *end)
{
	for (; end - at >= 16; at += 16) {
		http1_sixteen bytes = http1_load_sixteen(at);
		http1_sixteen letter = (bytes | 0x20) - 'a' <= 'z' - 'a';
		unsigned other = http1_flags(~(letter | (bytes == '-')));
		if (other != 0) {
			at += __builtin_ctz(other);
			if (*at == ':') {
				return at;
			}
			break;
		}
	}
	return http1_skip_bytes(at, end, HTTP1_TOKEN);
}

/*
 * Skips what most hosts are made of: letters, digits, "-" and ".". May stop earlier, so that
 * the table has the last word.
 */
static inline const unsigned char *http1_skip_ordinary_host(
	const unsigned char *at, const unsigned char *end)
{
	for (; end - at >= 16; at += 16) {
		http1_sixteen bytes = http1_load_sixteen(at);
		http1_sixteen letter = (bytes | 0x20) - 'a' <= 'z' - 'a';
		http1_sixteen digit = (bytes - '-' <= '9' - '-') & (bytes != '/');
		unsigned other = http1_flags(~(letter | digit));
		if (other != 0) {
			return at + __builtin_ctz(other);
		}
	}
	return at;
}

/*
 * The first control character that is not a tab, or `end`. Tabs are rare: behind one it goes byte
 * by byte.
 */
static inline const unsigned char *http1_skip_text(
	const unsigned char *at, const unsigned char *end)
{
	for (; end - at >= 16; at += 16) {
		http1_sixteen bytes = http1_load_sixteen(at);
		unsigned control = http1_flags((bytes < 0x20) | (bytes == 0x7f));
		if (control != 0) {
			at += __builtin_ctz(control);
			if (*at != '\t') {
				return at;
			}
			break;
		}
	}
	while (at < end && ((*at >= 0x20 && *at != 0x7f) || *at == '\t')) {
		at++;
	}
	return at;
}

static inline uint64_t http1_load64(const void *bytes)
{
	uint64_t word;
	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline uint32_t http1_load32(const void *bytes)
{
	uint32_t word;
	memcpy(&word, bytes, sizeof(word));
	return word;
}

/*
 * Compares with lower-case text of constant length, at least 4 bytes. Folding by one bit is exact
 * here: `text` has no control characters, and nothing but its own capital becomes a letter.
 */
static inline __attribute__((always_inline)) bool http1_folds_to(
	const unsigned char *text, const char *lower, size_t len)
{
	const uint64_t fold = 0x2020202020202020ULL;
	uint64_t differ = 0;
	if (len < 8) {
		size_t tail = len - 4;
		return (((http1_load32(text) | (uint32_t)fold) ^ http1_load32(lower)) |
			       ((http1_load32(text + tail) | (uint32_t)fold) ^
				       http1_load32(lower + tail))) == 0;
	}
	for (size_t i = 0; i + 8 <= len; i += 8) {
		differ |= (http1_load64(text + i) | fold) ^ http1_load64(lower + i);
	}
	size_t tail = len - 8;
	return (differ | ((http1_load64(text + tail) | fold) ^ http1_load64(lower + tail))) == 0;
}

#define HTTP1_IS(text, len, lower) \
	((len) == sizeof(lower) - 1 && http1_folds_to((text), (lower), sizeof(lower) - 1))
