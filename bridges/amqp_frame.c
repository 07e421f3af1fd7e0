/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     frame = type (1)  channel (2)  size (4)  payload  0xCE
 *
 * The library copies every frame into a pool, decodes all its fields into structs there, and the
 * properties are then looked through once more (docs/decisions/0002-amqp-as-a-codec.md has what
 * that costs). Here nothing is copied and nothing lives longer than the input, which is why a reply
 * is taken only when all its frames are there: one that arrives in pieces needs memory, and the
 * library has it.
 */
#include "bridges/amqp_frame.h"

#include "bridges/amqp_content.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>

#define FRAME_HEADER 7
#define FRAME_OVERHEAD 8
#define DELIVER_FIXED 9  /* delivery tag and bits, between consumer tag and exchange */
#define ACK_SIZE 13      /* method id, delivery tag, bits */
#define CONTENT_FIXED 14 /* class, weight, size of the body, flags */

struct frame {
	uint8_t type;
	amqp_channel_t channel;
	struct span payload;
	size_t size; /* all of it */
};

static uint16_t get16(const char *at)
{
	uint16_t value;
	memcpy(&value, at, sizeof(value));
	return be16toh(value);
}

static uint32_t get32(const char *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static uint64_t get64(const char *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof(value));
	return be64toh(value);
}

/* False: it is not whole, too large, or does not end where it says. */
static bool open_frame(struct span input, size_t frame_max, struct frame *frame)
{
	if (input.len < FRAME_OVERHEAD) {
		return false;
	}
	size_t size = get32(input.ptr + 3);
	frame->type = (uint8_t)input.ptr[0];
	frame->channel = get16(input.ptr + 1);
	frame->payload = span_of(input.ptr + FRAME_HEADER, size);
	frame->size = size + FRAME_OVERHEAD;
	return frame->size <= input.len && frame->size <= frame_max &&
	       (uint8_t)input.ptr[FRAME_HEADER + size] == AMQP_FRAME_END;
}

static bool is_method(const struct frame *frame, amqp_method_number_t id)
{
	return frame->type == AMQP_FRAME_METHOD && frame->payload.len >= 4 &&
	       get32(frame->payload.ptr) == id;
}

static bool skip(struct span *rest, size_t count)
{
	if (rest->len < count) {
		return false;
	}
	*rest = span_skip(*rest, count);
	return true;
}

static bool take_short(struct span *rest, struct span *text)
{
	if (rest->len == 0) {
		return false;
	}
	*text = span_of(rest->ptr + 1, (unsigned char)rest->ptr[0]);
	return skip(rest, 1 + text->len);
}

/* A number of one byte, as text; those of two digits are rare. */
static bool take_digit(struct span *rest, struct span *text)
{
	static const char digits[] = "0123456789";
	if (rest->len == 0 || (unsigned char)rest->ptr[0] > 9) {
		return false;
	}
	*text = span_of(digits + rest->ptr[0], 1);
	return skip(rest, 1);
}

static bool is_deliver(const struct frame *frame)
{
	struct span text, rest;
	if (!is_method(frame, AMQP_BASIC_DELIVER_METHOD)) {
		return false;
	}
	rest = span_skip(frame->payload, 4);
	return take_short(&rest, &text) && skip(&rest, DELIVER_FIXED) && take_short(&rest, &text) &&
	       take_short(&rest, &text) && rest.len == 0;
}

static bool take_property(struct span *rest, enum message_property property, struct span *text)
{
	switch (property) {
	case PROPERTY_DELIVERY_MODE:
	case PROPERTY_PRIORITY: return take_digit(rest, text);
	case PROPERTY_TIMESTAMP:
	case PROPERTY_COUNT: return false;
	default: return take_short(rest, text);
	}
}

static bool read_properties(struct span payload, struct message *reply)
{
	struct span rest = span_skip(payload, CONTENT_FIXED);
	unsigned flags = get16(payload.ptr + CONTENT_FIXED - 2);
	while (flags != 0) {
		unsigned bit = amqp_content_first(flags);
		enum message_property property = amqp_content_properties[bit];
		if (property == PROPERTY_COUNT ||
			!take_property(&rest, property, &reply->properties[property])) {
			return false;
		}
		flags -= 1u << bit;
	}
	return rest.len == 0;
}

size_t amqp_frame_read_reply(
	struct span input, size_t frame_max, amqp_channel_t *channel, struct message *reply)
{
	struct frame method, header, body = { 0 };
	if (!open_frame(input, frame_max, &method) || !is_deliver(&method)) {
		return 0;
	}
	input = span_skip(input, method.size);
	if (!open_frame(input, frame_max, &header) || header.type != AMQP_FRAME_HEADER ||
		header.channel != method.channel || header.payload.len < CONTENT_FIXED ||
		get16(header.payload.ptr) != AMQP_BASIC_CLASS) {
		return 0;
	}
	uint64_t body_size = get64(header.payload.ptr + 4);
	input = span_skip(input, header.size);
	*reply = (struct message){ .body = SPAN("") };
	if (body_size > 0) {
		if (!open_frame(input, frame_max, &body) || body.type != AMQP_FRAME_BODY ||
			body.channel != method.channel || body.payload.len != body_size) {
			return 0;
		}
		reply->body = body.payload;
	}
	*channel = method.channel;
	return read_properties(header.payload, reply) ? method.size + header.size + body.size : 0;
}

size_t amqp_frame_read_ack(
	struct span input, size_t frame_max, amqp_channel_t *channel, amqp_basic_ack_t *ack)
{
	struct frame frame;
	if (!open_frame(input, frame_max, &frame) || !is_method(&frame, AMQP_BASIC_ACK_METHOD) ||
		frame.payload.len != ACK_SIZE) {
		return 0;
	}
	*channel = frame.channel;
	ack->delivery_tag = get64(frame.payload.ptr + 4);
	ack->multiple = (frame.payload.ptr[12] & 1) != 0;
	return frame.size;
}
