/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     frame = type (1)  channel (2)  size (4)  payload  0xCE
 *
 * Frames are written straight into the run of bytes that send() gets. The payload of rare methods
 * is encoded by rabbitmq-c; publishing is written here and in amqp_content.c.
 */
#include "bridges/amqp_output.h"

#include "bridges/amqp_content.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <sys/socket.h>

#define FRAME_HEADER 7
#define FRAME_OVERHEAD 8
#define METHOD_MAX 2048            /* bytes that a method other than publish may take */
#define PUBLISH_MAX (16 + 2 * 256) /* ticket, two short strings, bits, method id */
#define CONTENT_FIXED 12           /* class, weight and size before the properties */
#define SHORT_TEXT_MAX 255
#define KEPT_WHEN_EMPTY (256u << 10)

static void put16(char *at, uint16_t value)
{
	value = htobe16(value);
	memcpy(at, &value, sizeof(value));
}

static void put32(char *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static void put64(char *at, uint64_t value)
{
	value = htobe64(value);
	memcpy(at, &value, sizeof(value));
}

/* Room for `size` bytes behind what is pending; moves the rest to the front before it grows. */
static bool make_room(struct amqp_output *output, size_t size)
{
	struct buffer *bytes = &output->bytes;
	if (bytes->cap - bytes->len < size && output->sent > 0) {
		bytes->len -= output->sent;
		memmove(bytes->data, bytes->data + output->sent, bytes->len);
		output->sent = 0;
	}
	bytes->failed = false;
	return buffer_reserve(bytes, size);
}

static char *end_of(struct amqp_output *output)
{
	return output->bytes.data + output->bytes.len;
}

static void close_frame(
	struct amqp_output *output, uint8_t type, amqp_channel_t channel, size_t size)
{
	char *frame = end_of(output);
	frame[0] = (char)type;
	put16(frame + 1, channel);
	put32(frame + 3, (uint32_t)size);
	frame[FRAME_HEADER + size] = (char)AMQP_FRAME_END;
	output->bytes.len += FRAME_OVERHEAD + size;
}

/* Needs room for `room` bytes of payload. */
static bool append_method(struct amqp_output *output, amqp_channel_t channel,
	amqp_method_number_t id, void *method, size_t room)
{
	char *payload = end_of(output) + FRAME_HEADER;
	put32(payload, id);
	amqp_bytes_t rest = { .len = room - 4, .bytes = payload + 4 };
	int size = amqp_encode_method(id, method, rest);
	if (size < 0) {
		return false;
	}
	close_frame(output, AMQP_FRAME_METHOD, channel, (size_t)size + 4);
	return true;
}

void amqp_output_method(
	struct amqp_output *output, amqp_channel_t channel, amqp_method_number_t id, void *method)
{
	if (make_room(output, METHOD_MAX + FRAME_OVERHEAD)) {
		bool fits = append_method(output, channel, id, method, METHOD_MAX);
		assert(fits);
		(void)fits;
	}
}

void amqp_output_heartbeat(struct amqp_output *output)
{
	if (make_room(output, FRAME_OVERHEAD)) {
		close_frame(output, AMQP_FRAME_HEARTBEAT, 0, 0);
	}
}

static char *put_short(char *at, struct span text)
{
	*at++ = (char)text.len;
	return text.len > 0 ? (char *)memcpy(at, text.ptr, text.len) + text.len : at;
}

/* basic.publish, the one method that is written at every call. */
static void append_publish(
	struct amqp_output *output, amqp_channel_t channel, const struct message *message)
{
	char *payload = end_of(output) + FRAME_HEADER;
	put32(payload, AMQP_BASIC_PUBLISH_METHOD);
	put16(payload + 4, 0);
	char *at = put_short(put_short(payload + 6, message->exchange), message->routing_key);
	*at++ = message->mandatory ? 1 : 0;
	close_frame(output, AMQP_FRAME_METHOD, channel, (size_t)(at - payload));
}

static bool append_content_header(struct amqp_output *output, amqp_channel_t channel,
	size_t frame_max, const struct message *message)
{
	char *payload = end_of(output) + FRAME_HEADER;
	put16(payload, AMQP_BASIC_CLASS);
	put16(payload + 2, 0);
	put64(payload + 4, message->body.len);
	char *end = amqp_content_write(message, payload + CONTENT_FIXED);
	if (end == NULL || (size_t)(end - payload) + FRAME_OVERHEAD > frame_max) {
		return false;
	}
	close_frame(output, AMQP_FRAME_HEADER, channel, (size_t)(end - payload));
	return true;
}

static void append_body(
	struct amqp_output *output, amqp_channel_t channel, size_t frame_max, struct span body)
{
	while (body.len > 0) {
		size_t size = frame_max - FRAME_OVERHEAD;
		if (size > body.len) {
			size = body.len;
		}
		memcpy(end_of(output) + FRAME_HEADER, body.ptr, size);
		close_frame(output, AMQP_FRAME_BODY, channel, size);
		body = span_skip(body, size);
	}
}

bool amqp_output_publish(struct amqp_output *output, amqp_channel_t channel, size_t frame_max,
	const struct message *message)
{
	size_t body = message->body.len;
	size_t body_frames = body / (frame_max - FRAME_OVERHEAD) + 1;
	size_t room = PUBLISH_MAX + CONTENT_FIXED + amqp_content_size(message) + body +
		      (2 + body_frames) * FRAME_OVERHEAD;
	if (message->exchange.len > SHORT_TEXT_MAX || message->routing_key.len > SHORT_TEXT_MAX ||
		!make_room(output, room)) {
		return false;
	}
	size_t start = output->bytes.len;
	append_publish(output, channel, message);
	if (!append_content_header(output, channel, frame_max, message)) {
		output->bytes.len = start;
		return false;
	}
	append_body(output, channel, frame_max, message->body);
	return true;
}

enum amqp_output_result amqp_output_write(struct amqp_output *output, int fd)
{
	size_t pending = amqp_output_pending(output);
	if (pending == 0) {
		return AMQP_OUTPUT_EMPTY;
	}
	ssize_t count =
		send(fd, output->bytes.data + output->sent, pending, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (count < 0) {
		bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
		return later ? AMQP_OUTPUT_WAITS : AMQP_OUTPUT_LOST;
	}
	output->sent += (size_t)count;
	if ((size_t)count < pending) {
		return AMQP_OUTPUT_WAITS;
	}
	output->sent = 0;
	buffer_clear(&output->bytes);
	buffer_trim(&output->bytes, KEPT_WHEN_EMPTY);
	return AMQP_OUTPUT_EMPTY;
}

void amqp_output_finish(struct amqp_output *output)
{
	buffer_finish(&output->bytes);
	output->sent = 0;
}
