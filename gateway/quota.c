/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/quota.h"

#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

enum { PLACES = 1 << 14 };

struct address_counts {
	atomic_uint places[2][PLACES];
};

struct quota {
	int64_t connections_max, per_address_max, calls_per_address_max, memory_max;
	atomic_llong connections, memory;
	atomic_bool memory_short;
	uint64_t seed;
	struct address_counts *connected; /* NULL: not limited */
	struct address_counts *calling;
};

struct quota *quota_create(const struct limits *limits)
{
	struct quota *quota = memory_new(1, sizeof(*quota));
	quota->connections_max = limits->connections;
	quota->per_address_max = limits->connections_per_address;
	quota->calls_per_address_max = limits->calls_in_flight_per_address;
	quota->memory_max = limits->memory;
	if (getrandom(&quota->seed, sizeof(quota->seed), 0) != sizeof(quota->seed)) {
		abort();
	}
	if (quota->per_address_max > 0) {
		quota->connected = memory_new(1, sizeof(*quota->connected));
	}
	if (quota->calls_per_address_max > 0) {
		quota->calling = memory_new(1, sizeof(*quota->calling));
	}
	return quota;
}

void quota_destroy(struct quota *quota)
{
	if (quota != NULL) {
		free(quota->connected);
		free(quota->calling);
		free(quota);
	}
}

/* A whole IPv4 address; of IPv6 the /64 that one household or host has. */
static uint64_t hash_address(const struct quota *quota, const struct address *client)
{
	uint64_t half[2];
	memcpy(half, client->ip, sizeof(half));
	uint64_t hash = half[0];
	if (address_is_four(client)) {
		hash ^= half[1] * UINT64_C(0xff51afd7ed558ccd);
	}
	hash ^= quota->seed;
	for (int i = 0; i < 3; i++) {
		hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53) + quota->seed;
	}
	return hash ^ hash >> 29;
}

static void count(struct address_counts *counts, uint64_t hash, unsigned change)
{
	atomic_fetch_add_explicit(&counts->places[0][hash % PLACES], change, memory_order_relaxed);
	atomic_fetch_add_explicit(
		&counts->places[1][(hash >> 32) % PLACES], change, memory_order_relaxed);
}

static int64_t counted(struct address_counts *counts, uint64_t hash)
{
	unsigned a = atomic_load_explicit(&counts->places[0][hash % PLACES], memory_order_relaxed);
	unsigned b = atomic_load_explicit(
		&counts->places[1][(hash >> 32) % PLACES], memory_order_relaxed);
	return a < b ? a : b;
}

enum quota_verdict quota_connect(struct quota *quota, const struct address *client)
{
	long long before = atomic_fetch_add_explicit(&quota->connections, 1, memory_order_relaxed);
	if (quota->connections_max > 0 && before >= quota->connections_max) {
		atomic_fetch_sub_explicit(&quota->connections, 1, memory_order_relaxed);
		return QUOTA_CONNECTIONS;
	}
	if (client != NULL && !quota_claim(quota, client)) {
		atomic_fetch_sub_explicit(&quota->connections, 1, memory_order_relaxed);
		return QUOTA_ADDRESS;
	}
	return QUOTA_OK;
}

bool quota_claim(struct quota *quota, const struct address *client)
{
	if (quota->connected == NULL) {
		return true;
	}
	uint64_t hash = hash_address(quota, client);
	if (counted(quota->connected, hash) >= quota->per_address_max) {
		return false;
	}
	count(quota->connected, hash, 1);
	return true;
}

void quota_disconnect(struct quota *quota, const struct address *client)
{
	atomic_fetch_sub_explicit(&quota->connections, 1, memory_order_relaxed);
	if (quota->connected != NULL && client != NULL) {
		count(quota->connected, hash_address(quota, client), -1u);
	}
}

bool quota_call(struct quota *quota, const struct address *client)
{
	if (quota->calling == NULL) {
		return true;
	}
	uint64_t hash = hash_address(quota, client);
	if (counted(quota->calling, hash) >= quota->calls_per_address_max) {
		return false;
	}
	count(quota->calling, hash, 1);
	return true;
}

void quota_call_end(struct quota *quota, const struct address *client)
{
	if (quota->calling != NULL) {
		count(quota->calling, hash_address(quota, client), -1u);
	}
}

void quota_memory(struct quota *quota, int64_t more)
{
	if (quota->memory_max > 0) {
		atomic_fetch_add_explicit(&quota->memory, more, memory_order_relaxed);
	}
}

bool quota_memory_is_over(const struct quota *quota)
{
	return quota->memory_max > 0 &&
	       atomic_load_explicit(&quota->memory, memory_order_relaxed) > quota->memory_max;
}

bool quota_memory_is_low(const struct quota *quota)
{
	return quota->memory_max == 0 || atomic_load_explicit(&quota->memory,
						 memory_order_relaxed) <= quota->memory_max / 4 * 3;
}

bool quota_memory_is_short(struct quota *quota)
{
	bool before = atomic_load_explicit(&quota->memory_short, memory_order_relaxed);
	bool now = before ? !quota_memory_is_low(quota) : quota_memory_is_over(quota);
	if (now != before) {
		atomic_store_explicit(&quota->memory_short, now, memory_order_relaxed);
	}
	return now;
}
