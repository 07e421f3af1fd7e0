/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Dates of HTTP (RFC 9110 section 5.6.7): three forms are read, one is written. Seconds since 1970,
 * without leap seconds. Pure.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_DATE_SIZE = 29 };

/* `now` places a year of two digits: at most fifty years ahead. False: it is no date. */
bool http_date_parse(struct span text, int64_t now, int64_t *seconds);
/* "Sun, 06 Nov 1994 08:49:37 GMT", without a terminator; years 0 to 9999, else the nearest. */
void http_date_write(int64_t seconds, char out[static HTTP_DATE_SIZE]);
