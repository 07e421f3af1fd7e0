/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What a Content-Type says (RFC 9110 section 8.3). Pure; spans point into what was read. */
#pragma once

#include "base/span.h"

#include <stdbool.h>

struct media_type {
	struct span name;    /* "text/plain": as it was written, in any case; absent: not usable */
	struct span charset; /* without its quotes; absent: none was named */
};

/*
 * Takes a Content-Type apart. False when it is none by the grammar of section 8.3.1, or names two
 * charsets; what stood before the fault is there.
 */
bool media_type_read(struct span content_type, struct media_type *type);
/* application/json, text/json or anything that ends in +json, whatever its parameters. */
bool media_type_is_json(struct span content_type);
/* No charset is named, or UTF-8. */
bool media_type_is_utf8(struct span content_type);
