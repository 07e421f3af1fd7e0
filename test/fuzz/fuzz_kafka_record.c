/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Headers of a reply: each is the length of its name, the name, the length of its value (255: null)
 * and the value. What is read must be what was there, and go back into a record as it came.
 */
#include "base/utf8.h"
#include "bridges/kafka_record.h"
#include "test/fuzz/fuzz.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span take(const uint8_t **data, size_t *size, size_t want)
{
	size_t len = want < *size ? want : *size;
	struct span taken = span_of((const char *)*data, len);
	*data += len;
	*size -= len;
	return taken;
}

static rd_kafka_headers_t *make_headers(const uint8_t *data, size_t size)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
	while (size >= 2) {
		size_t name_len = *data++ % 32;
		size--;
		struct span name = take(&data, &size, name_len);
		if (size == 0) {
			break;
		}
		size_t value_len = *data++;
		size--;
		struct span value = take(&data, &size, value_len == 255 ? 0 : value_len);
		rd_kafka_header_add(headers, name.ptr, (ssize_t)name.len,
			value_len == 255 ? NULL : value.ptr, (ssize_t)value.len);
	}
	return headers;
}

static void check_header(const struct message_header *header)
{
	require(utf8_check(header->name));
	require(header->type == MESSAGE_NULL || header->type == MESSAGE_TEXT ||
		header->type == MESSAGE_BYTES);
	require(header->type != MESSAGE_TEXT || utf8_check(header->value));
	require(header->type != MESSAGE_NULL || header->value.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_header room[MESSAGE_HEADERS_MAX];
	struct message message = { 0 };
	rd_kafka_headers_t *headers = make_headers(data, size);
	if (kafka_record_read(headers, room, &message)) {
		require(message.header_count == rd_kafka_header_cnt(headers));
		for (unsigned i = 0; i < message.header_count; i++) {
			check_header(&message.headers[i]);
		}
		/* A property is a header already, so none is written twice. */
		rd_kafka_headers_t *again = kafka_record_headers(&message);
		require(rd_kafka_header_cnt(again) == message.header_count);
		rd_kafka_headers_destroy(again);
	} else {
		require(message.header_count <= MESSAGE_HEADERS_MAX);
	}
	rd_kafka_headers_destroy(headers);
	return 0;
}
