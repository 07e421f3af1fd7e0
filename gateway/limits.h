/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Everything a client can make grow, per listener, with defaults that are safe on the internet.
 * 0 means no limit, unless its row says otherwise. Sizes in bytes, times in milliseconds.
 */
#pragma once

#include "base/option.h"

#include <stdint.h>
#include <stdio.h>

struct limits {
	int64_t request_line;
	int64_t header;
	int64_t headers;
	int64_t header_count;
	int64_t body;
	int64_t message;
	int64_t reply;
	int64_t output;
	int64_t header_timeout_ms;
	int64_t body_timeout_ms;
	int64_t body_rate; /* bytes a second, after ten seconds */
	int64_t idle_timeout_ms;
	int64_t write_timeout_ms;
	int64_t connections; /* 0 in the configuration: see its row; likewise memory */
	int64_t connections_per_address;
	int64_t calls_in_flight_per_address;
	int64_t messages_per_second;
	int64_t memory;
	int64_t calls_in_flight;
	int64_t read_ahead;
	int64_t fragments;
	int64_t pings_per_second;
};

extern const struct option limits_rows[];

/* The defaults of all rows. */
void limits_defaults(struct limits *limits);
/* docs/limits.md */
void limits_document(FILE *out);
