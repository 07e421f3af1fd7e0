/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The header that a proxy sends before the first byte of its client: version 1, a line of text, and
 * version 2, binary ("The PROXY protocol", haproxy's doc/proxy-protocol.txt, sections 2.1 and 2.2).
 * Pure: bytes in, result out, no allocation.
 */
#pragma once

#include "base/address.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

/* Of a whole header. Version 1 has its own bound; version 2 could have 64 KiB of extras. */
enum { PROXY_PROTOCOL_V1_MAX = 107, PROXY_PROTOCOL_V2_MAX = 8192 };

enum proxy_protocol_result { PROXY_PROTOCOL_MORE, PROXY_PROTOCOL_DONE, PROXY_PROTOCOL_ERROR };

struct proxy_protocol {
	size_t size; /* DONE: bytes of the header; what follows is the client's */
	/* DONE: whether it tells who the client is. If not (LOCAL, UNKNOWN, a family that has no
	 * IP address) the connection is as good as the proxy's own. */
	bool tells;
	struct address source; /* where it tells */
	const char *reason;    /* ERROR: a constant sentence */
};

/*
 * `bytes` start at the connection's first byte on every call. ERROR as soon as no bytes behind them
 * could make it a header; looks at no byte behind it.
 */
enum proxy_protocol_result proxy_protocol_read(struct span bytes, struct proxy_protocol *header);
