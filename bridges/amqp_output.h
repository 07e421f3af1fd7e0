/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Frames on their way to the broker: encoded once into one run of bytes, written with one send()
 * per turn of the loop. Zero-initialised is valid and empty.
 */
#pragma once

#include "base/buffer.h"
#include "bridges/amqp_library.h"
#include "message/message.h"

#include <stdbool.h>
#include <stddef.h>

struct amqp_output {
	struct buffer bytes;
	size_t sent;
};

enum amqp_output_result {
	AMQP_OUTPUT_EMPTY, /* everything is written */
	AMQP_OUTPUT_WAITS, /* the socket takes no more now */
	AMQP_OUTPUT_LOST,  /* errno says why */
};

static inline size_t amqp_output_pending(const struct amqp_output *output)
{
	return output->bytes.len - output->sent;
}

/* A method of fixed, small size: anything but publishing. */
void amqp_output_method(
	struct amqp_output *output, amqp_channel_t channel, amqp_method_number_t id, void *method);
void amqp_output_heartbeat(struct amqp_output *output);
/* False, and nothing is queued: it has no place in AMQP frames of that size, or no memory. */
bool amqp_output_publish(struct amqp_output *output, amqp_channel_t channel, size_t frame_max,
	const struct message *message);
/* One send(); gives memory back that a burst took. */
enum amqp_output_result amqp_output_write(struct amqp_output *output, int fd);
void amqp_output_finish(struct amqp_output *output);
