/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The characters between JSON's strings, for the rest of the scanner. Pure. */
#pragma once

#include <stdbool.h>

static inline bool json_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool json_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline const char *json_skip_space(const char *at, const char *end)
{
	/* Mostly there is none. */
	if (at < end && at[0] > ' ') {
		return at;
	}
	while (at < end && json_is_space(*at)) {
		at++;
	}
	return at;
}
