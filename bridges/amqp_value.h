/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * From AMQP's typed properties and header tables to those of a message (amqp_content.h goes the
 * other way). Pure; any thread.
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

/*
 * Fills properties and headers of `to`; `headers` has room for MESSAGE_HEADERS_MAX. Spans point
 * into `from` or `text`, which is overwritten. False: nested too deep, or no memory.
 */
bool amqp_value_to_message(const amqp_basic_properties_t *from, struct message_header *headers,
	struct buffer *text, struct message *to);
