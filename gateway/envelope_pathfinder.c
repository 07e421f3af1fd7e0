/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Pathfinder's messages: {"url","content","token","event-name"}, answered by {"content",
 * "event-name"} or {"error":{"type","details"},"event-name"}. The url is an op that looks like
 * "/path" or "METHOD /path"; what becomes of it is decided where ops are. The event name is any
 * JSON value, which the client may use for several calls at a time or not at all.
 */
#include "base/json.h"
#include "gateway/envelope_kind.h"

static struct span unless_null(struct span value)
{
	return json_type_of(value) == JSON_NULL ? SPAN_ABSENT : value;
}

static bool next(struct envelope_cursor *cursor, struct envelope_call *call)
{
	if (cursor->position > 0) {
		return false;
	}
	if (!json_check(cursor->rest, NULL)) {
		return envelope_refuse(call, ENVELOPE_NOT_JSON, "The message is not JSON.");
	}
	struct span value = json_value(cursor->rest);
	if (json_type_of(value) != JSON_OBJECT) {
		return envelope_refuse(call, ENVELOPE_NOT_VALID, "A message is an object.");
	}
	struct json_cursor members = json_open(value);
	struct span name, member, token = SPAN_ABSENT;
	while (json_next_member(&members, &name, &member)) {
		if (json_string_equal(name, SPAN("url"))) {
			call->op_json = member;
		} else if (json_string_equal(name, SPAN("content"))) {
			call->body = member;
			call->body_is_json = true;
		} else if (json_string_equal(name, SPAN("token"))) {
			token = unless_null(member);
		} else if (json_string_equal(name, SPAN("event-name"))) {
			call->id = member;
		}
	}
	/* Both may be decoded into the scratch, which must not move between the two. */
	buffer_reserve(&cursor->scratch, call->op_json.len + token.len);
	if (!span_present(call->op_json) ||
		!envelope_take_text(call->op_json, &cursor->scratch, &call->op)) {
		return envelope_refuse(call, ENVELOPE_NOT_VALID, "The url is not a text.");
	}
	if (span_present(token) && !envelope_take_text(token, &cursor->scratch, &call->token)) {
		return envelope_refuse(call, ENVELOPE_NOT_VALID, "The token is not a text.");
	}
	return true;
}

/* A member of the problem document, as JSON; absent if it has none. */
static struct span problem_member(struct span problem, struct span pointer)
{
	struct span found;
	return json_pointer(json_value(problem), pointer, &found) ? found : SPAN_ABSENT;
}

static void append_problem(struct buffer *out, const struct envelope_result *result)
{
	struct span type = problem_member(result->problem, SPAN("/type"));
	struct span details = problem_member(result->problem, SPAN("/detail"));
	buffer_append_literal(out, "\"type\":");
	buffer_append_span(out, span_present(type) ? type : SPAN("\"internal\""));
	buffer_append_literal(out, ",\"details\":");
	if (span_present(details)) {
		buffer_append_span(out, details);
	} else {
		json_append_string(out, result->problem_title);
	}
}

static void write(
	const struct envelope *envelope, const struct envelope_result *result, struct buffer *out)
{
	(void)envelope;
	buffer_append_char(out, '{');
	if (!envelope_is_error(result)) {
		envelope_append_payload(out, "content", result);
	} else {
		buffer_append_literal(out, "\"error\":{");
		if (span_present(result->problem)) {
			append_problem(out, result);
		} else {
			buffer_append_literal(out, "\"type\":\"worker-error\",");
			envelope_append_payload(out, "details", result);
		}
		buffer_append_char(out, '}');
	}
	if (span_present(result->id)) {
		buffer_append_literal(out, ",\"event-name\":");
		buffer_append_span(out, result->id);
	}
	buffer_append_char(out, '}');
}

const struct envelope_kind envelope_pathfinder = {
	.name = "pathfinder",
	.paths = true,
	.next = next,
	.write = write,
};
