/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A WebSocket that does nothing costs its struct and one wheel node: the reader holds memory only
 * while a message is incomplete, output is the shard's. One timer serves silence, pings and age: it
 * fires about when the earliest of them is due and looks at all.
 */
#include "gateway/websocket.h"

#include "base/memory.h"
#include "gateway/connection.h"
#include "gateway/listener.h"
#include "gateway/quota.h"
#include "gateway/shard.h"
#include "gateway/websocket_call.h"
#include "gateway/websocket_compression.h"
#include "mappings/request.h"

#include <stdlib.h>

/* How long an error waits for the answers of what came before it. */
enum { ANSWERS_WAIT_MS = 1000 };

/* A pong waits until the output is written, a close until the answers before it are. */
struct websocket_control {
	uint8_t opcode;
	uint8_t len;
	char payload[];
};

static const struct limits *limits_of(const struct connection *connection)
{
	return &connection->listener->options->limits;
}

static uint32_t now_s(const struct connection *connection)
{
	return (uint32_t)(shard_now_ms(connection->shard) / 1000);
}

/* ---- the handshake ---- */

static const char *texts_of(const struct websocket_handshake *handshake)
{
	return (const char *)(handshake->headers + handshake->header_count);
}

struct span websocket_uri(const struct websocket *websocket)
{
	const struct websocket_handshake *handshake = websocket->handshake;
	return span_of(texts_of(handshake), handshake->uri_len);
}

struct span websocket_host(const struct websocket *websocket)
{
	const struct websocket_handshake *handshake = websocket->handshake;
	return span_of(texts_of(handshake) + handshake->uri_len, handshake->host_len);
}

struct span websocket_port(const struct websocket *websocket)
{
	const struct websocket_handshake *handshake = websocket->handshake;
	return span_of(texts_of(handshake) + handshake->uri_len + handshake->host_len,
		handshake->port_len);
}

static int64_t handshake_size(const struct websocket_handshake *handshake)
{
	size_t size =
		sizeof(*handshake) + handshake->uri_len + handshake->host_len + handshake->port_len;
	for (uint32_t i = 0; i < handshake->header_count; i++) {
		const struct websocket_header *header = &handshake->headers[i];
		size += sizeof(*header) + header->name_len + header->value_len;
	}
	return (int64_t)size;
}

unsigned websocket_headers(const struct websocket *websocket, struct request_header *headers)
{
	const struct websocket_handshake *handshake = websocket->handshake;
	const char *at = texts_of(handshake) + handshake->uri_len + handshake->host_len +
			 handshake->port_len;
	for (uint32_t i = 0; i < handshake->header_count; i++) {
		headers[i].name = span_of(at, handshake->headers[i].name_len);
		at += headers[i].name.len;
		headers[i].value = span_of(at, handshake->headers[i].value_len);
		at += headers[i].value.len;
	}
	return handshake->header_count;
}

/* ---- out ---- */

static void write_frame(struct connection *connection, unsigned opcode, struct span payload)
{
	char header[WEBSOCKET_SERVER_HEADER_MAX];
	size_t size = websocket_frame_write(header, opcode, payload.len);
	buffer_append(connection_write(connection), header, size);
	connection_write_body(connection, payload);
}

bool websocket_send(struct connection *connection, unsigned opcode, struct span payload)
{
	if (connection->dead || connection->closing || !connection_has_room(connection, 0)) {
		return false;
	}
	struct span compressed = websocket_is_control(opcode)
					 ? SPAN_ABSENT
					 : websocket_compression_deflate(connection, payload);
	if (span_present(compressed)) {
		write_frame(connection, opcode | WEBSOCKET_RSV1, compressed);
		websocket_compression_sent(connection);
	} else {
		write_frame(connection, opcode, payload);
	}
	return !connection->dead;
}

void websocket_close(struct connection *connection, uint16_t code, const char *reason)
{
	if (connection->dead || connection->closing) {
		return;
	}
	char frame[WEBSOCKET_CLOSE_MAX];
	size_t size = websocket_frame_write_close(frame, code, span_from_text(reason));
	buffer_append(connection_write(connection), frame, size);
	connection_close(connection);
}

/* ---- frames that wait ---- */

static void keep_control(struct connection *connection, unsigned opcode, struct span payload)
{
	struct websocket *websocket = &connection->websocket;
	free(websocket->control);
	websocket->control = memory_new(1, sizeof(*websocket->control) + payload.len);
	websocket->control->opcode = (uint8_t)opcode;
	websocket->control->len = (uint8_t)payload.len;
	if (payload.len > 0) {
		memcpy(websocket->control->payload, payload.ptr, payload.len);
	}
}

static bool is_failing(const struct connection *connection)
{
	const struct websocket_control *control = connection->websocket.control;
	return control != NULL && control->opcode == WEBSOCKET_CLOSE;
}

static void send_kept_close(struct connection *connection)
{
	const struct websocket_control *control = connection->websocket.control;
	if (!connection->dead && !connection->closing) {
		write_frame(connection, WEBSOCKET_CLOSE, span_of(control->payload, control->len));
		connection_close(connection);
	}
}

void websocket_answered(struct connection *connection)
{
	if (is_failing(connection)) {
		send_kept_close(connection);
	} else if (connection->shard->draining) {
		websocket_close(connection, WEBSOCKET_CODE_GOING_AWAY, "shutting down");
	}
}

/* ---- time ---- */

static uint32_t seconds_of(int64_t ms)
{
	return (uint32_t)((ms + 999) / 1000);
}

static void earliest(uint32_t *due, uint32_t candidate)
{
	if (*due == 0 || candidate < *due) {
		*due = candidate;
	}
}

static void set_deadline(struct connection *connection)
{
	const struct websocket *websocket = &connection->websocket;
	const struct websocket_options *options = websocket->options;
	int64_t idle = limits_of(connection)->idle_timeout_ms;
	uint32_t due = websocket->max_age_s;
	if (websocket->ping_s != 0) {
		earliest(&due, websocket->ping_s + seconds_of(options->pong_timeout_ms));
	} else if (options->ping_ms > 0) {
		earliest(&due, websocket->heard_s + seconds_of(options->ping_ms));
	} else if (idle > 0) {
		earliest(&due, websocket->heard_s + seconds_of(idle));
	}
	connection_deadline(connection, (uint64_t)due * 1000);
}

/* While output waits our ping stands behind it, and a client that reads slowly is not to blame for
 * its silence: write_timeout judges whether it reads. */
static void hear_reader(struct connection *connection)
{
	connection->websocket.heard_s = now_s(connection);
	connection->websocket.ping_s = 0;
}

static void send_ping(struct connection *connection)
{
	struct websocket *websocket = &connection->websocket;
	if (websocket->options->pong_timeout_ms > 0) {
		websocket->ping_s = now_s(connection);
	} else {
		websocket->heard_s =
			now_s(connection); /* nobody judges: only the next ping is due */
	}
	websocket_send(connection, WEBSOCKET_PING, SPAN(""));
}

static void handle_deadline(struct connection *connection)
{
	if (is_failing(connection)) {
		send_kept_close(connection);
		return;
	}
	if (connection->output != NULL) {
		hear_reader(connection);
	}
	struct websocket *websocket = &connection->websocket;
	const struct websocket_options *options = websocket->options;
	int64_t idle = limits_of(connection)->idle_timeout_ms;
	uint32_t now = now_s(connection);
	uint32_t silent = now - websocket->heard_s;
	if (websocket->max_age_s != 0 && now >= websocket->max_age_s) {
		websocket_close(connection, WEBSOCKET_CODE_GOING_AWAY, "max age");
	} else if (websocket->ping_s != 0) {
		if (now - websocket->ping_s >= seconds_of(options->pong_timeout_ms)) {
			shard_reject(connection->shard, REJECT_PONG_TIMEOUT, connection);
			connection_drop(connection);
		}
	} else if (options->ping_ms > 0 && silent >= seconds_of(options->ping_ms)) {
		send_ping(connection);
	} else if (options->ping_ms == 0 && idle > 0 && silent >= seconds_of(idle)) {
		websocket_close(connection, WEBSOCKET_CODE_GOING_AWAY, "idle");
	}
	if (!connection->dead && !connection->closing) {
		set_deadline(connection);
	}
}

void websocket_begin(struct connection *connection, const struct websocket_options *options)
{
	struct websocket *websocket = &connection->websocket;
	uint32_t now = now_s(connection);
	connection->codec = &websocket_codec;
	connection->shard->metrics.websockets++;
	quota_memory(connection->listener->quota, handshake_size(websocket->handshake));
	websocket->options = options;
	websocket->reader.rsv_allowed =
		websocket->handshake->extension.compress ? WEBSOCKET_RSV1 : 0;
	websocket->heard_s = now;
	if (options->max_age_ms > 0) {
		/* so that clients which came together do not all come back together */
		uint32_t age = seconds_of(options->max_age_ms);
		uint64_t jitter = random_word(&connection->shard->random) % (age / 10 + 1);
		websocket->max_age_s = now + age - (uint32_t)jitter;
	}
	set_deadline(connection);
}

/* ---- in ---- */

static void fail(struct connection *connection, enum reject why, uint16_t code, const char *reason)
{
	shard_reject(connection->shard, why, connection);
	websocket_close(connection, code, reason);
}

/* Counts within whole seconds; false above the limit. */
static bool count(struct connection *connection, uint32_t *counter, int64_t limit)
{
	struct websocket *websocket = &connection->websocket;
	uint32_t now = now_s(connection);
	if (websocket->second != now) {
		websocket->second = now;
		websocket->pings = websocket->requests = 0;
	}
	if (*counter < UINT32_MAX) {
		++*counter;
	}
	return limit == 0 || *counter <= limit;
}

bool websocket_count_request(struct connection *connection)
{
	return count(connection, &connection->websocket.requests,
		limits_of(connection)->messages_per_second);
}

static void handle_ping(struct connection *connection, struct span payload)
{
	if (!count(connection, &connection->websocket.pings,
		    limits_of(connection)->pings_per_second)) {
		fail(connection, REJECT_PING_RATE, WEBSOCKET_CODE_POLICY, "too many pings");
	} else if (connection->output != NULL) {
		/* only the newest ping needs its pong (RFC 6455 section 5.5.3): a client that takes
		 * no output makes no pile of them */
		keep_control(connection, WEBSOCKET_PONG, payload);
	} else {
		websocket_send(connection, WEBSOCKET_PONG, payload);
	}
}

/* The client's close is answered with its own code; 1005 stands for none. */
static void handle_close(struct connection *connection, uint16_t code)
{
	if (code != WEBSOCKET_CODE_NONE) {
		websocket_close(connection, code, "");
		return;
	}
	write_frame(connection, WEBSOCKET_CLOSE, SPAN(""));
	connection_close(connection);
}

/* Nothing that comes behind an error counts (RFC 6455 section 7.1.7). What came before it was good
 * and is under way, so its answers may go before the close. */
static void handle_error(struct connection *connection, const struct websocket_item *item)
{
	enum reject why = REJECT_PROTOCOL;
	switch (item->code) {
	case WEBSOCKET_CODE_TOO_BIG: why = REJECT_MESSAGE_TOO_LARGE; break;
	case WEBSOCKET_CODE_TRY_LATER: why = REJECT_MEMORY; break;
	case WEBSOCKET_CODE_POLICY: why = REJECT_FRAGMENTS; break;
	default: break;
	}
	if (connection->first_call == NULL) {
		fail(connection, why, item->code, item->reason);
		return;
	}
	char frame[WEBSOCKET_CLOSE_MAX];
	size_t size = websocket_frame_write_close(frame, item->code, span_from_text(item->reason));
	shard_reject(connection->shard, why, connection);
	keep_control(connection, WEBSOCKET_CLOSE, span_of(frame + 2, size - 2));
	connection_deadline(connection, shard_now_ms(connection->shard) + ANSWERS_WAIT_MS);
}

static void handle_compressed(struct connection *connection, struct websocket_item *item)
{
	struct buffer room;
	if (websocket_compression_inflate(connection, item, &room)) {
		websocket_call_message(connection, item->payload, item->binary);
		websocket_compression_release(connection, &room);
	} else {
		handle_error(connection, item);
	}
}

static void handle_message(struct connection *connection, struct websocket_item *item)
{
	int frames = connection->websocket.options->frames;
	connection->shard->metrics.messages++;
	connection->websocket.part_s = now_s(connection);
	if (frames != FRAMES_ANY && (frames == FRAMES_BINARY) != item->binary) {
		fail(connection, REJECT_FRAME_TYPE, WEBSOCKET_CODE_UNSUPPORTED,
			"this frame type is not taken");
	} else if (item->compressed) {
		handle_compressed(connection, item);
	} else {
		websocket_call_message(connection, item->payload, item->binary);
	}
}

static void handle_event(
	struct connection *connection, enum websocket_event event, struct websocket_item *item)
{
	switch (event) {
	case WEBSOCKET_EVENT_MORE: break;
	case WEBSOCKET_EVENT_MESSAGE: handle_message(connection, item); break;
	case WEBSOCKET_EVENT_PING: handle_ping(connection, item->payload); break;
	case WEBSOCKET_EVENT_PONG: break;
	case WEBSOCKET_EVENT_CLOSE: handle_close(connection, item->code); break;
	case WEBSOCKET_EVENT_ERROR: handle_error(connection, item); break;
	}
}

uint64_t websocket_stalled_ms(const struct connection *connection)
{
	const struct websocket *websocket = &connection->websocket;
	uint32_t now = now_s(connection), since = now;
	if (websocket_reader_memory(&websocket->reader) > 0) {
		since = websocket->part_s;
	} else if (websocket->contexts != NULL) {
		since = websocket->heard_s;
	}
	/* the second in which it began was not a whole one */
	return now > since ? (now - since - 1) * UINT64_C(1000) : 0;
}

static size_t handle_input(struct connection *connection, struct input *input)
{
	struct websocket *websocket = &connection->websocket;
	struct quota *quota = connection->listener->quota;
	const size_t memory = websocket_reader_memory(&websocket->reader);
	const struct websocket_limits limits = {
		.message = (uint64_t)limits_of(connection)->message,
		.compressed = websocket_compression_limit((uint64_t)limits_of(connection)->message),
		.fragments = (uint32_t)limits_of(connection)->fragments,
		.memory_is_over = quota_memory_is_short(quota),
	};
	struct websocket_input rest = { input->data, is_failing(connection) ? 0 : input->len };
	websocket->heard_s = now_s(connection);
	if (memory == 0) {
		websocket->part_s = websocket->heard_s;
	}
	if (websocket->ping_s != 0) {
		websocket->ping_s = 0;
		set_deadline(connection);
	}
	unsigned share = CONNECTION_SHARE;
	while (rest.len > 0 && !connection->dead && !connection->closing &&
		!is_failing(connection)) {
		struct websocket_item item;
		if (share-- == 0) {
			connection_defer(connection);
			break;
		}
		enum websocket_event event =
			websocket_reader_next(&websocket->reader, &limits, &rest, &item);
		handle_event(connection, event, &item);
	}
	websocket_reader_release(&websocket->reader);
	quota_memory(quota, (int64_t)(websocket_reader_memory(&websocket->reader) - memory));
	return is_failing(connection) ? input->len : input->len - rest.len;
}

/* ---- output is written ---- */

static void handle_writable(struct connection *connection)
{
	struct websocket *websocket = &connection->websocket;
	struct websocket_control *pong = websocket->control;
	hear_reader(connection);
	if (pong != NULL && pong->opcode == WEBSOCKET_PONG) {
		websocket->control = NULL;
		websocket_send(connection, WEBSOCKET_PONG, span_of(pong->payload, pong->len));
		free(pong);
	}
	connection_resume(connection);
}

/* ---- end ---- */

static void handle_drain(struct connection *connection)
{
	if (connection->first_call == NULL) {
		websocket_close(connection, WEBSOCKET_CODE_GOING_AWAY, "shutting down");
	}
}

static void handle_finish(struct connection *connection)
{
	connection->shard->metrics.websockets--;
	struct websocket *websocket = &connection->websocket;
	quota_memory(
		connection->listener->quota, -(int64_t)websocket_reader_memory(&websocket->reader) -
						     handshake_size(websocket->handshake));
	websocket_reader_finish(&websocket->reader);
	websocket_call_finish(connection);
	websocket_compression_finish(connection);
	free(websocket->handshake);
	free(websocket->control);
}

const struct codec websocket_codec = {
	.input = handle_input,
	.answer = websocket_call_answer,
	.part = websocket_call_part,
	.deadline = handle_deadline,
	.writable = handle_writable,
	.drain = handle_drain,
	.finish = handle_finish,
};
