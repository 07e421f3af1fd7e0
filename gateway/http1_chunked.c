/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A machine of one state a byte, but for data, which is handed out in runs. It follows the grammar
 * of RFC 9112 section 7.1 without any of the tolerance that lets two servers see different bodies:
 * CRLF only, no sign and no space around a size, extensions and trailers checked although nothing
 * is done with them.
 *
 *     size *(";" name ["=" value]) CRLF data CRLF ...  0 CRLF *(trailer CRLF) CRLF
 */
#include "gateway/http1_chunked.h"

#include "gateway/http1_text.h"

#include <stdbool.h>

enum stage {
	SIZE,
	SEMICOLON, /* after white space: only an extension may follow */
	NAME_START,
	NAME,
	AFTER_NAME,
	VALUE_START,
	TOKEN_VALUE,
	QUOTED,
	ESCAPED,
	AFTER_QUOTED,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER_START,
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	END_LF,
	OVER,
};

static bool fail(struct http1_chunked *chunked, uint16_t status, const char *reason)
{
	chunked->status = status;
	chunked->reason = reason;
	return false;
}

static bool go(struct http1_chunked *chunked, bool allowed, enum stage next)
{
	chunked->stage = (uint8_t)next;
	return allowed || fail(chunked, 400, "The chunked body is malformed.");
}

static bool is_text(unsigned char c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\t';
}

static unsigned hex_value(unsigned char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* What may follow a size or a complete extension. */
static bool after_element(struct http1_chunked *chunked, unsigned char c)
{
	if (c == '\r') {
		return go(chunked, true, SIZE_LF);
	}
	return c == ';' ? go(chunked, true, NAME_START) : go(chunked, http1_is_blank(c), SEMICOLON);
}

static bool size_byte(struct http1_chunked *chunked, unsigned char c)
{
	if (!http1_is(c, HTTP1_HEX)) {
		return chunked->digits > 0 ? after_element(chunked, c) : go(chunked, false, SIZE);
	}
	if (chunked->digits++ == HTTP1_CHUNK_DIGITS_MAX) {
		return fail(chunked, 400, "A chunk size has too many digits.");
	}
	chunked->left = chunked->left << 4 | hex_value(c);
	return chunked->left <= HTTP1_CHUNK_SIZE_MAX || fail(chunked, 400, "A chunk is too large.");
}

static bool extension_byte(struct http1_chunked *chunked, unsigned char c)
{
	if (++chunked->counted > HTTP1_CHUNK_EXTENSION_MAX) {
		return fail(chunked, 400, "A chunk extension is too long.");
	}
	bool token = http1_is(c, HTTP1_TOKEN);
	bool blank = http1_is_blank(c);
	switch (chunked->stage) {
	case SEMICOLON: return go(chunked, blank || c == ';', blank ? SEMICOLON : NAME_START);
	case NAME_START: return go(chunked, blank || token, blank ? NAME_START : NAME);
	case NAME:
		if (token) {
			return true;
		}
		/* fall through */
	case AFTER_NAME:
		if (c == '=') {
			return go(chunked, true, VALUE_START);
		}
		if (blank) {
			return go(chunked, true, AFTER_NAME);
		}
		return go(chunked, c == ';' || (c == '\r' && chunked->stage == NAME),
			c == ';' ? NAME_START : SIZE_LF);
	case VALUE_START:
		if (c == '"') {
			return go(chunked, true, QUOTED);
		}
		return go(chunked, blank || token, blank ? VALUE_START : TOKEN_VALUE);
	case TOKEN_VALUE: return token || after_element(chunked, c);
	case QUOTED:
		if (c == '"') {
			return go(chunked, true, AFTER_QUOTED);
		}
		return go(chunked, is_text(c), c == '\\' ? ESCAPED : QUOTED);
	case ESCAPED: return go(chunked, is_text(c), QUOTED);
	default: return after_element(chunked, c);
	}
}

static bool line_end_byte(struct http1_chunked *chunked, unsigned char c)
{
	switch (chunked->stage) {
	case SIZE_LF: return go(chunked, c == '\n', chunked->left > 0 ? DATA : TRAILER_START);
	case DATA_CR: return go(chunked, c == '\r', DATA_LF);
	case DATA_LF: return go(chunked, c == '\n', SIZE);
	default: return go(chunked, c == '\n', OVER);
	}
}

static bool trailer_byte(struct http1_chunked *chunked, unsigned char c)
{
	if (++chunked->counted > HTTP1_CHUNK_TRAILERS_MAX) {
		return fail(chunked, 431, "The trailers are too long.");
	}
	switch (chunked->stage) {
	case TRAILER_START:
		if (c == '\r') {
			return go(chunked, true, END_LF);
		}
		return go(chunked, http1_is(c, HTTP1_TOKEN), TRAILER_NAME);
	case TRAILER_NAME: return http1_is(c, HTTP1_TOKEN) || go(chunked, c == ':', TRAILER_VALUE);
	case TRAILER_VALUE:
		return go(chunked, is_text(c) || c == '\r', c == '\r' ? TRAILER_LF : TRAILER_VALUE);
	default: return go(chunked, c == '\n', TRAILER_START);
	}
}

static bool framing_byte(struct http1_chunked *chunked, unsigned char c)
{
	switch (chunked->stage) {
	case SIZE: return size_byte(chunked, c);
	case SIZE_LF:
		chunked->counted = 0;
		chunked->digits = 0;
		return line_end_byte(chunked, c);
	case DATA_CR:
	case DATA_LF:
	case END_LF: return line_end_byte(chunked, c);
	case TRAILER_START:
	case TRAILER_NAME:
	case TRAILER_VALUE:
	case TRAILER_LF: return trailer_byte(chunked, c);
	default: return extension_byte(chunked, c);
	}
}

enum http1_result http1_chunked_next(struct http1_chunked *chunked, const char *bytes, size_t len,
	size_t *used, struct span *data)
{
	size_t at = 0;
	*data = span_of(bytes, 0);
	while (at < len && chunked->stage != OVER && data->len == 0) {
		if (chunked->stage == DATA) {
			size_t run = len - at < chunked->left ? len - at : (size_t)chunked->left;
			*data = span_of(bytes + at, run);
			at += run;
			chunked->left -= run;
			chunked->stage = chunked->left > 0 ? DATA : DATA_CR;
		} else if (!framing_byte(chunked, (unsigned char)bytes[at++])) {
			*used = at;
			return HTTP1_ERROR;
		}
	}
	*used = at;
	return chunked->stage == OVER ? HTTP1_DONE : HTTP1_MORE;
}

uint64_t http1_chunked_announced(const struct http1_chunked *chunked)
{
	return chunked->stage == DATA ? chunked->left : 0;
}
