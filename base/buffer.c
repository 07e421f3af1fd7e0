/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/buffer.h"

#include "base/hex.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_finish(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}

void buffer_trim(struct buffer *buffer, size_t kept)
{
	if (buffer->cap > kept) {
		buffer_finish(buffer);
	}
}

bool buffer_grow(struct buffer *buffer, size_t more)
{
	if (buffer->failed || more > SIZE_MAX / 4) {
		buffer->failed = true;
		return false;
	}
	size_t cap = buffer->cap < 64 ? 64 : buffer->cap;
	while (cap - buffer->len < more) {
		cap += cap / 2 + 32;
	}
	char *data = realloc(buffer->data, cap);
	if (data == NULL) {
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->cap = cap;
	return true;
}

void buffer_append_number(struct buffer *buffer, uint64_t value)
{
	if (value < 100000000) {
		if (buffer_reserve(buffer, 8)) {
			buffer->len +=
				text_write_digits(buffer->data + buffer->len, (uint32_t)value);
		}
		return;
	}
	size_t count = 1;
	for (uint64_t power = 10; count < 20 && value >= power; power *= 10) {
		count++;
	}
	if (!buffer_reserve(buffer, count)) {
		return;
	}
	buffer->len += count;
	for (char *at = buffer->data + buffer->len; count > 0; count--) {
		*--at = (char)('0' + value % 10);
		value /= 10;
	}
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !buffer_reserve(buffer, (size_t)len + 1)) {
		return;
	}
	va_start(args, format);
	vsnprintf(buffer->data + buffer->len, (size_t)len + 1, format, args);
	va_end(args);
	buffer->len += (size_t)len;
}

void buffer_append_hex(struct buffer *buffer, const void *bytes, size_t len)
{
	if (buffer_reserve(buffer, 2 * len)) {
		hex_write(buffer->data + buffer->len, bytes, len);
		buffer->len += 2 * len;
	}
}

void buffer_append_base64(struct buffer *buffer, struct span bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *)bytes.ptr;
	if (!buffer_reserve(buffer, (bytes.len + 2) / 3 * 4)) {
		return;
	}
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
				 (left > 2 ? in[i + 2] : 0);
		char *out = buffer->data + buffer->len;
		out[0] = digits[group >> 18];
		out[1] = digits[group >> 12 & 63];
		out[2] = left > 1 ? digits[group >> 6 & 63] : '=';
		out[3] = left > 2 ? digits[group & 63] : '=';
		buffer->len += 4;
	}
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z') {
		return c - 'A';
	}
	if (c >= 'a' && c <= 'z') {
		return c - 'a' + 26;
	}
	if (c >= '0' && c <= '9') {
		return c - '0' + 52;
	}
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool buffer_append_base64_decoded(struct buffer *buffer, struct span text)
{
	size_t start = buffer->len;
	uint32_t bits = 0;
	for (unsigned pads = 0; pads < 2 && text.len > 1 && text.ptr[text.len - 1] == '='; pads++) {
		text.len--;
	}
	if (text.len % 4 == 1 || !buffer_reserve(buffer, text.len / 4 * 3 + 3)) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		int digit = base64_digit(text.ptr[i]);
		if (digit < 0) {
			buffer->len = start;
			return false;
		}
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 != 0) {
			buffer->data[buffer->len++] = (char)(bits >> (6 - i % 4 * 2));
		}
	}
	return true;
}
