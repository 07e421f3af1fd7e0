/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Stands at an address for a broker that is elsewhere on the loopback interface: carries bytes both
 * ways, and tells clients that the broker is here. On a thread and a loop of its own.
 */
#pragma once

#include "base/option.h"
#include "bridges/kafka_handle.h"

#include <netinet/in.h>

struct kafka_forwarder;

/*
 * Listens at `address` (IPv4 or IPv6, not kept) from now on; port 0: one that the kernel chooses.
 * Every connection gets one of its own to `broker`. NULL and `why`: the address is taken, for
 * instance.
 */
struct kafka_forwarder *kafka_forwarder_create(const struct option_address *address,
	const struct sockaddr_in *broker, struct kafka_why *why);
/* Where it listens, as "127.0.0.1:9092". Lives as long as it. */
const char *kafka_forwarder_address(const struct kafka_forwarder *forwarder);
/* Cuts all connections and waits for the thread. NULL is accepted. */
void kafka_forwarder_destroy(struct kafka_forwarder *forwarder);
