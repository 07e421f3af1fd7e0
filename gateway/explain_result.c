/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/explain_result.h"

#include "base/json.h"
#include "base/utf8.h"
#include "mappings/explain.h"
#include "mappings/files.h"
#include "mappings/respond.h"

#include <string.h>

/* Examples of what only a running gateway has. */
#define CALL_ID SPAN("00000000-0000-4000-8000-000000000000")
#define REPLY_ADDRESS SPAN("REPLY-ADDRESS")

/* ---- working it out ---- */

static void compose(struct explain_result *result, const struct send_facts *facts)
{
	const struct request *request = &result->asked->request;
	const struct mapping *mapping = result->match.mapping;
	if (mapping_action(mapping) == MAPPING_SEND) {
		result->sends = send_compose(
			request, &result->match, facts, &result->room, &result->refusal);
	} else if (request->websocket && mapping_is_http(mapping)) {
		result->refusal = (struct refusal){ .status = 404,
			.type = "not-found",
			.detail = "This is there over HTTP only." };
	} else if (mapping_action(mapping) == MAPPING_RESPOND) {
		const struct respond_input input = { request, &result->match, facts,
			&result->room };
		result->answers = respond_compose(&input, &result->answer, &result->refusal);
	}
}

void explain_result_init(struct explain_result *result, const struct config *config,
	const struct explain_request *asked)
{
	const struct request *request = &asked->request;
	*result = (struct explain_result){ .config = config, .asked = asked };
	result->match.scratch = &result->scratch;
	if (asked->status != 0) {
		result->refusal =
			(struct refusal){ .status = asked->status, .detail = asked->detail };
		return;
	}
	if (mapping_table_match(config->mappings, request, &result->match, &result->refusal) != 0) {
		return;
	}
	result->won = true;
	const struct send_facts facts = {
		.id = CALL_ID,
		.reply_to = REPLY_ADDRESS,
		.deadline_ms = mapping_timeout_ms(result->match.mapping),
		.instance = span_from_text(config->instance),
		.reply_partition = mapping_tells_partition(result->match.mapping) ? 0 : -1,
	};
	if (mapping_accepts_body(result->match.mapping, request->has_body, &result->refusal) == 0) {
		compose(result, &facts);
	}
}

void explain_result_finish(struct explain_result *result)
{
	send_room_trim(&result->room, 0);
	buffer_finish(&result->scratch);
}

int explain_result_status(const struct explain_result *result)
{
	if (result->refusal.status != 0) {
		return result->refusal.status;
	}
	if (result->answers) {
		return result->answer.status;
	}
	bool replied = !result->sends || mapping_when(result->match.mapping) == WHEN_REPLIED;
	return replied ? 200 : 202;
}

/* ---- mappings that were considered ---- */

struct listing {
	const struct explain_result *result;
	struct buffer *out;
	bool json;
	bool ended; /* by the winner */
	unsigned count;
};

static const char *why_passed_over(const struct listing *listing, const struct mapping *mapping)
{
	return mapping == listing->result->match.mapping
		       ? "it takes the request"
		       : "it fits, but the client wants another one more";
}

static void list_one(const struct mapping *mapping, struct span why, void *context)
{
	struct listing *listing = context;
	struct buffer *out = listing->out;
	if (listing->ended) {
		return;
	}
	if (!span_present(why)) {
		why = span_from_text(why_passed_over(listing, mapping));
		listing->ended = listing->result->won && mapping == listing->result->match.mapping;
	}
	if (listing->json) {
		buffer_append_format(out, "%s{\"mapping\":", listing->count > 0 ? "," : "");
		json_append_string(out, span_from_text(mapping_name(mapping)));
		buffer_append_literal(out, ",\"why\":");
		json_append_string(out, why);
		buffer_append_char(out, '}');
	} else {
		buffer_append_format(
			out, "  %s %-24s ", listing->ended ? ">" : " ", mapping_name(mapping));
		buffer_append_span(out, why);
		buffer_append_char(out, '\n');
	}
	listing->count++;
}

static void list_mappings(const struct explain_result *result, bool json, struct buffer *out)
{
	struct listing listing = { .result = result, .out = out, .json = json };
	if (result->asked->status == 0) {
		explain_mappings(
			result->config->mappings, &result->asked->request, list_one, &listing);
	}
}

/* ---- the message, as members ---- */

struct members {
	struct buffer *out;
	bool json;
	unsigned count;
	const char *kind; /* stands before each name, for people */
};

static void begin_member(struct members *members, struct span name)
{
	if (members->json) {
		buffer_append_span(members->out, members->count > 0 ? SPAN(",") : SPAN(""));
		json_append_string(members->out, name);
		buffer_append_char(members->out, ':');
	} else {
		size_t start = members->out->len;
		buffer_append_format(
			members->out, "  %s%.*s ", members->kind, (int)name.len, name.ptr);
		while (!members->out->failed && members->out->len < start + 32) {
			buffer_append_char(members->out, ' ');
		}
	}
	members->count++;
}

/* Bytes that are no text are shown in base64. */
static void append_text(struct members *members, struct span text)
{
	struct buffer *out = members->out;
	bool readable = utf8_check(text);
	if (members->json && readable) {
		json_append_string(out, text);
	} else if (readable) {
		buffer_append_span(out, text);
	} else {
		buffer_append_span(out, members->json ? SPAN("{\"base64\":\"") : SPAN("base64 "));
		buffer_append_base64(out, text);
		buffer_append_span(out, members->json ? SPAN("\"}") : SPAN(""));
	}
}

static void add_text(struct members *members, const char *name, struct span text)
{
	if (span_present(text)) {
		begin_member(members, span_from_text(name));
		append_text(members, text);
		buffer_append_span(members->out, members->json ? SPAN("") : SPAN("\n"));
	}
}

/* An object of its own in JSON; for people a heading, or its `kind` before each name. */
static struct members open_group(struct members *members, const char *name, const char *kind)
{
	if (members->json) {
		begin_member(members, span_from_text(name));
		buffer_append_char(members->out, '{');
	} else if (kind[0] == '\0') {
		buffer_append_format(members->out, "%s:\n", name);
	}
	return (struct members){ members->out, members->json, 0, kind };
}

static void close_group(const struct members *members)
{
	buffer_append_span(members->out, members->json ? SPAN("}") : SPAN(""));
}

static void append_header(struct members *members, const struct message_header *header)
{
	bool plain = header->type == MESSAGE_JSON || header->type == MESSAGE_INTEGER ||
		     header->type == MESSAGE_REAL || header->type == MESSAGE_BOOLEAN;
	begin_member(members, header->name);
	if (header->type == MESSAGE_NULL) {
		buffer_append_literal(members->out, "null");
	} else if (plain) {
		buffer_append_span(members->out, header->value);
	} else {
		append_text(members, header->value);
	}
	buffer_append_span(members->out, members->json ? SPAN("") : SPAN("\n"));
}

static void append_headers(
	struct members *members, const struct message_header *headers, unsigned count)
{
	struct members group = open_group(members, "headers", "header ");
	for (unsigned i = 0; i < count; i++) {
		append_header(&group, &headers[i]);
	}
	close_group(&group);
}

static void append_properties(struct members *members, const struct message *message)
{
	struct members group = open_group(members, "properties", "property ");
	for (int i = 0; i < PROPERTY_COUNT; i++) {
		add_text(&group, message_property_name(i), message->properties[i]);
	}
	close_group(&group);
}

/* JSON as it is, anything else as a text. */
static void append_body(struct members *members, struct span body)
{
	begin_member(members, SPAN("body"));
	if (members->json && json_check(body, NULL)) {
		buffer_append_span(members->out, json_value(body));
	} else {
		append_text(members, body);
	}
	buffer_append_span(members->out, members->json ? SPAN("") : SPAN("\n"));
}

static void append_message(struct members *outer, const struct explain_result *result)
{
	const struct message *message = &result->room.message;
	size_t bridge = mapping_bridge_index(result->match.mapping);
	struct members members = open_group(outer, "message", "");
	add_text(&members, "bridge", span_from_text(result->config->bridges[bridge].name));
	add_text(&members, "exchange", message->exchange);
	add_text(&members, "routing_key", message->routing_key);
	add_text(&members, "topic", message->topic);
	add_text(&members, "partition", message->partition);
	add_text(&members, "key", message->key);
	append_properties(&members, message);
	append_headers(&members, message->headers, message->header_count);
	if (span_present(message->body)) {
		append_body(&members, message->body);
	}
	close_group(&members);
}

static void append_answer(struct members *outer, const struct answer *answer)
{
	struct members members = open_group(outer, "answer", "");
	add_text(&members, "content_type", answer->content_type);
	append_headers(&members, answer->headers, answer->header_count);
	if (span_present(answer->body)) {
		append_body(&members, answer->body);
	}
	close_group(&members);
}

static void append_captures(struct members *outer, const struct explain_result *result)
{
	const struct match *match = &result->match;
	if (outer->json || match->capture_count > 0) {
		struct members members = open_group(outer, "captures", "");
		for (unsigned i = 0; i < match->capture_count; i++) {
			begin_member(&members, explain_capture_names(match->mapping)[i]);
			append_text(&members, match->captures[i]);
			buffer_append_span(members.out, members.json ? SPAN("") : SPAN("\n"));
		}
		close_group(&members);
	}
}

static void append_outcome(struct members *members, const struct explain_result *result)
{
	if (result->sends) {
		append_message(members, result);
	} else if (result->answers) {
		append_answer(members, &result->answer);
	}
}

/* ---- all of it ---- */

void explain_result_write_json(const struct explain_result *result, struct buffer *out)
{
	struct members members = { out, true, 0, "" };
	buffer_append_char(out, '{');
	begin_member(&members, SPAN("status"));
	buffer_append_number(out, (uint64_t)explain_result_status(result));
	begin_member(&members, SPAN("mapping"));
	if (result->won) {
		json_append_string(out, span_from_text(mapping_name(result->match.mapping)));
	} else {
		buffer_append_literal(out, "null");
	}
	if (result->refusal.status != 0 && result->refusal.detail != NULL) {
		add_text(&members, "detail", span_from_text(result->refusal.detail));
	}
	begin_member(&members, SPAN("considered"));
	buffer_append_char(out, '[');
	list_mappings(result, true, out);
	buffer_append_char(out, ']');
	append_captures(&members, result);
	append_outcome(&members, result);
	buffer_append_literal(out, "}\n");
}

void explain_result_write(const struct explain_result *result, struct buffer *out)
{
	struct members members = { out, false, 0, "" };
	buffer_append_literal(out, "considered:\n");
	list_mappings(result, false, out);
	append_captures(&members, result);
	append_outcome(&members, result);
	if (result->refusal.status != 0) {
		buffer_append_format(out, "refused: %d %s\n", result->refusal.status,
			result->refusal.detail != NULL ? result->refusal.detail : "");
	}
}
