/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Properties and headers of a message as AMQP 0-9-1 carries them in a content header
 * (sections 4.2.5 and 4.2.6.1), written straight into the output. Pure; any thread.
 */
#pragma once

#include "message/message.h"

#include <stddef.h>
#include <stdint.h>

/* Tables and arrays nested deeper than this travel as text. */
#define AMQP_CONTENT_DEPTH_MAX 8

/*
 * A content header starts with a word of flags, then comes what they say, the highest bit first.
 * Properties by the number of their bit; PROPERTY_COUNT: none, or the header table.
 */
#define AMQP_CONTENT_FLAGS 16
extern const uint8_t amqp_content_properties[AMQP_CONTENT_FLAGS];

/* The bit of what comes first; needs one. */
static inline unsigned amqp_content_first(unsigned flags)
{
	return 31 - (unsigned)__builtin_clz(flags);
}

/* An upper bound of what amqp_content_write() writes. */
size_t amqp_content_size(const struct message *message);
/*
 * Writes property flags, properties and headers; gives their end. Integers, reals and booleans that
 * do not read as such travel as text, JSON that is none too. NULL: a value has no place in AMQP (a
 * name or property longer than 255 bytes, an expiration or a delivery mode that is no number),
 * which the broker would answer by closing the channel; or no memory.
 */
char *amqp_content_write(const struct message *message, char *out);
