/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A listening Unix socket and its file. All shards accept from the one descriptor, so the process
 * owns it: it outlives them. Main thread.
 */
#pragma once

#include "base/log.h"
#include "base/option.h"

#include <stdbool.h>
#include <sys/types.h>

struct unix_socket {
	int fd; /* -1: none */
	const struct option_address *address;
	dev_t device; /* of the file, as it was made */
	ino_t inode;
};

/* Binds and listens, after removing a file that nobody listens on any more. False after logging
 * why. */
bool unix_socket_open(
	struct unix_socket *unix_socket, const struct option_address *address, struct log *log);
/* Removes the file, unless somebody else has put another one there. */
void unix_socket_unlink(struct unix_socket *unix_socket);
void unix_socket_close(struct unix_socket *unix_socket);
