/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A strict JSON scanner (RFC 8259, I-JSON's ban on duplicate names) that reads spans of the
 * original text and never re-prints a value. json_check() decides whether a text is JSON; every
 * other function here requires a text, or a value inside one, that json_check() accepted, and then
 * cannot fail for reasons of syntax. Time is linear in the text, stack use is constant. Any thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 64

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* Where and why a text is not acceptable; `reason` is a constant phrase. */
struct json_fault {
	size_t offset;
	const char *reason;
};

/*
 * True when the whole text is one JSON value: UTF-8, no BOM, no duplicate names in one object
 * (names compared after decoding), no lone surrogate, no raw control character, no nesting deeper
 * than JSON_DEPTH_MAX, nothing behind it but white space. `fault` may be NULL.
 */
bool json_check(struct span text, struct json_fault *fault);

/* The members of the object that a text is. */
#define JSON_MEMBERS_MAX 8

struct json_member {
	struct span name; /* quoted source text */
	struct span value;
	bool escaped; /* the name has a backslash */
};

struct json_members {
	unsigned count; /* beyond JSON_MEMBERS_MAX: only the first ones are here */
	uint64_t sieve; /* the bits of their tags; all where not every member is here */
	uint32_t tags[JSON_MEMBERS_MAX];
	struct json_member items[JSON_MEMBERS_MAX];
};

/* A name to be found among members: those that are the same have the same tag. */
struct json_key {
	struct span name;
	uint32_t tag;
	uint64_t bit; /* of its tag */
};

/* The same, and notes the members of the object on the way; none where it is no object. */
bool json_check_members(struct span text, struct json_members *members);
/* The key for a name that is not quoted, nor escaped in any way. */
struct json_key json_key(struct span name);
/* It has that name. */
bool json_member_is(const struct json_member *member, struct span name);

/* The quick question before: false when there is none, seldom true then. */
static inline bool json_members_may_have(
	const struct json_members *members, const struct json_key *key)
{
	return (members->sieve & key->bit) != 0;
}

/*
 * The first member with the key's tag, `count` being at most JSON_MEMBERS_MAX. NULL: there is none
 * of that name. It may be of another, as json_member_is() tells; then only a walk finds out more.
 */
static inline const struct json_member *json_members_find(
	const struct json_members *members, const struct json_key *key)
{
	for (unsigned i = 0; i < members->count; i++) {
		if (members->tags[i] == key->tag) {
			return &members->items[i];
		}
	}
	return NULL;
}

/* The value inside `text` without the white space around it. */
struct span json_value(struct span text);
enum json_type json_type_of(struct span value);

/* RFC 6901. False when the pointer leads nowhere; `pointer` has been checked by json_pointer_check.
 */
bool json_pointer(struct span value, struct span pointer, struct span *found);
bool json_pointer_check(struct span pointer);

/* Walks the members of an object or the elements of an array in their order. */
struct json_cursor {
	const char *at;
	const char *end;
};
struct json_cursor json_open(struct span container);
/* `name` is the quoted source text; json_string_equal compares it. False at the end. */
bool json_next_member(struct json_cursor *cursor, struct span *name, struct span *value);
bool json_next_element(struct json_cursor *cursor, struct span *value);

/* Appends the decoded UTF-8 of a quoted string. "\u0000" gives a NUL byte: callers check. */
void json_string_decode(struct span quoted, struct buffer *out);
bool json_string_equal(struct span quoted, struct span text);
/*
 * The decoded text of a quoted string: a span of the source where nothing is escaped, else appended
 * to `scratch` (which may move: use spans of it only after the last append, or reserve before).
 */
struct span json_string_text(struct span quoted, struct buffer *scratch);

/* Appends `text` as a JSON string with its quotes, or only its escaped inside. False: it is not
 * UTF-8, and `out` as before. */
bool json_append_string(struct buffer *out, struct span text);
bool json_append_escaped(struct buffer *out, struct span text);
