/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/explain_result.h"

#include "base/json.h"
#include "base/memory.h"
#include "mappings/explain.h"
#include "mappings/respond.h"

#include <stdlib.h>

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
	} else {
		const struct respond_input input = { request, &result->match, facts,
			&result->room };
		result->answers = explain_answer_init(
			&result->answer, &input, &result->search, &result->refusal);
	}
}

static void note_passed(const struct mapping *mapping, void *context)
{
	struct explain_result *result = context;
	result->passed =
		memory_resize(result->passed, result->passed_count + 1, sizeof(*result->passed));
	result->passed[result->passed_count++] = mapping;
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
	result->search = (struct file_search){ .passed = note_passed, .context = result };
	if (file_search_match(&result->search, config->mappings, request, &result->match,
		    &result->refusal) != 0) {
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
	explain_answer_finish(&result->answer);
	file_search_finish(&result->search);
	free(result->passed);
	buffer_finish(&result->scratch);
}

int explain_result_status(const struct explain_result *result)
{
	if (result->refusal.status != 0) {
		return result->refusal.status;
	}
	if (result->answers) {
		return result->answer.answer.status;
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

static bool is_passed(const struct explain_result *result, const struct mapping *mapping)
{
	for (unsigned i = 0; i < result->passed_count; i++) {
		if (result->passed[i] == mapping) {
			return true;
		}
	}
	return false;
}

static const char *why_not_plainly(const struct listing *listing, const struct mapping *mapping)
{
	const struct explain_result *result = listing->result;
	if (is_passed(result, mapping)) {
		return result->asked->request.websocket ? "files are there over HTTP only"
							: "it has no such file";
	}
	return mapping == result->match.mapping ? "it takes the request"
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
		why = span_from_text(why_not_plainly(listing, mapping));
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

/* ---- the outcome ---- */

static void append_properties(struct explain_members *members, const struct message *message)
{
	struct explain_members group = explain_members_open(members, "properties", "property ");
	for (int i = 0; i < PROPERTY_COUNT; i++) {
		explain_members_text(&group, message_property_name(i), message->properties[i]);
	}
	explain_members_close(&group);
}

static void append_message(struct explain_members *outer, const struct explain_result *result)
{
	const struct message *message = &result->room.message;
	size_t bridge = mapping_bridge_index(result->match.mapping);
	struct explain_members members = explain_members_open(outer, "message", "");
	explain_members_text(
		&members, "bridge", span_from_text(result->config->bridges[bridge].name));
	explain_members_text(&members, "exchange", message->exchange);
	explain_members_text(&members, "routing_key", message->routing_key);
	explain_members_text(&members, "topic", message->topic);
	explain_members_text(&members, "partition", message->partition);
	explain_members_text(&members, "key", message->key);
	append_properties(&members, message);
	explain_members_headers(&members, message->headers, message->header_count);
	explain_members_body(&members, message->body);
	explain_members_close(&members);
}

static void append_capture(const struct explain_capture *capture, void *context)
{
	struct explain_members *members = context;
	struct buffer name = { 0 };
	buffer_append_span(&name, capture->kind);
	buffer_append_span(&name, capture->name);
	explain_members_begin(members, buffer_span(&name));
	explain_members_append(members, capture->value);
	explain_members_end(members);
	buffer_finish(&name);
}

static void append_captures(struct explain_members *outer, const struct explain_result *result)
{
	struct buffer *out = outer->out;
	size_t start = out->len;
	struct explain_members members = explain_members_open(outer, "captures", "");
	if (result->won) {
		explain_captures(&result->asked->request, &result->match, append_capture, &members);
	}
	explain_members_close(&members);
	if (!outer->json && members.count == 0) {
		out->len = start;
	}
}

static void append_outcome(struct explain_members *members, const struct explain_result *result)
{
	if (result->sends) {
		append_message(members, result);
	} else if (result->answers) {
		explain_answer_write(&result->answer, members);
	}
}

/* ---- all of it ---- */

void explain_result_write_json(const struct explain_result *result, struct buffer *out)
{
	struct explain_members members = { out, true, 0, "" };
	buffer_append_char(out, '{');
	explain_members_begin(&members, SPAN("status"));
	buffer_append_number(out, (uint64_t)explain_result_status(result));
	explain_members_begin(&members, SPAN("mapping"));
	if (result->won) {
		json_append_string(out, span_from_text(mapping_name(result->match.mapping)));
	} else {
		buffer_append_literal(out, "null");
	}
	if (result->refusal.status != 0 && result->refusal.detail != NULL) {
		explain_members_text(&members, "detail", span_from_text(result->refusal.detail));
	}
	explain_members_begin(&members, SPAN("considered"));
	buffer_append_char(out, '[');
	list_mappings(result, true, out);
	buffer_append_char(out, ']');
	append_captures(&members, result);
	append_outcome(&members, result);
	buffer_append_literal(out, "}\n");
}

void explain_result_write(const struct explain_result *result, struct buffer *out)
{
	struct explain_members members = { out, false, 0, "" };
	buffer_append_literal(out, "considered:\n");
	list_mappings(result, false, out);
	append_captures(&members, result);
	append_outcome(&members, result);
	if (result->refusal.status != 0) {
		buffer_append_format(out, "refused: %d %s\n", result->refusal.status,
			result->refusal.detail != NULL ? result->refusal.detail : "");
	}
}
