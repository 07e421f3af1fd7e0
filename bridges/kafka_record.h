/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Between a message and the headers of a Kafka record. Kafka's headers have no types and its
 * records no properties, so the properties that make sense there are headers with names of their
 * own: correlation_id, reply_to, content-type, content-encoding, deadline_ms. No I/O; any thread.
 */
#pragma once

#include "message/message.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

/*
 * The headers of a record that carries `message`: its properties, then its own headers; one that
 * has a property's name takes its place. NULL: there are none.
 */
rd_kafka_headers_t *kafka_record_headers(const struct message *message);
/* Bytes that those headers take in a record, and a few more. */
size_t kafka_record_headers_size(const struct message *message);
/* A reply as it stands in a record, without properties and headers. */
void kafka_record_open(const rd_kafka_message_t *record, struct message *message);
/*
 * Sets properties and headers of `message` from those of a record (NULL: none). `room` takes them;
 * spans point into `headers`. A value that is not UTF-8 is MESSAGE_BYTES, a null one MESSAGE_NULL.
 * False: there are more than a message can have, or a name is not UTF-8.
 */
bool kafka_record_read(const rd_kafka_headers_t *headers,
	struct message_header room[MESSAGE_HEADERS_MAX], struct message *message);
