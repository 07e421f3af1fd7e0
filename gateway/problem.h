/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Our own errors as the client sees them: application/problem+json (RFC 9457), `type` one of a
 * fixed list. No text here names a queue, topic, host or library.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

enum published { PUBLISHED_NO, PUBLISHED_YES, PUBLISHED_UNKNOWN };

struct problem {
	int status;
	const char *type;   /* "bad-request", "timeout", … */
	const char *detail; /* one sentence */
	struct span call;   /* absent: there is none */
	enum published published;
};

const char *published_name(enum published published);
/* The title that goes with a type: a constant phrase. */
const char *problem_title(const char *type);
void problem_write(const struct problem *problem, struct buffer *out);
/* The type for a status where nothing more is known. */
const char *problem_type_of_status(int status);
