/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What the values of header fields are made of (RFC 9110 section 5.6), taken off the front of a
 * text. Pure; what is taken is a span of it.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>

struct span field_value_skip_blanks(struct span text);
/* What stands before any of `ends`, or all of it. */
struct span field_value_take_until(struct span *rest, const char *ends);
/* A token that ends before any of `ends`, or a quoted string, which keeps its quotes and
 * backslashes. False: neither. */
bool field_value_take(struct span *rest, const char *ends, struct span *value);
