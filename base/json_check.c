/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The checker is a loop over values with one bit per open container instead of recursion, so the
 * depth of a hostile text costs nothing. Every body that a mapping looks into comes through here,
 * so the place in the text travels as argument and result, in a register, and not in the struct.
 *
 *     json_check.c   structure: objects, arrays, numbers, literals
 *     json_string.h  the inside of strings; json_leap.c of long ones
 *     json_names.c   duplicate names
 */
#include "base/json.h"

#include "base/json_character.h"
#include "base/json_leap.h"
#include "base/json_names.h"
#include "base/json_string.h"
#include "base/utf8.h"

struct scan {
	const char *start, *end;
	unsigned depth;
	unsigned noted_depth; /* whose names and values are noted; 0: nobody's */
	uint64_t objects;     /* the lowest bit: the innermost container is an object; and so on */
	bool escaped;         /* the last string had a backslash */
	struct json_members *members;
	struct json_fault fault;
	struct json_names names;
};

/* All scanners give the first byte behind what they scanned, or NULL: refused. */
static __attribute__((cold, noinline)) const char *refuse(
	struct scan *scan, const char *at, const char *reason)
{
	scan->fault.offset = (size_t)(at - scan->start);
	scan->fault.reason = at == scan->end ? "unexpected end" : reason;
	return NULL;
}

static const char *scan_escape(struct scan *scan, const char *at)
{
	const char *end = scan->end;
	if (end - at < 2) {
		return refuse(scan, end, "");
	}
	if (at[1] != 'u') {
		bool known = at[1] != '\0' && strchr("\"\\/bfnrt", at[1]) != NULL;
		return known ? at + 2 : refuse(scan, at, "unknown escape in a string");
	}
	int code = end - at >= 6 ? json_string_hex4(at + 2) : -1;
	if (code < 0) {
		return refuse(scan, at, "\\u needs four hexadecimal digits");
	}
	if (code < 0xd800 || code > 0xdfff) {
		return at + 6;
	}
	int low = end - at >= 12 && at[6] == '\\' && at[7] == 'u' ? json_string_hex4(at + 8) : -1;
	bool pair = code <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
	return pair ? at + 12 : refuse(scan, at, "half a surrogate pair in a string");
}

/* The rest of a string from `at` on; from `inside`, where it begins, to there it is plain ASCII. */
static __attribute__((noinline)) const char *scan_string_rest(
	struct scan *scan, const char *inside, const char *at)
{
	uint64_t wide = 0;
	for (;;) {
		at = json_string_run(at, scan->end, &wide);
		if (at == scan->end) {
			return refuse(scan, at, "");
		}
		if (*at == '"') {
			break;
		}
		if (*at != '\\') {
			return refuse(scan, at, "raw control character in a string");
		}
		scan->escaped = true;
		at = scan_escape(scan, at);
		if (at == NULL) {
			return NULL;
		}
	}
	if (wide != 0 && !utf8_check(span_of(inside, (size_t)(at - inside)))) {
		return refuse(scan, inside, "this string is not UTF-8");
	}
	return at + 1;
}

/* Names and most values are ASCII without escapes. */
static inline const char *scan_string(struct scan *scan, const char *at)
{
	const char *inside = at + 1;
	uint64_t wide = 0;
	scan->escaped = false;
	if (scan->end - inside < JSON_STRING_STRIDE) {
		return scan_string_rest(scan, inside, inside);
	}
	uint64_t stops = json_string_stops(inside, &wide);
	if (wide != 0) {
		return scan_string_rest(scan, inside, inside);
	}
	at = stops != 0 ? inside + json_string_place(stops)
			: json_leap(inside + JSON_STRING_STRIDE, scan->end);
	return at < scan->end && *at == '"' ? at + 1 : scan_string_rest(scan, inside, at);
}

static const char *scan_digits(struct scan *scan, const char *at)
{
	const char *first = at;
	while (at < scan->end && json_is_digit(*at)) {
		at++;
	}
	return at > first ? at : refuse(scan, at, "expected a digit");
}

static const char *scan_exponent(struct scan *scan, const char *at)
{
	if (at < scan->end && (*at == '+' || *at == '-')) {
		at++;
	}
	return scan_digits(scan, at);
}

static const char *scan_number(struct scan *scan, const char *at)
{
	const char *first = *at == '-' ? at + 1 : at;
	at = scan_digits(scan, first);
	if (at == NULL) {
		return NULL;
	}
	if (*first == '0' && at - first > 1) {
		return refuse(scan, first, "a number may not start with a zero");
	}
	if (at < scan->end && *at == '.') {
		at = scan_digits(scan, at + 1);
		if (at == NULL) {
			return NULL;
		}
	}
	bool power = at < scan->end && (*at == 'e' || *at == 'E');
	return power ? scan_exponent(scan, at + 1) : at;
}

static const char *scan_literal(struct scan *scan, const char *at, struct span literal)
{
	struct span rest = span_of(at, (size_t)(scan->end - at));
	return span_starts_with(rest, literal) ? at + literal.len
					       : refuse(scan, at, "expected a value");
}

static const char *scan_scalar(struct scan *scan, const char *at)
{
	switch (*at) {
	case '"': return scan_string(scan, at);
	case 't': return scan_literal(scan, at, SPAN("true"));
	case 'f': return scan_literal(scan, at, SPAN("false"));
	case 'n': return scan_literal(scan, at, SPAN("null"));
	default:
		return *at == '-' || json_is_digit(*at) ? scan_number(scan, at)
							: refuse(scan, at, "expected a value");
	}
}

static void note_name(struct scan *scan, struct span name, const char *value)
{
	struct json_members *members = scan->members;
	if (members->count++ < JSON_MEMBERS_MAX) {
		struct json_member *member = &members->items[members->count - 1];
		members->tags[members->count - 1] = scan->names.entries[scan->names.count - 1].tag;
		member->name = name;
		member->escaped = scan->escaped;
		member->value.ptr = json_skip_space(value, scan->end);
	}
}

/* A value ends here; names may have been noted before it. */
static void note_end(struct scan *scan, const char *at)
{
	struct json_members *members = scan->members;
	if (members->count > 0 && members->count <= JSON_MEMBERS_MAX) {
		struct span *value = &members->items[members->count - 1].value;
		value->len = (size_t)(at - value->ptr);
	}
}

/* One name and its colon. */
static const char *scan_name(struct scan *scan, const char *at)
{
	const char *start = json_skip_space(at, scan->end);
	if (start == scan->end || *start != '"') {
		return refuse(scan, start, "expected a name in double quotes");
	}
	at = scan_string(scan, start);
	if (at == NULL) {
		return NULL;
	}
	struct span name = span_of(start, (size_t)(at - start));
	if (!json_names_add(&scan->names, name, scan->escaped)) {
		return refuse(scan, start, "out of memory");
	}
	at = json_skip_space(at, scan->end);
	if (at == scan->end || *at != ':') {
		return refuse(scan, at, "expected ':'");
	}
	if (scan->depth == scan->noted_depth) {
		note_name(scan, name, at + 1);
	}
	return at + 1;
}

/* An opening bracket. An empty container is closed at once, and the depth as before. */
static const char *open_container(struct scan *scan, const char *at)
{
	bool is_object = *at == '{';
	if (scan->depth == JSON_DEPTH_MAX) {
		return refuse(scan, at, "nested too deeply");
	}
	at = json_skip_space(at + 1, scan->end);
	if (at < scan->end && *at == (is_object ? '}' : ']')) {
		return at + 1;
	}
	scan->depth++;
	scan->objects = scan->objects << 1 | is_object;
	if (is_object) {
		json_names_open(&scan->names);
	}
	return at;
}

static const char *close_container(struct scan *scan, const char *at)
{
	size_t offset;
	if (scan->objects & 1) {
		switch (json_names_close(&scan->names, &offset)) {
		case JSON_NAMES_DUPLICATE:
			return refuse(scan, scan->start + offset, "duplicate name");
		case JSON_NAMES_NO_MEMORY: return refuse(scan, at, "out of memory");
		case JSON_NAMES_UNIQUE: break;
		}
	}
	scan->depth--;
	scan->objects >>= 1;
	return at + 1;
}

/* What may stand behind a value: ends of containers, then a comma or the end. */
static const char *scan_behind_value(struct scan *scan, const char *at)
{
	while (scan->depth > 0) {
		if (scan->depth == scan->noted_depth) {
			note_end(scan, at);
		}
		at = json_skip_space(at, scan->end);
		char c = at < scan->end ? *at : '\0';
		bool is_object = scan->objects & 1;
		if (c == ',') {
			return at + 1;
		}
		if (c != (is_object ? '}' : ']')) {
			return refuse(scan, at,
				is_object ? "expected ',' or '}'" : "expected ',' or ']'");
		}
		at = close_container(scan, at);
		if (at == NULL) {
			return NULL;
		}
	}
	return at;
}

/* A value, with its name in an object, as far as the first item of a container. */
static const char *scan_item(struct scan *scan, const char *at)
{
	if (scan->objects & 1) {
		at = scan_name(scan, at);
		if (at == NULL) {
			return NULL;
		}
	}
	at = json_skip_space(at, scan->end);
	if (at == scan->end) {
		return refuse(scan, at, "");
	}
	if (*at == '{' || *at == '[') {
		unsigned depth = scan->depth;
		at = open_container(scan, at);
		if (at == NULL || scan->depth > depth) {
			return at;
		}
	} else {
		at = scan_scalar(scan, at);
		if (at == NULL) {
			return NULL;
		}
	}
	return scan_behind_value(scan, at);
}

static const char *scan_document(struct scan *scan, const char *at)
{
	if (scan->end - at > UINT32_MAX) {
		return refuse(scan, at, "longer than 4 GiB");
	}
	if (scan->end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
		return refuse(scan, at, "starts with a byte order mark");
	}
	do {
		at = scan_item(scan, at);
		if (at == NULL) {
			return NULL;
		}
	} while (scan->depth > 0);
	at = json_skip_space(at, scan->end);
	return at == scan->end ? at : refuse(scan, at, "more text behind the value");
}

static bool check(struct span text, struct json_members *members, struct json_fault *fault)
{
	struct scan scan;
	scan.start = text.len > 0 ? text.ptr : "";
	scan.end = scan.start + text.len;
	scan.depth = 0;
	scan.noted_depth = members != NULL ? 1 : 0;
	scan.objects = 0;
	scan.members = members;
	json_names_init(&scan.names, text);
	bool good = scan_document(&scan, scan.start) != NULL;
	json_names_finish(&scan.names);
	if (!good && fault != NULL) {
		*fault = scan.fault;
	}
	return good;
}

bool json_check(struct span text, struct json_fault *fault)
{
	return check(text, NULL, fault);
}

bool json_check_members(struct span text, struct json_members *members)
{
	members->count = 0;
	return check(text, members, NULL);
}
