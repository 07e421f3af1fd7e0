/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Request paths and the patterns that match them (mappings.md 1). A path is decoded once, segment
 * by segment; "/" is one empty segment, "/a/" is "a" and an empty one. Pure; any thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "mappings/mapping.h"
#include "mappings/store.h"

#include <stdbool.h>
#include <stdint.h>

#define PATH_SEGMENTS_MAX 32

struct path {
	struct span text;                        /* decoded, starts with "/" */
	struct span segments[PATH_SEGMENTS_MAX]; /* the first ones */
	unsigned count;                          /* of all segments */
};

/*
 * Decodes and splits a raw path. NULL, or a constant sentence that tells the client why it is 400.
 * Spans point into `raw`, or into `scratch` when something had to be decoded.
 */
const char *path_split(struct span raw, struct buffer *scratch, struct path *path);

/* The byte that the "%" at `at` and what follows it stand for, or -1. */
int path_escaped_byte(struct span text, size_t at);
/* Appends `text` percent-decoded; with `plus`, "+" is a space. False: a broken escape or "%00". */
bool path_decode(struct span text, bool plus, struct buffer *out);

struct path_segment {
	bool capture;
	struct span text; /* of a literal */
};

struct path_pattern {
	struct path_segment *segments; /* without the rest and an optional slash */
	unsigned count;
	uint32_t captured;  /* segments that are captures, as bits */
	bool rest;          /* ends in "*name" */
	bool slash_ignored; /* ends in "/?" */
	unsigned capture_count;
	struct span literal; /* the only path it matches, where that needs no escape */
	struct span captures[MATCH_CAPTURES_MAX]; /* names; the rest's is the last */
};

/* Compiles a pattern into `store`. NULL, or why it is none (may be in the store). */
const char *path_pattern_parse(struct span text, struct store *store, struct path_pattern *pattern);
/* Every path that `b` matches is matched by `a`. */
bool path_pattern_covers(const struct path_pattern *a, const struct path_pattern *b);
/* Slow half of path_pattern_match: the number of segments fits. */
bool path_pattern_match_segments(const struct path_pattern *pattern, const struct path *path);
/* After a match: the values of pattern->captures. */
void path_pattern_capture(
	const struct path_pattern *pattern, const struct path *path, struct span *captures);

static inline bool path_pattern_match(const struct path_pattern *pattern, const struct path *path)
{
	bool fits = pattern->rest ? path->count >= pattern->count
				  : path->count - pattern->count <= pattern->slash_ignored;
	return fits && path_pattern_match_segments(pattern, path);
}
