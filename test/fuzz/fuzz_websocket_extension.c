/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What is agreed on is something that both ends can do, and our answer is a header that we would
 * take for well written ourselves. The first byte chooses the terms. */
#include "gateway/websocket_extension.h"
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct websocket_extension *extension, const struct websocket_terms *terms)
{
	struct buffer answer = { 0 };
	struct websocket_extension echo = { 0 };
	const struct websocket_terms all = {
		.compress = true, .takeover = true, .window_bits = WEBSOCKET_WINDOW_MAX
	};
	require(terms->compress);
	require(extension->server_bits >= WEBSOCKET_WINDOW_MIN &&
		extension->server_bits <= terms->window_bits);
	require(extension->client_bits >= WEBSOCKET_WINDOW_READ_MIN &&
		extension->client_bits <= WEBSOCKET_WINDOW_MAX);
	require(terms->takeover || (!extension->server_takeover && !extension->client_takeover));
	websocket_extension_write(extension, &answer);
	require(websocket_extension_read(&echo, &all, buffer_span(&answer)) && echo.compress);
	require(echo.server_takeover == extension->server_takeover &&
		echo.client_takeover == extension->client_takeover &&
		echo.client_bits == extension->client_bits);
	buffer_finish(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	const struct websocket_terms terms = { .compress = (data[0] & 1) != 0,
		.takeover = (data[0] & 2) != 0,
		.window_bits = (uint8_t)(WEBSOCKET_WINDOW_MIN + (data[0] >> 2) % 7) };
	struct websocket_extension extension = { 0 };
	char *copy = malloc(size);
	memcpy(copy, data + 1, size - 1);
	if (websocket_extension_read(&extension, &terms, span_of(copy, size - 1)) &&
		extension.compress) {
		check(&extension, &terms);
	}
	free(copy);
	return 0;
}
