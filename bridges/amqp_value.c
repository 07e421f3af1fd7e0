/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A message carries every header value as text with a type beside it. Text passes through without a
 * copy. Numbers, booleans, times, tables and arrays become text in one buffer that may move while
 * it grows, so the spans are set afterwards: the texts stand in it in the order of their owners.
 */
#include "bridges/amqp_value.h"

#include "base/json.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SHORT_TEXT_MAX 255
#define POOL_PAGE 4096
#define NUMBER_MAX 40 /* characters of a real; longer ones travel as text */

static void append_json(
	struct buffer *out, const amqp_field_value_t *value, unsigned depth, bool *deep);

/* The shortest of the three that reads back the same; nothing (null) when it is not finite. */
static enum message_value_type append_real(struct buffer *out, double value)
{
	char digits[32];
	if (!isfinite(value)) {
		return MESSAGE_NULL;
	}
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtod(digits, NULL) == value) {
			break;
		}
	}
	buffer_append_span(out, span_from_text(digits));
	return MESSAGE_REAL;
}

static void append_decimal(struct buffer *out, amqp_decimal_t decimal)
{
	buffer_append_format(out, "%" PRId32 "e-%u", (int32_t)decimal.value, decimal.decimals);
}

/* A value that is not text as such; `type` says which. */
static void append_scalar(
	struct buffer *out, const amqp_field_value_t *field, enum message_value_type *type)
{
	*type = MESSAGE_INTEGER;
	switch (field->kind) {
	case AMQP_FIELD_KIND_BOOLEAN:
		*type = MESSAGE_BOOLEAN;
		buffer_append_span(out, field->value.boolean ? SPAN("true") : SPAN("false"));
		return;
	case AMQP_FIELD_KIND_I8: buffer_append_format(out, "%d", field->value.i8); return;
	case AMQP_FIELD_KIND_U8: buffer_append_number(out, field->value.u8); return;
	case AMQP_FIELD_KIND_I16: buffer_append_format(out, "%d", field->value.i16); return;
	case AMQP_FIELD_KIND_U16: buffer_append_number(out, field->value.u16); return;
	case AMQP_FIELD_KIND_I32: buffer_append_format(out, "%" PRId32, field->value.i32); return;
	case AMQP_FIELD_KIND_U32: buffer_append_number(out, field->value.u32); return;
	case AMQP_FIELD_KIND_I64: buffer_append_format(out, "%" PRId64, field->value.i64); return;
	case AMQP_FIELD_KIND_U64:
	case AMQP_FIELD_KIND_TIMESTAMP: buffer_append_number(out, field->value.u64); return;
	case AMQP_FIELD_KIND_F32: *type = append_real(out, field->value.f32); return;
	case AMQP_FIELD_KIND_F64: *type = append_real(out, field->value.f64); return;
	case AMQP_FIELD_KIND_DECIMAL:
		*type = MESSAGE_REAL;
		append_decimal(out, field->value.decimal);
		return;
	default: *type = MESSAGE_NULL; return;
	}
}

static void append_json_text(struct buffer *out, struct span text)
{
	if (utf8_check(text)) {
		json_append_string(out, text);
		return;
	}
	buffer_append_char(out, '"');
	buffer_append_base64(out, text);
	buffer_append_char(out, '"');
}

static void append_table(struct buffer *out, amqp_table_t table, unsigned depth, bool *deep)
{
	buffer_append_char(out, '{');
	for (int i = 0; i < table.num_entries && !*deep; i++) {
		if (i > 0) {
			buffer_append_char(out, ',');
		}
		append_json_text(out, span_of_amqp(table.entries[i].key));
		buffer_append_char(out, ':');
		append_json(out, &table.entries[i].value, depth, deep);
	}
	buffer_append_char(out, '}');
}

static void append_array(struct buffer *out, amqp_array_t array, unsigned depth, bool *deep)
{
	buffer_append_char(out, '[');
	for (int i = 0; i < array.num_entries && !*deep; i++) {
		if (i > 0) {
			buffer_append_char(out, ',');
		}
		append_json(out, &array.entries[i], depth, deep);
	}
	buffer_append_char(out, ']');
}

static void append_json(
	struct buffer *out, const amqp_field_value_t *field, unsigned depth, bool *deep)
{
	enum message_value_type type;
	if (depth >= AMQP_VALUE_DEPTH_MAX) {
		*deep = true;
		return;
	}
	switch (field->kind) {
	case AMQP_FIELD_KIND_UTF8:
	case AMQP_FIELD_KIND_BYTES: append_json_text(out, span_of_amqp(field->value.bytes)); return;
	case AMQP_FIELD_KIND_TABLE: append_table(out, field->value.table, depth + 1, deep); return;
	case AMQP_FIELD_KIND_ARRAY: append_array(out, field->value.array, depth + 1, deep); return;
	default:
		append_scalar(out, field, &type);
		if (type == MESSAGE_NULL) {
			buffer_append_literal(out, "null");
		}
	}
}

static bool read_header(
	const amqp_table_entry_t *entry, struct message_header *to, struct buffer *text)
{
	bool deep = false;
	size_t start = text->len;
	const amqp_field_value_t *field = &entry->value;
	to->name = span_of_amqp(entry->key);
	switch (field->kind) {
	case AMQP_FIELD_KIND_UTF8:
	case AMQP_FIELD_KIND_BYTES:
		to->value = span_of_amqp(field->value.bytes);
		to->type = field->kind == AMQP_FIELD_KIND_UTF8 && utf8_check(to->value)
				   ? MESSAGE_TEXT
				   : MESSAGE_BYTES;
		return true;
	case AMQP_FIELD_KIND_TABLE:
	case AMQP_FIELD_KIND_ARRAY:
		append_json(text, field, 0, &deep);
		to->type = MESSAGE_JSON;
		break;
	default: append_scalar(text, field, &to->type);
	}
	to->value = text->len > start ? (struct span){ NULL, text->len - start } : SPAN("");
	return !deep;
}

/* Gives the spans that stand in `text` their places, in the order in which they were appended. */
static void place_texts(
	struct message *to, struct message_header *headers, const struct buffer *text)
{
	const char *at = buffer_span(text).ptr;
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		struct span *property = &to->properties[i];
		if (property->ptr == NULL && property->len > 0) {
			property->ptr = at;
			at += property->len;
		}
	}
	for (unsigned i = 0; i < to->header_count; i++) {
		if (headers[i].value.ptr == NULL) {
			headers[i].value.ptr = at;
			at += headers[i].value.len;
		}
	}
}

static struct span number_text(struct buffer *text, uint64_t value)
{
	size_t start = text->len;
	buffer_append_number(text, value);
	return (struct span){ NULL, text->len - start };
}

static void read_properties(
	const amqp_basic_properties_t *from, struct span *to, struct buffer *text)
{
	const amqp_flags_t flags = from->_flags;
	if (flags & AMQP_BASIC_CONTENT_TYPE_FLAG) {
		to[PROPERTY_CONTENT_TYPE] = span_of_amqp(from->content_type);
	}
	if (flags & AMQP_BASIC_CONTENT_ENCODING_FLAG) {
		to[PROPERTY_CONTENT_ENCODING] = span_of_amqp(from->content_encoding);
	}
	if (flags & AMQP_BASIC_CORRELATION_ID_FLAG) {
		to[PROPERTY_CORRELATION_ID] = span_of_amqp(from->correlation_id);
	}
	if (flags & AMQP_BASIC_REPLY_TO_FLAG) {
		to[PROPERTY_REPLY_TO] = span_of_amqp(from->reply_to);
	}
	if (flags & AMQP_BASIC_EXPIRATION_FLAG) {
		to[PROPERTY_EXPIRATION] = span_of_amqp(from->expiration);
	}
	if (flags & AMQP_BASIC_MESSAGE_ID_FLAG) {
		to[PROPERTY_MESSAGE_ID] = span_of_amqp(from->message_id);
	}
	if (flags & AMQP_BASIC_TYPE_FLAG) {
		to[PROPERTY_TYPE] = span_of_amqp(from->type);
	}
	if (flags & AMQP_BASIC_USER_ID_FLAG) {
		to[PROPERTY_USER_ID] = span_of_amqp(from->user_id);
	}
	if (flags & AMQP_BASIC_APP_ID_FLAG) {
		to[PROPERTY_APP_ID] = span_of_amqp(from->app_id);
	}
	if (flags & AMQP_BASIC_CLUSTER_ID_FLAG) {
		to[PROPERTY_CLUSTER_ID] = span_of_amqp(from->cluster_id);
	}
	if (flags & AMQP_BASIC_DELIVERY_MODE_FLAG) {
		to[PROPERTY_DELIVERY_MODE] = number_text(text, from->delivery_mode);
	}
	if (flags & AMQP_BASIC_PRIORITY_FLAG) {
		to[PROPERTY_PRIORITY] = number_text(text, from->priority);
	}
	if (flags & AMQP_BASIC_TIMESTAMP_FLAG) {
		to[PROPERTY_TIMESTAMP] = number_text(text, from->timestamp);
	}
}

bool amqp_value_to_message(const amqp_basic_properties_t *from, struct message_header *headers,
	struct buffer *text, struct message *to)
{
	buffer_clear(text);
	to->headers = headers;
	to->header_count = 0;
	memset(to->properties, 0, sizeof(to->properties));
	read_properties(from, to->properties, text);
	bool shallow = true;
	if (from->_flags & AMQP_BASIC_HEADERS_FLAG) {
		int count = from->headers.num_entries < MESSAGE_HEADERS_MAX
				    ? from->headers.num_entries
				    : MESSAGE_HEADERS_MAX;
		for (int i = 0; i < count && shallow; i++) {
			shallow = read_header(&from->headers.entries[i], &headers[i], text);
		}
		to->header_count = (unsigned)count;
	}
	if (!shallow || text->failed) {
		return false;
	}
	if (text->len > 0) {
		place_texts(to, headers, text);
	}
	return true;
}
