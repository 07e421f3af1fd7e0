/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Frames in random pieces must give the same events as whole. */
#include "gateway/websocket_reader.h"

#include "base/buffer.h"
#include "base/utf8.h"
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void note(struct buffer *log, enum websocket_event event, const struct websocket_item *item)
{
	if (event != WEBSOCKET_EVENT_MORE) {
		uint32_t facts[] = { event, item->binary, item->compressed, item->code };
		buffer_append(log, facts, sizeof(facts));
		buffer_append_span(log, item->payload);
		require(event != WEBSOCKET_EVENT_MESSAGE || item->binary || item->compressed ||
			utf8_check(item->payload));
	}
}

static void read_all(const uint8_t *data, size_t size, size_t step, struct buffer *log)
{
	static const struct websocket_limits limits = {
		.message = 400, .compressed = 450, .fragments = 8
	};
	struct websocket_reader reader = { .rsv_allowed = size % 2 != 0 ? WEBSOCKET_RSV1 : 0 };
	for (size_t start = 0; start < size; start += step) {
		size_t len = size - start < step ? size - start : step;
		char *piece = malloc(len);
		memcpy(piece, data + start, len);
		struct websocket_input input = { piece, len };
		while (input.len > 0) {
			struct websocket_item item;
			size_t before = input.len;
			enum websocket_event event =
				websocket_reader_next(&reader, &limits, &input, &item);
			require(input.len < before && input.at + input.len == piece + len);
			note(log, event, &item);
		}
		free(piece);
		websocket_reader_release(&reader);
	}
	websocket_reader_finish(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer whole = { 0 };
	struct buffer cut = { 0 };
	read_all(data, size, size + 1, &whole);
	size_t steps[] = { 1, 2 + size % 7, 1 + size / 2 };
	for (size_t i = 0; i < 3; i++) {
		buffer_clear(&cut);
		read_all(data, size, steps[i], &cut);
		require(span_equal(buffer_span(&whole), buffer_span(&cut)));
	}
	buffer_finish(&whole);
	buffer_finish(&cut);
	return 0;
}
