/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What fuzz targets have in common. */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Stays in builds without assertions, and stops where the fuzzer sees it. */
static inline void require(bool good)
{
	if (!good) {
		abort();
	}
}

/* The first line of `rest`, which becomes what is behind it. */
static inline struct span take_line(struct span *rest)
{
	const char *end = rest->len > 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;
	size_t len = end != NULL ? (size_t)(end - rest->ptr) : rest->len;
	struct span line = span_of(rest->ptr, len);
	*rest = span_skip(*rest, end != NULL ? len + 1 : len);
	return line;
}
