/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * CORS over HTTP (Fetch standard, section "CORS protocol"): preflights are answered here, without a
 * call; every other answer gets the lines of the block that holds for its request, whoever made it.
 * What a page may use is decided by mappings/cors_rule.h.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>

struct connection;
struct cors_rule;
struct http1_head;
struct mapping;

/* What the answer to a request has to say. Zero: nothing. */
struct cors_note {
	const struct cors_rule *rule; /* NULL: no block holds */
	struct span allowed;          /* Access-Control-Allow-Origin; absent: none */
	bool is_copy;                 /* `allowed` is the note's own memory, not the block's */
};

/*
 * Answers a preflight: OPTIONS with an Origin and an Access-Control-Request-Method, for which a
 * block holds. False: it is a request like others, and nothing was written.
 */
bool cors_preflight(
	struct connection *connection, const struct http1_head *head, const char *bytes);

/*
 * Remembers what the answer says, because the request is gone by then. `mapping` NULL: none was
 * found; `head` NULL: it is broken or never came, so that there is no Origin.
 */
void cors_note_take(struct connection *connection, const struct http1_head *head, const char *bytes,
	const struct mapping *mapping);
/* Appends the header lines. */
void cors_note_write(const struct cors_note *note, struct buffer *out);
/* The request is over. */
void cors_note_forget(struct cors_note *note);
