/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What a Content-Type says (RFC 9110 section 8.3). Pure. */
#pragma once

#include "base/span.h"

#include <stdbool.h>

/* application/json, text/json or anything that ends in +json, whatever its parameters. */
bool media_type_is_json(struct span content_type);
