/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * WebSocket frames as a server reads and writes them (RFC 6455): pure functions over bytes, no
 * state. What needs memory from frame to frame is websocket_reader.h.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum websocket_opcode {
	WEBSOCKET_CONTINUATION = 0,
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10,
};

/* Of a known opcode: not part of a message. */
static inline bool websocket_is_control(unsigned opcode)
{
	return opcode >= WEBSOCKET_CLOSE;
}

/* Bits of a frame's first byte. */
enum { WEBSOCKET_RSV1 = 0x40, WEBSOCKET_RSV2 = 0x20, WEBSOCKET_RSV3 = 0x10 };

/* Close codes that this side uses. */
enum {
	WEBSOCKET_CODE_NORMAL = 1000,
	WEBSOCKET_CODE_GOING_AWAY = 1001,
	WEBSOCKET_CODE_PROTOCOL = 1002,
	WEBSOCKET_CODE_UNSUPPORTED = 1003,
	WEBSOCKET_CODE_NONE = 1005, /* a close frame without a code; never on the wire */
	WEBSOCKET_CODE_NOT_UTF8 = 1007,
	WEBSOCKET_CODE_POLICY = 1008,
	WEBSOCKET_CODE_TOO_BIG = 1009,
	WEBSOCKET_CODE_INTERNAL = 1011,
	WEBSOCKET_CODE_TRY_LATER = 1013,
};

enum {
	WEBSOCKET_CLIENT_HEADER_MAX = 14,
	WEBSOCKET_SERVER_HEADER_MAX = 10,
	WEBSOCKET_CONTROL_MAX = 125, /* payload of a control frame */
	WEBSOCKET_CLOSE_MAX = 2 + WEBSOCKET_CONTROL_MAX,
	WEBSOCKET_KEY_LEN = 24,
	WEBSOCKET_ACCEPT_LEN = 28,
};

enum websocket_frame_result { WEBSOCKET_FRAME_MORE, WEBSOCKET_FRAME_DONE, WEBSOCKET_FRAME_ERROR };

struct websocket_frame {
	uint64_t length; /* of the payload, below 2^63 */
	uint32_t mask;   /* its four bytes as they stand in memory */
	uint8_t opcode;  /* enum websocket_opcode, always a known one */
	uint8_t rsv;     /* WEBSOCKET_RSV1 …, always allowed ones */
	uint8_t size;    /* of the header */
	bool final;
	uint16_t code;      /* WEBSOCKET_FRAME_ERROR: to close with */
	const char *reason; /* likewise: a constant sentence */
};

/*
 * Reads a client's frame header: mask there, opcode known, RSV bits only as in `rsv_allowed` (and
 * never on a control frame), shortest length form, control frames short and whole. Errors are found
 * in the first byte that shows them.
 */
enum websocket_frame_result websocket_frame_parse(
	const char *bytes, size_t len, uint8_t rsv_allowed, struct websocket_frame *frame);

/* Writes a server's frame header (final, no mask); `first` is an opcode, maybe with WEBSOCKET_RSV1.
 * Gives its size. */
size_t websocket_frame_write(
	char out[WEBSOCKET_SERVER_HEADER_MAX], unsigned first, uint64_t length);
/* Writes a whole close frame, gives its size; a reason that is too long is cut between characters.
 */
size_t websocket_frame_write_close(
	char out[WEBSOCKET_CLOSE_MAX], uint16_t code, struct span reason);

/*
 * Unmasks `len` bytes, from `in` to `out` (the same place, or apart). `mask` is for in[0]; gives
 * the mask for the byte that follows.
 */
uint32_t websocket_unmask(char *out, const char *in, size_t len, uint32_t mask);

/*
 * The payload of a close frame. 0, or the code to fail with: 1002 for a code that may not be sent,
 * 1007 for a reason that is not UTF-8. `code` is WEBSOCKET_CODE_NONE when there is none.
 */
uint16_t websocket_close_parse(struct span payload, uint16_t *code, struct span *reason);

/* True when a Sec-WebSocket-Key is 16 bytes in base64. */
bool websocket_key_check(struct span key);
/* The Sec-WebSocket-Accept for a key of WEBSOCKET_KEY_LEN bytes; no terminator. */
void websocket_accept_key(const char *key, char out[WEBSOCKET_ACCEPT_LEN]);
