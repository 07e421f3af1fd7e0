/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * JSON-RPC 2.0. A message is checked once as a whole; after that its members are spans. What is no
 * request is still answered, with the id it has if that is an id, because the client waits.
 */
#include "base/json.h"
#include "gateway/envelope_kind.h"

/* The members of a request; absent ones have ptr NULL. */
struct members {
	struct span version;
	struct span method;
	struct span params;
	struct span id;
};

static void take_member(struct members *members, struct span name, struct span value)
{
	if (json_string_equal(name, SPAN("method"))) {
		members->method = value;
	} else if (json_string_equal(name, SPAN("params"))) {
		members->params = value;
	} else if (json_string_equal(name, SPAN("id"))) {
		members->id = value;
	} else if (json_string_equal(name, SPAN("jsonrpc"))) {
		members->version = value;
	}
}

/* `noted`: by the check, which has seen them all; NULL: they are walked. */
static struct members read_members(struct span object, const struct json_members *noted)
{
	struct members members = { { 0 }, { 0 }, { 0 }, { 0 } };
	if (noted != NULL && noted->count <= JSON_MEMBERS_MAX) {
		for (unsigned i = 0; i < noted->count; i++) {
			take_member(&members, noted->items[i].name, noted->items[i].value);
		}
		return members;
	}
	struct json_cursor cursor = json_open(object);
	struct span name, value;
	while (json_next_member(&cursor, &name, &value)) {
		take_member(&members, name, value);
	}
	return members;
}

static bool is_id(struct span value)
{
	enum json_type type = json_type_of(value);
	return type == JSON_STRING || type == JSON_NUMBER || type == JSON_NULL;
}

static bool read_request(struct envelope_cursor *cursor, struct span value,
	const struct json_members *noted, struct envelope_call *call)
{
	if (json_type_of(value) != JSON_OBJECT) {
		return envelope_refuse(call, ENVELOPE_NOT_VALID, "A request is an object.");
	}
	struct members members = read_members(value, noted);
	if (span_present(members.id) && !is_id(members.id)) {
		return envelope_refuse(
			call, ENVELOPE_NOT_VALID, "The id is not a string, a number or null.");
	}
	call->id = members.id;
	if (!span_present(members.version) || json_type_of(members.version) != JSON_STRING ||
		!json_string_equal(members.version, SPAN("2.0"))) {
		return envelope_refuse(call, ENVELOPE_NOT_VALID, "jsonrpc is not \"2.0\".");
	}
	if (!span_present(members.method) ||
		!envelope_take_text(members.method, &cursor->scratch, &call->op)) {
		return envelope_refuse(call, ENVELOPE_NOT_VALID, "The method is not a text.");
	}
	call->op_json = members.method;
	if (span_present(members.params)) {
		enum json_type type = json_type_of(members.params);
		if (type != JSON_ARRAY && type != JSON_OBJECT) {
			return envelope_refuse(call, ENVELOPE_NOT_VALID,
				"The params are not an array or an object.");
		}
		call->body = members.params;
		call->body_is_json = true;
	}
	call->notification = !span_present(members.id);
	return true;
}

static bool next_of_batch(struct envelope_cursor *cursor, struct envelope_call *call)
{
	struct json_cursor elements = { cursor->rest.ptr, cursor->rest.ptr + cursor->rest.len };
	struct span value;
	if (!json_next_element(&elements, &value)) {
		return false;
	}
	cursor->rest = span_of(elements.at, (size_t)(elements.end - elements.at));
	return read_request(cursor, value, NULL, call);
}

static bool next(struct envelope_cursor *cursor, struct envelope_call *call)
{
	if (cursor->position > 0) {
		return cursor->batch && next_of_batch(cursor, call);
	}
	struct json_members noted;
	if (!json_check_members(cursor->rest, &noted)) {
		return envelope_refuse(call, ENVELOPE_NOT_JSON, "The message is not JSON.");
	}
	struct span value = json_value(cursor->rest);
	if (json_type_of(value) != JSON_ARRAY) {
		return read_request(cursor, value, &noted, call);
	}
	struct json_cursor elements = json_open(value);
	cursor->rest = span_of(elements.at, (size_t)(elements.end - elements.at));
	cursor->batch = true;
	if (next_of_batch(cursor, call)) {
		return true;
	}
	cursor->batch = false;
	return envelope_refuse(call, ENVELOPE_NOT_VALID, "The batch is empty.");
}

/* ---- answers ---- */

enum {
	CODE_METHOD = -32601,
	CODE_PARAMS = -32602,
	CODE_INTERNAL = -32603,
	CODE_TOO_MANY = -32029,
	CODE_SERVER = -32000,
};

/* The worker's own word, rather than ours about it. */
static bool is_from_worker(const struct envelope_result *result)
{
	return result->error_code == 0 && (result->worker_error || !span_present(result->problem));
}

static int code_of(const struct envelope_result *result)
{
	if (result->error_code != 0) {
		return result->error_code;
	}
	if (is_from_worker(result)) {
		return CODE_SERVER;
	}
	switch (result->status) {
	case 404:
	case 405: return CODE_METHOD;
	case 429: return CODE_TOO_MANY;
	case 500: return CODE_INTERNAL;
	default: return result->status < 500 ? CODE_PARAMS : CODE_SERVER - (result->status - 500);
	}
}

/* The standard's own words where it has some that fit every case, else those of the problem. */
static struct span message_of(const struct envelope_result *result, int code)
{
	switch (code) {
	case ENVELOPE_NOT_JSON: return SPAN("Parse error");
	case ENVELOPE_NOT_VALID: return SPAN("Invalid Request");
	case CODE_METHOD: return SPAN("Method not found");
	default: break;
	}
	return result->problem_title.len > 0 ? result->problem_title
					     : SPAN("The service reported an error");
}

static void append_number(struct buffer *out, int number)
{
	if (number < 0) {
		buffer_append_char(out, '-');
	}
	buffer_append_number(out, (uint64_t)(number < 0 ? -number : number));
}

static void append_error(struct buffer *out, const struct envelope_result *result)
{
	int code = code_of(result);
	buffer_append_literal(out, "\"error\":{\"code\":");
	append_number(out, code);
	buffer_append_literal(out, ",\"message\":");
	json_append_string(out, message_of(result, code));
	if (span_present(result->problem)) {
		buffer_append_literal(out, ",\"data\":");
		buffer_append_span(out, result->problem);
	} else if (is_from_worker(result)) {
		buffer_append_literal(out, ",\"data\":{\"status\":");
		append_number(out, result->status);
		buffer_append_char(out, ',');
		envelope_append_payload(out, "body", result);
		buffer_append_char(out, '}');
	}
	buffer_append_char(out, '}');
}

static void write(
	const struct envelope *envelope, const struct envelope_result *result, struct buffer *out)
{
	(void)envelope;
	buffer_append_literal(out, "{\"jsonrpc\":\"2.0\",\"id\":");
	buffer_append_span(out, span_present(result->id) ? result->id : SPAN("null"));
	buffer_append_char(out, ',');
	if (envelope_is_error(result)) {
		append_error(out, result);
	} else if (result->end) {
		buffer_append_literal(out, "\"result\":null,\"parts\":");
		buffer_append_number(out, result->parts);
	} else {
		envelope_append_payload(out, "result", result);
	}
	buffer_append_char(out, '}');
}

static void write_part(const struct envelope_result *result, struct buffer *out)
{
	buffer_append_literal(
		out, "{\"jsonrpc\":\"2.0\",\"method\":\"$/part\",\"params\":{\"id\":");
	buffer_append_span(out, span_present(result->id) ? result->id : SPAN("null"));
	buffer_append_char(out, ',');
	envelope_append_payload(out, "result", result);
	buffer_append_literal(out, "}}");
}

const struct envelope_kind envelope_jsonrpc = {
	.name = "jsonrpc",
	.unique_ids = true,
	.next = next,
	.write = write,
	.write_part = write_part,
};
