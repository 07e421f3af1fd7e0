/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Order of the rules: is it an error; its status (map, places, default); its body; the content type
 * that goes with the body; headers. What has to be built stands in the caller's scratch; when that
 * moved while growing, everything is read once more, as in send.c.
 */

#include "mappings/answer.h"

#include "base/json.h"
#include "base/utf8.h"
#include "mappings/answer_headers.h"
#include "mappings/mapping_parts.h"
#include "message/media_type.h"

#define STATUS_NONE 0
#define STATUS_BAD (-1)

struct reader {
	const struct answer_rule *rule;
	struct place_source source;
	struct answer *answer;
};

static bool is_null(const struct place_value *value)
{
	return value->json && json_type_of(value->text) == JSON_NULL;
}

/* Decodes into the scratch, which is cut back: good until the next read. */
static struct span passing_text(struct reader *reader, const struct place_value *value)
{
	size_t start = reader->source.scratch->len;
	struct span text = place_text(value, reader->source.scratch);
	reader->source.scratch->len = start;
	return text;
}

static int mapped_status(struct reader *reader)
{
	const struct answer_rule *rule = reader->rule;
	struct place_value value;
	const struct place *end = rule->map_places.items + rule->map_places.count;
	for (const struct place *place = rule->map_places.items; place < end; place++) {
		if (!place_read(place, &reader->source, &value)) {
			continue;
		}
		struct span text = passing_text(reader, &value);
		for (unsigned j = 0; j < rule->map_count; j++) {
			if (span_equal(rule->map[j].value, text)) {
				return rule->map[j].status;
			}
		}
	}
	return STATUS_NONE;
}

static int parse_status(struct span text)
{
	if (text.len != 3 || text.ptr[0] < '2' || text.ptr[0] > '5' || text.ptr[1] < '0' ||
		text.ptr[1] > '9' || text.ptr[2] < '0' || text.ptr[2] > '9') {
		return STATUS_BAD;
	}
	return (text.ptr[0] - '0') * 100 + (text.ptr[1] - '0') * 10 + text.ptr[2] - '0';
}

static int placed_status(struct reader *reader)
{
	int status = STATUS_NONE;
	struct place_value value;
	const struct answer_places *places = &reader->rule->status;
	const struct place *end = places->items + places->count;
	for (const struct place *place = places->items; place < end; place++) {
		if (!place_read(place, &reader->source, &value) || is_null(&value)) {
			continue;
		}
		status = parse_status(passing_text(reader, &value));
		if (status != STATUS_BAD) {
			return status;
		}
	}
	return status;
}

static void read_status(struct reader *reader)
{
	struct answer *answer = reader->answer;
	const struct answer_rule *rule = reader->rule;
	int status = rule->map_places.count > 0 ? mapped_status(reader) : STATUS_NONE;
	if (status == STATUS_NONE && rule->status.count > 0) {
		status = placed_status(reader);
	}
	if (status == STATUS_BAD && !answer->error) {
		answer->bad_reply = "The reply has a status that is not one.";
	}
	if (status == STATUS_BAD || (status == STATUS_NONE && answer->error)) {
		status = 502;
	}
	answer->status = status == STATUS_NONE ? 200 : status;
}

/* A charset is no content coding, but some workers' libraries put one there. */
static struct span content_coding(struct reader *reader)
{
	struct span encoding = reader->source.message->properties[PROPERTY_CONTENT_ENCODING];
	static const char *const charsets[] = { "utf-8", "utf8", "utf-16", "us-ascii", "ascii",
		"latin-1", "latin1", "iso-8859-1", "iso-8859-15", "windows-1252", "binary",
		"identity", "8bit", "7bit", NULL };
	for (unsigned i = 0; encoding.len > 0 && charsets[i] != NULL; i++) {
		if (span_equal_nocase(encoding, span_from_text(charsets[i]))) {
			return SPAN_ABSENT;
		}
	}
	if (encoding.len > 0 && !answer_headers_writable(encoding)) {
		reader->answer->headers_dropped++;
		return SPAN_ABSENT;
	}
	return encoding.len > 0 ? encoding : SPAN_ABSENT;
}

static struct span own_content_type(struct reader *reader)
{
	struct span type = reader->source.message->properties[PROPERTY_CONTENT_TYPE];
	if (type.len > 0 && !answer_headers_writable(type)) {
		reader->answer->headers_dropped++;
		return SPAN_ABSENT;
	}
	return type.len > 0 ? type : SPAN_ABSENT;
}

/* The body as it stands in the reply, and the content type that goes with it by rule. */
static void give_body(
	struct reader *reader, const struct place *place, const struct place_value *value)
{
	struct answer *answer = reader->answer;
	answer->body = value->text;
	answer->body_is_json = value->json;
	if (value->json) {
		answer->content_type = SPAN("application/json");
	} else if (place->kind == PLACE_BODY) {
		answer->content_type = own_content_type(reader);
		answer->content_encoding = content_coding(reader);
	} else if (utf8_check(value->text)) {
		answer->content_type = SPAN("text/plain; charset=utf-8");
	}
}

/* Whether the reply brings no part: it says so, or what would be the part is not there. A whole
 * body that is empty is none where it ends them, like Kafka's null. */
static bool is_empty_part(struct reader *reader, struct place_value *value)
{
	const struct answer_rule *rule = reader->rule;
	if (condition_list_holds(&rule->stream.empty, &reader->source) ||
		!place_read(&rule->body, &reader->source, value)) {
		return true;
	}
	return reader->answer->kind == ANSWER_LAST_PART && rule->body.kind == PLACE_BODY &&
	       !value->json && value->text.len == 0;
}

/* What should have held a part is not even JSON. */
static bool is_broken_part(struct reader *reader)
{
	const struct place *place = &reader->rule->body;
	return reader->answer->kind == ANSWER_PART && place->kind == PLACE_BODY &&
	       place->pointer.len > 0 && reader->source.message->body.len > 0 &&
	       reader->source.body == PLACE_NOT_JSON;
}

static enum answer_kind kind_of(struct reader *reader)
{
	const struct answer_stream *stream = &reader->rule->stream;
	if (condition_list_holds(&reader->rule->skip, &reader->source)) {
		return ANSWER_NOT_YET;
	}
	if (!stream->used) {
		return ANSWER_WHOLE;
	}
	if (condition_list_holds(&stream->end, &reader->source)) {
		return ANSWER_LAST_PART;
	}
	bool more = stream->more.count == 0 || condition_list_holds(&stream->more, &reader->source);
	return more ? ANSWER_PART : ANSWER_WHOLE;
}

/* A string stands for the bytes that it holds, null for none; other JSON stays what it is. */
static void decode_body(struct reader *reader)
{
	struct answer *answer = reader->answer;
	struct place_value value = { .text = answer->body, .json = true };
	struct place_value encoding;
	struct buffer *scratch = reader->source.scratch;
	enum json_type type = json_type_of(answer->body);
	if (type != JSON_STRING && type != JSON_NULL) {
		return;
	}
	answer->body_is_json = false;
	answer->content_type = SPAN_ABSENT;
	/* What is decoded twice stands there twice, and must not move between. */
	buffer_reserve(scratch, 2 * answer->body.len + 8);
	answer->body = type == JSON_NULL ? SPAN("") : place_text(&value, scratch);
	if (type == JSON_STRING &&
		place_read(&reader->rule->encoding, &reader->source, &encoding) &&
		span_equal(passing_text(reader, &encoding), SPAN("base64"))) {
		size_t start = scratch->len;
		if (!buffer_append_base64_decoded(scratch, answer->body)) {
			answer->bad_reply = "The reply's body is no base64.";
			answer->status = 502;
		}
		answer->body = buffer_since(scratch, start);
	} else if (type == JSON_STRING) {
		answer->content_type = SPAN("text/plain; charset=utf-8");
	}
}

/* `known`: it was found already. */
static void read_body(struct reader *reader, const struct place_value *known)
{
	const struct place *place = &reader->rule->body;
	struct place_value value;
	if (known != NULL) {
		give_body(reader, place, known);
	} else if (place_read(place, &reader->source, &value)) {
		give_body(reader, place, &value);
	} else if (place->kind == PLACE_BODY && reader->source.body == PLACE_JSON) {
		/* Workers leave a member out that has no value. */
		value = (struct place_value){ .text = SPAN("null"), .json = true };
		give_body(reader, place, &value);
	} else {
		reader->answer->bad_reply = "The reply has no body where one is expected.";
		reader->answer->status = 502;
	}
}

/* Written with escapes it is the same name. */
static bool is_hidden(struct span name)
{
	return answer_rule_hides(span_of(name.ptr + 1, name.len - 2)) ||
	       json_string_equal(name, SPAN("stack")) || json_string_equal(name, SPAN("traceback"));
}

/* Errors have causes, which have stacks of their own. As deep as JSON may be: 64. */
static bool has_hidden_member(struct span value)
{
	enum json_type type = json_type_of(value);
	if (type != JSON_OBJECT && type != JSON_ARRAY) {
		return false;
	}
	struct json_cursor cursor = json_open(value);
	struct span name = SPAN_ABSENT;
	struct span inside;
	while (type == JSON_OBJECT ? json_next_member(&cursor, &name, &inside)
				   : json_next_element(&cursor, &inside)) {
		if ((type == JSON_OBJECT && is_hidden(name)) || has_hidden_member(inside)) {
			return true;
		}
	}
	return false;
}

/* The same value without stacks and tracebacks. */
static void append_stripped(struct span value, struct buffer *out)
{
	enum json_type type = json_type_of(value);
	if (type != JSON_OBJECT && type != JSON_ARRAY) {
		buffer_append_span(out, value);
		return;
	}
	struct json_cursor cursor = json_open(value);
	struct span name = SPAN_ABSENT;
	struct span inside;
	bool object = type == JSON_OBJECT, first = true;
	buffer_append_char(out, object ? '{' : '[');
	while (object ? json_next_member(&cursor, &name, &inside)
		      : json_next_element(&cursor, &inside)) {
		if (object && is_hidden(name)) {
			continue;
		}
		buffer_append_span(out, first ? SPAN("") : SPAN(","));
		if (object) {
			buffer_append_span(out, name);
			buffer_append_char(out, ':');
		}
		append_stripped(inside, out);
		first = false;
	}
	buffer_append_char(out, object ? '}' : ']');
}

static void strip_value(struct reader *reader, struct place_value *value)
{
	struct buffer *out = reader->source.scratch;
	size_t start = out->len;
	if (value->json && has_hidden_member(value->text)) {
		append_stripped(value->text, out);
		value->text = buffer_since(out, start);
	}
}

static void append_member(struct reader *reader, const struct place *place,
	const struct place_value *value, size_t start)
{
	struct buffer *out = reader->source.scratch;
	if (!value->json && !utf8_check(value->text)) {
		return;
	}
	if (out->len > start + 1) {
		buffer_append_char(out, ',');
	}
	json_append_string(out, place_token(place));
	buffer_append_char(out, ':');
	if (value->json && has_hidden_member(value->text)) {
		append_stripped(value->text, out);
	} else if (value->json) {
		buffer_append_span(out, value->text);
	} else {
		json_append_string(out, value->text);
	}
}

/* A list of places: an object of those that are there. */
static void read_error_object(struct reader *reader)
{
	const struct answer_places *places = &reader->rule->error_body;
	struct buffer *out = reader->source.scratch;
	size_t start = out->len;
	buffer_append_char(out, '{');
	for (unsigned i = 0; i < places->count; i++) {
		struct place_value value;
		if (place_read(&places->items[i], &reader->source, &value) && !is_null(&value)) {
			append_member(reader, &places->items[i], &value, start);
		}
	}
	if (out->len == start + 1) {
		out->len = start;
		return;
	}
	buffer_append_char(out, '}');
	struct place_value object = { .text = buffer_since(out, start), .json = true };
	give_body(reader, &places->items[0], &object);
}

/* A header or property that holds an object or an array is meant as JSON. */
static void take_json(struct place_value *value)
{
	struct span text = value->text;
	if (!value->json && text.len > 0 && (text.ptr[0] == '{' || text.ptr[0] == '[') &&
		json_check(text, NULL)) {
		*value = (struct place_value){ .text = json_value(text), .json = true };
	}
}

static void read_error_body(struct reader *reader)
{
	const struct answer_places *places = &reader->rule->error_body;
	struct place_value value;
	if (reader->rule->error_body_is_object) {
		read_error_object(reader);
	} else if (places->count == 1 && place_read(places->items, &reader->source, &value) &&
		   !is_null(&value)) {
		bool whole = places->items->kind == PLACE_BODY && !value.json;
		if (whole && json_check(value.text, NULL)) {
			struct place_value json = { .text = json_value(value.text), .json = true };
			strip_value(reader, &json);
			value.text = json.text;
		} else {
			take_json(&value);
			strip_value(reader, &value);
		}
		give_body(reader, places->items, &value);
	}
}

/* Whether the body is what the type says, as far as that can be seen. */
static bool fits_type(struct span type, struct span body)
{
	return media_type_is_json(type)                ? json_check(body, NULL)
	       : span_starts_with(type, SPAN("text/")) ? utf8_check(body)
						       : true;
}

static void choose_content_type(struct reader *reader)
{
	const struct answer_rule *rule = reader->rule;
	struct answer *answer = reader->answer;
	if (span_present(answer->content_type) || answer->body.len == 0) {
		return;
	}
	for (unsigned i = 0; i < rule->content_type_count; i++) {
		if (fits_type(rule->content_types[i], answer->body)) {
			answer->content_type = rule->content_types[i];
			return;
		}
	}
}

static void read_content_type(struct reader *reader)
{
	const struct answer_rule *rule = reader->rule;
	struct place_value value;
	if (rule->content_type_count > 0) {
		choose_content_type(reader);
	} else if (span_present(rule->content_type_text)) {
		reader->answer->content_type = rule->content_type_text;
	} else if (rule->content_type.kind != PLACE_NONE &&
		   place_read(&rule->content_type, &reader->source, &value) && !is_null(&value)) {
		struct span text = place_text(&value, reader->source.scratch);
		if (text.len > 0 && answer_headers_writable(text)) {
			reader->answer->content_type = text;
		} else {
			reader->answer->headers_dropped++;
		}
	}
}

/* Brokers note why they gave a message up. */
static void read_death(struct reader *reader)
{
	const struct message_header *reason =
		message_header(reader->source.message, SPAN("x-first-death-reason"));
	reader->answer->expired = reason != NULL && span_equal(reason->value, SPAN("expired"));
	reader->answer->status = reader->answer->expired ? 504 : 502;
}

/* Whether the reply is the answer at all. */
static void read_kind(struct reader *reader)
{
	struct answer *answer = reader->answer;
	answer->error = condition_list_holds(&reader->rule->error, &reader->source);
	answer->kind = answer->error ? ANSWER_WHOLE : kind_of(reader);
	answer->dead = condition_list_holds(&reader->rule->dead, &reader->source);
}

static void read_reply(struct reader *reader)
{
	struct answer *answer = reader->answer;
	answer->kind = ANSWER_WHOLE;
	answer->error = answer->dead = answer->no_part = false;
	answer->bad_reply = NULL;
	answer->body = SPAN_ABSENT;
	answer->body_is_json = false;
	answer->content_type = SPAN_ABSENT;
	answer->content_encoding = SPAN_ABSENT;
	answer->header_count = 0;
	answer->headers_dropped = 0;
	if (reader->rule->has_kinds) {
		read_kind(reader);
	}
	if (answer->dead) {
		read_death(reader);
		return;
	}
	if (answer->kind == ANSWER_NOT_YET) {
		return;
	}
	read_status(reader);
	if (answer->bad_reply != NULL) {
		return;
	}
	bool whole = answer->kind == ANSWER_WHOLE;
	struct place_value part;
	if (answer->error) {
		read_error_body(reader);
	} else if (!whole && is_empty_part(reader, &part)) {
		answer->no_part = !is_broken_part(reader);
		if (!answer->no_part) {
			read_body(reader, NULL);
		}
	} else {
		read_body(reader, whole ? NULL : &part);
		if (reader->rule->encoding.kind != PLACE_NONE && answer->body_is_json) {
			decode_body(reader);
		}
		read_content_type(reader);
	}
	if (reader->rule->header_count + reader->rule->placed_count > 0 &&
		answer->bad_reply == NULL) {
		answer_headers_read(reader->rule, &reader->source, answer);
	}
}

void answer_read(const struct mapping *mapping, const struct message *reply, struct buffer *scratch,
	struct answer *answer)
{
	struct reader reader;
	size_t start = scratch->len;
	reader.rule = &mapping->answer;
	reader.answer = answer;
	place_source_init(&reader.source, reply, scratch);
	for (;;) {
		size_t cap = scratch->cap;
		scratch->len = start;
		read_reply(&reader);
		if (scratch->failed) {
			*answer = (struct answer){ .status = 502,
				.bad_reply = "There is no memory for the reply." };
			return;
		}
		if (scratch->cap == cap) {
			return;
		}
	}
}
