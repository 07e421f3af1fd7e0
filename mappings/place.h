/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * PLACE: where in a reply (or an envelope's message) something stands. prop:NAME, header:NAME, key,
 * body:, body:/json/pointer, header:NAME#/pointer. Compiled at load, immutable, read by any thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/json.h"
#include "base/json_tree.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "message/message.h"

#include <stdbool.h>

enum place_kind { PLACE_NONE, PLACE_PROPERTY, PLACE_HEADER, PLACE_KEY, PLACE_BODY };

struct place {
	enum place_kind kind;
	enum message_property property;
	struct span name;      /* of a header */
	struct span pointer;   /* RFC 6901; absent: the whole */
	struct json_key first; /* its first name; absent and with all bits where that is escaped */
	struct span rest;      /* what follows that, a pointer too */
};

/* A message whose body (or header) is looked into: whether it is strict JSON is found out only
 * once. */
struct place_source {
	const struct message *message;
	enum { PLACE_UNCHECKED, PLACE_JSON, PLACE_NOT_JSON } body;
	struct json_members members; /* of the body: several places look into it */
	struct buffer *scratch;
};

/*
 * The members are noted when somebody looks inside; to clear them costs more than most replies.
 * Until then the sieve lets everything through.
 */
static inline void place_source_init(
	struct place_source *source, const struct message *message, struct buffer *scratch)
{
	source->message = message;
	source->body = PLACE_UNCHECKED;
	source->members.sieve = UINT64_MAX;
	source->scratch = scratch;
}

/* Where a value was found, and in which of the two forms. */
struct place_value {
	struct span text; /* raw bytes, or the source text of a JSON value */
	bool json;        /* true: `text` is JSON (a string keeps its quotes) */
};

/* Compiles `text`; its spans point into `text`. False: not a place; problem is the caller's. */
bool place_parse(struct span text, struct place *place);
/* The other halves of place_read() and place_text(): what is not found in a few steps. */
bool place_read_pointer(
	const struct place *place, struct place_source *source, struct place_value *value);
bool place_read_other(
	const struct place *place, struct place_source *source, struct place_value *value);
struct span place_text_decoded(const struct place_value *value, struct buffer *scratch);
/* The last token of the pointer, not unescaped, or the name of a header or property; may be empty.
 */
struct span place_token(const struct place *place);
bool place_equal(const struct place *a, const struct place *b);

/* False when it is absent, or inside something that is not strict JSON. */
static inline bool place_read(
	const struct place *place, struct place_source *source, struct place_value *value)
{
	const struct message *message = source->message;
	switch (place->kind) {
	case PLACE_HEADER:
		return message->header_count > 0 && place_read_other(place, source, value);
	case PLACE_PROPERTY:
		*value = (struct place_value){ .text = message->properties[place->property] };
		return span_present(value->text);
	case PLACE_BODY:
		if (span_present(place->pointer)) {
			return json_members_may_have(&source->members, &place->first) &&
			       place_read_pointer(place, source, value);
		}
		*value = (struct place_value){ .text = message->body.len > 0 ? message->body
									     : SPAN("") };
		return true;
	default: return place_read_other(place, source, value);
	}
}

/* The value as plain text: a JSON string decoded (maybe into scratch), other JSON its source text.
 */
static inline struct span place_text(const struct place_value *value, struct buffer *scratch)
{
	return value->json ? place_text_decoded(value, scratch) : value->text;
}
