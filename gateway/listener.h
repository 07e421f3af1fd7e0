/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * An address where clients connect. Every shard has its own socket for it (SO_REUSEPORT), so the
 * kernel spreads connections and no two threads meet. One thread.
 */
#pragma once

#include "gateway/config.h"
#include "gateway/http1_parser.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct admin;
struct quota;
struct shard;

struct listener {
	ev_io io; /* first: see handle_accept */
	struct shard *shard;
	const struct listener_options *options;
	struct http1_limits http1_limits; /* from options->limits */
	struct quota *quota;              /* of the process; shared by its shards */
	struct admin *admin;              /* not NULL: the admin pages instead of mappings */
	int fd;
	int spare_fd;     /* given up to refuse a client when descriptors run out */
	bool paused;      /* not accepting until descriptors or memory are free again */
	bool turned_away; /* for want of connections or descriptors, since the last tick */
	bool shared_fd;   /* a Unix socket, which belongs to the process */
};

/* What the parser of HTTP/1.1 has to know of a listener's limits. */
struct http1_limits listener_http1_limits(const struct limits *limits);
/*
 * Opens the socket, does not accept yet. False after logging why not. `fd`: that of a Unix socket,
 * which listens already, or -1.
 */
bool listener_open(struct listener *listener, struct shard *shard,
	const struct listener_options *options, int fd);
/* Accepts from now on. False after logging why not. */
bool listener_start(struct listener *listener);
/* Takes what the kernel has queued, then accepts no more. */
void listener_stop(struct listener *listener);
void listener_close(struct listener *listener);
/* Tries again after descriptors or memory ran out. Called once per tick. */
void listener_retry(struct listener *listener);
