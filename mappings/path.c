/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Most paths hold no "%", so a path is decoded as a whole only when it does, and split in one pass
 * that also refuses what two decoders could read differently: "//", dot segments, "%2F", "%00".
 * They are refused after decoding, and nothing is ever decoded twice. Whether a path is acceptable
 * does not depend on the patterns: "*rest" sees the same strictness.
 */

#include "mappings/path.h"

#include "base/utf8.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = span_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int path_escaped_byte(struct span text, size_t at)
{
	if (text.len - at < 3) {
		return -1;
	}
	int high = hex_digit(text.ptr[at + 1]);
	int low = hex_digit(text.ptr[at + 2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool path_decode(struct span text, bool plus, struct buffer *out)
{
	if (!buffer_reserve(out, text.len)) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '%') {
			int byte = path_escaped_byte(text, i);
			if (byte <= 0) {
				return false;
			}
			c = (char)byte;
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		buffer_append_char(out, c);
	}
	return true;
}

static bool has_escaped_slash(struct span raw)
{
	for (size_t i = 0; i + 2 < raw.len; i++) {
		if (raw.ptr[i] == '%' && raw.ptr[i + 1] == '2' && (raw.ptr[i + 2] | 0x20) == 'f') {
			return true;
		}
	}
	return false;
}

static bool is_dot_segment(struct span segment)
{
	return (segment.len == 1 && segment.ptr[0] == '.') ||
	       (segment.len == 2 && segment.ptr[0] == '.' && segment.ptr[1] == '.');
}

static const char *end_segment(struct path *path, struct span segment, bool last)
{
	if (segment.len == 0 && !last) {
		return "The path has an empty segment.";
	}
	if (is_dot_segment(segment)) {
		return "The path has a dot segment.";
	}
	if (path->count < PATH_SEGMENTS_MAX) {
		path->segments[path->count] = segment;
	}
	path->count++;
	return NULL;
}

/* Splits path->text. */
static const char *split(struct path *path)
{
	const char *start = path->text.ptr + 1;
	const char *end = path->text.ptr + path->text.len;
	unsigned char high = 0;
	for (const char *at = start; at < end; at++) {
		if (*at == '/') {
			const char *why =
				end_segment(path, span_of(start, (size_t)(at - start)), false);
			if (why != NULL) {
				return why;
			}
			start = at + 1;
		}
		high |= (unsigned char)*at;
	}
	if (high >= 0x80 && !utf8_check(path->text)) {
		return "The path is not UTF-8.";
	}
	return end_segment(path, span_of(start, (size_t)(end - start)), true);
}

const char *path_split(struct span raw, struct buffer *scratch, struct path *path)
{
	path->count = 0;
	path->text = raw;
	if (raw.len == 0 || raw.ptr[0] != '/') {
		return "The path does not start with a slash.";
	}
	if (memchr(raw.ptr, 0, raw.len) != NULL) {
		return "The path holds a character that is not allowed.";
	}
	if (memchr(raw.ptr, '%', raw.len) != NULL) {
		size_t start = scratch->len;
		if (has_escaped_slash(raw) || !path_decode(raw, false, scratch)) {
			return "The path has an escape that is broken or not allowed.";
		}
		path->text = buffer_since(scratch, start);
	}
	return split(path);
}

static bool name_is_good(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		char lower = span_lower(c);
		if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '_' &&
			c != '-') {
			return false;
		}
	}
	return name.len > 0;
}

static const char *add_capture(struct path_pattern *pattern, struct span name, struct store *store)
{
	if (!name_is_good(name)) {
		return "has a capture whose name is not of letters, digits, _ and -";
	}
	for (unsigned i = 0; i < pattern->capture_count; i++) {
		if (span_equal(pattern->captures[i], name)) {
			return store_format(
				store, "captures '%.*s' twice", (int)name.len, name.ptr);
		}
	}
	if (pattern->capture_count == MATCH_CAPTURES_MAX) {
		return "has more than 16 captures";
	}
	pattern->captures[pattern->capture_count++] = store_copy(store, name);
	return NULL;
}

static const char *add_literal(struct span text, struct store *store, struct path_segment *segment)
{
	struct buffer decoded = { 0 };
	const char *why = NULL;
	if (has_escaped_slash(text)) {
		why = "has an escaped slash, which no request can have";
	} else if (!path_decode(text, false, &decoded)) {
		why = "has a broken escape; write a percent sign as %25";
	} else if (is_dot_segment(buffer_span(&decoded))) {
		why = "has a dot segment, which no request can have";
	} else if (!utf8_check(buffer_span(&decoded))) {
		why = "is not UTF-8";
	} else {
		segment->text = store_copy(store, buffer_span(&decoded));
	}
	buffer_finish(&decoded);
	return why;
}

static const char *add_segment(
	struct path_pattern *pattern, struct span text, bool last, struct store *store)
{
	if (text.len > 0 && text.ptr[0] == '*') {
		pattern->rest = true;
		return last ? add_capture(pattern, span_skip(text, 1), store)
			    : "has something behind its *rest";
	}
	if (text.len == 0 && !last) {
		return "has an empty segment, which no request can have";
	}
	if (pattern->count == PATH_SEGMENTS_MAX - 1) {
		return "has more than 31 segments";
	}
	struct path_segment *segment = &pattern->segments[pattern->count++];
	if (text.len > 0 && text.ptr[0] == ':') {
		segment->capture = true;
		pattern->captured |= 1u << (pattern->count - 1);
		return add_capture(pattern, span_skip(text, 1), store);
	}
	if (memchr(text.ptr, '*', text.len) != NULL || memchr(text.ptr, '?', text.len) != NULL ||
		memchr(text.ptr, '#', text.len) != NULL) {
		return "has *, ? or # inside a segment; a whole last segment may be *rest, the end "
		       "/?";
	}
	return add_literal(text, store, segment);
}

/* As many segments as there can be, but no more than are taken. */
static size_t count_slashes(struct span text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.len && count < PATH_SEGMENTS_MAX; i++) {
		count += text.ptr[i] == '/';
	}
	return count;
}

/* What no segment of the pattern refuses passes path_split(), too, if it needs no decoding. */
static bool is_literal(const struct path_pattern *pattern, struct span text)
{
	return pattern->capture_count == 0 && !pattern->slash_ignored &&
	       memchr(text.ptr, '%', text.len) == NULL && memchr(text.ptr, 0, text.len) == NULL;
}

const char *path_pattern_parse(struct span text, struct store *store, struct path_pattern *pattern)
{
	const struct span whole = text;
	*pattern = (struct path_pattern){ 0 };
	if (text.len == 0 || text.ptr[0] != '/') {
		return "does not start with a slash";
	}
	pattern->segments = store_new(store, count_slashes(text), sizeof(*pattern->segments));
	if (text.len > 2 && text.ptr[text.len - 2] == '/' && text.ptr[text.len - 1] == '?') {
		pattern->slash_ignored = true;
		text.len -= 2;
	}
	for (bool last = false; !last;) {
		struct span rest = span_skip(text, 1);
		const char *slash = rest.len > 0 ? memchr(rest.ptr, '/', rest.len) : NULL;
		last = slash == NULL;
		struct span segment =
			span_of(rest.ptr, last ? rest.len : (size_t)(slash - rest.ptr));
		const char *why = add_segment(pattern, segment, last, store);
		if (why != NULL) {
			return why;
		}
		text = span_skip(rest, segment.len);
	}
	if (is_literal(pattern, whole)) {
		pattern->literal = store_copy(store, whole);
	}
	return pattern->rest && pattern->slash_ignored ? "has /? behind *rest, which needs none"
						       : NULL;
}

bool path_pattern_match_segments(const struct path_pattern *pattern, const struct path *path)
{
	for (unsigned i = 0; i < pattern->count; i++) {
		const struct path_segment *segment = &pattern->segments[i];
		bool fits = segment->capture ? path->segments[i].len > 0
					     : span_equal(segment->text, path->segments[i]);
		if (!fits) {
			return false;
		}
	}
	/* One segment more than the pattern has: only what a trailing slash leaves. */
	return pattern->rest || path->count == pattern->count ||
	       path->segments[pattern->count].len == 0;
}

void path_pattern_capture(
	const struct path_pattern *pattern, const struct path *path, struct span *captures)
{
	unsigned count = 0;
	for (unsigned i = 0; i < pattern->count; i++) {
		if (pattern->captured & 1u << i) {
			captures[count++] = path->segments[i];
		}
	}
	if (pattern->rest) {
		const char *end = path->text.ptr + path->text.len;
		const char *start =
			path->count > pattern->count ? path->segments[pattern->count].ptr : end;
		captures[count] = span_of(start, (size_t)(end - start));
	}
}

bool path_pattern_covers(const struct path_pattern *a, const struct path_pattern *b)
{
	bool lengths = a->rest ? b->count >= a->count
			       : !b->rest && a->count == b->count &&
					 (a->slash_ignored || !b->slash_ignored);
	if (!lengths) {
		return false;
	}
	for (unsigned i = 0; i < a->count; i++) {
		const struct path_segment *x = &a->segments[i];
		const struct path_segment *y = &b->segments[i];
		bool covers = x->capture ? y->capture || y->text.len > 0
					 : !y->capture && span_equal(x->text, y->text);
		if (!covers) {
			return false;
		}
	}
	return true;
}
