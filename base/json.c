/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Two halves. The checker is a loop over values with one bit per open container instead of
 * recursion, so the depth of a hostile text costs nothing. What it accepts, the walkers (cursors,
 * pointers) read again without any doubt: they look for the ends of things and nothing else, which
 * is cheaper than a tree and allocates nothing.
 *
 *     json.c         structure: objects, arrays, numbers, literals
 *     json_string.c  the inside of strings
 *     json_names.c   duplicate names
 */
#include "base/json.h"

#include "base/json_names.h"
#include "base/json_string.h"
#include "base/utf8.h"

struct scan {
	const char *at, *end;
	struct json_fault fault;
	const char *start;
	unsigned depth;
	bool escaped;     /* the last string had a backslash */
	uint64_t objects; /* bit d - 1: the container at depth d is an object */
	struct json_names names;
	struct json_members *members; /* to be noted; NULL: none */
};

static bool refuse(struct scan *scan, const char *at, const char *reason)
{
	scan->fault.offset = (size_t)(at - scan->start);
	scan->fault.reason = at == scan->end ? "unexpected end" : reason;
	return false;
}

static inline bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline const char *skip_space(const char *at, const char *end)
{
	/* Mostly there is none. */
	if (at<end && * at> ' ') {
		return at;
	}
	while (at < end && is_space(*at)) {
		at++;
	}
	return at;
}

static bool scan_escape(struct scan *scan)
{
	const char *at = scan->at;
	const char *end = scan->end;
	if (end - at < 2) {
		return refuse(scan, end, "");
	}
	if (at[1] != 'u') {
		scan->at += 2;
		return (at[1] != '\0' && strchr("\"\\/bfnrt", at[1]) != NULL) ||
		       refuse(scan, at, "unknown escape in a string");
	}
	int code = end - at >= 6 ? json_string_hex4(at + 2) : -1;
	if (code < 0) {
		return refuse(scan, at, "\\u needs four hexadecimal digits");
	}
	scan->at += 6;
	if (code < 0xd800 || code > 0xdfff) {
		return true;
	}
	int low = end - at >= 12 && at[6] == '\\' && at[7] == 'u' ? json_string_hex4(at + 8) : -1;
	scan->at += 6;
	return (code <= 0xdbff && low >= 0xdc00 && low <= 0xdfff) ||
	       refuse(scan, at, "half a surrogate pair in a string");
}

static bool scan_string(struct scan *scan)
{
	const char *inside = scan->at + 1;
	uint64_t wide = 0;
	scan->at = inside;
	scan->escaped = false;
	for (;;) {
		scan->at = json_string_run(scan->at, scan->end, &wide);
		if (scan->at == scan->end) {
			return refuse(scan, scan->at, "");
		}
		if (*scan->at == '"') {
			break;
		}
		if (*scan->at != '\\') {
			return refuse(scan, scan->at, "raw control character in a string");
		}
		scan->escaped = true;
		if (!scan_escape(scan)) {
			return false;
		}
	}
	if (wide != 0 && !utf8_check(span_of(inside, (size_t)(scan->at - inside)))) {
		return refuse(scan, inside, "this string is not UTF-8");
	}
	scan->at++;
	return true;
}

static bool scan_digits(struct scan *scan)
{
	const char *at = scan->at;
	while (at < scan->end && is_digit(*at)) {
		at++;
	}
	if (at == scan->at) {
		return refuse(scan, at, "expected a digit");
	}
	scan->at = at;
	return true;
}

static bool scan_number(struct scan *scan)
{
	if (*scan->at == '-') {
		scan->at++;
	}
	const char *first = scan->at;
	if (!scan_digits(scan)) {
		return false;
	}
	if (*first == '0' && scan->at - first > 1) {
		return refuse(scan, first, "a number may not start with a zero");
	}
	if (scan->at < scan->end && *scan->at == '.') {
		scan->at++;
		if (!scan_digits(scan)) {
			return false;
		}
	}
	if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E')) {
		scan->at++;
		if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-')) {
			scan->at++;
		}
		return scan_digits(scan);
	}
	return true;
}

static bool scan_literal(struct scan *scan, struct span literal)
{
	struct span rest = span_of(scan->at, (size_t)(scan->end - scan->at));
	if (!span_starts_with(rest, literal)) {
		return refuse(scan, scan->at, "expected a value");
	}
	scan->at += literal.len;
	return true;
}

static void note_name(struct scan *scan, struct span name)
{
	struct json_members *members = scan->members;
	if (members->count++ < JSON_MEMBERS_MAX) {
		members->items[members->count - 1].name = name;
		members->items[members->count - 1].value.ptr = skip_space(scan->at, scan->end);
	}
}

/* A value ends here; names may have been noted before it. */
static void note_end(struct scan *scan)
{
	struct json_members *members = scan->members;
	if (members->count > 0 && members->count <= JSON_MEMBERS_MAX) {
		struct span *value = &members->items[members->count - 1].value;
		value->len = (size_t)(scan->at - value->ptr);
	}
}

/* One name and its colon. */
static bool scan_name(struct scan *scan)
{
	scan->at = skip_space(scan->at, scan->end);
	const char *start = scan->at;
	if (start == scan->end || *start != '"') {
		return refuse(scan, start, "expected a name in double quotes");
	}
	if (!scan_string(scan)) {
		return false;
	}
	struct span name = span_of(start, (size_t)(scan->at - start));
	if (!json_names_add(&scan->names, name, scan->escaped)) {
		return refuse(scan, start, "out of memory");
	}
	scan->at = skip_space(scan->at, scan->end);
	if (scan->at == scan->end || *scan->at != ':') {
		return refuse(scan, scan->at, "expected ':'");
	}
	scan->at++;
	if (scan->members != NULL && scan->depth == 1) {
		note_name(scan, name);
	}
	return true;
}

static inline bool in_object(const struct scan *scan)
{
	return scan->objects >> (scan->depth - 1) & 1;
}

/* An opening bracket. An empty container is closed at once, then `opened` stays false. */
static bool open_container(struct scan *scan, bool *opened)
{
	bool is_object = *scan->at == '{';
	if (scan->depth == JSON_DEPTH_MAX) {
		return refuse(scan, scan->at, "nested too deeply");
	}
	scan->at = skip_space(scan->at + 1, scan->end);
	if (scan->at < scan->end && *scan->at == (is_object ? '}' : ']')) {
		scan->at++;
		return true;
	}
	*opened = true;
	uint64_t bit = (uint64_t)1 << scan->depth++;
	if (!is_object) {
		scan->objects &= ~bit;
		return true;
	}
	scan->objects |= bit;
	json_names_open(&scan->names);
	return scan_name(scan);
}

static bool close_container(struct scan *scan)
{
	size_t offset;
	if (in_object(scan)) {
		switch (json_names_close(&scan->names, &offset)) {
		case JSON_NAMES_DUPLICATE:
			return refuse(scan, scan->start + offset, "duplicate name");
		case JSON_NAMES_NO_MEMORY: return refuse(scan, scan->at, "out of memory");
		case JSON_NAMES_UNIQUE: break;
		}
	}
	scan->depth--;
	scan->at++;
	return true;
}

/* What may stand behind a value: ends of containers, then a comma (and a name) or the end. */
static bool scan_behind_value(struct scan *scan)
{
	while (scan->depth > 0) {
		if (scan->members != NULL && scan->depth == 1) {
			note_end(scan);
		}
		scan->at = skip_space(scan->at, scan->end);
		char c = scan->at < scan->end ? *scan->at : '\0';
		bool is_object = in_object(scan);
		if (c == ',') {
			scan->at++;
			return !is_object || scan_name(scan);
		}
		if (c != (is_object ? '}' : ']')) {
			return refuse(scan, scan->at,
				is_object ? "expected ',' or '}'" : "expected ',' or ']'");
		}
		if (!close_container(scan)) {
			return false;
		}
	}
	return true;
}

static bool scan_value(struct scan *scan, bool *opened)
{
	scan->at = skip_space(scan->at, scan->end);
	*opened = false;
	if (scan->at == scan->end) {
		return refuse(scan, scan->at, "");
	}
	switch (*scan->at) {
	case '"': return scan_string(scan);
	case '{':
	case '[': return open_container(scan, opened);
	case 't': return scan_literal(scan, SPAN("true"));
	case 'f': return scan_literal(scan, SPAN("false"));
	case 'n': return scan_literal(scan, SPAN("null"));
	default:
		if (*scan->at == '-' || is_digit(*scan->at)) {
			return scan_number(scan);
		}
		return refuse(scan, scan->at, "expected a value");
	}
}

static bool scan_document(struct scan *scan)
{
	if (scan->end - scan->at > UINT32_MAX) {
		return refuse(scan, scan->at, "longer than 4 GiB");
	}
	if (scan->end - scan->at >= 3 && memcmp(scan->at, "\xef\xbb\xbf", 3) == 0) {
		return refuse(scan, scan->at, "starts with a byte order mark");
	}
	do {
		bool opened;
		if (!scan_value(scan, &opened)) {
			return false;
		}
		if (!opened && !scan_behind_value(scan)) {
			return false;
		}
	} while (scan->depth > 0);
	scan->at = skip_space(scan->at, scan->end);
	return scan->at == scan->end || refuse(scan, scan->at, "more text behind the value");
}

static bool check(struct span text, struct json_members *members, struct json_fault *fault)
{
	struct scan scan;
	scan.members = members;
	scan.start = scan.at = text.len > 0 ? text.ptr : "";
	scan.end = scan.start + text.len;
	scan.depth = 0;
	scan.objects = 0;
	json_names_init(&scan.names, text);
	bool good = scan_document(&scan);
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

struct span json_value(struct span text)
{
	const char *end = text.ptr + text.len;
	const char *at = skip_space(text.ptr, end);
	while (end > at && is_space(end[-1])) {
		end--;
	}
	return span_of(at, (size_t)(end - at));
}

enum json_type json_type_of(struct span value)
{
	switch (value.ptr[0]) {
	case 'n': return JSON_NULL;
	case 'f': return JSON_FALSE;
	case 't': return JSON_TRUE;
	case '"': return JSON_STRING;
	case '[': return JSON_ARRAY;
	case '{': return JSON_OBJECT;
	default: return JSON_NUMBER;
	}
}

static const char *string_end(const char *at, const char *end)
{
	uint64_t wide = 0;
	at++;
	while ((at = json_string_run(at, end, &wide)) < end && *at == '\\') {
		at += 2;
	}
	return at + 1;
}

static const char *container_end(const char *at, const char *end)
{
	unsigned depth = 0;
	while (at < end) {
		char c = *at;
		if (c == '"') {
			at = string_end(at, end);
			continue;
		}
		at++;
		if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && --depth == 0) {
			break;
		}
	}
	return at;
}

static struct span take_value(struct json_cursor *cursor)
{
	const char *start = skip_space(cursor->at, cursor->end);
	const char *at = start;
	if (*at == '"') {
		at = string_end(at, cursor->end);
	} else if (*at == '{' || *at == '[') {
		at = container_end(at, cursor->end);
	} else {
		while (at < cursor->end && *at != ',' && !is_space(*at)) {
			at++;
		}
	}
	cursor->at = at;
	return span_of(start, (size_t)(at - start));
}

struct json_cursor json_open(struct span container)
{
	return (struct json_cursor){ container.ptr + 1, container.ptr + container.len - 1 };
}

/* To the next item, over white space and the comma; false at the end. */
static bool advance(struct json_cursor *cursor)
{
	cursor->at = skip_space(cursor->at, cursor->end);
	if (cursor->at < cursor->end && *cursor->at == ',') {
		cursor->at = skip_space(cursor->at + 1, cursor->end);
	}
	return cursor->at < cursor->end;
}

bool json_next_member(struct json_cursor *cursor, struct span *name, struct span *value)
{
	if (!advance(cursor)) {
		return false;
	}
	*name = take_value(cursor);
	cursor->at = skip_space(cursor->at, cursor->end) + 1;
	*value = take_value(cursor);
	return true;
}

bool json_next_element(struct json_cursor *cursor, struct span *value)
{
	if (!advance(cursor)) {
		return false;
	}
	*value = take_value(cursor);
	return true;
}

bool json_pointer_check(struct span pointer)
{
	if (pointer.len > 0 && pointer.ptr[0] != '/') {
		return false;
	}
	for (size_t i = 0; i < pointer.len; i++) {
		if (pointer.ptr[i] == '~' &&
			(i + 1 == pointer.len || (pointer.ptr[i + 1] | 1) != '1')) {
			return false;
		}
	}
	return true;
}

/* Whether a quoted name is what a pointer's token, with its ~0 and ~1, says. */
static bool token_equal(struct span quoted, struct span token)
{
	if (token.len == 0 || memchr(token.ptr, '~', token.len) == NULL) {
		return json_string_equal(quoted, token);
	}
	const char *at = quoted.ptr + 1;
	const char *end = quoted.ptr + quoted.len - 1;
	while (at < end) {
		char utf8[4];
		size_t len = json_string_character(&at, utf8);
		if (utf8[0] == '~' || utf8[0] == '/') {
			struct span escaped = utf8[0] == '~' ? SPAN("~0") : SPAN("~1");
			if (!span_starts_with(token, escaped)) {
				return false;
			}
			token = span_skip(token, 2);
		} else {
			if (!span_starts_with(token, span_of(utf8, len))) {
				return false;
			}
			token = span_skip(token, len);
		}
	}
	return token.len == 0;
}

static bool find_member(struct span object, struct span token, struct span *found)
{
	struct json_cursor cursor = json_open(object);
	struct span name;
	while (json_next_member(&cursor, &name, found)) {
		if (token_equal(name, token)) {
			return true;
		}
	}
	return false;
}

static bool find_element(struct span array, struct span token, struct span *found)
{
	/* No text has 10^18 elements, so longer indexes lead nowhere and never overflow. */
	if (token.len == 0 || token.len > 18 || (token.ptr[0] == '0' && token.len > 1)) {
		return false;
	}
	uint64_t index = 0;
	for (size_t i = 0; i < token.len; i++) {
		if (!is_digit(token.ptr[i])) {
			return false;
		}
		index = index * 10 + (uint64_t)(token.ptr[i] - '0');
	}
	struct json_cursor cursor = json_open(array);
	while (json_next_element(&cursor, found)) {
		if (index-- == 0) {
			return true;
		}
	}
	return false;
}

bool json_pointer(struct span value, struct span pointer, struct span *found)
{
	value = json_value(value);
	while (pointer.len > 0) {
		struct span token = span_skip(pointer, 1);
		const char *slash = token.len > 0 ? memchr(token.ptr, '/', token.len) : NULL;
		if (slash != NULL) {
			token.len = (size_t)(slash - token.ptr);
		}
		pointer = span_skip(pointer, token.len + 1);
		enum json_type type = json_type_of(value);
		bool good = type == JSON_OBJECT  ? find_member(value, token, &value)
			    : type == JSON_ARRAY ? find_element(value, token, &value)
						 : false;
		if (!good) {
			return false;
		}
	}
	*found = value;
	return true;
}
