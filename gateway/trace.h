/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * W3C Trace Context (https://www.w3.org/TR/trace-context/): what a client sent is passed on if it
 * is valid; otherwise a new trace begins. Pure but for the random bytes.
 */
#pragma once

#include "base/span.h"
#include "gateway/random.h"

#include <stdbool.h>

#define TRACE_PARENT_LEN 55

/* Section 3.2.2: version 00 exactly, later versions by their first four fields. */
bool trace_parent_is_valid(struct span value);
/* Section 3.3, in the coarse: at most 512 printable bytes. */
bool trace_state_is_valid(struct span value);
/* Writes a new traceparent, sampled flag not set. */
void trace_parent_make(struct random *random, char out[static TRACE_PARENT_LEN]);
