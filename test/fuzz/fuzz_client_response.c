/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The first byte cuts the rest into pieces; however it is cut, the answer must read the same. */
#include "gateway/client_response.h"

#include <stdlib.h>

static enum client_response_event read_answer(struct span wire, size_t size, struct buffer *body)
{
	struct client_response response = { 0 };
	enum client_response_event event = CLIENT_RESPONSE_MORE;
	while (wire.len > 0 && event == CLIENT_RESPONSE_MORE) {
		struct span piece = span_of(wire.ptr, wire.len < size ? wire.len : size), part;
		wire = span_skip(wire, piece.len);
		do {
			event = client_response_next(&response, &piece, &part);
			if (event == CLIENT_RESPONSE_BODY) {
				buffer_append_span(body, part);
			}
		} while (event == CLIENT_RESPONSE_BODY || event == CLIENT_RESPONSE_HEAD);
	}
	event = event == CLIENT_RESPONSE_MORE ? client_response_close(&response) : event;
	client_response_finish(&response);
	return event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer whole = { 0 }, pieces = { 0 };
	if (size < 2) {
		return 0;
	}
	struct span wire = span_of((const char *)data + 1, size - 1);
	enum client_response_event at_once = read_answer(wire, wire.len, &whole);
	if (read_answer(wire, data[0] % 64 + 1u, &pieces) != at_once ||
		!span_equal(buffer_span(&whole), buffer_span(&pieces))) {
		abort();
	}
	buffer_finish(&whole);
	buffer_finish(&pieces);
	return 0;
}
