/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Replies and confirms, the two things that come with every call, read where they stand in the
 * input. Strict and small: what is not whole, not well-formed or not common gives 0 and is for
 * rabbitmq-c to read, which says the same of everything that is read here. Pure; any thread.
 */
#pragma once

#include "bridges/amqp_library.h"
#include "message/message.h"

#include <stddef.h>

/*
 * A reply at the start of `input`, which starts with a frame: basic.deliver, a content header
 * without a header table, and the body, if there is any, in one frame. Gives how many bytes that
 * is; sets `channel`, and of `reply` everything: properties and body point into `input`, the rest
 * is empty. 0: there is none; `channel` and `reply` may be changed.
 */
size_t amqp_frame_read_reply(
	struct span input, size_t frame_max, amqp_channel_t *channel, struct message *reply);
/* The same for a basic.ack. */
size_t amqp_frame_read_ack(
	struct span input, size_t frame_max, amqp_channel_t *channel, amqp_basic_ack_t *ack);
