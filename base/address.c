/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/address.h"

#include <arpa/inet.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

struct address address_from_four(const uint8_t ip[4])
{
	struct address address;
	memcpy(address.ip, mapped, sizeof(mapped));
	memcpy(address.ip + sizeof(mapped), ip, 4);
	return address;
}

struct address address_from_socket(const struct sockaddr_storage *socket)
{
	struct address address = { { 0 } };
	if (socket->ss_family == AF_INET) {
		const struct sockaddr_in *four = (const void *)socket;
		return address_from_four((const uint8_t *)&four->sin_addr);
	}
	if (socket->ss_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const void *)socket;
		memcpy(address.ip, &six->sin6_addr, sizeof(address.ip));
	}
	return address;
}

bool address_parse(struct span text, struct address *address)
{
	char copy[INET6_ADDRSTRLEN];
	uint8_t four[4];
	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len) != NULL) {
		return false;
	}
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (memchr(copy, ':', text.len) != NULL) {
		return inet_pton(AF_INET6, copy, address->ip) == 1;
	}
	if (inet_pton(AF_INET, copy, four) != 1) {
		return false;
	}
	*address = address_from_four(four);
	return true;
}

bool address_is_four(const struct address *address)
{
	return memcmp(address->ip, mapped, sizeof(mapped)) == 0;
}

bool address_is_none(const struct address *address)
{
	static const struct address none = { { 0 } };
	return address_equal(address, &none);
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static char *write_byte(char *at, unsigned byte)
{
	if (byte >= 100) {
		*at++ = (char)('0' + byte / 100);
	}
	if (byte >= 10) {
		*at++ = (char)('0' + byte / 10 % 10);
	}
	*at++ = (char)('0' + byte % 10);
	return at;
}

/* By hand where it is IPv4: the access log asks at every call. */
size_t address_write(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
	if (address_is_four(address)) {
		char *at = text;
		for (size_t i = sizeof(mapped); i < sizeof(address->ip); i++) {
			at = write_byte(at, address->ip[i]);
			*at++ = '.';
		}
		return (size_t)(at - 1 - text);
	}
	if (address_is_none(address)) {
		return 0;
	}
	inet_ntop(AF_INET6, address->ip, text, ADDRESS_TEXT_MAX);
	return strlen(text);
}

void address_append(const struct address *address, struct buffer *out)
{
	char text[ADDRESS_TEXT_MAX];
	buffer_append(out, text, address_write(address, text));
}
