/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/websocket_frame.h"

#include "base/utf8.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

enum { FINAL = 0x80, RSV = 0x70, OPCODE = 0x0f, MASKED = 0x80, LENGTH = 0x7f };

static enum websocket_frame_result fail(
	struct websocket_frame *frame, uint16_t code, const char *reason)
{
	frame->code = code;
	frame->reason = reason;
	return WEBSOCKET_FRAME_ERROR;
}

static enum websocket_frame_result first_byte(
	struct websocket_frame *frame, unsigned byte, uint8_t rsv_allowed)
{
	unsigned opcode = byte & OPCODE;
	frame->opcode = (uint8_t)opcode;
	frame->final = (byte & FINAL) != 0;
	frame->rsv = byte & RSV;
	if ((frame->rsv & ~rsv_allowed) != 0 || (websocket_is_control(opcode) && frame->rsv != 0)) {
		return fail(frame, WEBSOCKET_CODE_PROTOCOL, "A reserved bit is set.");
	}
	if (opcode > WEBSOCKET_PONG ||
		(opcode > WEBSOCKET_BINARY && !websocket_is_control(opcode))) {
		return fail(frame, WEBSOCKET_CODE_PROTOCOL, "An opcode is unknown.");
	}
	if (websocket_is_control(opcode) && !frame->final) {
		return fail(frame, WEBSOCKET_CODE_PROTOCOL, "A control frame is fragmented.");
	}
	return WEBSOCKET_FRAME_DONE;
}

static enum websocket_frame_result second_byte(struct websocket_frame *frame, unsigned byte)
{
	unsigned length = byte & LENGTH;
	frame->length = length;
	frame->size = length < 126 ? 6 : length == 126 ? 8 : 14;
	if ((byte & MASKED) == 0) {
		return fail(frame, WEBSOCKET_CODE_PROTOCOL, "A frame is not masked.");
	}
	if (websocket_is_control(frame->opcode) && length > WEBSOCKET_CONTROL_MAX) {
		return fail(frame, WEBSOCKET_CODE_PROTOCOL, "A control frame is too long.");
	}
	return WEBSOCKET_FRAME_DONE;
}

/* The length behind 126 or 127; `width` bytes of it are there. */
static enum websocket_frame_result long_length(
	struct websocket_frame *frame, const unsigned char *at, size_t width)
{
	uint64_t length = 0;
	for (size_t i = 0; i < width; i++) {
		length = length << 8 | at[i];
	}
	if (length < (width == 2 ? 126 : 65536) || length >> 63 != 0) {
		return fail(frame, WEBSOCKET_CODE_PROTOCOL,
			"A frame's length is not in its shortest form.");
	}
	frame->length = length;
	return WEBSOCKET_FRAME_DONE;
}

enum websocket_frame_result websocket_frame_parse(
	const char *bytes, size_t len, uint8_t rsv_allowed, struct websocket_frame *frame)
{
	const unsigned char *at = (const unsigned char *)bytes;
	enum websocket_frame_result result = WEBSOCKET_FRAME_MORE;
	if (len >= 1) {
		result = first_byte(frame, at[0], rsv_allowed);
	}
	if (len < 2 || result != WEBSOCKET_FRAME_DONE) {
		return result == WEBSOCKET_FRAME_DONE ? WEBSOCKET_FRAME_MORE : result;
	}
	result = second_byte(frame, at[1]);
	if (result != WEBSOCKET_FRAME_DONE) {
		return result;
	}
	size_t width = frame->size - 6u;
	if (width > 0 && len >= 2 + width) {
		result = long_length(frame, at + 2, width);
		if (result != WEBSOCKET_FRAME_DONE) {
			return result;
		}
	}
	if (len < frame->size) {
		return WEBSOCKET_FRAME_MORE;
	}
	memcpy(&frame->mask, at + 2 + width, sizeof(frame->mask));
	return WEBSOCKET_FRAME_DONE;
}

size_t websocket_frame_write(char out[WEBSOCKET_SERVER_HEADER_MAX], unsigned first, uint64_t length)
{
	size_t width = length < 126 ? 0 : length < 65536 ? 2 : 8;
	out[0] = (char)(FINAL | first);
	out[1] = (char)(width == 0 ? length : width == 2 ? 126 : 127);
	for (size_t i = 0; i < width; i++) {
		out[2 + i] = (char)(length >> (8 * (width - 1 - i)));
	}
	return 2 + width;
}

size_t websocket_frame_write_close(char out[WEBSOCKET_CLOSE_MAX], uint16_t code, struct span reason)
{
	size_t len = reason.len;
	if (len > WEBSOCKET_CONTROL_MAX - 2) {
		len = WEBSOCKET_CONTROL_MAX - 2;
		while (len > 0 && (reason.ptr[len] & 0xc0) == 0x80) {
			len--;
		}
	}
	size_t size = websocket_frame_write(out, WEBSOCKET_CLOSE, 2 + len);
	out[size++] = (char)(code >> 8);
	out[size++] = (char)code;
	if (len > 0) {
		memcpy(out + size, reason.ptr, len);
	}
	return size + len;
}

/* The mask as it stands `count` bytes later. */
static uint32_t turn(uint32_t mask, size_t count)
{
	unsigned bits = 8 * (unsigned)(count & 3);
	if (bits == 0) {
		return mask;
	}
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return mask >> bits | mask << (32 - bits);
#else
	return mask << bits | mask >> (32 - bits);
#endif
}

uint32_t websocket_unmask(char *out, const char *in, size_t len, uint32_t mask)
{
	uint64_t words[4];
	uint64_t wide = (uint64_t)mask << 32 | mask;
	size_t at = 0;
	for (; len - at >= sizeof(words); at += sizeof(words)) {
		memcpy(words, in + at, sizeof(words));
		words[0] ^= wide;
		words[1] ^= wide;
		words[2] ^= wide;
		words[3] ^= wide;
		memcpy(out + at, words, sizeof(words));
	}
	for (; len - at >= sizeof(wide); at += sizeof(wide)) {
		memcpy(words, in + at, sizeof(wide));
		words[0] ^= wide;
		memcpy(out + at, words, sizeof(wide));
	}
	unsigned char bytes[sizeof(mask)];
	memcpy(bytes, &mask, sizeof(mask));
	for (; at < len; at++) {
		out[at] = (char)(in[at] ^ bytes[at & 3]);
	}
	return turn(mask, len);
}

/* RFC 6455 7.4 and the codes registered since: what an endpoint may send. */
static bool is_sendable(uint16_t code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
	       (code >= 3000 && code <= 4999);
}

uint16_t websocket_close_parse(struct span payload, uint16_t *code, struct span *reason)
{
	*code = WEBSOCKET_CODE_NONE;
	*reason = SPAN("");
	if (payload.len == 0) {
		return 0;
	}
	if (payload.len == 1) {
		return WEBSOCKET_CODE_PROTOCOL;
	}
	const unsigned char *at = (const unsigned char *)payload.ptr;
	*code = (uint16_t)(at[0] << 8 | at[1]);
	*reason = span_skip(payload, 2);
	if (!is_sendable(*code)) {
		return WEBSOCKET_CODE_PROTOCOL;
	}
	return utf8_check(*reason) ? 0 : WEBSOCKET_CODE_NOT_UTF8;
}

static bool is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

bool websocket_key_check(struct span key)
{
	if (key.len != WEBSOCKET_KEY_LEN || key.ptr[22] != '=' || key.ptr[23] != '=') {
		return false;
	}
	for (size_t i = 0; i < 22; i++) {
		if (!is_base64(key.ptr[i])) {
			return false;
		}
	}
	return true;
}

void websocket_accept_key(const char *key, char out[WEBSOCKET_ACCEPT_LEN])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char text[WEBSOCKET_KEY_LEN + sizeof(guid) - 1];
	unsigned char digest[SHA_DIGEST_LENGTH];
	unsigned char encoded[WEBSOCKET_ACCEPT_LEN + 1];
	memcpy(text, key, WEBSOCKET_KEY_LEN);
	memcpy(text + WEBSOCKET_KEY_LEN, guid, sizeof(guid) - 1);
	SHA1(text, sizeof(text), digest);
	EVP_EncodeBlock(encoded, digest, sizeof(digest));
	memcpy(out, encoded, WEBSOCKET_ACCEPT_LEN);
}
