/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/limits.h"

#include <stddef.h>

#define DAY_MS INT64_C(86400000)
#define LARGEST(kind)                                  \
	((kind) == OPTION_DURATION         ? DAY_MS    \
		: (kind) == OPTION_INTEGER ? INT32_MAX \
					   : INT64_C(1) << 40)
#define ROW(key, kind, field, standard, text)                                        \
	{                                                                            \
		.name = key, .type = kind, .offset = offsetof(struct limits, field), \
		.fallback = standard, .max = LARGEST(kind), .help = text             \
	}

const struct option limits_rows[] = {
	ROW("request_line", OPTION_SIZE, request_line, "8KiB", "the request line; beyond: 414"),
	ROW("header", OPTION_SIZE, header, "8KiB", "one header line; beyond: 431"),
	ROW("headers", OPTION_SIZE, headers, "32KiB", "all header lines of a request; beyond: 431"),
	ROW("header_count", OPTION_INTEGER, header_count, "100",
		"header lines of a request; beyond: 431"),
	ROW("body", OPTION_SIZE, body, "1MiB", "a request's body; beyond: 413 before it is read"),
	ROW("message", OPTION_SIZE, message, "1MiB",
		"a WebSocket message; beyond: close code 1009"),
	ROW("reply", OPTION_SIZE, reply, "8MiB", "a worker's reply; beyond: 502"),
	ROW("output", OPTION_SIZE, output, "1MiB",
		"unsent bytes of a connection beyond which no further answer is queued; one whole "
		"answer always fits"),
	ROW("header_timeout", OPTION_DURATION, header_timeout_ms, "10s",
		"from the first byte of a request to the end of its headers; beyond: 408"),
	ROW("body_timeout", OPTION_DURATION, body_timeout_ms, "30s",
		"from the end of the headers to the end of the body; beyond: 408"),
	ROW("body_rate", OPTION_SIZE, body_rate, "500",
		"bytes a second that a body must keep up after ten seconds; below: 408"),
	ROW("idle_timeout", OPTION_DURATION, idle_timeout_ms, "150s",
		"a connection without a request; longer than the usual load balancer's"),
	ROW("write_timeout", OPTION_DURATION, write_timeout_ms, "30s",
		"a client that takes none of its answer; beyond: the connection is dropped"),
	ROW("connections", OPTION_INTEGER, connections, "0",
		"connections in all; 0: nine tenths of the open file limit"),
	ROW("connections_per_address", OPTION_INTEGER, connections_per_address, "0",
		"connections of one client address, IPv6 by /64; beyond: closed at once"),
	ROW("calls_in_flight_per_address", OPTION_INTEGER, calls_in_flight_per_address, "0",
		"calls waiting of one client address, IPv6 by /64; beyond: 503"),
	ROW("messages_per_second", OPTION_INTEGER, messages_per_second, "0",
		"WebSocket messages a second on one connection; beyond: an error, then close code "
		"1008"),
	ROW("memory", OPTION_SIZE, memory, "0",
		"bodies and output of all connections of the listener; beyond: 503"),
	ROW("calls_in_flight", OPTION_INTEGER, calls_in_flight, "256",
		"calls waiting on one connection; HTTP/1.1 has one at a time"),
	ROW("read_ahead", OPTION_SIZE, read_ahead, "64KiB",
		"bytes kept of what a client sends while its call waits"),
	ROW("fragments", OPTION_INTEGER, fragments, "1024",
		"frames of one WebSocket message; beyond: 1008"),
	ROW("pings_per_second", OPTION_INTEGER, pings_per_second, "20",
		"pings a second on one WebSocket; beyond: close code 1008"),
	{ 0 },
};

void limits_defaults(struct limits *limits)
{
	struct problem_list *problems = problem_list_create();
	option_read(limits_rows, NULL, limits, problems);
	problem_list_destroy(problems);
}
