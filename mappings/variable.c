/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/variable.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/option.h"
#include "mappings/header_name.h"
#include "mappings/match.h"

#include <stdio.h>
#include <stdlib.h>

#define SEND VARIABLE_SCOPE_SEND
#define ENVELOPE VARIABLE_SCOPE_ENVELOPE

static const struct variable rows[] = {
	{ "body", VARIABLE_BODY, SEND, true, "the body; JSON where its content type is JSON" },
	{ "body:", VARIABLE_BODY_POINTER, SEND, true, "what a JSON pointer finds in a JSON body" },
	{ "body.form", VARIABLE_BODY_FORM, SEND, true, "JSON object of the fields of a form" },
	{ "body.any", VARIABLE_BODY_ANY, SEND, true,
		"JSON where its content type is JSON, else a string, of what is no UTF-8 text in "
		"base64" },
	{ "body.encoding", VARIABLE_BODY_ENCODING, SEND, false,
		"`base64` where `${body.any}` is that, else absent" },
	{ "path", VARIABLE_PATH, SEND, true, "the decoded path" },
	{ "path.", VARIABLE_CAPTURE, SEND, true, "a capture of `match`, decoded" },
	{ "query", VARIABLE_QUERY, SEND, true, "JSON object of all query parameters" },
	{ "query.", VARIABLE_QUERY_VALUE, SEND, true, "one query parameter, decoded" },
	{ "headers", VARIABLE_HEADERS, SEND, true, "JSON object of all request headers" },
	{ "header.", VARIABLE_HEADER_VALUE, SEND, true, "one request header" },
	{ "cookies", VARIABLE_COOKIES, SEND, true, "JSON object of all cookies" },
	{ "cookie.", VARIABLE_COOKIE_VALUE, SEND, true, "one cookie" },
	{ "claim.", VARIABLE_LATER, SEND, true, NULL },
	{ "accept", VARIABLE_ACCEPT, SEND, false,
		"the name of `match.accept` that the client wants most" },
	{ "op", VARIABLE_OP, SEND, true,
		"`send.op`, else the op the client named, else the mapping's name" },
	{ "op.rest", VARIABLE_OP_REST, SEND, true, "what the `*` of `match.op` stood for" },
	{ "method", VARIABLE_METHOD, SEND, true, "the request method" },
	{ "scheme", VARIABLE_SCHEME, SEND, true, "http, ws" },
	{ "host", VARIABLE_HOST, SEND, true, "the Host without its port" },
	{ "host.", VARIABLE_HOST_CAPTURE, SEND, true,
		"a label that `match.host` captures, in lower case" },
	{ "port", VARIABLE_PORT, SEND, true, "the port of the Host" },
	{ "uri", VARIABLE_URI, SEND, true, "the request target as it came" },
	{ "client.ip", VARIABLE_CLIENT_IP, SEND, false, "address of the client" },
	{ "connection.id", VARIABLE_CONNECTION_ID, SEND, false, "id of the client's connection" },
	{ "request_id", VARIABLE_REQUEST_ID, SEND, true, "the client's own id of the request" },
	{ "token", VARIABLE_TOKEN, SEND, true, "`token` of the pathfinder envelope, unverified" },
	{ "id", VARIABLE_ID, SEND, false, "the correlation id" },
	{ "reply_to", VARIABLE_REPLY_TO, SEND, false, "the reply address" },
	{ "deadline_ms", VARIABLE_DEADLINE_MS, SEND, false, "milliseconds left; a number" },
	{ "deadline_iso", VARIABLE_DEADLINE_ISO, SEND, false, "the deadline, RFC 3339 in UTC" },
	{ "now", VARIABLE_NOW, SEND, false, "milliseconds since 1970; a number" },
	{ "instance", VARIABLE_INSTANCE, SEND, false, "name of this gateway" },
	{ "mapping", VARIABLE_MAPPING, SEND, false, "name of the mapping" },
	{ "request_id", VARIABLE_ANSWER_REQUEST_ID, ENVELOPE, false, "id of the client's request" },
	{ "answer.body", VARIABLE_ANSWER_BODY, ENVELOPE, false, "the answer; JSON where it is" },
	{ "answer.status", VARIABLE_ANSWER_STATUS, ENVELOPE, false, "its status; a number" },
	{ "problem", VARIABLE_ANSWER_PROBLEM, ENVELOPE, false, "the problem object" },
	{ 0 },
};

const struct variable *variable_rows(void)
{
	return rows;
}

static bool takes_name(const struct variable *row)
{
	char last = row->name[strlen(row->name) - 1];
	return last == '.' || last == ':';
}

static const struct variable *find(struct span name, enum variable_scope scope)
{
	const struct variable *longest = NULL;
	for (const struct variable *row = rows; row->name != NULL; row++) {
		struct span own = span_from_text(row->name);
		if (row->scope != scope) {
			continue;
		}
		if (span_equal(name, own)) {
			return row;
		}
		if (takes_name(row) && name.len > own.len && span_starts_with(name, own)) {
			longest = row;
		}
	}
	return longest;
}

#define CANDIDATES_MAX 64
#define CANDIDATE_SIZE 80

struct candidates {
	char texts[CANDIDATES_MAX][CANDIDATE_SIZE];
	const char *names[CANDIDATES_MAX + 1];
	unsigned count;
};

static void add_candidate(struct candidates *candidates, const char *name, struct span tail)
{
	if (candidates->count < CANDIDATES_MAX) {
		char *text = candidates->texts[candidates->count];
		snprintf(text, CANDIDATE_SIZE, "%s%.*s", name, (int)tail.len, tail.ptr);
		candidates->names[candidates->count++] = text;
	}
}

/* What stands behind the first dot or colon, which a misspelt "qery.user" has right. */
static struct span tail_of(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '.' || name.ptr[i] == ':') {
			return span_skip(name, i + 1);
		}
	}
	return SPAN("");
}

static void explain_unknown(
	struct span name, const struct variable_context *context, char *why, size_t size)
{
	struct candidates *candidates = memory_new(1, sizeof(*candidates));
	struct span tail = tail_of(name);
	for (const struct variable *row = rows; row->name != NULL; row++) {
		if (row->scope != context->scope || row->kind == VARIABLE_LATER) {
			continue;
		}
		if (row->kind == VARIABLE_CAPTURE) {
			const struct match_rule *match = context->match;
			for (unsigned i = 0; match != NULL && i < match->capture_count; i++) {
				add_candidate(candidates, row->name, match->captures[i].name);
			}
		} else if (!takes_name(row) || tail.len > 0) {
			add_candidate(candidates, row->name, takes_name(row) ? tail : SPAN(""));
		}
	}
	/* Comparing costs the product of the lengths, and nothing so long is near. */
	const char *near =
		name.len < CANDIDATE_SIZE ? option_nearest_name(name, candidates->names) : NULL;
	snprintf(why, size, "unknown variable ${%.*s}%s%s%s", (int)name.len, name.ptr,
		near != NULL ? "; did you mean ${" : "", near != NULL ? near : "",
		near != NULL ? "}?" : "");
	free(candidates);
}

static bool resolve_capture(
	const struct variable_context *context, struct variable_use *use, char *why, size_t size)
{
	const struct match_rule *match = context->match;
	if (context->any_capture) {
		return true;
	}
	use->index = match != NULL ? match_rule_capture(match, use->name) : MATCH_CAPTURES_MAX;
	if (use->index < MATCH_CAPTURES_MAX) {
		return true;
	}
	struct buffer known = { 0 };
	for (unsigned i = 0; match != NULL && i < match->capture_count; i++) {
		buffer_append_format(&known, "%s${path.%.*s}", i > 0 ? ", " : "",
			(int)match->captures[i].name.len, match->captures[i].name.ptr);
	}
	struct span names = known.len > 0 ? buffer_span(&known) : SPAN("nothing");
	snprintf(why, size, "match captures no '%.*s'; it captures %.*s", (int)use->name.len,
		use->name.ptr, (int)names.len, names.ptr);
	buffer_finish(&known);
	return false;
}

bool variable_resolve(struct span name, const struct variable_context *context,
	struct variable_use *use, char *why, size_t size)
{
	const struct variable *row = find(name, context->scope);
	if (row == NULL) {
		explain_unknown(name, context, why, size);
		return false;
	}
	if (row->kind == VARIABLE_LATER) {
		snprintf(why, size, "${%.*s} is not available yet", (int)name.len, name.ptr);
		return false;
	}
	struct span behind = takes_name(row) ? span_skip(name, strlen(row->name)) : SPAN("");
	*use = (struct variable_use){ .kind = row->kind,
		.client = row->client,
		.name = behind,
		.guarded = row->kind == VARIABLE_HEADERS ||
			   (row->kind == VARIABLE_COOKIES && context->preset) };
	if (row->kind == VARIABLE_CAPTURE) {
		return resolve_capture(context, use, why, size);
	}
	if (row->kind == VARIABLE_BODY_POINTER && !json_pointer_check(behind)) {
		snprintf(why, size, "'%.*s' is no JSON pointer; expected ${body:/name}",
			(int)behind.len, behind.ptr);
		return false;
	}
	if (row->kind == VARIABLE_HEADER_VALUE && !header_name_is_token(behind)) {
		snprintf(why, size, "'%.*s' is no name of a header", (int)behind.len, behind.ptr);
		return false;
	}
	if (row->kind == VARIABLE_HOST_CAPTURE && !context->any_capture &&
		(context->match == NULL ||
			!match_condition_has_capture(&context->match->condition, behind))) {
		snprintf(why, size, "match.host captures no '%.*s'; expected a label :%.*s in it",
			(int)behind.len, behind.ptr, (int)behind.len, behind.ptr);
		return false;
	}
	if (row->kind == VARIABLE_ACCEPT && !context->any_capture &&
		(context->match == NULL || context->match->accept == 0)) {
		snprintf(why, size,
			"${accept} needs match.accept, which says what there is to choose");
		return false;
	}
	if (row->kind == VARIABLE_OP_REST && !context->any_capture &&
		(context->match == NULL || !context->match->op_tail)) {
		snprintf(why, size, "${op.rest} needs a match.op that ends in *, like orders.*");
		return false;
	}
	return true;
}
