/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Kafka for the measuring programs: one producer, one consumer of one partition from its end,
 * both woken by one eventfd. With the properties of the gateway's producer for few calls and of its
 * consumer, which are the best ones for a plain client too. Everything that goes wrong ends the
 * program.
 */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stddef.h>

struct records {
	rd_kafka_t *producer, *consumer;
	rd_kafka_queue_t *reports, *input;
	int fd;
};

/* A record to be sent; the headers go with it. */
struct records_out {
	rd_kafka_topic_t *topic;
	const void *value;
	size_t size;
	rd_kafka_headers_t *headers;
};

/* The record is valid during the call. */
typedef void records_handler(void *context, const rd_kafka_message_t *record);

/* Prints the sentence and exits with 1. */
void records_die(const char *what) __attribute__((noreturn));
/* Ready to read what is written to partition 0 of `topic` from now on. `properties` are NAME=VALUE
 * for the producer, NULL-terminated. */
void records_open(
	struct records *records, const char *bootstrap, const char *topic, char *const *properties);
/* A topic to send to, its partitions known. */
rd_kafka_topic_t *records_topic(struct records *records, const char *name);
/* Copies the value. */
void records_send(struct records *records, const struct records_out *out);
/* Waits for input, at most `timeout_ms` (-1: for ever), and hands out what came; how many. */
size_t records_read(
	struct records *records, records_handler *handler, void *context, int timeout_ms);
/* Seconds on a clock that only goes forward. */
double records_now(void);
