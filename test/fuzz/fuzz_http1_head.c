/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* A request head in random pieces must come out as it does whole, and stay inside its input. */
#include "gateway/http1_parser.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http1_result parse(struct http1_head *head, const char *text, size_t len, size_t step)
{
	struct http1_limits limits = { 8192, 8192, 32768, 100 };
	if (len % 2 == 1) {
		limits = (struct http1_limits){ 60, 40, 200, 8 };
	}
	enum http1_result result = HTTP1_MORE;
	http1_head_init(head);
	for (size_t end = step; result == HTTP1_MORE; end += step) {
		size_t piece = end < len ? end : len;
		char *copy = malloc(piece + (piece == 0));
		memcpy(copy, text, piece);
		result = http1_head_parse(head, copy, piece, &limits);
		free(copy);
		if (piece == len) {
			break;
		}
	}
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http1_head whole, cut;
	char *text = malloc(size + 4);
	memcpy(text, data, size);
	memcpy(text + size, "\r\n\r\n", 4); /* a last line without its end may be judged later */
	enum http1_result result = parse(&whole, text, size + 4, size + 4);
	size_t steps[] = { 1, 1 + size % 7, 1 + size / 2 };
	for (size_t i = 0; i < 3; i++) {
		if (parse(&cut, text, size + 4, steps[i]) != result || cut.status != whole.status ||
			(result == HTTP1_DONE &&
				(cut.size != whole.size || cut.header_count != whole.header_count ||
					memcmp(cut.fields, whole.fields, sizeof(cut.fields)) !=
						0))) {
			abort();
		}
	}
	if (result == HTTP1_DONE && (whole.size > size + 4 || whole.path.len == 0 ||
					    (whole.chunked && whole.content_length >= 0))) {
		abort();
	}
	free(text);
	return 0;
}
