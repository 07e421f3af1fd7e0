/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Single arguments of `bridgehead call` and `explain`, checked. Each function is true when its
 * argument is fine; else it has printed a sentence that names it. Client text is checked before it
 * is put into a request, so no argument can add a header or a request of its own.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* Prints "bridgehead: SENTENCE" on stderr; always false. */
bool client_argument_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool client_argument_method(const char *text);
/* "Name: value" is appended to `headers`, or to `host` if that is the name. */
bool client_argument_header(const char *text, struct buffer *headers, struct buffer *host);
bool client_argument_timeout(const char *text, int64_t *ms);
/* Appends the text itself, or what @FILE or @- hold; behind a "&" where it is a `further` one. */
bool client_argument_data(const char *text, bool further, struct buffer *data);
/* `text` is what `name` says; it must be JSON. */
bool client_argument_json(const char *name, struct span text);
