/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * An answer that comes in parts over HTTP/1.1: its head with the first of them, then a chunk for
 * each (RFC 9112 section 7.1), over 1.0 plain bytes up to the end of the connection. What a client
 * does not take in time is bounded by limits.output: then it is gone, and its call with it. How a
 * part looks is part_format.h's.
 */
#pragma once

#include <stdbool.h>

struct call;
struct call_answer;
struct connection;

/* See struct codec. */
bool http1_stream_part(
	struct connection *connection, struct call *call, const struct call_answer *part);
/* What stands behind the parts: their end, or an error where the format can say it; else the
 * connection ends in the middle. */
void http1_stream_end(
	struct connection *connection, struct call *call, const struct call_answer *answer);
/* The connection's deadline while an answer is under way: shows that it is. */
void http1_stream_beat(struct connection *connection);
