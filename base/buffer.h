/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A growable run of bytes. Its size may come from outside, so running out of memory is not fatal:
 * the buffer remembers it in `failed`, further appends do nothing, and whoever uses the result
 * looks at `failed` once. Zero-initialised is a valid empty buffer. Not shared between threads.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *data;
	size_t len;
	size_t cap;
	bool failed;
};

/* Frees the memory; the buffer is empty and usable again. */
void buffer_finish(struct buffer *buffer);
/* Likewise, but only memory beyond `kept` bytes; a smaller buffer stays as it is. */
void buffer_trim(struct buffer *buffer, size_t kept);
/* Slow path of buffer_reserve. */
bool buffer_grow(struct buffer *buffer, size_t more);
/* Decimal digits. */
void buffer_append_number(struct buffer *buffer, uint64_t value);
/* printf for the cold paths: problems, help, metrics. */
void buffer_append_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Lower-case hexadecimal, two digits a byte. */
void buffer_append_hex(struct buffer *buffer, const void *bytes, size_t len);
/* Standard base64 (RFC 4648 section 4), with padding. */
void buffer_append_base64(struct buffer *buffer, struct span bytes);
/* The other way; padding may be left out. False: it is none, and the buffer as it was. */
bool buffer_append_base64_decoded(struct buffer *buffer, struct span text);

/* Makes room for `more` bytes; false (and `failed`) when there is no memory. */
static inline bool buffer_reserve(struct buffer *buffer, size_t more)
{
	return buffer->cap - buffer->len >= more || buffer_grow(buffer, more);
}

static inline void buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
	if (len > 0 && buffer_reserve(buffer, len)) {
		memcpy(buffer->data + buffer->len, bytes, len);
		buffer->len += len;
	}
}

static inline void buffer_append_span(struct buffer *buffer, struct span s)
{
	buffer_append(buffer, s.ptr, s.len);
}

static inline void buffer_append_char(struct buffer *buffer, char c)
{
	buffer_append(buffer, &c, 1);
}

#define buffer_append_literal(buffer, literal) \
	buffer_append((buffer), "" literal, sizeof(literal) - 1)

/* Forgets the content and the failure, keeps the memory. */
static inline void buffer_clear(struct buffer *buffer)
{
	buffer->len = 0;
	buffer->failed = false;
}

static inline struct span buffer_span(const struct buffer *buffer)
{
	return (struct span){ buffer->data != NULL ? buffer->data : "", buffer->len };
}

/* What was appended since `start` (an earlier value of len). Growth moves it. */
static inline struct span buffer_since(const struct buffer *buffer, size_t start)
{
	return (struct span){ buffer->data != NULL ? buffer->data + start : "",
		buffer->len - start };
}
