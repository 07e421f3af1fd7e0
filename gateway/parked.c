/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/parked.h"

#include "gateway/quota.h"

#include <stdlib.h>

bool parked_reserve(struct parked **parked, size_t more, struct quota *quota)
{
	struct parked *old = *parked;
	size_t held = parked_size(old);
	if (old != NULL && old->cap - old->len >= more) {
		return true;
	}
	if (old != NULL && old->start > 0) {
		memmove(old->bytes, old->bytes + old->start, held);
		old->start = 0;
		old->len = held;
	}
	if (old != NULL && old->cap - held >= more) {
		return true;
	}
	size_t cap = held + more;
	if (old != NULL && cap < 2 * old->cap) {
		cap = 2 * old->cap;
	}
	struct parked *grown = realloc(old, sizeof(*grown) + cap);
	if (grown == NULL) {
		return false;
	}
	quota_memory(quota, (int64_t)(cap - (old != NULL ? grown->cap : 0)));
	if (old == NULL) {
		grown->start = grown->len = 0;
	}
	grown->cap = cap;
	*parked = grown;
	return true;
}

bool parked_append(struct parked **parked, struct span bytes, struct quota *quota)
{
	if (!parked_reserve(parked, bytes.len, quota)) {
		return false;
	}
	memcpy((*parked)->bytes + (*parked)->len, bytes.ptr, bytes.len);
	(*parked)->len += bytes.len;
	return true;
}

void parked_take(struct parked **parked, size_t count, struct quota *quota)
{
	(*parked)->start += count;
	if ((*parked)->start == (*parked)->len) {
		parked_free(parked, quota);
	}
}

void parked_free(struct parked **parked, struct quota *quota)
{
	if (*parked != NULL) {
		quota_memory(quota, -(int64_t)(*parked)->cap);
		free(*parked);
		*parked = NULL;
	}
}
