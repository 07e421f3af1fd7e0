/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* A client's address in 16 bytes: IPv4 is mapped into IPv6, a Unix socket is all zeros. Pure. */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Room for the longest text of an address. */
enum { ADDRESS_TEXT_MAX = 48 };

struct address {
	uint8_t ip[16];
};

struct address address_from_socket(const struct sockaddr_storage *socket);
/* The four bytes of an IPv4 address. */
struct address address_from_four(const uint8_t ip[4]);
/*
 * Dotted IPv4 without leading zeros, or IPv6 as RFC 4291 section 2.2 has it, also with dotted IPv4
 * at its end; nothing around it, no port, no zone. False when it is anything else.
 */
bool address_parse(struct span text, struct address *address);
bool address_is_four(const struct address *address);
/* Nobody's: a Unix socket, or "::". */
bool address_is_none(const struct address *address);
bool address_equal(const struct address *a, const struct address *b);
/* Dotted for IPv4, RFC 5952 for IPv6; how many bytes that are: none for a Unix socket. */
size_t address_write(const struct address *address, char text[ADDRESS_TEXT_MAX]);
/* Likewise. */
void address_append(const struct address *address, struct buffer *out);
