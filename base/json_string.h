/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The inside of JSON strings, for the rest of the scanner; everybody else uses json.h. Pure. */
#pragma once

#include "base/span.h"

#include <stdint.h>

/*
 * The first byte from `at` on that is a quote, a backslash or a control character, or `end`. `wide`
 * becomes non-zero when a byte before it is not ASCII.
 */
const char *json_string_run(const char *at, const char *end, uint64_t *wide);
/* The value of four hexadecimal digits, or -1. */
int json_string_hex4(const char *at);
/* Takes one character off the inside of a checked string: its UTF-8, and how many bytes that is. */
size_t json_string_character(const char **at, char utf8[4]);
/* Whether two checked strings, with their quotes, are the same text. */
bool json_string_same(struct span a, struct span b);
