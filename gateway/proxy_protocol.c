/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Strict, although only trusted proxies get here: a header that is read wrongly gives one client
 * the address of another. Nothing is kept between calls. A header comes in one packet, and one that
 * does not is short enough to be looked at again: up to its last byte only version 1 is searched
 * (for its end), and version 2 waits for the length that it announced.
 *
 *   1   PROXY TCP4 192.0.2.7 198.51.100.1 49152 443 CRLF
 *   2   signature 12 | version, command 1 | family, transport 1 | length 2 | addresses | extras
 */
#include "gateway/proxy_protocol.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>

#define SIGNATURE SPAN("\r\n\r\n\0\r\nQUIT\n")

enum {
	V2_FIXED = 16,
	V2_LOCAL = 0x20, /* version 2 and command */
	V2_PROXY = 0x21,
	V2_EXTRA_CRC32C = 3,
	EXTRA_FIXED = 3, /* type 1, length 2 */
};

enum v2_family { FAMILY_NONE, FAMILY_INET, FAMILY_INET6, FAMILY_UNIX, FAMILY_COUNT };
enum v2_transport { TRANSPORT_NONE, TRANSPORT_STREAM, TRANSPORT_DATAGRAM, TRANSPORT_COUNT };

static enum proxy_protocol_result fail(struct proxy_protocol *header, const char *reason)
{
	header->reason = reason;
	return PROXY_PROTOCOL_ERROR;
}

/* ---- version 1 ---- */

/* Takes what stands before the next space, or the rest. Two spaces give an empty word. */
static struct span next_word(struct span *line)
{
	const char *space = line->len > 0 ? memchr(line->ptr, ' ', line->len) : NULL;
	if (space == NULL) {
		struct span rest = *line;
		*line = span_skip(*line, line->len);
		return rest;
	}
	struct span word = span_of(line->ptr, (size_t)(space - line->ptr));
	*line = span_skip(*line, word.len + 1);
	return word;
}

/* Of the family that was announced: IPv6 is what has a colon, be it a mapped address. */
static bool read_ip(struct span text, bool six, struct address *address)
{
	bool colon = text.len > 0 && memchr(text.ptr, ':', text.len) != NULL;
	return colon == six && address_parse(text, address);
}

/* What stands between "PROXY " and the end of the line. */
static enum proxy_protocol_result read_line(struct span line, struct proxy_protocol *header)
{
	struct span family = next_word(&line);
	struct address destination;
	if (span_equal(family, SPAN("UNKNOWN"))) {
		return PROXY_PROTOCOL_DONE; /* whatever follows is to be ignored */
	}
	bool six = span_equal(family, SPAN("TCP6"));
	if (!six && !span_equal(family, SPAN("TCP4"))) {
		return fail(header, "The family is not TCP4, TCP6 or UNKNOWN.");
	}
	if (!read_ip(next_word(&line), six, &header->source) ||
		!read_ip(next_word(&line), six, &destination)) {
		return fail(header, "An address is not one of its family.");
	}
	struct span source_port = next_word(&line);
	unsigned port;
	if (!text_read_small(source_port, UINT16_MAX, &port) ||
		!text_read_small(line, UINT16_MAX, &port)) {
		return fail(header, "The line does not end in two ports.");
	}
	header->tells = !address_is_none(&header->source);
	return PROXY_PROTOCOL_DONE;
}

static enum proxy_protocol_result read_v1(struct span bytes, struct proxy_protocol *header)
{
	static const struct span start = { "PROXY ", 6 };
	size_t seen = bytes.len < PROXY_PROTOCOL_V1_MAX ? bytes.len : PROXY_PROTOCOL_V1_MAX;
	const char *end = memchr(bytes.ptr, '\r', seen);
	if (end == NULL) {
		return seen < PROXY_PROTOCOL_V1_MAX ? PROXY_PROTOCOL_MORE
						    : fail(header, "The line is too long.");
	}
	size_t len = (size_t)(end - bytes.ptr);
	if (len + 1 == seen) {
		return seen < PROXY_PROTOCOL_V1_MAX ? PROXY_PROTOCOL_MORE
						    : fail(header, "The line is too long.");
	}
	if (end[1] != '\n') {
		return fail(header, "The line does not end in CRLF.");
	}
	header->size = len + 2;
	return read_line(span_of(bytes.ptr + start.len, len - start.len), header);
}

/* ---- version 2 ---- */

static unsigned read_16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static uint32_t read_32(const uint8_t *at)
{
	return (uint32_t)read_16(at) << 16 | read_16(at + 2);
}

/* CRC-32C (RFC 3720 appendix B.4), with zeros for the four bytes at `hole`. Four bits at a time:
 * few proxies send one, and headers are short. */
static uint32_t crc32c(const uint8_t *bytes, size_t len, size_t hole)
{
	static const uint32_t table[16] = { 0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6,
		0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75 };
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < len; i++) {
		crc ^= i - hole < 4 ? 0 : bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* The extras must fill what the addresses leave; a checksum among them must be right. */
static bool extras_are_right(const uint8_t *bytes, size_t at, size_t size)
{
	while (at < size) {
		if (size - at < EXTRA_FIXED) {
			return false;
		}
		unsigned type = bytes[at], len = read_16(bytes + at + 1);
		at += EXTRA_FIXED;
		if (size - at < len) {
			return false;
		}
		if (type == V2_EXTRA_CRC32C) {
			if (len != 4 || read_32(bytes + at) != crc32c(bytes, size, at)) {
				return false;
			}
		}
		at += len;
	}
	return true;
}

/* The whole header stands there. */
static enum proxy_protocol_result read_block(const uint8_t *bytes, struct proxy_protocol *header)
{
	static const size_t addresses_len[FAMILY_COUNT] = {
		[FAMILY_INET] = 12, [FAMILY_INET6] = 36, [FAMILY_UNIX] = 216
	};
	unsigned family = bytes[13] >> 4, transport = bytes[13] & 15;
	if (bytes[12] == V2_LOCAL) {
		return PROXY_PROTOCOL_DONE; /* the rest is to be ignored, its family too */
	}
	if (family >= FAMILY_COUNT || transport >= TRANSPORT_COUNT) {
		return fail(header, "The family or the transport is unknown.");
	}
	if (family == FAMILY_NONE || transport == TRANSPORT_NONE) {
		return PROXY_PROTOCOL_DONE;
	}
	size_t behind = V2_FIXED + addresses_len[family];
	if (header->size < behind) {
		return fail(header, "The header is too short for its addresses.");
	}
	if (!extras_are_right(bytes, behind, header->size)) {
		return fail(header, "What follows the addresses is damaged.");
	}
	if (family == FAMILY_INET) {
		header->source = address_from_four(bytes + V2_FIXED);
	} else if (family == FAMILY_INET6) {
		memcpy(header->source.ip, bytes + V2_FIXED, sizeof(header->source.ip));
	}
	header->tells = transport == TRANSPORT_STREAM && family != FAMILY_UNIX &&
			!address_is_none(&header->source);
	return PROXY_PROTOCOL_DONE;
}

static enum proxy_protocol_result read_v2(struct span bytes, struct proxy_protocol *header)
{
	const uint8_t *at = (const uint8_t *)bytes.ptr;
	size_t signature = SIGNATURE.len;
	if (bytes.len > signature && at[12] != V2_LOCAL && at[12] != V2_PROXY) {
		return fail(header, "The version or the command is unknown.");
	}
	if (bytes.len < V2_FIXED) {
		return PROXY_PROTOCOL_MORE;
	}
	header->size = V2_FIXED + read_16(at + 14);
	if (header->size > PROXY_PROTOCOL_V2_MAX) {
		return fail(header, "The header is too long.");
	}
	return bytes.len < header->size ? PROXY_PROTOCOL_MORE : read_block(at, header);
}

/* ---- both ---- */

/* Whether the bytes begin with the mark, as far as they go. */
static bool may_begin_with(struct span bytes, struct span mark)
{
	size_t len = bytes.len < mark.len ? bytes.len : mark.len;
	return len == 0 || memcmp(bytes.ptr, mark.ptr, len) == 0;
}

enum proxy_protocol_result proxy_protocol_read(struct span bytes, struct proxy_protocol *header)
{
	*header = (struct proxy_protocol){ 0 };
	if (bytes.len == 0) {
		return PROXY_PROTOCOL_MORE;
	}
	if (may_begin_with(bytes, SPAN("PROXY "))) {
		return read_v1(bytes, header);
	}
	if (may_begin_with(bytes, SIGNATURE)) {
		return read_v2(bytes, header);
	}
	return fail(header, "There is no PROXY header.");
}
