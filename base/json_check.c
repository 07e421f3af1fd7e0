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
	unsigned noted_depth; /* whose names and values are noted; 0: nobody's */
	bool escaped;         /* the last name that was looked at closely has a backslash */
	struct json_members *members;
	struct json_fault fault;
	struct json_names names;
};

/* The open containers, apart from the rest so that they stay in registers. */
struct nest {
	unsigned depth;
	uint64_t objects; /* the lowest bit: the innermost container is an object; and so on */
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
	if (scan->end - inside < JSON_STRING_STRIDE) {
		return scan_string_rest(scan, inside, inside);
	}
	uint64_t halts = json_string_halts(inside);
	at = halts != 0 ? inside + json_string_place(halts)
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

/* The name was added last, and its value begins here. */
static void note_name(struct scan *scan, struct span name, bool escaped, const char *value)
{
	struct json_members *members = scan->members;
	unsigned place = members->count++;
	if (place >= JSON_MEMBERS_MAX) {
		members->sieve = UINT64_MAX;
		return;
	}
	uint32_t tag = scan->names.entries[scan->names.count - 1].tag;
	members->tags[place] = tag;
	members->sieve |= json_names_bit(tag);
	members->items[place].name = name;
	members->items[place].escaped = escaped;
	members->items[place].value.ptr = value;
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

/* Any name, its colon, and the white space around them: to the value. */
static __attribute__((noinline)) const char *scan_any_name(
	struct scan *scan, unsigned depth, const char *at)
{
	const char *start = json_skip_space(at, scan->end);
	if (start == scan->end || *start != '"') {
		return refuse(scan, start, "expected a name in double quotes");
	}
	scan->escaped = false;
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
	at = json_skip_space(at + 1, scan->end);
	if (depth == scan->noted_depth) {
		note_name(scan, name, scan->escaped, at);
	}
	return at;
}

/* A string begins here, and the text has a block behind the quote. */
static inline bool has_block(const struct scan *scan, const char *at)
{
	return scan->end - at > JSON_STRING_STRIDE && *at == '"';
}

/*
 * The same. Most names are short plain ASCII and have their colon right behind them: where the text
 * has room for one block, all of that is seen without looking for its end again.
 */
static inline const char *scan_name(struct scan *scan, unsigned depth, const char *at)
{
	if (!has_block(scan, at)) {
		at = json_skip_space(at, scan->end);
		if (!has_block(scan, at)) {
			return scan_any_name(scan, depth, at);
		}
	}
	uint64_t halts = json_string_halts(at + 1);
	size_t len = halts != 0 ? json_string_place(halts) : JSON_STRING_STRIDE;
	if (len > JSON_STRING_STRIDE - 2 || memcmp(at + len + 1, "\":", 2) != 0 ||
		!json_names_add_plain(&scan->names, at, len)) {
		return scan_any_name(scan, depth, at);
	}
	struct span name = span_of(at, len + 2);
	at = json_skip_space(at + len + 3, scan->end);
	if (depth == scan->noted_depth) {
		note_name(scan, name, false, at);
	}
	return at;
}

/* It has something in it. */
static inline void open_container(struct scan *scan, struct nest *nest, bool is_object)
{
	nest->objects <<= 1;
	if (is_object) {
		nest->objects |= 1;
		json_names_open(&scan->names, nest->depth);
	}
	nest->depth++;
}

static inline const char *close_container(struct scan *scan, struct nest *nest, const char *at)
{
	size_t offset;
	nest->depth--;
	if (nest->objects & 1) {
		switch (json_names_close(&scan->names, nest->depth, &offset)) {
		case JSON_NAMES_DUPLICATE:
			return refuse(scan, scan->start + offset, "duplicate name");
		case JSON_NAMES_NO_MEMORY: return refuse(scan, at, "out of memory");
		case JSON_NAMES_UNIQUE: break;
		}
	}
	nest->objects >>= 1;
	return at + 1;
}

/* What may stand behind a value: ends of containers, then a comma or the end. */
static inline const char *scan_behind_value(struct scan *scan, struct nest *nest, const char *at)
{
	while (nest->depth > 0) {
		if (nest->depth == scan->noted_depth) {
			note_end(scan, at);
		}
		at = json_skip_space(at, scan->end);
		char c = at < scan->end ? *at : '\0';
		if (c == ',') {
			return at + 1;
		}
		bool is_object = nest->objects & 1;
		if (c != (is_object ? '}' : ']')) {
			return refuse(scan, at,
				is_object ? "expected ',' or '}'" : "expected ',' or ']'");
		}
		at = close_container(scan, nest, at);
		if (at == NULL) {
			return NULL;
		}
	}
	return at;
}

/* A value, with its name in an object, as far as the first item of a container. */
static inline const char *scan_item(struct scan *scan, struct nest *nest, const char *at)
{
	at = nest->objects & 1 ? scan_name(scan, nest->depth, at) : json_skip_space(at, scan->end);
	if (at == NULL) {
		return NULL;
	}
	if (at == scan->end) {
		return refuse(scan, at, "");
	}
	if (*at == '{' || *at == '[') {
		char closing = (char)(*at + 2); /* in ASCII, of both */
		if (nest->depth == JSON_DEPTH_MAX) {
			return refuse(scan, at, "nested too deeply");
		}
		at = json_skip_space(at + 1, scan->end);
		if (at == scan->end || *at != closing) {
			open_container(scan, nest, closing == '}');
			return at;
		}
		at++;
	} else {
		at = scan_scalar(scan, at);
		if (at == NULL) {
			return NULL;
		}
	}
	return scan_behind_value(scan, nest, at);
}

static const char *scan_document(struct scan *scan, const char *at)
{
	if (scan->end - at > UINT32_MAX) {
		return refuse(scan, at, "longer than 4 GiB");
	}
	if (scan->end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
		return refuse(scan, at, "starts with a byte order mark");
	}
	struct nest nest = { 0 };
	do {
		at = scan_item(scan, &nest, at);
		if (at == NULL) {
			return NULL;
		}
	} while (nest.depth > 0);
	at = json_skip_space(at, scan->end);
	return at == scan->end ? at : refuse(scan, at, "more text behind the value");
}

static bool check(struct span text, struct json_members *members, struct json_fault *fault)
{
	struct scan scan;
	scan.start = text.len > 0 ? text.ptr : "";
	scan.end = scan.start + text.len;
	scan.noted_depth = members != NULL ? 1 : 0;
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
	members->sieve = 0;
	return check(text, members, NULL);
}
