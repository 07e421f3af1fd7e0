/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What a Content-Encoding says (RFC 9110 section 8.4). Pure. */
#pragma once

#include "base/span.h"

#include <stdbool.h>

/* In any case; "x-gzip" is gzip and "x-compress" compress (section 8.4.1). */
bool content_encoding_equal(struct span a, struct span b);
/* The body is encoded in some way. */
bool content_encoding_is_coded(struct span content_encoding);
