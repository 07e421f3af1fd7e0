/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/json_string.h"

#include "base/json.h"
#include "base/utf8.h"

int json_string_hex4(const char *at)
{
	int value = 0;
	for (int i = 0; i < 4; i++) {
		char lower = (char)(at[i] | 0x20);
		if (at[i] >= '0' && at[i] <= '9') {
			value = value << 4 | (at[i] - '0');
		} else if (lower >= 'a' && lower <= 'f') {
			value = value << 4 | (lower - 'a' + 10);
		} else {
			return -1;
		}
	}
	return value;
}

const char *json_string_run_rest(const char *first, const char *at, const char *end, uint64_t *wide)
{
	size_t left = (size_t)(end - at);
	if (left > 0 && end - first >= JSON_STRING_STRIDE) {
		/* The last block of the text; what comes before `at` is known to go on. */
		uint64_t found_wide;
		size_t known = (JSON_STRING_STRIDE - left) * JSON_STRING_BITS;
		uint64_t stops = json_string_stops(end - JSON_STRING_STRIDE, &found_wide) >> known;
		found_wide >>= known;
		*wide |= stops != 0 ? found_wide & (stops ^ (stops - 1)) >> 1 : found_wide;
		return stops != 0 ? at + json_string_place(stops) : end;
	}
	while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) {
		*wide |= *at & 0x80;
		at++;
	}
	return at;
}

static size_t encode(uint32_t code, char utf8[4])
{
	if (code < 0x80) {
		utf8[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		utf8[0] = (char)(0xc0 | code >> 6);
		utf8[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		utf8[0] = (char)(0xe0 | code >> 12);
		utf8[1] = (char)(0x80 | (code >> 6 & 63));
		utf8[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	utf8[0] = (char)(0xf0 | code >> 18);
	utf8[1] = (char)(0x80 | (code >> 12 & 63));
	utf8[2] = (char)(0x80 | (code >> 6 & 63));
	utf8[3] = (char)(0x80 | (code & 63));
	return 4;
}

static size_t decode_escape(const char **at, char utf8[4])
{
	char kind = (*at)[1];
	if (kind != 'u') {
		static const char kinds[] = "\"\\/bfnrt";
		static const char values[] = "\"\\/\b\f\n\r\t";
		*at += 2;
		utf8[0] = values[strchr(kinds, kind) - kinds];
		return 1;
	}
	uint32_t code = (uint32_t)json_string_hex4(*at + 2);
	*at += 6;
	if (code >= 0xd800 && code <= 0xdbff) {
		uint32_t low = (uint32_t)json_string_hex4(*at + 2);
		*at += 6;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	return encode(code, utf8);
}

size_t json_string_character(const char **at, char utf8[4])
{
	unsigned char first = (unsigned char)**at;
	if (first == '\\') {
		return decode_escape(at, utf8);
	}
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	memcpy(utf8, *at, len);
	*at += len;
	return len;
}

static struct span inside_of(struct span quoted)
{
	return span_of(quoted.ptr + 1, quoted.len - 2);
}

static bool has_escapes(struct span inside)
{
	return inside.len > 0 && memchr(inside.ptr, '\\', inside.len) != NULL;
}

bool json_string_same(struct span a, struct span b)
{
	a = inside_of(a);
	b = inside_of(b);
	if (!has_escapes(a) && !has_escapes(b)) {
		return span_equal(a, b);
	}
	const char *at_a = a.ptr, *at_b = b.ptr;
	while (at_a < a.ptr + a.len && at_b < b.ptr + b.len) {
		char utf8_a[4], utf8_b[4];
		size_t len = json_string_character(&at_a, utf8_a);
		if (json_string_character(&at_b, utf8_b) != len ||
			memcmp(utf8_a, utf8_b, len) != 0) {
			return false;
		}
	}
	return at_a == a.ptr + a.len && at_b == b.ptr + b.len;
}

bool json_string_equal(struct span quoted, struct span text)
{
	struct span inside = inside_of(quoted);
	/* An escape is longer than what it stands for. */
	if (inside.len <= text.len) {
		return span_equal(inside, text) && !has_escapes(inside);
	}
	if (!has_escapes(inside)) {
		return false;
	}
	const char *at = inside.ptr;
	while (at < inside.ptr + inside.len) {
		char utf8[4];
		size_t len = json_string_character(&at, utf8);
		if (text.len < len || memcmp(text.ptr, utf8, len) != 0) {
			return false;
		}
		text = span_skip(text, len);
	}
	return text.len == 0;
}

void json_string_decode(struct span quoted, struct buffer *out)
{
	struct span rest = inside_of(quoted);
	for (;;) {
		const char *escape = rest.len > 0 ? memchr(rest.ptr, '\\', rest.len) : NULL;
		if (escape == NULL) {
			buffer_append_span(out, rest);
			return;
		}
		buffer_append(out, rest.ptr, (size_t)(escape - rest.ptr));
		char utf8[4];
		const char *at = escape;
		buffer_append(out, utf8, decode_escape(&at, utf8));
		rest = span_skip(rest, (size_t)(at - rest.ptr));
	}
}

struct span json_string_text(struct span quoted, struct buffer *scratch)
{
	struct span inside = inside_of(quoted);
	if (!has_escapes(inside)) {
		return inside;
	}
	size_t start = scratch->len;
	json_string_decode(quoted, scratch);
	return buffer_since(scratch, start);
}

static void append_escape(struct buffer *out, unsigned char c)
{
	static const char kinds[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	const char *kind = c != '\0' ? strchr(kinds, c) : NULL;
	if (kind != NULL) {
		char escape[2] = { '\\', letters[kind - kinds] };
		buffer_append(out, escape, 2);
	} else {
		buffer_append_literal(out, "\\u00");
		buffer_append_hex(out, &c, 1);
	}
}

bool json_append_escaped(struct buffer *out, struct span text)
{
	const char *at = text.ptr;
	const char *end = text.ptr + text.len;
	size_t start = out->len;
	uint64_t wide = 0;
	for (;;) {
		const char *run_end = json_string_run(at, end, &wide);
		buffer_append(out, at, (size_t)(run_end - at));
		if (run_end == end) {
			break;
		}
		append_escape(out, (unsigned char)*run_end);
		at = run_end + 1;
	}
	if (wide != 0 && !utf8_check(text)) {
		out->len = start;
		return false;
	}
	return true;
}

bool json_append_string(struct buffer *out, struct span text)
{
	size_t start = out->len;
	if (!buffer_reserve(out, text.len + 2)) {
		return true;
	}
	const char *end = text.ptr + text.len;
	uint64_t wide = 0;
	if (json_string_run(text.ptr, end, &wide) == end && wide == 0) {
		char *at = out->data + start;
		at[0] = '"';
		memcpy(at + 1, text.ptr, text.len);
		at[text.len + 1] = '"';
		out->len += text.len + 2;
		return true;
	}
	buffer_append_char(out, '"');
	if (!json_append_escaped(out, text)) {
		out->len = start;
		return false;
	}
	buffer_append_char(out, '"');
	return true;
}
