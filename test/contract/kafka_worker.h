/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A worker behind Kafka on a thread of its own: it sends value, content type, correlation id and
 * headers back to where reply_to says, or as a dead letter where the request has the header
 * `x-die`, and what a story needs to prepare topics.
 */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

struct kafka_worker;

/* Reads `topic` (one partition) from its end; it does when this returns. */
struct kafka_worker *kafka_worker_create(const char *bootstrap, const char *topic);
void kafka_worker_destroy(struct kafka_worker *worker);

/* A producer of the stories' own. */
rd_kafka_t *kafka_worker_connect(const char *bootstrap);
/* `setting` is NULL or a setting of the topic; it can be used when this returns. */
void kafka_worker_create_topic(rd_kafka_t *handle, const char *topic, int partitions,
	const char *setting, const char *value);
void kafka_worker_delete_topic(rd_kafka_t *handle, const char *topic);
void kafka_worker_add_partitions(rd_kafka_t *handle, const char *topic, int partitions);
/* Sends one record and waits until the broker has it. Takes the headers (NULL: none). */
void kafka_worker_send(rd_kafka_t *handle, const char *topic, int32_t partition, const char *value,
	rd_kafka_headers_t *headers);
