/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The walkers: what the checker accepted, cursors and pointers read again without any doubt. They
 * look for the ends of things and nothing else, which is cheaper than a tree and allocates nothing.
 */
#include "base/json.h"

#include "base/json_character.h"
#include "base/json_names.h"
#include "base/json_string.h"

struct span json_value(struct span text)
{
	const char *end = text.ptr + text.len;
	const char *at = json_skip_space(text.ptr, end);
	while (end > at && json_is_space(end[-1])) {
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
	const char *start = json_skip_space(cursor->at, cursor->end);
	const char *at = start;
	if (*at == '"') {
		at = string_end(at, cursor->end);
	} else if (*at == '{' || *at == '[') {
		at = container_end(at, cursor->end);
	} else {
		while (at < cursor->end && *at != ',' && !json_is_space(*at)) {
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
	cursor->at = json_skip_space(cursor->at, cursor->end);
	if (cursor->at < cursor->end && *cursor->at == ',') {
		cursor->at = json_skip_space(cursor->at + 1, cursor->end);
	}
	return cursor->at < cursor->end;
}

bool json_next_member(struct json_cursor *cursor, struct span *name, struct span *value)
{
	if (!advance(cursor)) {
		return false;
	}
	*name = take_value(cursor);
	cursor->at = json_skip_space(cursor->at, cursor->end) + 1;
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

struct json_key json_key(struct span name)
{
	uint32_t tag = json_names_tag_text(name);
	return (struct json_key){ name, tag, json_names_bit(tag) };
}

bool json_member_is(const struct json_member *member, struct span name)
{
	if (member->escaped) {
		return json_string_equal(member->name, name);
	}
	return span_equal(span_of(member->name.ptr + 1, member->name.len - 2), name);
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
		if (!json_is_digit(token.ptr[i])) {
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
