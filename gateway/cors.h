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
 * Answers an OPTIONS request that is a preflight: it has an Origin and an
 * Access-Control-Request-Method, and a block holds. False: it is a request like others, and nothing
 * was written.
 */
bool cors_preflight(
	struct connection *connection, const struct http1_head *head, const char *bytes);

/*
 * Remembers what the answer says, because the request is gone by then. `mapping` NULL: none was
 * found; `head` NULL: it is broken or never came, so that there is no Origin.
 */
void cors_note_take(struct connection *connection, const struct http1_head *head, const char *bytes,
	const struct mapping *mapping);
/* Slow half of cors_note_write and of cors_note_forget. */
void cors_note_append(const struct cors_note *note, struct buffer *out);
void cors_note_free(struct cors_note *note);

/* Appends the header lines. */
static inline void cors_note_write(const struct cors_note *note, struct buffer *out)
{
	if (note->rule != NULL) {
		cors_note_append(note, out);
	}
}

/* The request is over. */
static inline void cors_note_forget(struct cors_note *note)
{
	if (note->rule != NULL) {
		cors_note_free(note);
	}
}
