/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * `files` of a mapping, without a file system: which file a request names, and what its answer says
 * besides its content. Opening and sending is the gateway's. Pure; any thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "mappings/answer.h"
#include "mappings/mapping.h"
#include "mappings/request.h"

#include <stdbool.h>
#include <stdint.h>

/* Path of the folder, with a NUL behind it. */
struct span files_root(const struct mapping *mapping);
/*
 * Appends the name below the root that the request means, and a NUL. False: there can be no such
 * file. An empty name is the root itself.
 */
bool files_name(const struct match *match, struct buffer *out);
/* The request names a folder without the slash behind it: appends the address that has it. */
void files_append_address(
	const struct request *request, const struct match *match, struct buffer *out);

/* What was found. */
struct files_facts {
	uint64_t size;
	int64_t modified_ns; /* since 1970 */
	int64_t now_ms;      /* likewise */
};

struct files_part {
	uint64_t offset;
	uint64_t len;
};

struct files_input {
	const struct request *request;
	const struct mapping *mapping;
	const struct files_facts *facts;
	struct buffer *text; /* emptied; what has to be made stands there */
};

/* The answer of `files`: all of it but its content, which is `part` of the file called `name`. */
void files_begin(struct span name, struct answer *answer);
/*
 * Adds what is known of a file to an answer: validators, and whether the client needs all of it, a
 * part or nothing. Headers that are there already stay. False and a refusal: 412 or 416.
 */
bool files_finish(const struct files_input *input, struct answer *answer, struct files_part *part,
	struct refusal *refusal);
