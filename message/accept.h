/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Accept (RFC 9110 section 12.5.1): media ranges, each with the weight the client gives it. Other
 * parameters are passed over. Pure; a range points into the text it was read from.
 */
#pragma once

#include "base/span.h"
#include "message/media_range.h"

enum accept_result { ACCEPT_RANGE, ACCEPT_END, ACCEPT_BROKEN };

#define ACCEPT_WEIGHT_MAX 1000

struct accept_range {
	struct media_range range;
	unsigned weight; /* thousandths; 0: not acceptable */
};

/*
 * Takes the next range off one line of the header; empty elements do not count. By the grammar,
 * which two stars in front of a subtype or a weight of more than three digits break; beyond it the
 * one thing that many old Java programs send: "*; q=.2".
 */
enum accept_result accept_next(struct span *rest, struct accept_range *out);
