/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* A client's address in 16 bytes: IPv4 is mapped into IPv6, a Unix socket is all zeros. Pure. */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
	uint8_t ip[16];
};

struct address address_from_socket(const struct sockaddr_storage *socket);
bool address_is_four(const struct address *address);
/* Dotted for IPv4, RFC 5952 for IPv6; appends nothing for a Unix socket. */
void address_append(const struct address *address, struct buffer *out);
