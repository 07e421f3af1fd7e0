/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The `answer` half of a mapping: what the client gets for a reply. Replies are as untrusted as
 * requests. Pure; any thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "mappings/mapping.h"
#include "message/message.h"

#include <stdbool.h>

/* What a reply is to its call. */
enum answer_kind {
	ANSWER_WHOLE,    /* the one answer */
	ANSWER_NOT_YET,  /* nothing: the answer is still to come */
	ANSWER_PART,     /* more follow */
	ANSWER_LAST_PART /* none follow */
};

struct answer {
	enum answer_kind kind;
	bool no_part; /* of a part: it brings nothing, the body is absent */
	int status;
	struct span body;
	bool body_is_json;        /* known strict JSON: found by a pointer */
	struct span content_type; /* absent: the reply gave none (HTTP: application/octet-stream) */
	struct span content_encoding;
	bool dead; /* our own request came back; nothing but `expired` and `status` is set */
	bool expired;
	bool error;            /* the worker said it failed */
	const char *bad_reply; /* not NULL: the reply is unusable, answer 502 bad-reply; a constant
				  sentence */
	struct message_header
		headers[MESSAGE_HEADERS_MAX]; /* allowed ones, checked: no CR, LF, NUL */
	unsigned header_count;
	unsigned headers_dropped; /* allowed by name but with characters that cannot be written */
};

/*
 * With `error` set: body absent means the client sees only a problem document with `status`.
 * Spans point into reply, mapping or scratch.
 */
void answer_read(const struct mapping *mapping, const struct message *reply, struct buffer *scratch,
	struct answer *answer);
