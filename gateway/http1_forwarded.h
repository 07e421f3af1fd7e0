/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Who asks, by the headers of a request that came from a trusted proxy (forwarded.h). Call these
 * only while connection->trusted.
 */
#pragma once

#include "gateway/http1_parser.h"

#include <stdbool.h>

struct connection;

/* Before a request: nothing is known but the proxy. */
void http1_forwarded_forget(struct connection *connection);
/*
 * Sets the connection's `client` and `secure` for this request. False when the headers contradict
 * each other: then nobody can say who wrote which, and neither may be believed.
 */
bool http1_forwarded_read(
	struct connection *connection, const struct http1_head *head, const char *bytes);
