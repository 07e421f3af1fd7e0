/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The command line of `bridgehead explain`. */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>

struct explain_words {
	const char *file;
	const char *method; /* NULL: over WebSocket */
	const char *url;    /* http:// or ws://, or a path alone */
	const char *op;     /* NULL: none */
	struct buffer headers, host;
	struct buffer data;
	bool has_data;
	bool websocket;
	bool json; /* the answer, that is */
	bool help; /* was asked for, and is printed; nothing else counts */
};

/* False: wrong, and a sentence is on stderr. explain_words_finish is due in any case. */
bool explain_words_read(struct explain_words *words, int argc, char **argv);
void explain_words_finish(struct explain_words *words);
