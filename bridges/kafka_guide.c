/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     request    size:4 api:2 version:2 correlation:4 client:2+n …
 *     fetch      … replica:4 wait:4 …
 *     response   size:4 correlation:4 …
 *     metadata   … brokers:4 { node:4 host:2+n port:4 … } …
 *     coordinator  … [throttle:4] error:2 [message:2+n] node:4 host:2+n port:4
 *     versions   … error:2 …
 *
 * A broker answers the requests of a connection in their order, so the next response that is to be
 * changed is that of the oldest such request; its correlation id tells it from those in between.
 * There is one broker, so there is one address to change, and it stands near the beginning.
 *
 * Which versions there are is asked in some version, too. A broker that does not know that one
 * answers as in version 0, with an error (KIP-511). librdkafka's mock answers in a form that only
 * librdkafka reads; so it is asked in version 0, and the error is put into what it says.
 */
#include "bridges/kafka_guide.h"

#include <string.h>

enum { FETCH = 1, METADATA = 3, COORDINATOR = 10, VERSIONS = 18 };
enum { SIZE = 4, RESPONSE_HEAD = 8, FRAME_MAX = 256 << 20 };
enum { UNSUPPORTED_VERSION = 35 };

static int16_t read_16(const void *bytes)
{
	const unsigned char *b = bytes;
	return (int16_t)((unsigned)b[0] << 8 | b[1]);
}

static int32_t read_32(const void *bytes)
{
	const unsigned char *b = bytes;
	return (int32_t)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
}

static void append_16(struct buffer *out, int16_t value)
{
	const unsigned char bytes[] = { (unsigned char)((uint16_t)value >> 8),
		(unsigned char)value };
	buffer_append(out, bytes, sizeof(bytes));
}

static void append_32(struct buffer *out, int32_t value)
{
	append_16(out, (int16_t)((uint32_t)value >> 16));
	append_16(out, (int16_t)value);
}

bool kafka_guide_init(
	struct kafka_guide *guide, struct span host, uint16_t port, uint8_t wait_max_ms)
{
	*guide = (struct kafka_guide){ .port = port, .wait_max_ms = wait_max_ms };
	if (host.len >= sizeof(guide->host)) {
		return false;
	}
	memcpy(guide->host, host.ptr, host.len);
	return true;
}

/* Requests */

static bool await_response(struct kafka_guide *guide, int16_t api, int16_t version)
{
	if (guide->awaited_count == KAFKA_GUIDE_AWAITED_MAX) {
		return false;
	}
	guide->awaited[guide->awaited_count++] = (struct kafka_guide_awaited){
		.correlation = read_32(guide->request.head + 8),
		.api = api,
		.version = version,
	};
	return true;
}

static bool read_head(struct kafka_guide *guide)
{
	const unsigned char *head = guide->request.head;
	int16_t api = read_16(head + 4), version = read_16(head + 6);
	int16_t client = read_16(head + 12); /* -1: none */
	if (api == FETCH && version <= KAFKA_GUIDE_FETCH_MAX) {
		guide->request.wait = KAFKA_GUIDE_HEAD + (size_t)(client > 0 ? client : 0) + 4;
		guide->request.too_long = false;
	}
	if ((api == METADATA && version <= KAFKA_GUIDE_METADATA_MAX) ||
		(api == COORDINATOR && version <= KAFKA_GUIDE_COORDINATOR_MAX) ||
		(api == VERSIONS && version > KAFKA_GUIDE_VERSIONS_MAX)) {
		return await_response(guide, api, version);
	}
	return true;
}

/* The wait is below 256: its last byte tells it, if those before are zero. */
static char shorten(struct kafka_guide *guide, size_t index, unsigned char byte)
{
	if (index < 3) {
		guide->request.too_long = guide->request.too_long || byte != 0;
		return 0;
	}
	return (char)(guide->request.too_long || byte > guide->wait_max_ms ? guide->wait_max_ms
									   : byte);
}

/* What becomes of the last byte of a version. */
static char lower_version(const unsigned char *head)
{
	bool versions = read_16(head + 4) == VERSIONS;
	return (char)(versions && read_16(head + 6) > KAFKA_GUIDE_VERSIONS_MAX ? 0 : head[7]);
}

/* Takes the frame's first bytes one by one. False: not Kafka. */
static bool take_head(struct kafka_guide *guide, char *byte)
{
	unsigned char *head = guide->request.head;
	head[guide->request.at++] = (unsigned char)*byte;
	if (guide->request.at == SIZE) {
		int32_t size = read_32(head);
		guide->request.wait = 0;
		guide->request.size = SIZE + (size_t)size;
		return size >= KAFKA_GUIDE_HEAD - SIZE && size <= FRAME_MAX;
	}
	if (guide->request.at == SIZE + 4) {
		*byte = lower_version(head);
	}
	return guide->request.at < KAFKA_GUIDE_HEAD || read_head(guide);
}

/* What follows the head, as much of it as there is; how much that was. */
static size_t pass_rest(struct kafka_guide *guide, char *bytes, size_t len)
{
	size_t left = guide->request.size - guide->request.at;
	size_t count = len < left ? len : left;
	size_t wait = guide->request.wait;
	for (size_t k = 0; k < 4 && wait > 0; k++) {
		if (wait + k >= guide->request.at && wait + k < guide->request.at + count) {
			char *byte = &bytes[wait + k - guide->request.at];
			*byte = shorten(guide, k, (unsigned char)*byte);
		}
	}
	guide->request.at += count;
	return count;
}

bool kafka_guide_requests(struct kafka_guide *guide, char *bytes, size_t len)
{
	size_t i = 0;
	while (i < len) {
		if (guide->request.at < KAFKA_GUIDE_HEAD) {
			if (!take_head(guide, &bytes[i++])) {
				return false;
			}
		} else {
			i += pass_rest(guide, bytes + i, len - i);
		}
		if (guide->request.at >= KAFKA_GUIDE_HEAD &&
			guide->request.at == guide->request.size) {
			guide->request.at = 0;
		}
	}
	return true;
}

/* Responses */

enum held { HELD_MORE, HELD_AS_IT_IS, HELD_ADDRESS, HELD_VERSIONS };

/* Where the broker's host stands in what is held. */
static enum held find_host(const struct kafka_guide *guide, size_t *host)
{
	const struct kafka_guide_awaited *awaited = &guide->awaited[0];
	const char *held = guide->response.held;
	size_t at = RESPONSE_HEAD;
	if (awaited->api == METADATA) {
		at += 4 + 4;
	} else if (awaited->version == 0) {
		at += 2 + 4;
	} else {
		at += 4 + 2;
		if (guide->response.held_len < at + 2) {
			return HELD_MORE;
		}
		int16_t message = read_16(held + at);
		at += 2 + (size_t)(message > 0 ? message : 0) + 4;
	}
	if (guide->response.held_len < at + 2) {
		return HELD_MORE;
	}
	int16_t len = read_16(held + at);
	*host = at;
	if (len < 0) {
		return HELD_AS_IT_IS; /* an error, no broker */
	}
	return guide->response.held_len < at + 2 + (size_t)len + 4 ? HELD_MORE : HELD_ADDRESS;
}

static enum held judge_held(const struct kafka_guide *guide, size_t size, size_t *host)
{
	if (size < RESPONSE_HEAD) {
		return HELD_AS_IT_IS;
	}
	if (guide->response.held_len < RESPONSE_HEAD) {
		return HELD_MORE;
	}
	if (guide->awaited_count == 0 ||
		read_32(guide->response.held + 4) != guide->awaited[0].correlation) {
		return HELD_AS_IT_IS;
	}
	if (guide->awaited[0].api == VERSIONS) {
		return guide->response.held_len < RESPONSE_HEAD + 2 ? HELD_MORE : HELD_VERSIONS;
	}
	return find_host(guide, host);
}

static bool is_awaited(const struct kafka_guide *guide)
{
	return guide->awaited_count > 0 && guide->response.held_len >= RESPONSE_HEAD &&
	       read_32(guide->response.held + 4) == guide->awaited[0].correlation;
}

static void forget_awaited(struct kafka_guide *guide)
{
	guide->awaited_count--;
	memmove(guide->awaited, guide->awaited + 1,
		guide->awaited_count * sizeof(guide->awaited[0]));
}

static void replace_address(
	const struct kafka_guide *guide, size_t size, size_t host, struct buffer *out)
{
	const char *held = guide->response.held;
	size_t old = (size_t)read_16(held + host), fresh = strlen(guide->host);
	size_t behind = host + 2 + old + 4;
	append_32(out, (int32_t)(size - SIZE + fresh - old));
	buffer_append(out, held + SIZE, host - SIZE);
	append_16(out, (int16_t)fresh);
	buffer_append(out, guide->host, fresh);
	append_32(out, guide->port);
	buffer_append(out, held + behind, guide->response.held_len - behind);
}

/* One more byte of a frame's beginning. */
static bool hold(struct kafka_guide *guide, char byte, struct buffer *out)
{
	size_t host = 0;
	guide->response.held[guide->response.held_len++] = byte;
	if (guide->response.held_len < SIZE) {
		return true;
	}
	int32_t given = read_32(guide->response.held);
	if (given < 0 || given > FRAME_MAX) {
		return false;
	}
	size_t size = SIZE + (size_t)given;
	enum held verdict = judge_held(guide, size, &host);
	bool full = guide->response.held_len == size ||
		    guide->response.held_len == sizeof(guide->response.held);
	if (verdict == HELD_MORE && !full) {
		return true;
	}
	if (verdict == HELD_VERSIONS) {
		guide->response.held[RESPONSE_HEAD] = 0;
		guide->response.held[RESPONSE_HEAD + 1] = UNSUPPORTED_VERSION;
	}
	if (verdict == HELD_ADDRESS) {
		replace_address(guide, size, host, out);
	} else {
		buffer_append(out, guide->response.held, guide->response.held_len);
	}
	if (is_awaited(guide)) {
		forget_awaited(guide);
	}
	guide->response.left = size - guide->response.held_len;
	guide->response.held_len = 0;
	return true;
}

bool kafka_guide_responses(struct kafka_guide *guide, struct span bytes, struct buffer *out)
{
	while (bytes.len > 0) {
		size_t left = guide->response.left;
		size_t count = bytes.len < left ? bytes.len : left;
		if (count > 0) {
			buffer_append(out, bytes.ptr, count);
			guide->response.left -= count;
		} else {
			count = 1;
			if (!hold(guide, bytes.ptr[0], out)) {
				return false;
			}
		}
		bytes = span_skip(bytes, count);
	}
	return true;
}
