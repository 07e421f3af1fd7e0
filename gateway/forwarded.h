/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What proxies tell of the client before them: X-Forwarded-For, and Forwarded (RFC 7239). Each
 * proxy appends the address that it saw, so the list is walked from its end, from one proxy to the
 * one before it, as long as they are trusted. What stands further to the left anybody may have
 * written. Pure, no allocation.
 *
 *     struct forwarded walk = forwarded_from(&ranges, &peer);
 *     forwarded_take_list(&walk, value);     each X-Forwarded-For line, the last one first
 */
#pragma once

#include "base/address.h"
#include "base/address_range.h"
#include "base/span.h"

#include <stdbool.h>

enum forwarded_scheme { FORWARDED_NOTHING, FORWARDED_PLAIN, FORWARDED_SECURE };

struct forwarded {
	const struct address_ranges *trusted;
	struct address client; /* the outermost that is known; the peer as long as nothing is */
	bool told;             /* there was a line */
	bool ended;            /* what is left does not count */
	uint8_t scheme;        /* enum forwarded_scheme: what the client speaks to its proxy */
};

/* `peer` is trusted itself. */
struct forwarded forwarded_from(const struct address_ranges *trusted, const struct address *peer);
/*
 * A line of X-Forwarded-For: addresses, perhaps with a port. What is no address ends the walk: then
 * the client is the proxy that wrote it.
 */
void forwarded_take_list(struct forwarded *walk, struct span value);
/* A line of Forwarded. An element that says no address, or is malformed, ends the walk. */
void forwarded_take_elements(struct forwarded *walk, struct span value);
/* "https" "wss" "http" "ws" in any case; anything else, a list too, tells nothing. */
enum forwarded_scheme forwarded_scheme_of(struct span text);
