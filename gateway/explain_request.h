/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The request that `bridgehead explain` asks about: written as a client would write it, and read by
 * the parser that reads those of clients.
 */
#pragma once

#include "base/buffer.h"
#include "gateway/config.h"
#include "gateway/explain_words.h"
#include "gateway/http1_parser.h"
#include "mappings/request.h"

#include <stdbool.h>

struct explain_request {
	struct request request;
	int status; /* not 0: refused before any mapping is looked at, and why */
	const char *detail;
	struct http1_head head;
	struct request_header headers[HTTP1_HEADERS_MAX];
	struct buffer bytes; /* of the head */
};

/* False: there is no such request, and a sentence is on stderr. `words` must outlive it. */
bool explain_request_init(struct explain_request *request, const struct explain_words *words,
	const struct config *config);
void explain_request_finish(struct explain_request *request);
