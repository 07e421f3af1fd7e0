/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The four kinds of envelope behind one face, and what a payload looks like inside JSON. A client's
 * or worker's JSON is spliced in as the bytes it came in: big numbers, spacing and the order of
 * members are nobody's to change on the way.
 */
#include "gateway/envelope.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/option.h"
#include "base/utf8.h"
#include "gateway/envelope_kind.h"
#include "message/media_type.h"

#include <stdlib.h>

/* ---- life ---- */

static const struct envelope_kind *find_kind(struct span name)
{
	static const struct envelope_kind *const kinds[] = { &envelope_jsonrpc,
		&envelope_pathfinder, &envelope_raw };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (span_equal(name, span_from_text(kinds[i]->name))) {
			return kinds[i];
		}
	}
	return NULL;
}

static void report_kind(const struct json_node *node, struct problem_list *problems)
{
	const char *const names[] = { envelope_jsonrpc.name, envelope_pathfinder.name,
		envelope_raw.name, NULL };
	const char *near = option_nearest_name(node->string, names);
	problem_list_error(problems, node,
		"expected \"jsonrpc\", \"pathfinder\", \"raw\" or an object%s%s%s",
		near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
		near != NULL ? "\"?" : "");
}

struct envelope *envelope_create(const struct json_node *node, struct problem_list *problems)
{
	struct envelope *envelope = memory_new(1, sizeof(*envelope));
	if (node == NULL) {
		envelope->kind = &envelope_jsonrpc;
	} else if (node->type == JSON_STRING) {
		envelope->kind = find_kind(node->string);
		if (envelope->kind == NULL) {
			report_kind(node, problems);
		}
	} else if (node->type == JSON_OBJECT) {
		envelope->custom = envelope_custom_create(node, problems);
		envelope->kind = envelope->custom != NULL ? &envelope_custom_kind : NULL;
	} else {
		problem_list_error(problems, node, "expected the name of an envelope or an object");
	}
	if (envelope->kind == NULL) {
		envelope_destroy(envelope);
		return NULL;
	}
	return envelope;
}

void envelope_destroy(struct envelope *envelope)
{
	if (envelope != NULL) {
		envelope_custom_destroy(envelope->custom);
		free(envelope);
	}
}

const char *envelope_name(const struct envelope *envelope)
{
	return envelope->kind->name;
}

bool envelope_is_raw(const struct envelope *envelope)
{
	return envelope->kind->raw;
}

bool envelope_ids_are_unique(const struct envelope *envelope)
{
	return envelope->kind->unique_ids;
}

bool envelope_names_paths(const struct envelope *envelope)
{
	return envelope->kind->raw ||
	       (envelope->custom != NULL && envelope_custom_names_paths(envelope->custom));
}

bool envelope_paths_default(const struct envelope *envelope)
{
	return envelope->kind->paths;
}

/* ---- messages in and out ---- */

void envelope_open(const struct envelope *envelope, struct span text, bool binary,
	struct envelope_cursor *cursor)
{
	(void)binary; /* JSON in a binary frame is JSON, and `raw` takes bytes as they are */
	cursor->envelope = envelope;
	cursor->rest = text;
	cursor->position = 0;
	cursor->batch = false;
}

bool envelope_next(struct envelope_cursor *cursor, struct envelope_call *call)
{
	*call = (struct envelope_call){ .body = SPAN("") };
	buffer_clear(&cursor->scratch);
	bool found = cursor->envelope->kind->next(cursor, call);
	cursor->position++;
	call->in_batch = cursor->batch;
	return found;
}

void envelope_write_part(
	const struct envelope *envelope, const struct envelope_result *result, struct buffer *out)
{
	if (envelope->kind->write_part != NULL) {
		envelope->kind->write_part(result, out);
	} else {
		envelope->kind->write(envelope, result, out);
	}
}

void envelope_write(
	const struct envelope *envelope, const struct envelope_result *result, struct buffer *out)
{
	if (!result->end || envelope->kind->write_part != NULL) {
		envelope->kind->write(envelope, result, out);
	}
}

/* ---- what the kinds share ---- */

bool envelope_refuse(struct envelope_call *call, int code, const char *sentence)
{
	call->error_code = code;
	call->error = sentence;
	return true;
}

bool envelope_is_error(const struct envelope_result *result)
{
	return result->error_code != 0 || result->worker_error || span_present(result->problem) ||
	       result->status >= 400;
}

bool envelope_take_text(struct span json, struct buffer *scratch, struct span *text)
{
	if (json_type_of(json) != JSON_STRING) {
		return false;
	}
	*text = json_string_text(json, scratch);
	return !scratch->failed && (text->len == 0 || memchr(text->ptr, '\0', text->len) == NULL);
}

void envelope_append_published(struct buffer *out, const char *published)
{
	buffer_append_literal(out, "{\"published\":");
	json_append_string(out, span_from_text(published));
	buffer_append_char(out, '}');
}

static bool payload_is_json(const struct envelope_result *result)
{
	bool said = result->content_type.len == 0 || media_type_is_json(result->content_type);
	return said && (result->body_is_json || json_check(result->body, NULL));
}

void envelope_append_payload(
	struct buffer *out, const char *name, const struct envelope_result *result)
{
	json_append_string(out, span_from_text(name));
	buffer_append_char(out, ':');
	if (result->published != NULL) {
		envelope_append_published(out, result->published);
	} else if (result->body.len == 0) {
		buffer_append_literal(out, "null");
	} else if (payload_is_json(result)) {
		buffer_append_span(out, result->body);
	} else if (utf8_check(result->body)) {
		json_append_string(out, result->body);
		buffer_append_literal(out, ",\"encoding\":\"text\"");
	} else {
		buffer_append_char(out, '"');
		buffer_append_base64(out, result->body);
		buffer_append_literal(out, "\",\"encoding\":\"base64\"");
	}
}

/* ---- raw ---- */

static bool next_raw(struct envelope_cursor *cursor, struct envelope_call *call)
{
	call->body = cursor->rest;
	return cursor->position == 0;
}

static void write_raw(
	const struct envelope *envelope, const struct envelope_result *result, struct buffer *out)
{
	(void)envelope;
	if (result->published == NULL) {
		buffer_append_span(out, result->body.len == 0 && span_present(result->problem)
						? result->problem
						: result->body);
	}
}

const struct envelope_kind envelope_raw = {
	.name = "raw",
	.raw = true,
	.next = next_raw,
	.write = write_raw,
};
