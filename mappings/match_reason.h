/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Why one mapping does not take a request: the same questions in the same order as a search asks
 * them (match.h), for one mapping, with words. For people who look for a mistake in a table; no
 * call comes here.
 */
#pragma once

#include "base/buffer.h"
#include "mappings/match.h"
#include "mappings/request.h"

/*
 * How near the mapping comes. MATCH_FIT: it fits, and nothing was appended; only its place in the
 * order can keep it from the request. Else `why` gets a phrase such as "the header x-a is another",
 * without a stop.
 */
enum match_fit match_reason(
	const struct match_rule *rule, struct match_probe *probe, struct buffer *why);
