/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A protocol-neutral message: what a mapping makes of a request, what a bridge sends, and what
 * comes back. It owns nothing: every span points into memory of whoever made the message and is
 * valid only during the call that hands it over.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* Names are those of AMQP 0-9-1 basic properties; other bridges carry them as headers. */
enum message_property {
	PROPERTY_CONTENT_TYPE,
	PROPERTY_CONTENT_ENCODING,
	PROPERTY_DELIVERY_MODE, /* "1" transient, "2" persistent */
	PROPERTY_PRIORITY,      /* decimal 0-255 */
	PROPERTY_CORRELATION_ID,
	PROPERTY_REPLY_TO,
	PROPERTY_EXPIRATION, /* decimal milliseconds */
	PROPERTY_MESSAGE_ID,
	PROPERTY_TIMESTAMP, /* decimal seconds since 1970 */
	PROPERTY_TYPE,
	PROPERTY_USER_ID,
	PROPERTY_APP_ID,
	PROPERTY_CLUSTER_ID,
	PROPERTY_COUNT,
};

enum message_value_type {
	MESSAGE_TEXT,    /* UTF-8 */
	MESSAGE_BYTES,   /* anything */
	MESSAGE_INTEGER, /* decimal text, may be negative */
	MESSAGE_REAL,    /* decimal text */
	MESSAGE_BOOLEAN, /* "true" or "false" */
	MESSAGE_NULL,    /* empty */
	MESSAGE_JSON,    /* a table or an array, as JSON text */
};

struct message_header {
	struct span name;
	struct span value;
	enum message_value_type type;
};

#define MESSAGE_HEADERS_MAX 128

/* What the loopback bridge is asked to do with a message. */
enum message_behave { BEHAVE_ECHO, BEHAVE_REFUSE, BEHAVE_DROP, BEHAVE_DEAD, BEHAVE_CLOSE };

struct message {
	/* Destination: AMQP exchange ("" is the default one) and routing key; Kafka topic and key.
	 */
	struct span exchange;
	struct span routing_key;
	struct span topic;
	struct span key;
	struct span partition;
	bool mandatory;
	bool wants_reply; /* `when` is replied: reply address and deadline travel with it */
	enum message_behave behave;
	uint32_t delay_ms;
	struct span properties[PROPERTY_COUNT]; /* absent ones have ptr NULL */
	const struct message_header *headers;
	unsigned header_count;
	struct span body;
};

/* "correlation_id" → PROPERTY_CORRELATION_ID; PROPERTY_COUNT when there is no such property. */
enum message_property message_property_from_name(struct span name);
const char *message_property_name(enum message_property property);
/* The first header of that exact name, or NULL. */
const struct message_header *message_header(const struct message *message, struct span name);
