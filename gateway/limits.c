/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/limits.h"

#include "gateway/metrics.h"

#include <stddef.h>
#include <stdlib.h>

#define DAY_MS INT64_C(86400000)
#define LARGEST(kind)                                  \
	((kind) == OPTION_DURATION         ? DAY_MS    \
		: (kind) == OPTION_INTEGER ? INT32_MAX \
					   : INT64_C(1) << 40)

/* clang-format off */
#define LIMITS(X) \
	X(request_line, request_line, SIZE, "8KiB", \
		"the request line", "414", REJECTED(HEADER_TOO_LARGE)) \
	X(header, header, SIZE, "8KiB", \
		"one header line", "431", REJECTED(HEADER_TOO_LARGE)) \
	X(headers, headers, SIZE, "32KiB", \
		"all header lines of a request", "431", REJECTED(HEADER_TOO_LARGE)) \
	X(header_count, header_count, INTEGER, "100", \
		"header lines of a request", "431", REJECTED(HEADER_TOO_LARGE)) \
	X(body, body, SIZE, "1MiB", \
		"a request's body", "413 before it is read", REJECTED(BODY_TOO_LARGE)) \
	X(message, message, SIZE, "1MiB", \
		"a WebSocket message, unpacked", \
		"close code 1009, at its header where that tells", REJECTED(MESSAGE_TOO_LARGE)) \
	X(reply, reply, SIZE, "8MiB", \
		"a worker's reply", "502", DROPPED(OVERSIZED)) \
	X(output, output, SIZE, "1MiB", \
		"unsent bytes of a connection beyond which no further answer is queued; one " \
		"whole answer always fits", "the connection is dropped", REJECTED(OUTPUT)) \
	X(header_timeout, header_timeout_ms, DURATION, "10s", \
		"from the first byte of a request to the end of its headers", "408", \
		REJECTED(HEADER_TIMEOUT)) \
	X(body_timeout, body_timeout_ms, DURATION, "30s", \
		"from the end of the headers to the end of the body", "408", \
		REJECTED(BODY_TIMEOUT)) \
	X(body_rate, body_rate, SIZE, "500", \
		"bytes a second that a body must keep up after ten seconds", "408 below it", \
		REJECTED(BODY_RATE)) \
	X(idle_timeout, idle_timeout_ms, DURATION, "150s", \
		"a connection without a request, a WebSocket that is not pinged and says " \
		"nothing; longer than the usual load balancer's", \
		"the connection is closed", NOT_COUNTED) \
	X(write_timeout, write_timeout_ms, DURATION, "30s", \
		"a client that takes none of its answer", "the connection is dropped", \
		REJECTED(WRITE_TIMEOUT)) \
	X(connections, connections, INTEGER, "0", \
		"connections in all; 0: nine tenths of the open file limit", \
		"closed at once; those idle for ten seconds make room (`idle`)", \
		REJECTED(CONNECTIONS)) \
	X(connections_per_address, connections_per_address, INTEGER, "0", \
		"connections of one client address, IPv6 by /64", \
		"closed at once; a WebSocket that a trusted proxy opens for its client: 503", \
		REJECTED(CONNECTIONS_PER_ADDRESS)) \
	X(calls_in_flight_per_address, calls_in_flight_per_address, INTEGER, "0", \
		"calls waiting of one client address, IPv6 by /64", "503", \
		REJECTED(CALLS_PER_ADDRESS)) \
	X(messages_per_second, messages_per_second, INTEGER, "0", \
		"WebSocket messages a second on one connection", "an error, then close code 1008", \
		REJECTED(MESSAGE_RATE)) \
	X(memory, memory, SIZE, "0", \
		"bodies and output of all connections of the listener; 0: half of the memory " \
		"that the process may use", "503, WebSockets 1013; nobody new is accepted; " \
		"clients that stall are dropped", REJECTED(MEMORY)) \
	X(calls_in_flight, calls_in_flight, INTEGER, "256", \
		"calls waiting on one connection; HTTP/1.1 has one at a time", "503", \
		REJECTED(CALLS_IN_FLIGHT)) \
	X(read_ahead, read_ahead, SIZE, "64KiB", \
		"bytes kept of what a client sends while its call waits", "reading pauses", \
		NOT_COUNTED) \
	X(fragments, fragments, INTEGER, "1024", \
		"frames of one WebSocket message", "close code 1008", REJECTED(FRAGMENTS)) \
	X(pings_per_second, pings_per_second, INTEGER, "20", \
		"pings a second on one WebSocket", "close code 1008", REJECTED(PING_RATE))
/* clang-format on */

#define OPTION_ROW(key, field, kind, standard, what, beyond, counted) \
	{ .name = #key,                                               \
		.type = OPTION_##kind,                                \
		.offset = offsetof(struct limits, field),             \
		.fallback = standard,                                 \
		.max = LARGEST(OPTION_##kind),                        \
		.help = what },

const struct option limits_rows[] = { LIMITS(OPTION_ROW){ 0 } };

/* What happens beyond a limit, in the order of limits_rows. */
struct breach {
	const char *beyond;
	enum { COUNTED_NOWHERE, COUNTED_REJECTED, COUNTED_DROPPED } where;
	int reason; /* enum reject or enum drop */
};

#define REJECTED(id) COUNTED_REJECTED, REJECT_##id
#define DROPPED(id) COUNTED_DROPPED, DROP_##id
#define NOT_COUNTED COUNTED_NOWHERE, 0
#define BREACH_ROW(key, field, kind, standard, what, beyond, counted) { beyond, counted },

static const struct breach breaches[] = { LIMITS(BREACH_ROW) };

void limits_defaults(struct limits *limits)
{
	struct problem_list *problems = problem_list_create();
	option_read(limits_rows, NULL, limits, problems);
	problem_list_destroy(problems);
}

static void print_counter(const struct breach *breach, FILE *out)
{
	switch (breach->where) {
	case COUNTED_REJECTED:
		fprintf(out, "`rejected` `%s`", metrics_reject_name((enum reject)breach->reason));
		break;
	case COUNTED_DROPPED:
		fprintf(out, "`replies_dropped` `%s`",
			metrics_drop_name((enum drop)breach->reason));
		break;
	case COUNTED_NOWHERE: fputs("no breach", out); break;
	}
}

void limits_document(FILE *out)
{
	fputs("# Limits\n\n"
	      "Everything that a client can make grow has a limit, per listener, in its `limits` "
	      "(configuration.md). 0 means\n"
	      "none unless it says otherwise. Beyond one there is one answer or close code, and "
	      "one "
	      "counter with a reason:\n"
	      "`bridgehead_rejected_total{reason=…}` or "
	      "`bridgehead_replies_dropped_total{reason=…}`."
	      " Each reason is logged at most\n"
	      "once a second. This page is made from the program's own table: "
	      "`bridgehead check --document limits`.\n\n"
	      "| key | default | limits | beyond it | counted as |\n"
	      "| --- | --- | --- | --- | --- |\n",
		out);
	for (size_t i = 0; limits_rows[i].name != NULL; i++) {
		const struct option *row = &limits_rows[i];
		fprintf(out, "| `%s` | `%s` | %s | %s | ", row->name, row->fallback, row->help,
			breaches[i].beyond);
		print_counter(&breaches[i], out);
		fputs(" |\n", out);
	}
}
