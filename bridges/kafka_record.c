/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_record.h"

#include "base/utf8.h"

/* Per header: lengths of name and value, and what a record adds once, rounded up. */
#define HEADER_OVERHEAD 10
#define RECORD_OVERHEAD 64

static const struct native {
	enum message_property property;
	struct span name;
} natives[] = {
	{ PROPERTY_CORRELATION_ID, { "correlation_id", 14 } },
	{ PROPERTY_REPLY_TO, { "reply_to", 8 } },
	{ PROPERTY_CONTENT_TYPE, { "content-type", 12 } },
	{ PROPERTY_CONTENT_ENCODING, { "content-encoding", 16 } },
	{ PROPERTY_EXPIRATION, { "deadline_ms", 11 } },
};

enum { NATIVES = sizeof(natives) / sizeof(natives[0]) };

static void add(rd_kafka_headers_t *headers, struct span name, const void *value, size_t size)
{
	rd_kafka_header_add(headers, name.ptr, (ssize_t)name.len, value, (ssize_t)size);
}

rd_kafka_headers_t *kafka_record_headers(const struct message *message)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(NATIVES + message->header_count);
	for (unsigned i = 0; i < NATIVES; i++) {
		struct span value = message->properties[natives[i].property];
		if (span_present(value) && message_header(message, natives[i].name) == NULL) {
			add(headers, natives[i].name, value.ptr, value.len);
		}
	}
	for (unsigned i = 0; i < message->header_count; i++) {
		const struct message_header *header = &message->headers[i];
		bool null = header->type == MESSAGE_NULL;
		add(headers, header->name, null ? NULL : header->value.ptr,
			null ? 0 : header->value.len);
	}
	return headers;
}

size_t kafka_record_headers_size(const struct message *message)
{
	size_t size = RECORD_OVERHEAD;
	for (unsigned i = 0; i < NATIVES; i++) {
		size += natives[i].name.len + message->properties[natives[i].property].len +
			HEADER_OVERHEAD;
	}
	for (unsigned i = 0; i < message->header_count; i++) {
		size += message->headers[i].name.len + message->headers[i].value.len +
			HEADER_OVERHEAD;
	}
	return size;
}

void kafka_record_open(const rd_kafka_message_t *record, struct message *message)
{
	*message = (struct message){
		.key = record->key != NULL ? span_of(record->key, record->key_len) : SPAN_ABSENT,
		.body = record->payload != NULL ? span_of(record->payload, record->len)
						: SPAN_ABSENT,
	};
}

/* The first of a name counts, as with message_header(). */
static void take_native(struct message *message, const struct message_header *header)
{
	if (header->type != MESSAGE_TEXT) {
		return;
	}
	for (unsigned i = 0; i < NATIVES; i++) {
		struct span *property = &message->properties[natives[i].property];
		if (span_equal(header->name, natives[i].name) && !span_present(*property)) {
			*property = header->value;
		}
	}
}

bool kafka_record_read(const rd_kafka_headers_t *headers,
	struct message_header room[MESSAGE_HEADERS_MAX], struct message *message)
{
	const char *name;
	const void *value;
	size_t size;
	message->headers = room;
	message->header_count = 0;
	for (size_t i = 0; headers != NULL && rd_kafka_header_get_all(headers, i, &name, &value,
						      &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
		i++) {
		struct message_header *header = &room[message->header_count];
		if (message->header_count == MESSAGE_HEADERS_MAX) {
			return false;
		}
		header->name = span_from_text(name);
		header->value = value != NULL ? span_of(value, size) : SPAN("");
		header->type = value == NULL               ? MESSAGE_NULL
			       : utf8_check(header->value) ? MESSAGE_TEXT
							   : MESSAGE_BYTES;
		if (!utf8_check(header->name)) {
			return false;
		}
		take_native(message, header);
		message->header_count++;
	}
	return true;
}
