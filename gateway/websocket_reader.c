/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Two ways through. A message that is one frame and stands whole in the input is unmasked where it
 * is: nothing is remembered. Everything else goes through struct websocket_partial, which exists
 * from the first byte that has to wait until the next release after nothing waits any more:
 *
 *     HEADER -> DATA ... -> HEADER      the payload is unmasked on its way into `message`
 *            -> CONTROL -> HEADER       may come between the fragments of a message
 *
 * Text is checked piece by piece as it arrives, so that a client learns of its first bad byte and
 * not of its last.
 */
#include "gateway/websocket_reader.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum stage { STAGE_HEADER, STAGE_DATA, STAGE_CONTROL };

/* A frame up to this size gets its room at once; beyond it the room grows with what arrives. */
enum { RESERVE_MAX = 16384 };

struct websocket_partial {
	struct buffer message; /* unmasked payload of the message so far */
	uint64_t left;         /* of the current frame's payload */
	uint32_t mask;         /* for the next byte of it */
	uint32_t utf8;
	uint32_t fragments;
	uint8_t stage;
	uint8_t opcode; /* of the message; WEBSOCKET_CONTINUATION: none has begun */
	uint8_t control_opcode;
	bool final; /* the current data frame ends the message */
	bool compressed;
	bool delivered; /* `message` was handed out and is void at the next call */
	uint8_t kept;
	char small[WEBSOCKET_CONTROL_MAX]; /* of a header, or of a control frame's payload */
};

static void take(struct websocket_input *in, size_t count)
{
	in->at += count;
	in->len -= count;
}

static enum websocket_event fail(struct websocket_reader *reader, struct websocket_item *item,
	uint16_t code, const char *reason)
{
	reader->ended = true;
	*item = (struct websocket_item){ .code = code, .reason = reason };
	return WEBSOCKET_EVENT_ERROR;
}

static enum websocket_event not_utf8(struct websocket_reader *reader, struct websocket_item *item)
{
	return fail(reader, item, WEBSOCKET_CODE_NOT_UTF8, "A text is not UTF-8.");
}

static bool idle(const struct websocket_partial *partial)
{
	return partial->stage == STAGE_HEADER && partial->kept == 0 &&
	       (partial->opcode == WEBSOCKET_CONTINUATION || partial->delivered);
}

static enum websocket_event deliver_control(struct websocket_reader *reader, unsigned opcode,
	struct span payload, struct websocket_item *item)
{
	item->payload = payload;
	if (opcode != WEBSOCKET_CLOSE) {
		return opcode == WEBSOCKET_PING ? WEBSOCKET_EVENT_PING : WEBSOCKET_EVENT_PONG;
	}
	uint16_t wrong = websocket_close_parse(payload, &item->code, &item->payload);
	if (wrong == WEBSOCKET_CODE_NOT_UTF8) {
		return not_utf8(reader, item);
	}
	if (wrong != 0) {
		return fail(reader, item, wrong, "A close frame is malformed.");
	}
	reader->ended = true;
	return WEBSOCKET_EVENT_CLOSE;
}

/* A message in one frame, whole in the input. */
static enum websocket_event deliver_in_place(struct websocket_reader *reader,
	const struct websocket_frame *frame, char *payload, struct websocket_item *item)
{
	size_t len = (size_t)frame->length;
	websocket_unmask(payload, payload, len, frame->mask);
	if (websocket_is_control(frame->opcode)) {
		return deliver_control(reader, frame->opcode, span_of(payload, len), item);
	}
	item->payload = span_of(payload, len);
	item->binary = frame->opcode == WEBSOCKET_BINARY;
	item->compressed = frame->rsv != 0;
	if (!item->binary && !item->compressed && !utf8_check(item->payload)) {
		return not_utf8(reader, item);
	}
	return WEBSOCKET_EVENT_MESSAGE;
}

/* What a data frame's header breaks, given the message so far: MORE is nothing. */
static enum websocket_event check_data(struct websocket_reader *reader,
	const struct websocket_limits *limits, const struct websocket_frame *frame,
	struct websocket_item *item)
{
	const struct websocket_partial *partial = reader->partial;
	bool begun = partial != NULL && partial->opcode != WEBSOCKET_CONTINUATION;
	bool continues = frame->opcode == WEBSOCKET_CONTINUATION;
	bool compressed = begun ? partial->compressed : frame->rsv != 0;
	uint64_t most = compressed ? limits->compressed : limits->message;
	uint64_t before = begun ? partial->message.len : 0;
	if (begun != continues) {
		return fail(reader, item, WEBSOCKET_CODE_PROTOCOL,
			begun ? "A message begins inside another one."
			      : "A continuation has no beginning.");
	}
	if (continues && frame->rsv != 0) {
		return fail(reader, item, WEBSOCKET_CODE_PROTOCOL, "A reserved bit is set.");
	}
	if (most != 0 && frame->length > most - before) {
		return fail(reader, item, WEBSOCKET_CODE_TOO_BIG, "A message is too large.");
	}
	if (continues && limits->fragments != 0 && partial->fragments >= limits->fragments) {
		return fail(
			reader, item, WEBSOCKET_CODE_POLICY, "A message has too many fragments.");
	}
	return WEBSOCKET_EVENT_MORE;
}

/* Enters a frame whose header has been checked. */
static void begin_frame(struct websocket_partial *partial, const struct websocket_frame *frame)
{
	partial->left = frame->length;
	partial->mask = frame->mask;
	partial->kept = 0;
	if (websocket_is_control(frame->opcode)) {
		partial->stage = STAGE_CONTROL;
		partial->control_opcode = frame->opcode;
		return;
	}
	partial->stage = STAGE_DATA;
	partial->final = frame->final;
	if (frame->opcode == WEBSOCKET_CONTINUATION) {
		partial->fragments++;
	} else {
		partial->opcode = frame->opcode;
		partial->compressed = frame->rsv != 0;
		partial->utf8 = UTF8_ACCEPT;
		partial->fragments = 0;
	}
	buffer_reserve(&partial->message,
		frame->length < RESERVE_MAX ? (size_t)frame->length : RESERVE_MAX);
}

/* Completes a header out of kept and new bytes; the new ones are taken. */
static enum websocket_frame_result read_header(
	struct websocket_reader *reader, struct websocket_input *in, struct websocket_frame *frame)
{
	struct websocket_partial *partial = reader->partial;
	size_t old = partial->kept;
	size_t room = WEBSOCKET_CLIENT_HEADER_MAX - old;
	size_t more = in->len < room ? in->len : room;
	memcpy(partial->small + old, in->at, more);
	enum websocket_frame_result result =
		websocket_frame_parse(partial->small, old + more, reader->rsv_allowed, frame);
	if (result == WEBSOCKET_FRAME_DONE) {
		more = frame->size - old;
	}
	partial->kept = (uint8_t)(old + more);
	take(in, more);
	return result;
}

static enum websocket_event resume_header(struct websocket_reader *reader,
	const struct websocket_limits *limits, struct websocket_input *in,
	struct websocket_item *item)
{
	struct websocket_frame frame;
	enum websocket_frame_result result = read_header(reader, in, &frame);
	if (result == WEBSOCKET_FRAME_ERROR) {
		return fail(reader, item, frame.code, frame.reason);
	}
	if (result == WEBSOCKET_FRAME_MORE) {
		return WEBSOCKET_EVENT_MORE;
	}
	if (!websocket_is_control(frame.opcode)) {
		enum websocket_event event = check_data(reader, limits, &frame, item);
		if (event != WEBSOCKET_EVENT_MORE) {
			return event;
		}
		if (limits->memory_is_over && frame.length > 0) {
			return fail(reader, item, WEBSOCKET_CODE_TRY_LATER,
				"There is no memory just now.");
		}
	}
	begin_frame(reader->partial, &frame);
	return WEBSOCKET_EVENT_MORE;
}

static enum websocket_event resume_control(
	struct websocket_reader *reader, struct websocket_input *in, struct websocket_item *item)
{
	struct websocket_partial *partial = reader->partial;
	size_t count = in->len < partial->left ? in->len : (size_t)partial->left;
	char *to = partial->small + partial->kept;
	partial->mask = websocket_unmask(to, in->at, count, partial->mask);
	partial->kept = (uint8_t)(partial->kept + count);
	partial->left -= count;
	take(in, count);
	if (partial->left > 0) {
		return WEBSOCKET_EVENT_MORE;
	}
	struct span payload = span_of(partial->small, partial->kept);
	partial->stage = STAGE_HEADER;
	partial->kept = 0;
	return deliver_control(reader, partial->control_opcode, payload, item);
}

static enum websocket_event end_frame(struct websocket_reader *reader, struct websocket_item *item)
{
	struct websocket_partial *partial = reader->partial;
	partial->stage = STAGE_HEADER;
	if (!partial->final) {
		return WEBSOCKET_EVENT_MORE;
	}
	if (partial->utf8 != UTF8_ACCEPT) {
		return not_utf8(reader, item);
	}
	item->payload = buffer_span(&partial->message);
	item->binary = partial->opcode == WEBSOCKET_BINARY;
	item->compressed = partial->compressed;
	partial->delivered = true;
	return WEBSOCKET_EVENT_MESSAGE;
}

static enum websocket_event resume_data(
	struct websocket_reader *reader, struct websocket_input *in, struct websocket_item *item)
{
	struct websocket_partial *partial = reader->partial;
	size_t count = in->len < partial->left ? in->len : (size_t)partial->left;
	if (!buffer_reserve(&partial->message, count)) {
		return fail(reader, item, WEBSOCKET_CODE_TRY_LATER, "There is no memory.");
	}
	if (count > 0) {
		char *to = partial->message.data + partial->message.len;
		partial->mask = websocket_unmask(to, in->at, count, partial->mask);
		partial->message.len += count;
		partial->left -= count;
		take(in, count);
		if (partial->opcode == WEBSOCKET_TEXT && !partial->compressed) {
			partial->utf8 = utf8_feed(partial->utf8, span_of(to, count));
			if (partial->utf8 == UTF8_REJECT) {
				return not_utf8(reader, item);
			}
		}
	}
	return partial->left > 0 ? WEBSOCKET_EVENT_MORE : end_frame(reader, item);
}

static enum websocket_event resume(struct websocket_reader *reader,
	const struct websocket_limits *limits, struct websocket_input *in,
	struct websocket_item *item)
{
	enum websocket_event event = WEBSOCKET_EVENT_MORE;
	/* A frame without payload ends where its header does: that is why an empty input goes on.
	 */
	while (event == WEBSOCKET_EVENT_MORE && !reader->ended) {
		switch (reader->partial->stage) {
		case STAGE_HEADER:
			if (in->len == 0) {
				return event;
			}
			event = resume_header(reader, limits, in, item);
			break;
		case STAGE_CONTROL: event = resume_control(reader, in, item); break;
		default: event = resume_data(reader, in, item); break;
		}
		if (in->len == 0 && reader->partial->left > 0) {
			return event;
		}
	}
	return event;
}

/* A frame that is a message or a control frame of its own, and whole? Then the event for it. */
static bool read_in_place(struct websocket_reader *reader, const struct websocket_limits *limits,
	struct websocket_input *in, struct websocket_item *item, enum websocket_event *event)
{
	struct websocket_frame frame;
	if (websocket_frame_parse(in->at, in->len, reader->rsv_allowed, &frame) !=
			WEBSOCKET_FRAME_DONE ||
		!frame.final || in->len - frame.size < frame.length) {
		return false;
	}
	if (!websocket_is_control(frame.opcode)) {
		*event = check_data(reader, limits, &frame, item);
		if (*event != WEBSOCKET_EVENT_MORE) {
			return true;
		}
	}
	char *payload = in->at + frame.size;
	take(in, frame.size + (size_t)frame.length);
	*event = deliver_in_place(reader, &frame, payload, item);
	return true;
}

/* What the last item stood in is void now. */
static void forget_delivered(struct websocket_partial *partial)
{
	if (partial->delivered) {
		partial->delivered = false;
		partial->opcode = WEBSOCKET_CONTINUATION;
		buffer_clear(&partial->message);
	}
}

enum websocket_event websocket_reader_next(struct websocket_reader *reader,
	const struct websocket_limits *limits, struct websocket_input *input,
	struct websocket_item *item)
{
	enum websocket_event event = WEBSOCKET_EVENT_MORE;
	*item = (struct websocket_item){ 0 };
	if (reader->partial != NULL) {
		forget_delivered(reader->partial);
	}
	bool fresh = reader->partial == NULL || idle(reader->partial);
	if (input->len > 0 && !reader->ended &&
		!(fresh && read_in_place(reader, limits, input, item, &event))) {
		if (reader->partial == NULL) {
			reader->partial = memory_new(1, sizeof(*reader->partial));
		}
		event = resume(reader, limits, input, item);
	}
	if (event == WEBSOCKET_EVENT_ERROR || event == WEBSOCKET_EVENT_MORE) {
		take(input, input->len);
	}
	return event;
}

void websocket_reader_release(struct websocket_reader *reader)
{
	struct websocket_partial *partial = reader->partial;
	if (partial != NULL && (reader->ended || idle(partial))) {
		websocket_reader_finish(reader);
	}
}

size_t websocket_reader_memory(const struct websocket_reader *reader)
{
	const struct websocket_partial *partial = reader->partial;
	return partial != NULL ? sizeof(*partial) + partial->message.cap : 0;
}

void websocket_reader_finish(struct websocket_reader *reader)
{
	if (reader->partial != NULL) {
		buffer_finish(&reader->partial->message);
		free(reader->partial);
		reader->partial = NULL;
	}
}
