/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* A chunked body in random pieces must come out as it does whole. */
#include "gateway/http1_chunked.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http1_result decode(
	const uint8_t *data, size_t size, size_t step, struct buffer *body, size_t *total)
{
	struct http1_chunked chunked = { 0 };
	enum http1_result result = HTTP1_MORE;
	for (*total = 0; *total < size && result == HTTP1_MORE;) {
		size_t len = size - *total < step ? size - *total : step;
		char *copy = malloc(len);
		memcpy(copy, data + *total, len);
		struct span run;
		size_t used;
		result = http1_chunked_next(&chunked, copy, len, &used, &run);
		if (used == 0 || used > len || run.len > used) {
			abort();
		}
		buffer_append_span(body, result == HTTP1_ERROR ? SPAN("") : run);
		*total += used;
		free(copy);
	}
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer whole = { 0 };
	struct buffer cut = { 0 };
	size_t used, used_cut;
	enum http1_result result = decode(data, size, size, &whole, &used);
	for (size_t step = 1; step < 9; step += 3) {
		buffer_clear(&cut);
		if (decode(data, size, step, &cut, &used_cut) != result || used_cut != used ||
			!span_equal(buffer_span(&whole), buffer_span(&cut))) {
			abort();
		}
	}
	buffer_finish(&whole);
	buffer_finish(&cut);
	return 0;
}
