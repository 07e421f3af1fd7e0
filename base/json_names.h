/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The member names of the objects that are open while a text is scanned, for json.c: finds a name
 * that occurs twice in one object. Linear in the bytes of the names, also for names chosen to hurt.
 */
#pragma once

#include "base/json.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* Enough for the documents that people send; more goes to the heap. */
#define JSON_NAMES_INLINE 128

struct json_name {
	uint32_t offset; /* of the opening quote in the text */
	uint32_t hash;   /* of the decoded name */
};

/* Visible only to live on json.c's stack. */
struct json_names {
	struct span text;
	uint64_t seed, factor; /* 0: not drawn yet */
	struct json_name *entries;
	size_t count, capacity;
	unsigned depth;
	uint32_t first[JSON_DEPTH_MAX]; /* where each open object's names start */
	struct json_name inline_entries[JSON_NAMES_INLINE];
};

/* `text` is shorter than 4 GiB. */
void json_names_init(struct json_names *names, struct span text);
void json_names_finish(struct json_names *names);
void json_names_open(struct json_names *names);
/* Adds a name, quoted, to the innermost object; `escaped`: it has a backslash. False: no memory. */
bool json_names_add(struct json_names *names, struct span quoted, bool escaped);

enum json_names_result { JSON_NAMES_UNIQUE, JSON_NAMES_DUPLICATE, JSON_NAMES_NO_MEMORY };
/* Ends the innermost object; `offset` is that of the second of two equal names. */
enum json_names_result json_names_close(struct json_names *names, size_t *offset);
