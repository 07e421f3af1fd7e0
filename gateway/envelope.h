/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A WebSocket envelope: how a message on a socket names its call and carries its body, and what an
 * answer looks like on the wire (design.md section 4). Pure functions over bytes: no socket, no
 * call. An envelope is immutable after load and read by any thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct envelope;

/* The keys of an envelope object, for the reference of the configuration. */
extern const struct option envelope_rows[];

/* From the configuration: a name ("jsonrpc" "pathfinder" "raw") or an object. NULL node: jsonrpc.
 */
struct envelope *envelope_create(const struct json_node *node, struct problem_list *problems);
void envelope_destroy(struct envelope *envelope);
const char *envelope_name(const struct envelope *envelope); /* "custom" for an object */
bool envelope_is_raw(const struct envelope *envelope);
/* Two requests with one id may not be under way at once: `jsonrpc`, where the id is all there is.
 */
bool envelope_ids_are_unique(const struct envelope *envelope);
/* Its messages come with a path of their own, whatever their op. */
bool envelope_names_paths(const struct envelope *envelope);
/* May an op be a path, where the configuration does not say. */
bool envelope_paths_default(const struct envelope *envelope);

/* One request inside a message. Spans point into the message or into the cursor's scratch. */
struct envelope_call {
	struct span op;      /* decoded; absent: none */
	struct span op_json; /* source text of the op where it is JSON */
	struct span method;  /* custom objects; absent: POST */
	struct span uri; /* a request target, where the envelope itself names a path; else absent */
	struct span body;
	bool body_is_json;
	struct span id; /* what goes back: source text of the JSON id / event-name; absent: none */
	struct span token; /* pathfinder */
	bool notification; /* never answered */
	bool in_batch;     /* answers of one batch go back together */
	int error_code;    /* not 0: unusable; JSON-RPC's code, -32700 or -32600 */
	const char *error; /* constant sentence */
};

struct envelope_cursor {
	const struct envelope *envelope;
	struct span rest;  /* private */
	unsigned position; /* private */
	bool batch;
	struct buffer scratch; /* the caller may keep it from message to message; buffer_finish
				  frees it */
};

/* `text` is one whole message; `binary` its frame type. */
void envelope_open(const struct envelope *envelope, struct span text, bool binary,
	struct envelope_cursor *cursor);
/* The next request, usable or not (error_code). False at the end. */
bool envelope_next(struct envelope_cursor *cursor, struct envelope_call *call);

/* What goes back for one request. */
struct envelope_result {
	struct span id;           /* as in envelope_call */
	int status;               /* as over HTTP: 200, 202, 404, … */
	int error_code;           /* as in envelope_call; 0: by status */
	struct span body;         /* of the reply, or of the worker's error (maybe absent) */
	bool body_is_json;        /* known strict JSON */
	struct span content_type; /* of the reply; absent: none */
	bool worker_error;        /* the worker said it failed; `body` is what the client may see */
	struct span problem; /* problem document; absent unless the error is ours (or worker_error
				without body) */
	struct span problem_title; /* its title, for messages meant for people */
	const char *published;     /* status 202: "yes" or "unknown" */
	uint32_t parts;            /* that went before */
	bool end;                  /* they were all there is */
};

/* Appends the message of one part of an answer that comes in several. */
void envelope_write_part(
	const struct envelope *envelope, const struct envelope_result *result, struct buffer *out);
/* Appends the bytes of the answering message (without a frame); appends nothing where none is due.
 */
void envelope_write(
	const struct envelope *envelope, const struct envelope_result *result, struct buffer *out);
