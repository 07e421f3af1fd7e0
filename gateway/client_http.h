/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* One HTTP/1.1 request of `bridgehead call` and its answer, over a connection of its own. */
#pragma once

#include "gateway/client_session.h"

/* Told what comes in, while it comes in. */
struct client_http_reader {
	void *context;
	void (*read_head)(void *context, int status, struct span head);
	void (*read_body)(void *context, struct span bytes);
};

/* `fault` gets a sentence unless the end is CLIENT_ANSWERED. Blocks until there is an end. */
enum client_end client_http_run(const struct client_request *request,
	const struct client_http_reader *reader, const char **fault);
