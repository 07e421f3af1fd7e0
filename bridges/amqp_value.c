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

void amqp_value_room_init(struct amqp_value_room *room)
{
	init_amqp_pool(&room->pool, POOL_PAGE);
	room->pool_used = false;
}

void amqp_value_room_finish(struct amqp_value_room *room)
{
	empty_amqp_pool(&room->pool);
}

/* From message to AMQP */

static bool parse_integer(struct span text, int64_t min, int64_t max, int64_t *value)
{
	bool negative = text.len > 0 && text.ptr[0] == '-';
	struct span digits = span_skip(text, negative ? 1 : 0);
	if (digits.len == 0) {
		return false;
	}
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
	return parsed >= min && parsed <= max;
}

static bool parse_real(struct span text, double *value)
{
	char copy[NUMBER_MAX + 1];
	if (text.len == 0 || text.len > NUMBER_MAX) {
		return false;
	}
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	char *end;
	*value = strtod(copy, &end);
	return end == copy + text.len && isfinite(*value);
}

static amqp_field_value_t text_value(struct span text)
{
	return (amqp_field_value_t){ .kind = AMQP_FIELD_KIND_UTF8,
		.value.bytes = amqp_bytes_of(text) };
}

static amqp_field_value_t integer_value(struct span text)
{
	int64_t value;
	if (!parse_integer(text, INT64_MIN, INT64_MAX, &value)) {
		return text_value(text);
	}
	if (value >= INT32_MIN && value <= INT32_MAX) {
		return (amqp_field_value_t){ .kind = AMQP_FIELD_KIND_I32,
			.value.i32 = (int32_t)value };
	}
	return (amqp_field_value_t){ .kind = AMQP_FIELD_KIND_I64, .value.i64 = value };
}

static amqp_field_value_t real_value(struct span text)
{
	double value;
	if (!parse_real(text, &value)) {
		return text_value(text);
	}
	return (amqp_field_value_t){ .kind = AMQP_FIELD_KIND_F64, .value.f64 = value };
}

static amqp_field_value_t boolean_value(bool value)
{
	return (amqp_field_value_t){ .kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = value };
}

static bool json_field(struct span json, amqp_pool_t *pool, unsigned depth, amqp_field_value_t *to);

/* The decoded text of a JSON string, in the pool. */
static bool json_text(struct span quoted, amqp_pool_t *pool, struct span *to)
{
	struct buffer decoded = { 0 };
	json_string_decode(quoted, &decoded);
	amqp_bytes_t copy = { 0 };
	bool done = !decoded.failed;
	if (done && decoded.len > 0) {
		amqp_pool_alloc_bytes(pool, decoded.len, &copy);
		done = copy.bytes != NULL;
		if (done) {
			memcpy(copy.bytes, decoded.data, decoded.len);
		}
	}
	buffer_finish(&decoded);
	*to = span_of_amqp(copy);
	return done;
}

static bool json_table(struct span json, amqp_pool_t *pool, unsigned depth, amqp_table_t *to)
{
	struct json_cursor cursor = json_open(json);
	struct span name, value;
	int count = 0;
	while (json_next_member(&cursor, &name, &value)) {
		count++;
	}
	to->num_entries = 0;
	to->entries = amqp_pool_alloc(pool, ((size_t)count + 1) * sizeof(*to->entries));
	if (to->entries == NULL) {
		return false;
	}
	cursor = json_open(json);
	while (json_next_member(&cursor, &name, &value)) {
		amqp_table_entry_t *entry = &to->entries[to->num_entries++];
		struct span key;
		if (!json_text(name, pool, &key) || key.len > SHORT_TEXT_MAX ||
			!json_field(value, pool, depth, &entry->value)) {
			return false;
		}
		entry->key = amqp_bytes_of(key);
	}
	return true;
}

static bool json_array(struct span json, amqp_pool_t *pool, unsigned depth, amqp_array_t *to)
{
	struct json_cursor cursor = json_open(json);
	struct span value;
	int count = 0;
	while (json_next_element(&cursor, &value)) {
		count++;
	}
	to->num_entries = 0;
	to->entries = amqp_pool_alloc(pool, ((size_t)count + 1) * sizeof(*to->entries));
	if (to->entries == NULL) {
		return false;
	}
	cursor = json_open(json);
	while (json_next_element(&cursor, &value)) {
		if (!json_field(value, pool, depth, &to->entries[to->num_entries++])) {
			return false;
		}
	}
	return true;
}

static bool json_field(struct span json, amqp_pool_t *pool, unsigned depth, amqp_field_value_t *to)
{
	struct span text;
	int64_t integer;
	switch (json_type_of(json)) {
	case JSON_NULL: *to = (amqp_field_value_t){ .kind = AMQP_FIELD_KIND_VOID }; return true;
	case JSON_FALSE: *to = boolean_value(false); return true;
	case JSON_TRUE: *to = boolean_value(true); return true;
	case JSON_NUMBER:
		*to = parse_integer(json, INT64_MIN, INT64_MAX, &integer) ? integer_value(json)
									  : real_value(json);
		return true;
	case JSON_STRING:
		if (!json_text(json, pool, &text)) {
			return false;
		}
		*to = text_value(text);
		return true;
	case JSON_ARRAY:
		to->kind = AMQP_FIELD_KIND_ARRAY;
		return depth < AMQP_VALUE_DEPTH_MAX &&
		       json_array(json, pool, depth + 1, &to->value.array);
	case JSON_OBJECT:
		to->kind = AMQP_FIELD_KIND_TABLE;
		return depth < AMQP_VALUE_DEPTH_MAX &&
		       json_table(json, pool, depth + 1, &to->value.table);
	}
	return false;
}

static amqp_field_value_t field_value(
	const struct message_header *header, struct amqp_value_room *room)
{
	amqp_field_value_t value;
	switch (header->type) {
	case MESSAGE_INTEGER: return integer_value(header->value);
	case MESSAGE_REAL: return real_value(header->value);
	case MESSAGE_BOOLEAN: return boolean_value(span_equal(header->value, SPAN("true")));
	case MESSAGE_NULL: return (amqp_field_value_t){ .kind = AMQP_FIELD_KIND_VOID };
	case MESSAGE_JSON:
		room->pool_used = true;
		if (json_check(header->value, NULL) &&
			json_field(json_value(header->value), &room->pool, 0, &value)) {
			return value;
		}
		return text_value(header->value);
	case MESSAGE_BYTES:
		value = text_value(header->value);
		value.kind = AMQP_FIELD_KIND_BYTES;
		return value;
	case MESSAGE_TEXT: break;
	}
	return text_value(header->value);
}

static bool short_text(
	const struct message *message, enum message_property property, amqp_bytes_t *to)
{
	*to = amqp_bytes_of(message->properties[property]);
	return to->len <= SHORT_TEXT_MAX;
}

static bool number(
	const struct message *message, enum message_property property, int64_t max, int64_t *value)
{
	return parse_integer(message->properties[property], 0, max, value);
}

/* One property: its flag in AMQP and where it goes. False: it has no place there. */
static bool set_property(
	const struct message *from, enum message_property property, amqp_basic_properties_t *to)
{
	int64_t value = 0;
	bool good = true;
	switch (property) {
	case PROPERTY_CONTENT_TYPE:
		to->_flags |= AMQP_BASIC_CONTENT_TYPE_FLAG;
		return short_text(from, property, &to->content_type);
	case PROPERTY_CONTENT_ENCODING:
		to->_flags |= AMQP_BASIC_CONTENT_ENCODING_FLAG;
		return short_text(from, property, &to->content_encoding);
	case PROPERTY_DELIVERY_MODE:
		to->_flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
		good = number(from, property, 2, &value);
		to->delivery_mode = (uint8_t)value;
		return good;
	case PROPERTY_PRIORITY:
		to->_flags |= AMQP_BASIC_PRIORITY_FLAG;
		good = number(from, property, UINT8_MAX, &value);
		to->priority = (uint8_t)value;
		return good;
	case PROPERTY_CORRELATION_ID:
		to->_flags |= AMQP_BASIC_CORRELATION_ID_FLAG;
		return short_text(from, property, &to->correlation_id);
	case PROPERTY_REPLY_TO:
		to->_flags |= AMQP_BASIC_REPLY_TO_FLAG;
		return short_text(from, property, &to->reply_to);
	case PROPERTY_EXPIRATION:
		to->_flags |= AMQP_BASIC_EXPIRATION_FLAG;
		/* The broker closes the channel for an expiration that it cannot read. */
		return number(from, property, UINT32_MAX, &value) &&
		       short_text(from, property, &to->expiration);
	case PROPERTY_MESSAGE_ID:
		to->_flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
		return short_text(from, property, &to->message_id);
	case PROPERTY_TIMESTAMP:
		to->_flags |= AMQP_BASIC_TIMESTAMP_FLAG;
		good = number(from, property, INT64_MAX, &value);
		to->timestamp = (uint64_t)value;
		return good;
	case PROPERTY_TYPE:
		to->_flags |= AMQP_BASIC_TYPE_FLAG;
		return short_text(from, property, &to->type);
	case PROPERTY_USER_ID:
		to->_flags |= AMQP_BASIC_USER_ID_FLAG;
		return short_text(from, property, &to->user_id);
	case PROPERTY_APP_ID:
		to->_flags |= AMQP_BASIC_APP_ID_FLAG;
		return short_text(from, property, &to->app_id);
	case PROPERTY_CLUSTER_ID:
		to->_flags |= AMQP_BASIC_CLUSTER_ID_FLAG;
		return short_text(from, property, &to->cluster_id);
	case PROPERTY_COUNT: break;
	}
	return false;
}

bool amqp_value_from_message(
	const struct message *message, struct amqp_value_room *room, amqp_basic_properties_t *to)
{
	if (room->pool_used) {
		recycle_amqp_pool(&room->pool);
		room->pool_used = false;
	}
	to->_flags = 0;
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		if (span_present(message->properties[i]) && !set_property(message, i, to)) {
			return false;
		}
	}
	if (message->header_count == 0) {
		return true;
	}
	for (unsigned i = 0; i < message->header_count; i++) {
		if (message->headers[i].name.len > SHORT_TEXT_MAX) {
			return false;
		}
		room->entries[i].key = amqp_bytes_of(message->headers[i].name);
		room->entries[i].value = field_value(&message->headers[i], room);
	}
	to->_flags |= AMQP_BASIC_HEADERS_FLAG;
	to->headers.num_entries = (int)message->header_count;
	to->headers.entries = room->entries;
	return true;
}

size_t amqp_value_size(const struct message *message)
{
	/* Flags, and for each property at most a length byte more than its text or a number. */
	size_t size = 2 + PROPERTY_COUNT * 9 + 4;
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		size += message->properties[i].len;
	}
	for (unsigned i = 0; i < message->header_count; i++) {
		const struct message_header *header = &message->headers[i];
		/* In JSON a number of one digit and its comma become five bytes at most. */
		size_t growth = header->type == MESSAGE_JSON ? 8 : 1;
		size += 1 + header->name.len + 1 + 8 + growth * header->value.len;
	}
	return size;
}

/* From AMQP to message */

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
