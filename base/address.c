/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/address.h"

#include <arpa/inet.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

struct address address_from_socket(const struct sockaddr_storage *socket)
{
	struct address address = { { 0 } };
	if (socket->ss_family == AF_INET) {
		const struct sockaddr_in *four = (const void *)socket;
		memcpy(address.ip, mapped, sizeof(mapped));
		memcpy(address.ip + sizeof(mapped), &four->sin_addr, 4);
	} else if (socket->ss_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const void *)socket;
		memcpy(address.ip, &six->sin6_addr, sizeof(address.ip));
	}
	return address;
}

bool address_is_four(const struct address *address)
{
	return memcmp(address->ip, mapped, sizeof(mapped)) == 0;
}

void address_append(const struct address *address, struct buffer *out)
{
	static const struct address none = { { 0 } };
	char text[INET6_ADDRSTRLEN];
	if (memcmp(address, &none, sizeof(none)) == 0) {
		return;
	}
	bool four = address_is_four(address);
	inet_ntop(four ? AF_INET : AF_INET6, address->ip + (four ? sizeof(mapped) : 0), text,
		sizeof(text));
	buffer_append(out, text, strlen(text));
}
