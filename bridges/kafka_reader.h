/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What one shard does for all: it reads the reply topic and the reports of the producers as they
 * come, has the cluster surveyed, and tells every session what it should know. Lives in the session
 * of shard 0; everything here is called on that shard's thread.
 */
#pragma once

#include "bridges/bridge.h"
#include "bridges/kafka_cluster.h"

#define KAFKA_READER_SHARD 0

struct kafka_reader;

/* Starts at once. `host` is that of the session. */
struct kafka_reader *kafka_reader_create(struct kafka_cluster *cluster, struct bridge_host *host);
/* NULL is accepted. */
void kafka_reader_destroy(struct kafka_reader *reader);
/* True when no other shard needs its replies any more. */
bool kafka_reader_is_idle(const struct kafka_reader *reader);
/* There may be room for more than there was: read on. */
void kafka_reader_wake(struct kafka_cluster *cluster);
/* Mail of another shard's session: it wants to know how things are; or it will not come back. */
void kafka_reader_join(struct kafka_seat *seat);
void kafka_reader_leave(struct kafka_seat *seat);
/* Mail of any session: a producer does not know a topic, so it is time to look. */
void kafka_reader_hurry(struct kafka_seat *seat);
