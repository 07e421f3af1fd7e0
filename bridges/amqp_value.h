/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Between AMQP's typed properties and header tables and those of a message. Pure; any thread.
 *
 * What a worker sent is untrusted: a table nested deeper than AMQP_VALUE_DEPTH_MAX is refused, and
 * headers beyond MESSAGE_HEADERS_MAX are left out.
 */
#pragma once

#include "base/buffer.h"
#include "bridges/amqp_library.h"
#include "message/message.h"

#include <stdbool.h>
#include <stdint.h>

#define AMQP_VALUE_DEPTH_MAX 8

/* Room for what points out of the properties; reused, so that a message allocates nothing. */
struct amqp_value_room {
	amqp_table_entry_t entries[MESSAGE_HEADERS_MAX];
	amqp_pool_t pool; /* tables and arrays made from JSON */
	bool pool_used;
};

void amqp_value_room_init(struct amqp_value_room *room);
void amqp_value_room_finish(struct amqp_value_room *room);

/*
 * Fills `to`, which points into message and room. Integers, reals and booleans that do not read as
 * such travel as text, JSON that is none too. False: a value has no place in AMQP (a header name or
 * property longer than 255 bytes, an expiration or a delivery mode that is no number), which the
 * broker would answer by closing the channel.
 */
bool amqp_value_from_message(
	const struct message *message, struct amqp_value_room *room, amqp_basic_properties_t *to);

/* An upper bound of the bytes that these properties take when encoded. */
size_t amqp_value_size(const struct message *message);

/*
 * Fills properties and headers of `to`; `headers` has room for MESSAGE_HEADERS_MAX. Spans point
 * into `from` or `text`, which is overwritten. False: nested too deep, or no memory.
 */
bool amqp_value_to_message(const amqp_basic_properties_t *from, struct message_header *headers,
	struct buffer *text, struct message *to);
