/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * How several replies to one call look in the body of one HTTP answer: an element of a JSON array,
 * a line of newline-delimited JSON, or an event of text/event-stream (HTML standard, section
 * "Server-sent events"). Each part becomes one JSON value: JSON as it came, other text a string,
 * other bytes a string of base64. Pure; any thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "mappings/request.h"

#include <stdbool.h>
#include <stdint.h>

enum part_format { PART_FORMAT_ARRAY, PART_FORMAT_NDJSON, PART_FORMAT_SSE };

/* The one a client likes best by its Accept: of those it gives the same weight, one it names before
 * one that a star lets in, then the first above. The first, too, where it takes none of them. */
enum part_format part_format_choose(const struct request_header *headers, unsigned count);

struct part {
	struct span body;
	struct span content_type; /* absent: none was given */
	bool is_json;             /* known to be strict JSON */
};

struct span part_format_content_type(enum part_format format);
/* Appends the part whose number, from 0, is `position`. */
void part_format_append(
	enum part_format format, uint32_t position, const struct part *part, struct buffer *out);
/* The value alone. */
void part_format_append_value(const struct part *part, struct buffer *out);
/* Appends what stands behind the last of `count` parts. */
void part_format_append_end(enum part_format format, uint32_t count, struct buffer *out);
/* Appends an error, `json`, behind at least one part. False: the format cannot say it. */
bool part_format_append_error(enum part_format format, struct span json, struct buffer *out);
