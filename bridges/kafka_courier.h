/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Carries replies and reports from the reader to the shards. To the reader's own shard they are
 * handed over at once; to another one they travel in parcels, two for each shard: one is filled
 * while the other is on its way, and it comes back empty. So mail for a shard is bounded, and a
 * shard that cannot keep up holds back the reader instead of filling memory.
 */
#pragma once

#include "bridges/bridge.h"
#include "bridges/kafka_cluster.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

/* The main thread, while no shard runs. */
void kafka_courier_init(struct kafka_seat *seat);
void kafka_courier_finish(struct kafka_seat *seat);

/* The reader's, as what follows: whom a reply or dead letter is for; its own where nobody's. */
struct kafka_seat *kafka_courier_seat(
	struct kafka_cluster *cluster, struct bridge_host *host, const rd_kafka_message_t *record);
/* Whether the seat takes one more just now. */
bool kafka_courier_has_room(const struct kafka_seat *seat);
/* Takes the reply. There is room. */
void kafka_courier_reply(struct kafka_seat *seat, rd_kafka_message_t *reply);
void kafka_courier_report(struct kafka_seat *seat, struct leg leg, enum bridge_outcome outcome);
/* Mails what was filled, if the other parcel is back. */
void kafka_courier_flush(struct kafka_seat *seat);
