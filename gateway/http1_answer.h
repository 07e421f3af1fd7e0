/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Writing HTTP/1.1 answers: framing is ours whatever a reply says (RFC 9110 section 6.4, 8.6).
 * After an answer the connection stays open or closes as its request and the answer want it.
 */
#pragma once

#include "base/span.h"
#include "gateway/problem.h"

#include <stdbool.h>

struct call;
struct call_answer;
struct connection;

/* One header line to add; name without colon. */
struct http1_line {
	const char *name;
	struct span value;
};

/* An answer of ours that is no call's: admin pages, OPTIONS, handshakes that fail. */
struct http1_page {
	int status;
	const char *content_type; /* NULL: no body */
	struct span body;
	const struct http1_line *lines;
	unsigned line_count;
	bool upgrade; /* one of them is Upgrade, which Connection has to name */
};

void http1_answer_call(
	struct connection *connection, struct call *call, const struct call_answer *answer);
/* RFC 9110 sections 6.4.1 and 8.6: 204 and 304 have no content, whatever a worker sent. */
static inline bool http1_answer_has_content(int status)
{
	return status != 204 && status != 304;
}

/* The head of an answer whose body is written by http1_stream.c. */
void http1_answer_head(struct connection *connection, struct call *call,
	const struct call_answer *answer, struct span content_type);
/* All of the answer is written: the next request may come, or nothing more. */
void http1_answer_finish(struct connection *connection);
void http1_answer_page(struct connection *connection, const struct http1_page *page);
/* A problem outside of any call; `close`: nothing behind this request can be trusted. */
void http1_answer_problem(struct connection *connection, const struct problem *problem, bool close);
/* The same with header lines of its own; whether the connection stays open is as it was. */
void http1_answer_problem_with(struct connection *connection, const struct problem *problem,
	const struct http1_line *lines, unsigned line_count);
const char *http1_reason_phrase(int status);
