/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Lists of name=value, as queries and forms write them (application/x-www-form-urlencoded: "%XX",
 * and "+" for a space), and Cookie headers without the escapes. Pure; nothing allocates.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>

struct form_pair {
	struct span name;
	struct span value; /* empty where there is no "=" */
};

/* Takes the next pair that is not empty off the front, as it was written. False at the end. */
bool form_next(struct span *rest, char separator, struct form_pair *pair);
/* `text` as it was written means `plain`. A broken escape, or one of NUL, means nothing. */
bool form_text_is(struct span text, struct span plain);
/*
 * The value of the parameter `name` of a query, as it was written; absent when there is none. False
 * when it comes twice.
 */
bool form_find(struct span query, struct span name, struct span *value);
