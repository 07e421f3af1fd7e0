/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One shard's session: collects what a turn of the loop sends and hands it to a producer in one go.
 * All on the shard's thread.
 */
#pragma once

#include "bridges/bridge.h"
#include "bridges/kafka_cluster.h"
#include "bridges/kafka_view.h"

#include <librdkafka/rdkafka.h>

struct kafka_reader;

/* The slots of the kind. */
struct bridge_session *kafka_session_create(const void *shared, struct bridge_host *host);
enum bridge_verdict kafka_session_send(
	struct bridge_session *session, const struct message *message, struct leg leg);
struct span kafka_session_reply_to(struct bridge_session *session);
void kafka_session_cancel(struct bridge_session *session, struct leg leg);
void kafka_session_flush(struct bridge_session *session);
void kafka_session_measure(struct bridge_session *session, struct bridge_samples *samples);
bool kafka_session_drained(struct bridge_session *session);
void kafka_session_leave(struct bridge_session *session);
void kafka_session_destroy(struct bridge_session *session);

/* A record of the reply topic, or a dead letter; stays the caller's. */
void kafka_session_reply(struct bridge_session *session, const rd_kafka_message_t *record);
void kafka_session_report(
	struct bridge_session *session, struct leg leg, enum bridge_outcome outcome);
/* NULL but in the reader's shard. */
struct kafka_reader *kafka_session_reader(struct bridge_session *session);
/* Things have changed. */
void kafka_session_news(struct bridge_session *session, const struct kafka_view *view);
/* Which leg a report is about travels as librdkafka's opaque pointer. */
void *kafka_session_pack(unsigned shard, struct leg leg);
unsigned kafka_session_unpack(const void *opaque, struct leg *leg);
