/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One handle of librdkafka: its settings for what it is for, then what `options` say, and an
 * eventfd that turns readable when one of its queues is no longer empty.
 */
#pragma once

#include "bridges/kafka_options.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

/* Why something cannot be. */
struct kafka_why {
	char text[192];
};

enum kafka_use {
	KAFKA_QUICK,  /* producer of calls while few are in flight */
	KAFKA_BUSY,   /* producer of calls while many are */
	KAFKA_EVENTS, /* producer of what is confirmed or must keep its order */
	KAFKA_PRODUCERS,
	KAFKA_REPLIES = KAFKA_PRODUCERS, /* consumer */
};

/*
 * NULL and `why` when librdkafka cannot, for instance because a certificate cannot be read. Its
 * main queue wakes `wake_fd`. Destroy it with kafka_handle_destroy().
 */
rd_kafka_t *kafka_handle_create(
	const struct kafka_shared *shared, enum kafka_use use, int wake_fd, struct kafka_why *why);
/*
 * Whether librdkafka would take what is configured, without going to any broker: some properties
 * contradict each other, and files of certificates are read only then. False and `why`. Blocks for
 * milliseconds.
 */
bool kafka_handle_try(const struct kafka_shared *shared, struct kafka_why *why);
/* Blocks until its threads have ended; what is not delivered is given up. NULL is accepted. */
void kafka_handle_destroy(rd_kafka_t *handle);
/* The largest message it takes, in bytes. */
size_t kafka_handle_message_max(rd_kafka_t *handle);
/* The same before there is one. */
size_t kafka_handle_message_max_of(const struct kafka_shared *shared);
/* How many messages a producer keeps. */
size_t kafka_handle_queue_max(rd_kafka_t *handle);
