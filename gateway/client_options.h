/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The command line of `bridgehead call`, read and checked before anything is sent. */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "gateway/client_session.h"

#include <stdbool.h>

struct client_options {
	struct client_request request; /* its spans point into `data` and argv */
	struct span op;                /* absent: none */
	struct buffer data;            /* what -d or JSON says or names */
	bool raw;
	bool binary;
	bool notify;
	bool text;
	bool include;
	bool quiet;
};

enum client_options_verdict {
	CLIENT_OPTIONS_RUN,
	CLIENT_OPTIONS_HELP,   /* help was asked for and printed */
	CLIENT_OPTIONS_USAGE,  /* wrong, and a sentence is on stderr */
	CLIENT_OPTIONS_FAILED, /* a file could not be read, and a sentence is on stderr */
};

/* client_options_finish is due after every verdict. */
enum client_options_verdict client_options_init(
	struct client_options *options, int argc, char **argv);
void client_options_finish(struct client_options *options);
