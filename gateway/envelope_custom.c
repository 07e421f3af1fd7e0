/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * An envelope that the configuration describes: places say where a message keeps what we need,
 * templates say what answers look like. Messages are JSON; everything but the body is found in them
 * by a pointer.
 */
#include "base/json.h"
#include "base/memory.h"
#include "gateway/envelope_kind.h"
#include "gateway/problem.h"
#include "mappings/condition.h"
#include "mappings/place.h"
#include "mappings/store.h"
#include "mappings/template.h"

#include <stddef.h>
#include <stdlib.h>

struct envelope_custom {
	struct store store;
	struct place id, op, path, method, body; /* PLACE_NONE: not in this envelope */
	struct template *answer;
	struct template *error;
};

/* ---- configuration ---- */

struct custom_options {
	const struct json_node *id, *op, *path, *method, *body, *answer, *error;
};

#define ROW(name_, required_, schema_, help_)                                                      \
	{                                                                                          \
		.name = #name_, .type = OPTION_NODE, .required = required_,                        \
		.offset = offsetof(struct custom_options, name_), .help = help_, .schema = schema_ \
	}

const struct option envelope_rows[] = {
	ROW(id, false, OPTION_IS("place"),
		"place of the client's id; it goes back as `${request_id}`"),
	ROW(op, false, OPTION_IS("place"), "place of the op; this or `path` is needed"),
	ROW(path, false, OPTION_IS("place"), "place of a request target like `/orders/7?x=1`"),
	ROW(method, false, OPTION_IS("place"),
		"place of the method that goes with `path`; without it `POST`"),
	ROW(body, false, OPTION_IS("place"),
		"place of the payload; without it `body:`, the whole message"),
	ROW(answer, true, "{}",
		"template of an answer; `${request_id}` `${answer.body}` `${answer.status}`"),
	ROW(error, true, "{}", "template of an error; also `${problem}`"),
	{ 0 },
};

static void compile_place(const struct json_node *node, struct store *store, struct place *place,
	struct problem_list *problems)
{
	if (node == NULL || !condition_place(node, store, place, problems)) {
		return;
	}
	if (place->kind != PLACE_BODY || !span_present(place->pointer)) {
		problem_list_error(problems, node,
			"a WebSocket message has only a body: expected a place like "
			"\"body:/json/pointer\"");
	}
}

static void compile_body(const struct json_node *node, struct store *store, struct place *place,
	struct problem_list *problems)
{
	place_parse(SPAN("body:"), place);
	if (node != NULL && condition_place(node, store, place, problems) &&
		place->kind != PLACE_BODY) {
		problem_list_error(problems, node,
			"a WebSocket message has only a body: expected \"body:\" or a place like "
			"\"body:/json/pointer\"");
	}
}

static void compile(struct envelope_custom *custom, const struct json_node *node,
	const struct custom_options *options, struct problem_list *problems)
{
	const struct variable_context context = { .scope = VARIABLE_SCOPE_ENVELOPE };
	compile_place(options->id, &custom->store, &custom->id, problems);
	compile_place(options->op, &custom->store, &custom->op, problems);
	compile_place(options->path, &custom->store, &custom->path, problems);
	compile_place(options->method, &custom->store, &custom->method, problems);
	compile_body(options->body, &custom->store, &custom->body, problems);
	custom->answer = template_create(options->answer, TEMPLATE_JSON, &context, problems);
	custom->error = template_create(options->error, TEMPLATE_JSON, &context, problems);
	if (options->op == NULL && options->path == NULL) {
		problem_list_error(problems, node, "expected \"op\" or \"path\"");
	}
	if (options->method != NULL && options->path == NULL) {
		problem_list_error(problems, options->method, "\"method\" goes with \"path\"");
	}
}

struct envelope_custom *envelope_custom_create(
	const struct json_node *node, struct problem_list *problems)
{
	struct custom_options options = { 0 };
	if (!option_read(envelope_rows, node, &options, problems)) {
		return NULL;
	}
	struct envelope_custom *custom = memory_new(1, sizeof(*custom));
	compile(custom, node, &options, problems);
	return custom;
}

void envelope_custom_destroy(struct envelope_custom *custom)
{
	if (custom != NULL) {
		template_destroy(custom->answer);
		template_destroy(custom->error);
		store_finish(&custom->store);
		free(custom);
	}
}

bool envelope_custom_names_paths(const struct envelope_custom *custom)
{
	return custom->path.kind != PLACE_NONE;
}

/* ---- messages ---- */

static struct span find(const struct place *place, struct span message)
{
	struct span found;
	if (place->kind == PLACE_NONE || !json_pointer(message, place->pointer, &found) ||
		json_type_of(found) == JSON_NULL) {
		return SPAN_ABSENT;
	}
	return found;
}

/* Absent stays absent. False: there is something, but it is no text. */
static bool take_text(struct span found, struct buffer *scratch, struct span *text)
{
	return !span_present(found) || envelope_take_text(found, scratch, text);
}

/* Any JSON value, null too; but a text has to fit where templates put it. */
static bool take_id(const struct place *place, struct span message, struct buffer *scratch,
	struct envelope_call *call)
{
	struct span found, text;
	if (place->kind == PLACE_NONE || !json_pointer(message, place->pointer, &found)) {
		return true;
	}
	if (json_type_of(found) == JSON_STRING && !envelope_take_text(found, scratch, &text)) {
		return false;
	}
	buffer_clear(scratch);
	call->id = found;
	return true;
}

static void take_body(const struct place *place, struct span message, struct envelope_call *call)
{
	struct span found = message;
	if (!span_present(place->pointer) || json_pointer(message, place->pointer, &found)) {
		call->body = found;
		call->body_is_json = true;
	}
}

/* An op may be any JSON value; a text is compared as what it says, anything else as it stands. */
static bool take_op(struct span found, struct buffer *scratch, struct envelope_call *call)
{
	call->op_json = found;
	if (!span_present(found) || json_type_of(found) != JSON_STRING) {
		call->op = found;
		return true;
	}
	return envelope_take_text(found, scratch, &call->op);
}

/* All may be decoded into the scratch, which must not move between them. */
static void take_target(const struct envelope_custom *custom, struct span message,
	struct buffer *scratch, struct envelope_call *call)
{
	struct span op = find(&custom->op, message);
	struct span path = find(&custom->path, message);
	struct span method = find(&custom->method, message);
	buffer_reserve(scratch, op.len + path.len + method.len);
	if (!take_op(op, scratch, call)) {
		envelope_refuse(call, ENVELOPE_NOT_VALID, "The op holds a NUL character.");
	} else if (!take_text(path, scratch, &call->uri) ||
		   !take_text(method, scratch, &call->method)) {
		envelope_refuse(call, ENVELOPE_NOT_VALID, "The path or the method is not a text.");
	}
}

static bool next(struct envelope_cursor *cursor, struct envelope_call *call)
{
	const struct envelope_custom *custom = cursor->envelope->custom;
	if (cursor->position > 0) {
		return false;
	}
	if (!json_check(cursor->rest, NULL)) {
		return envelope_refuse(call, ENVELOPE_NOT_JSON, "The message is not JSON.");
	}
	struct span message = json_value(cursor->rest);
	if (!take_id(&custom->id, message, &cursor->scratch, call)) {
		return envelope_refuse(call, ENVELOPE_NOT_VALID, "The id holds a NUL character.");
	}
	take_body(&custom->body, message, call);
	take_target(custom, message, &cursor->scratch, call);
	return true;
}

/* ---- answers ---- */

static bool evaluate(const struct template *template, const struct variable_answer *answer,
	struct buffer *out, struct refusal *refusal)
{
	struct buffer scratch = { 0 };
	struct variable_source source = {
		.answer = answer, .scratch = &scratch, .refusal = refusal
	};
	struct span text = SPAN("");
	enum template_result result = template_evaluate(template, &source, out, &text);
	if (result == TEMPLATE_DONE && template_is_constant(template, NULL)) {
		buffer_append_span(out, text);
	}
	buffer_finish(&scratch);
	return result != TEMPLATE_REFUSED;
}

/* What the answer's template cannot hold becomes an error, and that the document itself at worst.
 */
static void write_refused(const struct envelope_custom *custom, struct variable_answer *answer,
	const struct refusal *refusal, struct buffer *out)
{
	const struct problem problem = { .status = 502,
		.type = "bad-reply",
		.detail = refusal->detail,
		.published = PUBLISHED_YES };
	struct buffer document = { 0 };
	struct refusal again;
	problem_write(&problem, &document);
	answer->status = problem.status;
	answer->body = SPAN_ABSENT;
	answer->problem = buffer_span(&document);
	if (!evaluate(custom->error, answer, out, &again)) {
		buffer_append_span(out, answer->problem);
	}
	buffer_finish(&document);
}

static void write(
	const struct envelope *envelope, const struct envelope_result *result, struct buffer *out)
{
	const struct envelope_custom *custom = envelope->custom;
	struct buffer published = { 0 };
	struct refusal refusal;
	struct variable_answer answer = {
		.request_id = result->id,
		.status = result->status,
		.body = result->body,
		.body_is_json = result->body_is_json,
		.content_type = result->content_type,
		.problem = result->problem,
	};
	if (result->published != NULL) {
		envelope_append_published(&published, result->published);
		answer.body = buffer_span(&published);
		answer.body_is_json = true;
	}
	const struct template *template =
		envelope_is_error(result) ? custom->error : custom->answer;
	if (!evaluate(template, &answer, out, &refusal)) {
		write_refused(custom, &answer, &refusal, out);
	}
	buffer_finish(&published);
}

const struct envelope_kind envelope_custom_kind = {
	.name = "custom",
	.next = next,
	.write = write,
};
