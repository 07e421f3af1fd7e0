/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The `send` half of a mapping: how a request becomes a message. Pure; any thread. */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "mappings/mapping.h"
#include "mappings/request.h"
#include "message/message.h"

#include <stdbool.h>
#include <stdint.h>

/* What only the call knows. */
struct send_facts {
	struct span id;       /* correlation id, 36 characters */
	struct span reply_to; /* of the bridge's session; used where a reply is wanted */
	int64_t deadline_ms;  /* what is left, at least 1 */
	int64_t wall_ms;      /* milliseconds since 1970 */
	struct span instance;
	int32_t reply_partition; /* -1: any will do */
	bool one_way; /* a notification: composed as if `when` were `sent`, whatever the mapping
			 says */
};

/* Room for one message; reused call after call, so that composing allocates nothing in steady
 * state. Zero-initialised is valid. */
struct send_room {
	struct buffer text;    /* property, header, destination and JSON body texts */
	struct buffer scratch; /* the variable that is being read */
	struct buffer op;      /* value of ${op} */
	struct message_header headers[MESSAGE_HEADERS_MAX];
	struct message message;
};

/* Gives back what is larger than `kept` bytes; 0: all of it. What it holds is void then. */
void send_room_trim(struct send_room *room, size_t kept);

/*
 * Fills room->message. `request` holds the whole body now. False and a refusal (400, 413, 415) when
 * a value is missing, or has characters that its place does not allow, or the body is not what the
 * mapping needs. Spans of the message point into request, match, facts, mapping or room.
 * An untouched body is never copied.
 */
bool send_compose(const struct request *request, const struct match *match,
	const struct send_facts *facts, struct send_room *room, struct refusal *refusal);
