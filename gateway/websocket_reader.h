/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Makes messages of the bytes that a WebSocket client sends. It takes every byte it is given: what
 * is incomplete waits in memory of its own, which is gone again when nothing is incomplete. A frame
 * that is a whole message and stands whole in the input is unmasked there and never copied;
 * anything else is copied once.
 *
 *     struct websocket_input input = { bytes, len };
 *     while (input.len > 0) {              until all is used, also after an event
 *             event = websocket_reader_next(&reader, &limits, &input, &item);
 *             ...                          item is valid until the next call, or release
 *     }
 *     websocket_reader_release(&reader);
 */
#pragma once

#include "base/span.h"
#include "gateway/websocket_frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0: none. */
struct websocket_limits {
	uint64_t message;    /* bytes of one message; 1009, already at the frame header */
	uint64_t compressed; /* likewise, of one that is compressed */
	uint32_t fragments;  /* continuation frames of one message; 1008 */
	bool memory_is_over; /* true: a frame that would need memory is refused; 1013 */
};

/* What has arrived and is not done with. */
struct websocket_input {
	char *at;
	size_t len;
};

struct websocket_reader {
	struct websocket_partial *partial; /* private; NULL while nothing is incomplete */
	uint8_t rsv_allowed; /* WEBSOCKET_RSV1: an extension was negotiated; on a message's first
				frame only */
	bool ended;          /* after CLOSE or ERROR: the rest of the input is dropped */
};

enum websocket_event {
	WEBSOCKET_EVENT_MORE,    /* all input used */
	WEBSOCKET_EVENT_MESSAGE, /* payload, binary, compressed */
	WEBSOCKET_EVENT_PING,    /* payload: to send back */
	WEBSOCKET_EVENT_PONG,    /* payload */
	WEBSOCKET_EVENT_CLOSE,   /* code, payload: the reason */
	WEBSOCKET_EVENT_ERROR,   /* code to close with, reason */
};

struct websocket_item {
	struct span payload; /* unmasked; in the input or in the reader's memory; writable there */
	bool binary;         /* else text, and valid UTF-8 */
	bool compressed;     /* first frame had RSV1: not checked as UTF-8 yet */
	uint16_t code;
	const char *reason; /* a constant sentence */
};

/* The reader starts zero-initialised. */
void websocket_reader_finish(struct websocket_reader *reader);
/*
 * Takes bytes off the front of the input, at least one if there is any, and overwrites them where
 * they are unmasked.
 */
enum websocket_event websocket_reader_next(struct websocket_reader *reader,
	const struct websocket_limits *limits, struct websocket_input *input,
	struct websocket_item *item);
/* Frees what the last item stood in, if nothing is incomplete: call it before the connection idles.
 */
void websocket_reader_release(struct websocket_reader *reader);
/* Bytes that it holds. */
size_t websocket_reader_memory(const struct websocket_reader *reader);
