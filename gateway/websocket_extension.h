/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The server's side of agreeing on permessage-deflate (RFC 7692 sections 5 and 7.1) by the header
 * Sec-WebSocket-Extensions (RFC 6455 section 9.1). Pure functions over bytes. The client makes
 * offers, best first; the first that can be met is taken, and any other extension is passed over.
 *
 *     struct websocket_extension agreed = { 0 };
 *     while (header lines) { websocket_extension_read(&agreed, &terms, line) || answer 400; }
 *     if (agreed.compress) { websocket_extension_write(&agreed, out); }
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* In bits. zlib reads windows of 8 bits, but writes none below 9 without a header of its own. */
enum { WEBSOCKET_WINDOW_READ_MIN = 8, WEBSOCKET_WINDOW_MIN = 9, WEBSOCKET_WINDOW_MAX = 15 };

/* What this side is ready for. */
struct websocket_terms {
	bool compress; /* false: no offer is taken */
	bool takeover; /* contexts are kept from message to message, unless the client objects */
	uint8_t window_bits; /* at most; for what the client sends only where its context is kept */
};

/* Every socket keeps one, so it is small. */
struct websocket_extension {
	bool compress : 1;          /* agreed; the rest says how */
	bool server_takeover : 1;   /* a context is kept, of what we send */
	bool client_takeover : 1;   /* likewise, of what the client sends */
	bool server_bits_named : 1; /* the client asked for a window: the answer has to name it */
	uint8_t server_bits : 4;
	uint8_t client_bits : 4;
};

/* Reads one header line; false when it is malformed, which fails the handshake. */
bool websocket_extension_read(struct websocket_extension *extension,
	const struct websocket_terms *terms, struct span line);
/* Appends the value of the header that answers. */
void websocket_extension_write(const struct websocket_extension *extension, struct buffer *out);
