/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One block holds the array of headers and behind it all texts. It is reserved whole before
 * anything is copied, so that the spans can be set at once.
 */
#include "bridges/kept_message.h"

static struct span keep(struct buffer *memory, struct span text)
{
	if (!span_present(text)) {
		return text;
	}
	size_t start = memory->len;
	buffer_append_span(memory, text);
	return buffer_since(memory, start);
}

static size_t head_size(const struct message *from)
{
	size_t size = from->header_count * sizeof(struct message_header) + from->exchange.len +
		      from->routing_key.len + from->topic.len + from->key.len + from->partition.len;
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		size += from->properties[i].len;
	}
	for (unsigned i = 0; i < from->header_count; i++) {
		size += from->headers[i].name.len + from->headers[i].value.len;
	}
	return size;
}

static bool copy(struct kept_message *kept, const struct message *from, struct span body)
{
	*kept = (struct kept_message){ .message = *from };
	struct buffer *memory = &kept->memory;
	if (!buffer_reserve(memory, head_size(from) + body.len + 1)) {
		buffer_finish(memory);
		return false;
	}
	struct message_header *headers = (struct message_header *)memory->data;
	memory->len = from->header_count * sizeof(*headers);
	for (unsigned i = 0; i < from->header_count; i++) {
		headers[i] = from->headers[i];
		headers[i].name = keep(memory, from->headers[i].name);
		headers[i].value = keep(memory, from->headers[i].value);
	}
	struct message *to = &kept->message;
	to->headers = headers;
	to->exchange = keep(memory, from->exchange);
	to->routing_key = keep(memory, from->routing_key);
	to->topic = keep(memory, from->topic);
	to->key = keep(memory, from->key);
	to->partition = keep(memory, from->partition);
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		to->properties[i] = keep(memory, from->properties[i]);
	}
	to->body = keep(memory, body);
	return true;
}

bool kept_message_copy_head(struct kept_message *kept, const struct message *from)
{
	return copy(kept, from, SPAN_ABSENT);
}

bool kept_message_copy(struct kept_message *kept, const struct message *from)
{
	return copy(kept, from, from->body);
}

void kept_message_finish(struct kept_message *kept)
{
	buffer_finish(&kept->memory);
}
