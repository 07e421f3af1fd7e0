/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What variables are worth. Everything here reads a client's text, so a value that cannot be used
 * ends in a refusal, never in a guess. Whether the body is strict JSON is found out at most once
 * for a message, and only when something looks into it.
 */

#include "mappings/variable.h"

#include "base/json.h"
#include "base/utf8.h"
#include "mappings/match.h"
#include "mappings/variable_object.h"
#include "message/content_encoding.h"
#include "message/media_type.h"

#include <time.h>

#define FORM_TYPE "application/x-www-form-urlencoded"

void variable_source_name_op(struct variable_source *source, struct span name)
{
	const struct request *request = source->request;
	source->op_from_client = !span_present(source->match->path) && request->op.len > 0;
	source->op_is_json = source->op_from_client && span_present(request->op_json);
	source->op = !source->op_from_client ? name
		     : source->op_is_json    ? request->op_json
					     : request->op;
}

/* Out of line, or the compiler loads what all refusals say before anything is read. */
static __attribute__((cold, noinline)) bool refuse(
	struct variable_source *source, int status, const char *type, const char *detail)
{
	*source->refusal = (struct refusal){ .status = status, .type = type, .detail = detail };
	return false;
}

static bool refuse_bad(struct variable_source *source, const char *detail)
{
	return refuse(source, 400, "bad-request", detail);
}

static bool refuse_media(struct variable_source *source, const char *detail)
{
	return refuse(source, 415, "unsupported-media-type", detail);
}

/* Only a body that stands there as UTF-8 can be looked into. */
static bool body_is_plain(struct variable_source *source)
{
	const struct request *request = source->request;
	if (content_encoding_is_coded(request->content_encoding)) {
		refuse_media(source, "The body is encoded, and this mapping looks into it.");
		source->refusal->offer = OFFER_ACCEPT_ENCODING;
		source->refusal->offered = SPAN("identity");
		return false;
	}
	return media_type_is_utf8(request->content_type) ||
	       refuse_media(source, "The body is not UTF-8, and this mapping looks into it.");
}

bool variable_body_is_json(struct variable_source *source)
{
	const struct request *request = source->request;
	if (source->body == VARIABLE_BODY_UNKNOWN) {
		if (!body_is_plain(source)) {
			return false;
		}
		bool json = request->body_is_json || json_check(request->body, NULL);
		source->body = json ? VARIABLE_BODY_JSON : VARIABLE_BODY_BROKEN;
	}
	return source->body == VARIABLE_BODY_JSON ||
	       refuse_bad(source, "The body is not strict JSON.");
}

static bool is_plain(const struct request *request)
{
	return !content_encoding_is_coded(request->content_encoding) &&
	       media_type_is_utf8(request->content_type);
}

/* Whatever it is, the body has a form that JSON can hold. */
static bool read_body_any(
	struct variable_source *source, enum variable_want want, struct variable_value *value)
{
	const struct request *request = source->request;
	bool json = request->body_is_json || media_type_is_json(request->content_type);
	if (request->body.len == 0) {
		return true;
	}
	value->text = request->body;
	if (json && is_plain(request) && want == VARIABLE_WANT_JSON) {
		value->json = true;
		return variable_body_is_json(source);
	}
	if (!is_plain(request) || !utf8_check(request->body)) {
		buffer_append_base64(source->scratch, request->body);
		value->text = buffer_span(source->scratch);
	}
	return true;
}

static void read_body_encoding(struct variable_source *source, struct variable_value *value)
{
	const struct request *request = source->request;
	bool text = request->body.len == 0 || request->body_is_json ||
		    (is_plain(request) && (media_type_is_json(request->content_type) ||
						  utf8_check(request->body)));
	value->text = text ? SPAN_ABSENT : SPAN("base64");
}

static bool read_body(
	struct variable_source *source, enum variable_want want, struct variable_value *value)
{
	const struct request *request = source->request;
	if (request->body.len == 0) {
		return true;
	}
	value->text = request->body;
	if (want == VARIABLE_WANT_BYTES) {
		return true;
	}
	if (want == VARIABLE_WANT_JSON &&
		(request->body_is_json || media_type_is_json(request->content_type))) {
		value->json = true;
		return variable_body_is_json(source);
	}
	if (!body_is_plain(source)) {
		return false;
	}
	return want == VARIABLE_WANT_TEXT || utf8_check(request->body) ||
	       refuse_media(source, "The body is neither JSON nor UTF-8 text.");
}

/* Inside JSON a value stays JSON; everywhere else a string loses its quotes. */
static bool give_json(struct variable_source *source, struct span json, enum variable_want want,
	struct variable_value *value)
{
	value->text = json;
	value->json = want == VARIABLE_WANT_JSON;
	if (json_type_of(json) != JSON_STRING) {
		return true;
	}
	struct span text = json_string_text(json, source->scratch);
	if (text.len > 0 && memchr(text.ptr, 0, text.len) != NULL) {
		return refuse_bad(source, "A value in the body holds a NUL character.");
	}
	if (!value->json) {
		value->text = text;
	}
	return true;
}

static bool read_pointer(struct span pointer, struct variable_source *source,
	enum variable_want want, struct variable_value *value)
{
	struct span found;
	if (source->request->body.len == 0) {
		return true;
	}
	if (!variable_body_is_json(source)) {
		return false;
	}
	if (!json_pointer(json_value(source->request->body), pointer, &found)) {
		return true;
	}
	return give_json(source, found, want, value);
}

static bool read_capture(unsigned index, struct variable_source *source, enum variable_want want,
	struct variable_value *value)
{
	const struct match *match = source->match;
	if (span_present(match->path)) {
		value->text = index < match->capture_count ? match->captures[index] : SPAN_ABSENT;
		return true;
	}
	const struct match_capture *capture = &source->rule->captures[index];
	if (!capture->in_op) {
		return true;
	}
	/* A capture is text, also where the payload holds a number. */
	enum variable_want text = want == VARIABLE_WANT_JSON ? VARIABLE_WANT_STRING : want;
	return read_pointer(capture->place.pointer, source, text, value);
}

static bool read_list(const struct variable_use *use, enum variable_list list,
	struct variable_source *source, enum variable_want want, struct variable_value *value)
{
	const char *why;
	if (use->name.len > 0) {
		why = variable_list_value(
			source->request, list, use->name, source->scratch, &value->text);
	} else {
		why = variable_list_object(source->request, list, use->guarded ? source->hidden : 0,
			source->scratch, &value->text);
		value->json = want == VARIABLE_WANT_JSON;
	}
	return why == NULL || refuse_bad(source, why);
}

/*
 * A form of no fields has a type and no bytes. Out of line as read_time() is, because their own
 * variables would cost all others room on the stack.
 */
static __attribute__((noinline)) bool read_form(
	struct variable_source *source, enum variable_want want, struct variable_value *value)
{
	const struct request *request = source->request;
	struct media_type type;
	bool read = media_type_read(request->content_type, &type);
	if (!read || !span_equal_nocase(type.name, SPAN(FORM_TYPE))) {
		if (request->body.len == 0) {
			return true;
		}
		refuse_media(source, "The body is no form with encoded fields.");
		source->refusal->offer = OFFER_ACCEPT;
		source->refusal->offered = SPAN(FORM_TYPE);
		return false;
	}
	const struct variable_use whole = { .kind = VARIABLE_BODY_FORM };
	return body_is_plain(source) && read_list(&whole, VARIABLE_LIST_FORM, source, want, value);
}

static bool read_op(
	struct variable_source *source, enum variable_want want, struct variable_value *value)
{
	if (source->op_is_json) {
		return give_json(source, source->op, want, value);
	}
	value->text = source->op;
	return true;
}

static void read_number(struct variable_source *source, int64_t number, enum variable_want want,
	struct variable_value *value)
{
	buffer_append_number(source->scratch, (uint64_t)number);
	value->text = buffer_span(source->scratch);
	value->json = want == VARIABLE_WANT_JSON;
}

static __attribute__((noinline)) void read_time(
	struct variable_source *source, int64_t ms, struct variable_value *value)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm parts;
	gmtime_r(&seconds, &parts);
	buffer_append_format(source->scratch, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
		parts.tm_sec, (int)(ms % 1000));
	value->text = buffer_span(source->scratch);
}

static struct span unless_empty(struct span text)
{
	return text.len > 0 ? text : SPAN_ABSENT;
}

/* Case says nothing in a host, so that nobody can be two by writing it another way. */
static void read_host_capture(
	struct span name, struct variable_source *source, struct variable_value *value)
{
	struct span label =
		match_condition_capture(&source->rule->condition, source->request->host, name);
	for (size_t i = 0; i < label.len; i++) {
		buffer_append_char(source->scratch, span_lower(label.ptr[i]));
	}
	value->text = unless_empty(buffer_span(source->scratch));
}

/* Those that are a piece of text somebody already has. */
static struct span plain_text(enum variable_kind kind, const struct variable_source *source)
{
	const struct request *request = source->request;
	switch (kind) {
	case VARIABLE_PATH: return source->match->path;
	case VARIABLE_OP_REST: return source->match->op_rest;
	case VARIABLE_ACCEPT: return source->match->accept;
	case VARIABLE_METHOD: return request->method;
	case VARIABLE_SCHEME: return request->scheme;
	case VARIABLE_HOST: return unless_empty(request->host);
	case VARIABLE_PORT: return unless_empty(request->port);
	case VARIABLE_URI: return request->uri;
	case VARIABLE_REQUEST_ID: return request->request_id;
	case VARIABLE_TOKEN: return request->token;
	case VARIABLE_ID: return source->facts->id;
	case VARIABLE_REPLY_TO: return source->facts->reply_to;
	case VARIABLE_INSTANCE: return source->facts->instance;
	case VARIABLE_MAPPING: return span_from_text(mapping_name(source->match->mapping));
	default: return SPAN_ABSENT;
	}
}

static void read_answer_body(
	struct variable_source *source, enum variable_want want, struct variable_value *value)
{
	const struct variable_answer *answer = source->answer;
	value->text = unless_empty(answer->body);
	if (want == VARIABLE_WANT_TEXT || want == VARIABLE_WANT_BYTES || answer->body.len == 0) {
		return;
	}
	bool maybe = answer->body_is_json || answer->content_type.len == 0 ||
		     media_type_is_json(answer->content_type);
	if (want == VARIABLE_WANT_JSON && maybe &&
		(answer->body_is_json || json_check(answer->body, NULL))) {
		value->json = true;
	} else if (!utf8_check(answer->body)) {
		buffer_append_base64(source->scratch, answer->body);
		value->text = buffer_span(source->scratch);
	}
}

static bool read_answer(enum variable_kind kind, struct variable_source *source,
	enum variable_want want, struct variable_value *value)
{
	switch (kind) {
	case VARIABLE_ANSWER_STATUS:
		read_number(source, source->answer->status, want, value);
		return true;
	case VARIABLE_ANSWER_BODY: read_answer_body(source, want, value); return true;
	case VARIABLE_ANSWER_PROBLEM:
		value->text = unless_empty(source->answer->problem);
		value->json = want == VARIABLE_WANT_JSON;
		return true;
	default:
		if (source->answer->request_id.len == 0) {
			return true;
		}
		return give_json(source, source->answer->request_id, want, value);
	}
}

bool variable_read(const struct variable_use *use, struct variable_source *source,
	enum variable_want want, struct variable_value *value)
{
	*value = (struct variable_value){ 0 };
	buffer_clear(source->scratch);
	if (use->for_replies && !source->wants_reply) {
		return true;
	}
	switch (use->kind) {
	case VARIABLE_BODY: return read_body(source, want, value);
	case VARIABLE_BODY_ANY: return read_body_any(source, want, value);
	case VARIABLE_BODY_ENCODING: read_body_encoding(source, value); return true;
	case VARIABLE_BODY_POINTER: return read_pointer(use->name, source, want, value);
	case VARIABLE_BODY_FORM: return read_form(source, want, value);
	case VARIABLE_CAPTURE: return read_capture(use->index, source, want, value);
	case VARIABLE_QUERY:
	case VARIABLE_QUERY_VALUE: return read_list(use, VARIABLE_LIST_QUERY, source, want, value);
	case VARIABLE_HEADERS:
	case VARIABLE_HEADER_VALUE:
		return read_list(use, VARIABLE_LIST_HEADERS, source, want, value);
	case VARIABLE_COOKIES:
	case VARIABLE_COOKIE_VALUE:
		return read_list(use, VARIABLE_LIST_COOKIES, source, want, value);
	case VARIABLE_HOST_CAPTURE: read_host_capture(use->name, source, value); return true;
	case VARIABLE_OP: return read_op(source, want, value);
	case VARIABLE_CLIENT_IP:
		address_append(&source->request->client, source->scratch);
		value->text = unless_empty(buffer_span(source->scratch));
		return true;
	case VARIABLE_CONNECTION_ID:
		buffer_append_number(source->scratch, source->request->connection_id);
		value->text = buffer_span(source->scratch);
		return true;
	case VARIABLE_DEADLINE_MS:
		read_number(source, source->facts->deadline_ms, want, value);
		return true;
	case VARIABLE_DEADLINE_ISO:
		read_time(source, source->facts->wall_ms + source->facts->deadline_ms, value);
		return true;
	case VARIABLE_NOW: read_number(source, source->facts->wall_ms, want, value); return true;
	case VARIABLE_ANSWER_REQUEST_ID:
	case VARIABLE_ANSWER_BODY:
	case VARIABLE_ANSWER_STATUS:
	case VARIABLE_ANSWER_PROBLEM: return read_answer(use->kind, source, want, value);
	default: value->text = plain_text(use->kind, source); return true;
	}
}
