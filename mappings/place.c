/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/place.h"

#include "base/json.h"

static bool take(struct span *text, struct span prefix)
{
	if (!span_starts_with(*text, prefix)) {
		return false;
	}
	*text = span_skip(*text, prefix.len);
	return true;
}

static bool parse_header(struct span text, struct place *place)
{
	place->kind = PLACE_HEADER;
	place->name = text;
	const char *hash = text.len > 0 ? memchr(text.ptr, '#', text.len) : NULL;
	if (hash != NULL) {
		place->name.len = (size_t)(hash - text.ptr);
		place->pointer = span_skip(text, place->name.len + 1);
	}
	return place->name.len > 0 &&
	       (hash == NULL || (place->pointer.len > 0 && json_pointer_check(place->pointer)));
}

static void note_first(struct place *place)
{
	struct span name = span_skip(place->pointer, 1);
	const char *slash = memchr(name.ptr, '/', name.len);
	name.len = slash != NULL ? (size_t)(slash - name.ptr) : name.len;
	place->first.bit = UINT64_MAX;
	if (memchr(name.ptr, '~', name.len) == NULL) {
		place->first = json_key(name);
	}
	place->rest = span_skip(place->pointer, name.len + 1);
}

bool place_parse(struct span text, struct place *place)
{
	*place = (struct place){ .kind = PLACE_NONE };
	if (span_equal(text, SPAN("key"))) {
		place->kind = PLACE_KEY;
		return true;
	}
	if (take(&text, SPAN("prop:"))) {
		place->kind = PLACE_PROPERTY;
		place->property = message_property_from_name(text);
		return place->property != PROPERTY_COUNT;
	}
	if (take(&text, SPAN("body:"))) {
		place->kind = PLACE_BODY;
		place->pointer = text.len > 0 ? text : SPAN_ABSENT;
		if (text.len > 0) {
			note_first(place);
		}
		return text.len == 0 || json_pointer_check(text);
	}
	return take(&text, SPAN("header:")) && parse_header(text, place);
}

static bool read_pointer(struct span json, struct span pointer, struct place_value *value)
{
	value->json = true;
	return json_pointer(json_value(json), pointer, &value->text);
}

static bool read_header(
	const struct place *place, struct place_source *source, struct place_value *value)
{
	const struct message_header *header = message_header(source->message, place->name);
	if (header == NULL || header->type == MESSAGE_NULL) {
		return false;
	}
	if (!span_present(place->pointer) && header->type != MESSAGE_JSON) {
		*value = (struct place_value){ .text = header->value };
		return true;
	}
	return json_check(header->value, NULL) &&
	       read_pointer(header->value, place->pointer, value);
}

static __attribute__((noinline)) bool read_unchecked(
	const struct place *place, struct place_source *source, struct place_value *value)
{
	struct json_members *members = &source->members;
	if (!json_check_members(source->message->body, members)) {
		source->body = PLACE_NOT_JSON;
		members->sieve = 0;
		return false;
	}
	source->body = PLACE_JSON;
	if (members->count == 0) {
		/* An array or a value has no names to be told by. */
		members->sieve = UINT64_MAX;
	}
	return json_members_may_have(members, &place->first) &&
	       place_read_pointer(place, source, value);
}

/* The first name of the pointer is looked up among what was noted when the body was checked. */
bool place_read_pointer(
	const struct place *place, struct place_source *source, struct place_value *value)
{
	const struct json_members *members = &source->members;
	if (source->body != PLACE_JSON) {
		return source->body == PLACE_UNCHECKED && read_unchecked(place, source, value);
	}
	if (members->count == 0 || members->count > JSON_MEMBERS_MAX ||
		!span_present(place->first.name)) {
		return read_pointer(source->message->body, place->pointer, value);
	}
	const struct json_member *member = json_members_find(members, &place->first);
	if (member == NULL) {
		return false;
	}
	if (!json_member_is(member, place->first.name)) {
		/* Another name with the same tag may hide ours. */
		return read_pointer(source->message->body, place->pointer, value);
	}
	value->json = true;
	value->text = member->value;
	return place->rest.len == 0 || json_pointer(member->value, place->rest, &value->text);
}

bool place_read_other(
	const struct place *place, struct place_source *source, struct place_value *value)
{
	*value = (struct place_value){ 0 };
	if (place->kind == PLACE_HEADER) {
		return read_header(place, source, value);
	}
	value->text = place->kind == PLACE_KEY ? source->message->key : SPAN_ABSENT;
	return span_present(value->text);
}

struct span place_text_decoded(const struct place_value *value, struct buffer *scratch)
{
	return json_type_of(value->text) == JSON_STRING ? json_string_text(value->text, scratch)
							: value->text;
}

struct span place_token(const struct place *place)
{
	struct span token = place->pointer;
	if (!span_present(token)) {
		return place->kind == PLACE_PROPERTY
			       ? span_from_text(message_property_name(place->property))
		       : place->kind == PLACE_HEADER ? place->name
						     : SPAN("");
	}
	const char *slash = memrchr(token.ptr, '/', token.len);
	return slash != NULL ? span_skip(token, (size_t)(slash - token.ptr) + 1) : token;
}

bool place_equal(const struct place *a, const struct place *b)
{
	if (a == b) {
		return true;
	}
	return a->kind == b->kind && a->property == b->property && span_equal(a->name, b->name) &&
	       span_present(a->pointer) == span_present(b->pointer) &&
	       span_equal(a->pointer, b->pointer);
}
