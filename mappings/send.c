/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Texts of one message stand behind each other in room->text. They are appended while spans of
 * earlier ones are already in the message, and growing moves the buffer; so when it had to grow,
 * the message is simply composed again: the same request gives the same bytes, which now fit. In
 * steady state that never happens. Until then no such span is read.
 */

#include "mappings/send.h"

#include "base/json.h"
#include "mappings/filter.h"
#include "mappings/header_name.h"
#include "mappings/mapping_parts.h"
#include "mappings/send_destination.h"

#include <endian.h>

#define SHORT_STRING_MAX 255

struct composer {
	const struct request *request;
	const struct match *match;
	const struct send_facts *facts;
	const struct send_rule *rule;
	struct send_room *room;
	struct variable_source source;
};

/* Out of line, or the compiler loads what all refusals say before anything is composed. */
static __attribute__((cold, noinline)) bool refuse(
	struct composer *composer, int status, const char *type, const char *detail)
{
	*composer->source.refusal =
		(struct refusal){ .status = status, .type = type, .detail = detail };
	return false;
}

static bool refuse_bad(struct composer *composer, const char *detail)
{
	return refuse(composer, 400, "bad-request", detail);
}

/* Evaluates into room->text. An omitted value is absent. */
static bool evaluate(struct composer *composer, const struct template *template, struct span *value)
{
	*value = SPAN_ABSENT;
	return template_evaluate(template, &composer->source, &composer->room->text, value) !=
	       TEMPLATE_REFUSED;
}

/* ${op}: what the mapping sets, else what the client named, else the mapping's name. */
static bool find_op(struct composer *composer, const struct mapping *mapping)
{
	struct variable_source *source = &composer->source;
	variable_source_name_op(source, mapping->name);
	if (composer->rule->op == NULL || !composer->rule->op_is_used) {
		return true;
	}
	struct span value;
	struct buffer *out = &composer->room->op;
	buffer_clear(out);
	enum template_result result = template_evaluate(composer->rule->op, source, out, &value);
	if (result == TEMPLATE_DONE) {
		source->op = value;
		source->op_is_json = true;
		source->op_from_client = !template_is_constant(composer->rule->op, NULL);
	}
	return result != TEMPLATE_REFUSED;
}

static bool compose_record(struct composer *composer, struct message *message)
{
	const struct send_rule *rule = composer->rule;
	int64_t number;
	if (!evaluate(composer, rule->topic, &message->topic) ||
		(rule->key != NULL && !evaluate(composer, rule->key, &message->key)) ||
		(rule->partition != NULL &&
			!evaluate(composer, rule->partition, &message->partition))) {
		return false;
	}
	if (!span_present(message->topic)) {
		return refuse_bad(
			composer, "The request lacks a value that decides where it goes.");
	}
	if (!template_is_constant(rule->topic, NULL) &&
		!send_destination_is_topic(message->topic)) {
		return refuse_bad(composer,
			"A value that decides where the request goes cannot be used there.");
	}
	if (span_present(message->partition) &&
		(!option_parse_integer(message->partition, &number) || number < 0 ||
			number > INT32_MAX)) {
		return refuse_bad(composer, "A value is not the number it must be.");
	}
	if (rule->tombstone && !span_present(message->key)) {
		return refuse_bad(composer, "The request lacks the key.");
	}
	return true;
}

static bool compose_destination(struct composer *composer, struct message *message)
{
	const struct send_rule *rule = composer->rule;
	if (rule->topic != NULL) {
		return compose_record(composer, message);
	}
	message->exchange = SPAN("");
	message->routing_key = SPAN("");
	if (rule->exchange != NULL && !evaluate(composer, rule->exchange, &message->exchange)) {
		return false;
	}
	if (rule->routing_key != NULL &&
		!evaluate(composer, rule->routing_key, &message->routing_key)) {
		return false;
	}
	if (!span_present(message->exchange) || !span_present(message->routing_key)) {
		return refuse_bad(
			composer, "The request lacks a value that decides where it goes.");
	}
	if (rule->to_queue && message->routing_key.len == 0) {
		return refuse_bad(
			composer, "The request has an empty value that decides where it goes.");
	}
	return true;
}

/* What the client says about its body goes into short strings of the broker. */
static bool take_client_property(
	struct composer *composer, enum message_property property, struct span value)
{
	if (value.len > SHORT_STRING_MAX || !filter_is_plain_text(value)) {
		return refuse_bad(composer, "The content type or encoding is not usable.");
	}
	composer->room->message.properties[property] = value;
	return true;
}

static bool compose_content(struct composer *composer, struct span *properties)
{
	const struct request *request = composer->request;
	enum send_body form = composer->rule->body_form;
	if (form == SEND_BODY_JSON) {
		properties[PROPERTY_CONTENT_TYPE] = SPAN("application/json");
		return true;
	}
	if (form == SEND_BODY_UNTOUCHED && request->content_encoding.len > 0 &&
		!take_client_property(
			composer, PROPERTY_CONTENT_ENCODING, request->content_encoding)) {
		return false;
	}
	if (request->content_type.len > 0) {
		return take_client_property(composer, PROPERTY_CONTENT_TYPE, request->content_type);
	}
	properties[PROPERTY_CONTENT_TYPE] = request->body_is_json && form == SEND_BODY_UNTOUCHED
						    ? SPAN("application/json")
						    : SPAN("application/octet-stream");
	return true;
}

/* Text that a property takes. Those with a shape of their own are numbers. */
static const char *property_fault(enum message_property property, struct span text)
{
	if (property != PROPERTY_DELIVERY_MODE && property != PROPERTY_PRIORITY &&
		property != PROPERTY_EXPIRATION && property != PROPERTY_TIMESTAMP) {
		return text.len <= SHORT_STRING_MAX ? NULL : "A value is longer than 255 bytes.";
	}
	int64_t number;
	int64_t max = property == PROPERTY_DELIVERY_MODE ? 2
		      : property == PROPERTY_PRIORITY    ? 255
							 : INT64_MAX;
	bool good = option_parse_integer(text, &number) && number <= max &&
		    number >= (property == PROPERTY_DELIVERY_MODE ? 1 : 0);
	return good ? NULL : "A value is not the number it must be.";
}

static bool compose_own_properties(struct composer *composer, struct span *properties)
{
	const struct send_rule *rule = composer->rule;
	for (unsigned i = 0; i < rule->property_count; i++) {
		const struct send_property *own = &rule->properties[i];
		struct span value = SPAN_ABSENT;
		if (own->template != NULL && !evaluate(composer, own->template, &value)) {
			return false;
		}
		const char *fault =
			span_present(value) && !template_is_constant(own->template, NULL)
				? property_fault(own->property, value)
				: NULL;
		if (fault != NULL) {
			return refuse_bad(composer, fault);
		}
		properties[own->property] = value;
	}
	return true;
}

static bool compose_properties(struct composer *composer, struct message *message)
{
	struct span *properties = message->properties;
	const struct send_facts *facts = composer->facts;
	if (!compose_content(composer, properties)) {
		return false;
	}
	properties[PROPERTY_CORRELATION_ID] = facts->id;
	properties[PROPERTY_MESSAGE_ID] = facts->id;
	properties[PROPERTY_DELIVERY_MODE] = message->wants_reply ? SPAN("1") : SPAN("2");
	if (message->wants_reply) {
		struct buffer *text = &composer->room->text;
		size_t start = text->len;
		properties[PROPERTY_REPLY_TO] = facts->reply_to;
		buffer_append_number(text, (uint64_t)facts->deadline_ms);
		properties[PROPERTY_EXPIRATION] = buffer_since(text, start);
	}
	return compose_own_properties(composer, properties);
}

static bool add_header(struct composer *composer, struct span name, struct span value,
	enum message_value_type type)
{
	struct message *message = &composer->room->message;
	if (message->header_count == MESSAGE_HEADERS_MAX) {
		return refuse_bad(composer, "The request has too many headers.");
	}
	composer->room->headers[message->header_count++] =
		(struct message_header){ .name = name, .value = value, .type = type };
	return true;
}

static bool is_forwarded(const struct send_rule *rule, struct span name)
{
	for (unsigned i = 0; i < rule->forward_count; i++) {
		if (span_equal_nocase(name, rule->forward[i])) {
			return true;
		}
	}
	if (!rule->forward_x || name.len < 3 || span_lower(name.ptr[0]) != 'x' ||
		name.ptr[1] != '-' || header_name_is_private(name)) {
		return false;
	}
	for (unsigned i = 0; i < rule->header_count; i++) {
		if (span_equal_nocase(rule->headers[i].name, name)) {
			return false;
		}
	}
	return true;
}

/* The value of header `at`, or a JSON array where its name comes again. */
static bool forwarded_value(
	struct composer *composer, unsigned at, struct span *value, enum message_value_type *type)
{
	const struct request_header *headers = composer->request->headers;
	struct buffer *text = &composer->room->text;
	size_t start = text->len;
	*value = headers[at].value;
	*type = MESSAGE_TEXT;
	for (unsigned i = at; i < composer->request->header_count; i++) {
		if (!span_equal_nocase(headers[i].name, headers[at].name)) {
			continue;
		}
		if (headers[i].value.len > TEMPLATE_VALUE_MAX ||
			!filter_is_plain_text(headers[i].value)) {
			return refuse_bad(composer,
				"A header is too long or has characters that cannot be passed on.");
		}
		if (i > at) {
			if (*type == MESSAGE_TEXT) {
				*type = MESSAGE_JSON;
				buffer_append_char(text, '[');
				json_append_string(text, headers[at].value);
			}
			buffer_append_char(text, ',');
			json_append_string(text, headers[i].value);
		}
	}
	if (*type == MESSAGE_JSON) {
		buffer_append_char(text, ']');
		*value = buffer_since(text, start);
	}
	return true;
}

static bool came_before(const struct request *request, unsigned at)
{
	for (unsigned i = 0; i < at; i++) {
		if (span_equal_nocase(request->headers[i].name, request->headers[at].name)) {
			return true;
		}
	}
	return false;
}

static bool forward_headers(struct composer *composer)
{
	const struct request *request = composer->request;
	struct buffer *text = &composer->room->text;
	for (unsigned i = 0; i < request->header_count; i++) {
		struct span name = request->headers[i].name;
		struct span value;
		enum message_value_type type;
		if (!is_forwarded(composer->rule, name) || came_before(request, i)) {
			continue;
		}
		if (!forwarded_value(composer, i, &value, &type)) {
			return false;
		}
		size_t start = text->len;
		for (size_t c = 0; c < name.len; c++) {
			buffer_append_char(text, span_lower(name.ptr[c]));
		}
		if (!add_header(composer, buffer_since(text, start), value, type)) {
			return false;
		}
	}
	return true;
}

/* Where there is one, the worker's reply has to come to it. */
static bool add_reply_partition(struct composer *composer)
{
	const struct send_rule *rule = composer->rule;
	struct buffer *text = &composer->room->text;
	uint32_t number = (uint32_t)composer->facts->reply_partition;
	size_t start = text->len;
	if (rule->reply_partition_format == SEND_PARTITION_ASCII) {
		buffer_append_number(text, number);
		return add_header(
			composer, rule->reply_partition, buffer_since(text, start), MESSAGE_TEXT);
	}
	uint32_t big = htobe32(number);
	buffer_append(text, &big, sizeof(big));
	return add_header(
		composer, rule->reply_partition, buffer_since(text, start), MESSAGE_BYTES);
}

static bool compose_headers(struct composer *composer, struct message *message)
{
	const struct send_rule *rule = composer->rule;
	const struct request *request = composer->request;
	if (!rule->own_traceparent && span_present(request->traceparent)) {
		add_header(composer, SPAN("traceparent"), request->traceparent, MESSAGE_TEXT);
	}
	if (!rule->own_tracestate && request->tracestate.len > 0 &&
		request->tracestate.len <= TEMPLATE_VALUE_MAX &&
		filter_is_plain_text(request->tracestate)) {
		add_header(composer, SPAN("tracestate"), request->tracestate, MESSAGE_TEXT);
	}
	if ((rule->forward_count > 0 || rule->forward_x) && !forward_headers(composer)) {
		return false;
	}
	if (message->wants_reply && rule->reply_partition.len > 0 &&
		composer->facts->reply_partition >= 0 && !add_reply_partition(composer)) {
		return false;
	}
	for (unsigned i = 0; i < rule->header_count; i++) {
		struct span value;
		if (!evaluate(composer, rule->headers[i].template, &value)) {
			return false;
		}
		if (rule->headers[i].type == MESSAGE_JSON && value.len > TEMPLATE_VALUE_MAX &&
			!template_is_constant(rule->headers[i].template, NULL)) {
			return refuse_bad(composer, "A value is longer than 1024 bytes.");
		}
		if (span_present(value) && !add_header(composer, rule->headers[i].name, value,
						   rule->headers[i].type)) {
			return false;
		}
	}
	message->headers = composer->room->headers;
	return true;
}

static bool compose_body(struct composer *composer, struct message *message)
{
	if (composer->rule->tombstone) {
		return true;
	}
	if (composer->rule->body_form == SEND_BODY_UNTOUCHED) {
		message->body =
			composer->request->body.len > 0 ? composer->request->body : SPAN("");
		return true;
	}
	if (!evaluate(composer, composer->rule->body, &message->body)) {
		return false;
	}
	if (!span_present(message->body)) {
		message->body = SPAN("");
	}
	return true;
}

static bool compose(struct composer *composer)
{
	const struct mapping *mapping = composer->match->mapping;
	const struct send_rule *rule = composer->rule;
	struct message *message = &composer->room->message;
	buffer_clear(&composer->room->text);
	*message = (struct message){ .mandatory = rule->mandatory,
		.wants_reply = composer->source.wants_reply,
		.behave = rule->behave,
		.delay_ms = rule->delay_ms };
	return mapping_check_body(mapping, &composer->source) && find_op(composer, mapping) &&
	       compose_destination(composer, message) && compose_properties(composer, message) &&
	       compose_headers(composer, message) && compose_body(composer, message);
}

bool send_compose(const struct request *request, const struct match *match,
	const struct send_facts *facts, struct send_room *room, struct refusal *refusal)
{
	struct composer composer = { .request = request,
		.match = match,
		.facts = facts,
		.rule = &match->mapping->send,
		.room = room,
		.source = { .hidden = match->mapping->send.hidden,
			.wants_reply =
				match->mapping->answer.when == WHEN_REPLIED && !facts->one_way,
			.request = request,
			.match = match,
			.rule = &match->mapping->match,
			.facts = facts,
			.scratch = &room->scratch,
			.refusal = refusal } };
	for (;;) {
		size_t cap = room->text.cap;
		bool composed = compose(&composer);
		if (room->text.failed || room->op.failed) {
			return refuse(&composer, 503, "overloaded",
				"There is no memory for the request.");
		}
		if (room->text.cap == cap) {
			return composed;
		}
	}
}

void send_room_trim(struct send_room *room, size_t kept)
{
	buffer_trim(&room->text, kept);
	buffer_trim(&room->scratch, kept);
	buffer_trim(&room->op, kept);
}
