/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* First line a pattern, the rest a raw path: what is accepted can be read in one way only. */
#include "base/utf8.h"
#include "mappings/path.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>

static void check_path(const struct path *path)
{
	require(utf8_check(path->text) && memchr(path->text.ptr, 0, path->text.len) == NULL);
	for (unsigned i = 0; i < path->count && i < PATH_SEGMENTS_MAX; i++) {
		struct span segment = path->segments[i];
		require(segment.len == 0 || memchr(segment.ptr, '/', segment.len) == NULL);
		require(segment.len > 0 || i + 1 == path->count);
		require(!span_equal(segment, SPAN(".")) && !span_equal(segment, SPAN("..")));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t len = line != NULL ? (size_t)(line - data) : size;
	struct store store = { 0 };
	struct buffer scratch = { 0 };
	struct path_pattern pattern;
	struct path path;
	struct span captures[MATCH_CAPTURES_MAX];
	struct span raw = span_of((const char *)data + len, size - len);
	bool good = path_pattern_parse(span_of((const char *)data, len), &store, &pattern) == NULL;
	require(!good || path_pattern_covers(&pattern, &pattern));
	if (good && span_present(pattern.literal)) {
		require(path_split(pattern.literal, &scratch, &path) == NULL);
		require(path_pattern_match(&pattern, &path));
		require(span_equal(path.text, pattern.literal));
	}
	if (line != NULL && path_split(span_skip(raw, 1), &scratch, &path) == NULL) {
		check_path(&path);
		if (good && path_pattern_match(&pattern, &path)) {
			path_pattern_capture(&pattern, &path, captures);
			for (unsigned i = 0; i < pattern.capture_count; i++) {
				require(captures[i].ptr >= path.text.ptr &&
					captures[i].ptr + captures[i].len <=
						path.text.ptr + path.text.len);
			}
		}
	}
	buffer_finish(&scratch);
	store_finish(&store);
	return 0;
}
