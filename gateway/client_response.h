/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Reads one HTTP/1.1 answer as its bytes come in. Pure: no socket. Interim answers (1xx) are
 * passed over.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum client_response_event {
	CLIENT_RESPONSE_MORE,   /* all input is used up */
	CLIENT_RESPONSE_HEAD,   /* `head` and `status` are there */
	CLIENT_RESPONSE_BODY,   /* the next bytes of the body, decoded */
	CLIENT_RESPONSE_END,    /* complete; what may follow is of no interest */
	CLIENT_RESPONSE_BROKEN, /* not HTTP; `fault` says why */
};

struct client_response {
	bool head_only; /* set before the first byte when the request was a HEAD */
	int status;
	struct buffer head; /* status line and header lines as they came, with the empty line */
	const char *fault;

	/* private */
	int state;
	uint64_t remaining;
	struct buffer line;
};

/* Zero-initialised is ready for the first byte. */
void client_response_finish(struct client_response *response);
/* Takes bytes off `input` up to the next event; `body` is a span of it. */
enum client_response_event client_response_next(
	struct client_response *response, struct span *input, struct span *body);
/* The connection is at its end: CLIENT_RESPONSE_END when that completes the answer, or BROKEN. */
enum client_response_event client_response_close(struct client_response *response);
