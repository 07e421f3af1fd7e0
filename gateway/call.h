/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A call: one client request from its last byte to its one answer. The life of a call is listed at
 * the top of call.c. All functions run on the thread of the call's shard. A call ends inside the
 * function that ends it: its answer is written, its access line is logged, its slot is free.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "base/wheel.h"
#include "bridges/bridge.h"
#include "gateway/problem.h"
#include "mappings/answer.h"
#include "mappings/mapping.h"
#include "mappings/request.h"

#include <stdbool.h>
#include <stdint.h>

#define CALL_ID_LEN 36

struct batch;
struct connection;
struct file_part;
struct session;
struct shard;

enum call_state {
	CALL_FREE,
	CALL_READ,
	CALL_MATCHED,
	CALL_SENT,
	CALL_CONFIRMED,
	CALL_STREAMING,
	CALL_ANSWERED,
	CALL_REFUSED,
	CALL_EXPIRED,
	CALL_ABANDONED,
	CALL_STATES,
};

/* What a WebSocket call has to remember for its answer. Zero over HTTP. */
struct call_origin {
	struct batch *batch;
	bool one_way;  /* a notification: nobody waits for the answer */
	bool binary;   /* frame type of the request */
	uint32_t turn; /* `raw`: answers keep the order of their requests */
};

struct call {
	struct wheel_node timer; /* first: see shard.c */
	char id[CALL_ID_LEN];    /* of the current or the last use of the slot */
	uint32_t slot;
	uint32_t generation; /* of the current use */
	uint32_t next_free;
	uint8_t state; /* enum call_state; after the end: how it ended, until the slot is reused */
	uint8_t published; /* enum published */
	bool in_use;
	struct connection
		*connection;          /* outlives the call: a connection abandons its calls first */
	struct call *next, *previous; /* of that connection, in order of arrival */
	const struct mapping *mapping;                        /* NULL: none was found */
	struct session *session;                              /* NULL: not sent */
	uint64_t began_us, matched_us, sent_us, confirmed_us; /* monotonic; 0: not yet */
	uint32_t parts;                                       /* of the answer, given so far */
	uint16_t status;                                      /* of the first of them */
	struct call_origin origin;
	struct buffer note; /* client's request id, then its envelope id; keeps its memory with the
			       slot */
	uint32_t request_id_len;
};

/*
 * What a codec writes for a call that ended. Exactly one of `reply` and `problem`, or neither: 202,
 * or `end`. Where call->parts is not 0 it stands behind them.
 */
struct call_answer {
	int status;
	bool end;                   /* the parts were all there is to say */
	const struct answer *reply; /* a worker's, or the mapping's own; its body may be absent for
				       an error without one */
	struct file_part *file; /* beside `reply`: its content instead of its body; NULL: none */
	const struct problem *problem;
	enum refusal_offer offer;
	struct span offered;
	unsigned retry_after_s; /* 0: no such header */
};

/*
 * Starts a call in state READ: the request is complete (or is refused before it is). NULL when no
 * slot can be had; the caller then answers 503 itself. `envelope_id` is copied, as is
 * request->request_id.
 */
struct call *call_begin(
	struct connection *connection, const struct request *request, struct span envelope_id);
/* Composes and sends by the mapping that was found, or answers by it (local_answer.h). May end the
 * call at once. */
void call_send(struct call *call, const struct request *request, const struct match *match);
/* Ends it with a 4xx or 5xx of ours; nothing was sent. */
void call_refuse(struct call *call, const struct refusal *refusal);
/* Ends it with an answer that no worker gave; nothing was sent. */
void call_answer_here(struct call *call, const struct call_answer *answer);
/* The client is gone: no answer. */
void call_abandon(struct call *call);
/* The deadline has come. */
void call_expire(struct call *call);

/* From the bridge, by way of session.c. */
void call_confirm(struct call *call, enum bridge_outcome outcome);
void call_reply(struct call *call, const struct message *reply);
void call_reply_oversized(struct call *call);
/* Its message came back as a dead letter; `expired`: because nobody took it in time. */
void call_dead(struct call *call, bool expired);
/* It waits for a reply, so a dead letter ends it. */
bool call_wants_reply(const struct call *call);
void call_session_lost(struct call *call);

struct span call_id(const struct call *call);
/* Absent when the client gave none. */
struct span call_request_id(const struct call *call);
struct span call_envelope_id(const struct call *call);
