/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Bytes of a connection that wait: input that is incomplete, output that the socket did not take.
 * One allocation, made when the first byte has to wait and freed with the last; none while idle.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quota;

struct parked {
	size_t start; /* bytes in front that are done with */
	size_t len;   /* end of what is held */
	size_t cap;
	uint64_t moved_ms; /* when bytes last came or went, by the owner's clock */
	char bytes[];
};

/*
 * Makes room for `more` bytes behind what is held, in *parked (NULL: nothing held). False when
 * memory cannot be had; what is held stays. Counts the memory in the quota.
 */
bool parked_reserve(struct parked **parked, size_t more, struct quota *quota);
bool parked_append(struct parked **parked, struct span bytes, struct quota *quota);
/* Takes bytes off the front; frees it all with the last one. */
void parked_take(struct parked **parked, size_t count, struct quota *quota);
void parked_free(struct parked **parked, struct quota *quota);

static inline size_t parked_size(const struct parked *parked)
{
	return parked != NULL ? parked->len - parked->start : 0;
}
