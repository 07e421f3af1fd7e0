/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The plain inside of long JSON strings, for the rest of the scanner. Pure. */
#pragma once

#include <stdbool.h>

/*
 * Over ASCII but quotes, backslashes and control characters, in large steps: to the first other
 * byte or `end`. Near the end of a short text, or where the processor has nothing for it, it may
 * stop before.
 */
const char *json_leap(const char *at, const char *end);

#ifdef __SSE2__
/* The ways in which that is done; the second only where json_leap_has_32(). */
const char *json_leap_16(const char *at, const char *end);
const char *json_leap_32(const char *at, const char *end);
bool json_leap_has_32(void);
#endif
