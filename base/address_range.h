/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Networks as configurations name them: "10.0.0.0/8", "2001:db8::/32", or one address. Pure.
 */
#pragma once

#include "base/address.h"
#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All addresses whose first `bits` are those of `first`; the others of `first` are 0. */
struct address_range {
	struct address first;
	uint8_t bits; /* of 128: an IPv4 range counts from 96 */
};

/* Who is among them; the items belong to whoever made them. */
struct address_ranges {
	struct address_range *items;
	size_t count;
	bool unix_sockets; /* whoever has no address, too */
};

enum address_range_result {
	ADDRESS_RANGE_OK,
	ADDRESS_RANGE_MALFORMED,
	ADDRESS_RANGE_HOST_BITS, /* bits are set behind the prefix; `range` is without them */
};

enum address_range_result address_range_parse(struct span text, struct address_range *range);
/* As people write it, with its prefix unless it is one address. */
void address_range_append(const struct address_range *range, struct buffer *out);
/* An IPv4 address is in no range of IPv6, "::/0" either, but in those below ::ffff:0:0/96. */
bool address_range_contains(const struct address_range *range, const struct address *address);
/* Whether it is all addresses of its family. */
bool address_range_is_all(const struct address_range *range);

bool address_ranges_contain(const struct address_ranges *ranges, const struct address *address);
