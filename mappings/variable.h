/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The variables of templates: their names, and what each is worth for one request (scope SEND) or
 * one answer (scope ENVELOPE). The table of names is const; a source belongs to one thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "mappings/mapping.h"
#include "mappings/request.h"
#include "mappings/send.h"

#include <stdbool.h>

struct match_rule;

enum variable_scope { VARIABLE_SCOPE_SEND, VARIABLE_SCOPE_ENVELOPE };

enum variable_kind {
	VARIABLE_BODY,
	VARIABLE_BODY_POINTER, /* name: the pointer */
	VARIABLE_BODY_FORM,
	VARIABLE_BODY_ANY,
	VARIABLE_BODY_ENCODING,
	VARIABLE_PATH,
	VARIABLE_CAPTURE, /* index: into the match rule's captures */
	VARIABLE_QUERY,
	VARIABLE_QUERY_VALUE,
	VARIABLE_HEADERS,
	VARIABLE_HEADER_VALUE,
	VARIABLE_COOKIES,
	VARIABLE_COOKIE_VALUE,
	VARIABLE_ACCEPT,
	VARIABLE_OP,
	VARIABLE_OP_REST,
	VARIABLE_METHOD,
	VARIABLE_SCHEME,
	VARIABLE_HOST,
	VARIABLE_HOST_CAPTURE,
	VARIABLE_PORT,
	VARIABLE_URI,
	VARIABLE_CLIENT_IP,
	VARIABLE_CONNECTION_ID,
	VARIABLE_REQUEST_ID,
	VARIABLE_TOKEN,
	VARIABLE_ID,
	VARIABLE_REPLY_TO,
	VARIABLE_DEADLINE_MS,
	VARIABLE_DEADLINE_ISO,
	VARIABLE_NOW,
	VARIABLE_INSTANCE,
	VARIABLE_MAPPING,
	VARIABLE_ANSWER_REQUEST_ID,
	VARIABLE_ANSWER_BODY,
	VARIABLE_ANSWER_STATUS,
	VARIABLE_ANSWER_PROBLEM,
	VARIABLE_LATER, /* known, not available yet */
};

/* A row of the table. A name that ends in "." or ":" takes what follows it. */
struct variable {
	const char *name;
	enum variable_kind kind;
	enum variable_scope scope;
	bool client; /* the client chooses the text: destinations look at its characters */
	const char *help;
};

/* A variable as a template names it. */
struct variable_use {
	enum variable_kind kind;
	bool client;
	struct span name; /* behind the dot, or the pointer; points into what was resolved */
	unsigned index;
	bool guarded;     /* what a client proves itself by is left out unless it is forwarded */
	bool for_replies; /* absent where nobody waits for a reply */
};

/* What the names of a template are resolved against. */
struct variable_context {
	enum variable_scope scope;
	const struct match_rule *match; /* NULL in envelopes */
	bool any_capture;               /* a convention by itself: its mappings have them */
	bool preset;                    /* what is compiled stands in a convention */
	struct span op;                 /* JSON text: what ${op} always is; absent: it differs */
};

/* An answer for the templates of a custom WebSocket envelope. */
struct variable_answer {
	struct span request_id; /* JSON text; absent: null */
	int status;
	struct span body; /* absent: null */
	bool body_is_json;
	struct span content_type;
	struct span problem; /* JSON text; absent: null */
};

/*
 * Where values come from while one message is made. SEND: request, match, rule, facts. ENVELOPE:
 * answer. `scratch` holds the value read last and nothing else.
 */
struct variable_source {
	const struct request *request;
	const struct match *match;
	const struct match_rule *rule; /* of the matched mapping */
	const struct send_facts *facts;
	struct span op; /* value of ${op} */
	bool op_is_json;
	bool op_from_client; /* else its text is the configuration's */
	bool wants_reply;    /* somebody waits for one */
	unsigned hidden;     /* from guarded variables: enum header_secret */
	enum { VARIABLE_BODY_UNKNOWN, VARIABLE_BODY_JSON, VARIABLE_BODY_BROKEN } body;
	const struct variable_answer *answer;
	struct buffer *scratch;
	struct refusal *refusal;
};

/* In which shape a template can use the value. */
enum variable_want {
	VARIABLE_WANT_BYTES,  /* anything: it goes through base64 */
	VARIABLE_WANT_TEXT,   /* text of a header, a destination, a body that is no JSON */
	VARIABLE_WANT_STRING, /* UTF-8 for the inside of a JSON string */
	VARIABLE_WANT_JSON,   /* a JSON value, or text that becomes a JSON string */
};

struct variable_value {
	struct span text; /* absent: the request has none */
	bool json;        /* JSON source text; never set for VARIABLE_WANT_TEXT, _STRING, _BYTES */
};

/* ${op} is what the client named, else `name`. Needs request and match. */
void variable_source_name_op(struct variable_source *source, struct span name);

/* The rows of a scope, ended by a row without a name. */
const struct variable *variable_rows(void);
/*
 * Finds what `name` ("path.id") means. NULL, or why it means nothing: a sentence in `why` (cut at
 * its size) that names the nearest variable.
 */
bool variable_resolve(struct span name, const struct variable_context *context,
	struct variable_use *use, char *why, size_t size);
/*
 * Reads the value; its text points into the request, the source's scratch, or constants, and is
 * good until the next read. False and a refusal when the request holds it in an unusable form.
 */
bool variable_read(const struct variable_use *use, struct variable_source *source,
	enum variable_want want, struct variable_value *value);
/*
 * The body can be looked into: it is neither encoded nor in another charset (else 415), and strict
 * JSON (else 400). Found out once for a source. False and a refusal.
 */
bool variable_body_is_json(struct variable_source *source);
