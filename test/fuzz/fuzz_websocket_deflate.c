/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Whatever a client sends stays within the limit, and what could be inflated can be sent back. The
 * first byte chooses the window; the rest are two messages of one context, cut where it says. */
#include "gateway/websocket_deflate.h"
#include "gateway/websocket_inflate.h"
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 70000 };

static void send_back(struct span message)
{
	struct websocket_deflate *writer = websocket_deflate_create(9);
	struct websocket_inflate *reader = websocket_inflate_create(9);
	struct buffer packed = { 0 }, again = { 0 };
	require(websocket_deflate_message(writer, message, &packed));
	require(websocket_inflate_message(reader, buffer_span(&packed), message.len, &again) ==
		WEBSOCKET_INFLATED);
	require(span_equal(buffer_span(&again), message));
	buffer_finish(&packed);
	buffer_finish(&again);
	websocket_deflate_destroy(writer);
	websocket_inflate_destroy(reader);
}

static bool receive(struct websocket_inflate *reader, const uint8_t *data, size_t size)
{
	struct buffer out = { 0 };
	char *copy = malloc(size + (size == 0));
	memcpy(copy, data, size);
	enum websocket_inflate_result result =
		websocket_inflate_message(reader, span_of(copy, size), LIMIT, &out);
	free(copy);
	require(out.len <= LIMIT + 1 &&
		(result == WEBSOCKET_INFLATE_TOO_BIG) == (out.len == LIMIT + 1));
	if (result == WEBSOCKET_INFLATED && out.len > 0) {
		send_back(buffer_span(&out));
	}
	buffer_finish(&out);
	return result == WEBSOCKET_INFLATED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2) {
		return 0;
	}
	struct websocket_inflate *reader = websocket_inflate_create(8 + data[0] % 8);
	size_t cut = data[1] % (size - 1); /* 0 to size - 2 */
	if (receive(reader, data + 2, cut)) {
		receive(reader, data + 2 + cut, size - 2 - cut);
	}
	websocket_inflate_destroy(reader);
	return 0;
}
