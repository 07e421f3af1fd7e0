/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Compressing messages for a client (RFC 7692 section 7.2.1): bytes in, bytes out. A stream serves
 * one connection; or one message to anybody after the other, when it forgets in between. One
 * thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

struct websocket_deflate;

/* For windows of 9 to 15 bits. NULL when there is no memory. */
struct websocket_deflate *websocket_deflate_create(unsigned window_bits);
/* NULL is accepted. */
void websocket_deflate_destroy(struct websocket_deflate *stream);
/* The next message refers to none before it. */
void websocket_deflate_forget(struct websocket_deflate *stream);
/*
 * Appends a message (not empty, below 1 GiB), compressed, to `out`. False when there is no memory:
 * then the stream has to forget, or to be destroyed.
 */
bool websocket_deflate_message(
	struct websocket_deflate *stream, struct span payload, struct buffer *out);
/* Bytes that it holds; NULL: none. */
size_t websocket_deflate_memory(const struct websocket_deflate *stream);
