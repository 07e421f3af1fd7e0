/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What the kinds of envelope share; only envelope*.c include it. */
#pragma once

#include "gateway/envelope.h"

struct envelope_custom;

/* One kind. Pure functions; any thread. */
struct envelope_kind {
	const char *name;
	bool raw;
	bool unique_ids;
	bool paths;

	/* The next request of the message in cursor->rest; cursor->position counts the calls. Both
	 * are the kind's own after the first one. False at the end. */
	bool (*next)(struct envelope_cursor *cursor, struct envelope_call *call);
	/* See envelope_write. Not called for the mere end of parts where write_part is NULL. */
	void (*write)(const struct envelope *envelope, const struct envelope_result *result,
		struct buffer *out);
	/* See envelope_write_part. NULL: a part looks like an answer, and their end is not told. */
	void (*write_part)(const struct envelope_result *result, struct buffer *out);
};

struct envelope {
	const struct envelope_kind *kind;
	struct envelope_custom *custom; /* NULL but for objects */
};

extern const struct envelope_kind envelope_jsonrpc;
extern const struct envelope_kind envelope_pathfinder;
extern const struct envelope_kind envelope_raw;
extern const struct envelope_kind envelope_custom_kind;

/* JSON-RPC's codes, used by all kinds to say why a message is none. */
enum { ENVELOPE_NOT_JSON = -32700, ENVELOPE_NOT_VALID = -32600 };

/* Makes `call` one that cannot be used; keeps its id. Always true, for the end of a next(). */
bool envelope_refuse(struct envelope_call *call, int code, const char *sentence);
/*
 * True when the answer is an error: ours, the worker's, or one that a reply's status tells.
 */
bool envelope_is_error(const struct envelope_result *result);
/*
 * Appends "NAME":PAYLOAD, and ,"encoding":"text" or "base64" where the payload had to become a
 * string. A 202 has {"published":…} as its payload, an empty reply null.
 */
void envelope_append_payload(
	struct buffer *out, const char *name, const struct envelope_result *result);
/* {"published":"yes"} */
void envelope_append_published(struct buffer *out, const char *published);
/* A string that names something: decoded, without NUL. False: it is no such string. */
bool envelope_take_text(struct span json, struct buffer *scratch, struct span *text);

struct envelope_custom *envelope_custom_create(
	const struct json_node *node, struct problem_list *problems);
void envelope_custom_destroy(struct envelope_custom *custom);
bool envelope_custom_names_paths(const struct envelope_custom *custom);
