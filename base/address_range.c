/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/address_range.h"

#include "base/text.h"

#include <string.h>

enum { BITS = 128, BITS_BEFORE_FOUR = 96 };

/* The mask of the byte at `i` for a prefix of `bits`. */
static uint8_t mask_at(unsigned bits, unsigned i)
{
	if (bits >= 8 * (i + 1)) {
		return 0xff;
	}
	return bits <= 8 * i ? 0 : (uint8_t)(0xff00u >> (bits - 8 * i));
}

enum address_range_result address_range_parse(struct span text, struct address_range *range)
{
	const char *slash = memchr(text.ptr, '/', text.len);
	struct span ip = slash != NULL ? span_of(text.ptr, (size_t)(slash - text.ptr)) : text;
	if (!address_parse(ip, &range->first)) {
		return ADDRESS_RANGE_MALFORMED;
	}
	/* "::ffff:10.0.0.0/104" counts from the front, "10.0.0.0/8" behind what maps it */
	bool dotted = memchr(ip.ptr, ':', ip.len) == NULL;
	unsigned before = dotted ? BITS_BEFORE_FOUR : 0, prefix = BITS - before;
	if (slash != NULL &&
		!text_read_small(span_skip(text, ip.len + 1), BITS - before, &prefix)) {
		return ADDRESS_RANGE_MALFORMED;
	}
	range->bits = (uint8_t)(before + prefix);
	enum address_range_result result = ADDRESS_RANGE_OK;
	for (unsigned i = 0; i < sizeof(range->first.ip); i++) {
		uint8_t kept = range->first.ip[i] & mask_at(range->bits, i);
		if (kept != range->first.ip[i]) {
			range->first.ip[i] = kept;
			result = ADDRESS_RANGE_HOST_BITS;
		}
	}
	return result;
}

static bool is_of_four(const struct address_range *range)
{
	return range->bits >= BITS_BEFORE_FOUR && address_is_four(&range->first);
}

void address_range_append(const struct address_range *range, struct buffer *out)
{
	bool four = is_of_four(range);
	if (address_is_none(&range->first)) {
		buffer_append_literal(out, "::");
	}
	address_append(&range->first, out);
	if (range->bits < BITS) {
		buffer_append_char(out, '/');
		buffer_append_number(out, range->bits - (four ? (unsigned)BITS_BEFORE_FOUR : 0));
	}
}

bool address_range_contains(const struct address_range *range, const struct address *address)
{
	unsigned whole = range->bits / 8;
	if (address_is_none(address) || (address_is_four(address) && !is_of_four(range))) {
		return false;
	}
	if (memcmp(address->ip, range->first.ip, whole) != 0) {
		return false;
	}
	return whole == sizeof(address->ip) ||
	       (address->ip[whole] & mask_at(range->bits, whole)) == range->first.ip[whole];
}

bool address_range_is_all(const struct address_range *range)
{
	return range->bits == 0 || (is_of_four(range) && range->bits == BITS_BEFORE_FOUR);
}

bool address_ranges_contain(const struct address_ranges *ranges, const struct address *address)
{
	if (address_is_none(address)) {
		return ranges->unix_sockets;
	}
	for (size_t i = 0; i < ranges->count; i++) {
		if (address_range_contains(&ranges->items[i], address)) {
			return true;
		}
	}
	return false;
}
