/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The library's way is a struct of properties, a table of typed values in a pool, and then a walk
 * over both. Every call pays for that (docs/decisions/0002-amqp-as-a-codec.md), so the same bytes
 * are written here in one walk over the message. Header tables that come back from the broker are
 * read by the library: there care is worth more than speed.
 */
#include "bridges/amqp_content.h"

#include "base/json.h"
#include "bridges/amqp_library.h"

#include <endian.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define SHORT_TEXT_MAX 255
#define SAFE_DIGITS 18
#define NUMBER_MAX 40 /* characters of a real; longer ones travel as text */

const uint8_t amqp_content_properties[AMQP_CONTENT_FLAGS] = {
	[0] = PROPERTY_COUNT, /* a second word of flags, which 0-9-1 does not need */
	[1] = PROPERTY_COUNT,
	[2] = PROPERTY_CLUSTER_ID,
	[3] = PROPERTY_APP_ID,
	[4] = PROPERTY_USER_ID,
	[5] = PROPERTY_TYPE,
	[6] = PROPERTY_TIMESTAMP,
	[7] = PROPERTY_MESSAGE_ID,
	[8] = PROPERTY_EXPIRATION,
	[9] = PROPERTY_REPLY_TO,
	[10] = PROPERTY_CORRELATION_ID,
	[11] = PROPERTY_PRIORITY,
	[12] = PROPERTY_DELIVERY_MODE,
	[13] = PROPERTY_COUNT, /* the header table */
	[14] = PROPERTY_CONTENT_ENCODING,
	[15] = PROPERTY_CONTENT_TYPE,
};

/* ---- scalars ---- */

static char *put16(char *at, uint16_t value)
{
	value = htobe16(value);
	return (char *)memcpy(at, &value, 2) + 2;
}

static char *put32(char *at, uint32_t value)
{
	value = htobe32(value);
	return (char *)memcpy(at, &value, 4) + 4;
}

static char *put64(char *at, uint64_t value)
{
	value = htobe64(value);
	return (char *)memcpy(at, &value, 8) + 8;
}

/* NULL: longer than a short string can be. */
static char *put_short(char *at, struct span text)
{
	if (text.len > SHORT_TEXT_MAX) {
		return NULL;
	}
	*at++ = (char)text.len;
	return (char *)memcpy(at, text.ptr, text.len) + text.len;
}

static char *put_long(char *at, char kind, struct span text)
{
	*at++ = kind;
	at = put32(at, (uint32_t)text.len);
	return text.len > 0 ? (char *)memcpy(at, text.ptr, text.len) + text.len : at;
}

static char *put_text(char *at, struct span text)
{
	return put_long(at, AMQP_FIELD_KIND_UTF8, text);
}

/* Digits that are too few to overflow. */
static bool parse_digits(struct span digits, int64_t *value)
{
	int64_t parsed = 0;
	if (digits.len == 0 || digits.len > SAFE_DIGITS) {
		return false;
	}
	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = (unsigned char)digits.ptr[i] - (unsigned)'0';
		if (digit > 9) {
			return false;
		}
		parsed = parsed * 10 + digit;
	}
	*value = parsed;
	return true;
}

static bool parse_integer(struct span text, int64_t *value)
{
	if (parse_digits(text, value)) {
		return true;
	}
	bool negative = text.len > 0 && text.ptr[0] == '-';
	struct span digits = span_skip(text, negative ? 1 : 0);
	int64_t parsed = 0; /* negative, where there is room for one more */
	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = (unsigned char)digits.ptr[i] - (unsigned)'0';
		if (digit > 9 || __builtin_mul_overflow(parsed, 10, &parsed) ||
			__builtin_sub_overflow(parsed, digit, &parsed)) {
			return false;
		}
	}
	if (!negative && __builtin_sub_overflow(INT64_C(0), parsed, &parsed)) {
		return false;
	}
	*value = parsed;
	return digits.len > 0;
}

static char *put_integer(char *at, struct span text)
{
	int64_t value;
	if (!parse_integer(text, &value)) {
		return put_text(at, text);
	}
	if (value >= INT32_MIN && value <= INT32_MAX) {
		*at = AMQP_FIELD_KIND_I32;
		return put32(at + 1, (uint32_t)value);
	}
	*at = AMQP_FIELD_KIND_I64;
	return put64(at + 1, (uint64_t)value);
}

static char *put_real(char *at, struct span text)
{
	char copy[NUMBER_MAX + 1];
	char *end;
	uint64_t bits;
	if (text.len == 0 || text.len > NUMBER_MAX) {
		return put_text(at, text);
	}
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	double value = strtod(copy, &end);
	if (end != copy + text.len || !isfinite(value)) {
		return put_text(at, text);
	}
	memcpy(&bits, &value, sizeof(bits));
	*at = AMQP_FIELD_KIND_F64;
	return put64(at + 1, bits);
}

static char *put_boolean(char *at, bool value)
{
	at[0] = AMQP_FIELD_KIND_BOOLEAN;
	at[1] = value;
	return at + 2;
}

/* ---- JSON: NULL where it is nested too deep, has a name that is too long, or memory is gone ----
 */

static char *put_json(char *at, struct span json, unsigned depth);

static char *put_json_text(char *at, struct span quoted, char *(*put)(char *at, struct span text))
{
	struct buffer scratch = { 0 };
	struct span text = json_string_text(quoted, &scratch);
	char *end = scratch.failed ? NULL : put(at, text);
	buffer_finish(&scratch);
	return end;
}

static char *put_json_members(char *at, struct span json, unsigned depth)
{
	struct json_cursor cursor = json_open(json);
	struct span name, value;
	while (at != NULL && json_next_member(&cursor, &name, &value)) {
		at = put_json_text(at, name, put_short);
		at = at != NULL ? put_json(at, value, depth) : NULL;
	}
	return at;
}

static char *put_json_elements(char *at, struct span json, unsigned depth)
{
	struct json_cursor cursor = json_open(json);
	struct span value;
	while (at != NULL && json_next_element(&cursor, &value)) {
		at = put_json(at, value, depth);
	}
	return at;
}

static char *put_json_container(char *at, struct span json, unsigned depth)
{
	bool object = json_type_of(json) == JSON_OBJECT;
	if (depth >= AMQP_CONTENT_DEPTH_MAX) {
		return NULL;
	}
	*at++ = object ? AMQP_FIELD_KIND_TABLE : AMQP_FIELD_KIND_ARRAY;
	char *inside = at + 4;
	char *end = object ? put_json_members(inside, json, depth + 1)
			   : put_json_elements(inside, json, depth + 1);
	if (end != NULL) {
		put32(at, (uint32_t)(end - inside));
	}
	return end;
}

static char *put_json(char *at, struct span json, unsigned depth)
{
	int64_t integer;
	switch (json_type_of(json)) {
	case JSON_NULL: *at = AMQP_FIELD_KIND_VOID; return at + 1;
	case JSON_FALSE: return put_boolean(at, false);
	case JSON_TRUE: return put_boolean(at, true);
	case JSON_NUMBER:
		return parse_integer(json, &integer) ? put_integer(at, json) : put_real(at, json);
	case JSON_STRING: return put_json_text(at, json, put_text);
	default: return put_json_container(at, json, depth);
	}
}

/* ---- headers ---- */

static char *put_value(char *at, const struct message_header *header)
{
	struct span value = header->value;
	char *end;
	switch (header->type) {
	case MESSAGE_TEXT: return put_text(at, value);
	case MESSAGE_BYTES: return put_long(at, AMQP_FIELD_KIND_BYTES, value);
	case MESSAGE_INTEGER: return put_integer(at, value);
	case MESSAGE_REAL: return put_real(at, value);
	case MESSAGE_BOOLEAN: return put_boolean(at, span_equal(value, SPAN("true")));
	case MESSAGE_NULL: *at = AMQP_FIELD_KIND_VOID; return at + 1;
	case MESSAGE_JSON:
		end = json_check(value, NULL) ? put_json(at, json_value(value), 0) : NULL;
		return end != NULL ? end : put_text(at, value);
	}
	return NULL;
}

static char *put_headers(char *at, const struct message *message)
{
	char *inside = at + 4;
	char *end = inside;
	for (unsigned i = 0; i < message->header_count && end != NULL; i++) {
		end = put_short(end, message->headers[i].name);
		end = end != NULL ? put_value(end, &message->headers[i]) : NULL;
	}
	if (end != NULL) {
		put32(at, (uint32_t)(end - inside));
	}
	return end;
}

/* ---- properties ---- */

static bool parse_up_to(struct span text, int64_t max, int64_t *value)
{
	return parse_integer(text, value) && *value >= 0 && *value <= max;
}

static char *put_property(char *at, enum message_property property, struct span text)
{
	int64_t value;
	switch (property) {
	case PROPERTY_DELIVERY_MODE:
	case PROPERTY_PRIORITY:
		if (!parse_up_to(text, property == PROPERTY_PRIORITY ? UINT8_MAX : 2, &value)) {
			return NULL;
		}
		*at = (char)value;
		return at + 1;
	case PROPERTY_TIMESTAMP:
		return parse_up_to(text, INT64_MAX, &value) ? put64(at, (uint64_t)value) : NULL;
	case PROPERTY_EXPIRATION:
		/* the broker closes the channel for one that it cannot read */
		return parse_up_to(text, UINT32_MAX, &value) ? put_short(at, text) : NULL;
	default: return put_short(at, text);
	}
}

size_t amqp_content_size(const struct message *message)
{
	/* flags, properties that are short texts or less, length of the header table */
	size_t size = 2 + PROPERTY_COUNT * (1 + SHORT_TEXT_MAX) + 4;
	for (unsigned i = 0; i < message->header_count; i++) {
		const struct message_header *header = &message->headers[i];
		/* in JSON a number of one digit and its comma become nine bytes at most */
		size_t growth = header->type == MESSAGE_JSON ? 8 : 1;
		size += 1 + header->name.len + 1 + 8 + growth * header->value.len;
	}
	return size;
}

static unsigned flags_of(const struct message *message)
{
	unsigned flags = message->header_count > 0 ? AMQP_BASIC_HEADERS_FLAG : 0;
	for (unsigned bit = 0; bit < AMQP_CONTENT_FLAGS; bit++) {
		unsigned property = amqp_content_properties[bit];
		if (property != PROPERTY_COUNT && span_present(message->properties[property])) {
			flags |= 1u << bit;
		}
	}
	return flags;
}

char *amqp_content_write(const struct message *message, char *out)
{
	unsigned flags = flags_of(message);
	char *at = put16(out, (uint16_t)flags);
	while (flags != 0 && at != NULL) {
		unsigned bit = amqp_content_first(flags);
		unsigned property = amqp_content_properties[bit];
		at = property == PROPERTY_COUNT
			     ? put_headers(at, message)
			     : put_property(at, property, message->properties[property]);
		flags -= 1u << bit;
	}
	return at;
}
