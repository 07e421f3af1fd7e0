/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The member names of the objects that are open while a text is scanned, for json_check.c: finds a
 * name that occurs twice in one object. Linear in the bytes of the names, also for names chosen to
 * hurt.
 */
#pragma once

#include "base/json.h"
#include "base/span.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Enough for the documents that people send; more goes to the heap. */
#define JSON_NAMES_INLINE 128

struct json_name {
	uint32_t offset; /* of the opening quote in the text */
	uint32_t tag;    /* the same for the same decoded name */
};

/* Visible only to live on json_check.c's stack. */
struct json_names {
	struct span text;
	struct json_name *entries;
	size_t count, capacity;
	uint32_t first[JSON_DEPTH_MAX]; /* where the names of an open object start, by its depth */
	struct json_name inline_entries[JSON_NAMES_INLINE];
};

/* `text` is shorter than 4 GiB. */
static inline void json_names_init(struct json_names *names, struct span text)
{
	names->text = text;
	names->entries = names->inline_entries;
	names->count = 0;
	names->capacity = JSON_NAMES_INLINE;
}

static inline void json_names_finish(struct json_names *names)
{
	if (names->entries != names->inline_entries) {
		free(names->entries);
	}
}

/* The whole of json_names_add(), and what that does when there is no room. */
bool json_names_add_any(struct json_names *names, struct span quoted, bool escaped);

enum json_names_result { JSON_NAMES_UNIQUE, JSON_NAMES_DUPLICATE, JSON_NAMES_NO_MEMORY };
/*
 * Whether the last names, from `first` on, differ, however many there are; `offset` is that of the
 * second of two equal ones.
 */
enum json_names_result json_names_compare(
	const struct json_names *names, size_t first, size_t *offset);

/* Up to here n * n / 2 comparisons of integers are cheaper than a table. */
#define JSON_NAMES_PAIRS_MAX 20

/* The quick answer for a few names whose tags all differ; false: it is not known. */
static inline bool json_names_differ(const struct json_name *first, size_t count)
{
	if (count > JSON_NAMES_PAIRS_MAX) {
		return false;
	}
	for (size_t i = 1; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (first[i].tag == first[j].tag) {
				return false;
			}
		}
	}
	return true;
}

/* An object begins; `depth` counts the containers around it, arrays too. */
static inline void json_names_open(struct json_names *names, unsigned depth)
{
	names->first[depth] = (uint32_t)names->count;
}

/* Ends the innermost object. */
static inline enum json_names_result json_names_close(
	struct json_names *names, unsigned depth, size_t *offset)
{
	size_t first = names->first[depth];
	enum json_names_result result = JSON_NAMES_UNIQUE;
	if (!json_names_differ(&names->entries[first], names->count - first)) {
		result = json_names_compare(names, first, offset);
	}
	names->count = first;
	return result;
}

/* Of a name that is neither quoted nor escaped. */
uint32_t json_names_tag_text(struct span name);

/* The little-endian number of a name's first eight bytes, or of all, and of its last eight. */
static inline uint32_t json_names_tag(uint64_t first, uint64_t last, size_t len)
{
	return (uint32_t)((first + last) * UINT64_C(0x9e3779b97f4a7c15) >> 32) + (uint32_t)len;
}

/* One bit of a tag, to tell names that are not there. */
static inline uint64_t json_names_bit(uint32_t tag)
{
	return (uint64_t)1 << (tag >> 26);
}

/*
 * Adds a name without escapes, `len` bytes behind its opening quote, to the innermost object; the
 * text has 8 bytes there. False: no memory.
 */
static inline bool json_names_add_plain(struct json_names *names, const char *quote, size_t len)
{
	uint64_t first, last = 0;
	if (names->count == names->capacity) {
		return json_names_add_any(names, span_of(quote, len + 2), false);
	}
	memcpy(&first, quote + 1, 8);
	first = le64toh(first);
	if (len >= 8) {
		memcpy(&last, quote + 1 + len - 8, 8);
		last = le64toh(last);
	} else {
		first &= ((uint64_t)1 << 8 * len) - 1;
	}
	struct json_name *name = &names->entries[names->count++];
	name->offset = (uint32_t)(quote - names->text.ptr);
	name->tag = json_names_tag(first, last, len);
	return true;
}

/* Adds any name, quoted; `escaped`: it has a backslash. */
static inline bool json_names_add(struct json_names *names, struct span quoted, bool escaped)
{
	if (escaped || names->text.ptr + names->text.len - quoted.ptr <= 8) {
		return json_names_add_any(names, quoted, escaped);
	}
	return json_names_add_plain(names, quoted.ptr, quoted.len - 2);
}
