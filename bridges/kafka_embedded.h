/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A Kafka for development inside the process: librdkafka's mock cluster with one broker, and a
 * forwarder that lets other processes find it at the configured address. Made and destroyed on the
 * main thread; both run on threads of their own.
 */
#pragma once

#include "base/problem_list.h"
#include "bridges/bridge.h"
#include "bridges/kafka_handle.h"
#include "bridges/kafka_options.h"

struct kafka_embedded;

/* At load: `embedded` and what does not go together with it, or without it. Problems are added. */
void kafka_embedded_check(const struct kafka_shared *shared, const struct json_node *at,
	struct problem_list *problems);
/*
 * With the topics of `process` and the reply topic, and a warning in its log. NULL and `why`: the
 * address is taken, for instance.
 */
struct kafka_embedded *kafka_embedded_create(const struct kafka_shared *shared,
	const struct bridge_process *process, struct kafka_why *why);
/* What a client in this process takes as `bootstrap.servers`. Lives as long as it. */
const char *kafka_embedded_bootstrap(const struct kafka_embedded *embedded);
/* Where other processes find it, as "127.0.0.1:9092". */
const char *kafka_embedded_address(const struct kafka_embedded *embedded);
/* No client in this process uses it any more. NULL is accepted. */
void kafka_embedded_destroy(struct kafka_embedded *embedded);
