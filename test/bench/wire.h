/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * AMQP for the measuring programs: rabbitmq-c as a codec, output of many messages in one send().
 * As fast as a plain client gets, so that what is compared with it has no easy game. Everything
 * that goes wrong ends the program.
 */
#pragma once

#include <amqp.h>
#include <amqp_framing.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_CHANNEL 1

struct wire {
	amqp_connection_state_t state;
	int fd;
	size_t frame_max;
	uint8_t *output;
	size_t output_len, output_cap;
	uint8_t *input;
};

/* A message that came in; valid during the call. */
struct wire_message {
	const amqp_basic_deliver_t *deliver;
	const amqp_basic_properties_t *properties;
	amqp_bytes_t body;
};

struct wire_reader {
	void *context;
	void (*read_message)(void *context, const struct wire_message *message);
	void (*read_ack)(void *context, uint64_t tag, int multiple);

	/* private: the message under way */
	amqp_basic_deliver_t deliver;
	amqp_basic_properties_t properties;
	uint8_t *body;
	size_t body_len, body_size;
};

/* Prints the sentence and exits with 1. */
void wire_die(const char *what) __attribute__((noreturn));
/* Connects, logs in, opens WIRE_CHANNEL. */
void wire_open(struct wire *wire, const char *url);
/* Ends the program unless the last synchronous call of rabbitmq-c was answered well. */
void wire_check(struct wire *wire, const char *what);
/* Both append to the output. */
void wire_method(struct wire *wire, amqp_method_number_t id, void *method);
void wire_publish(struct wire *wire, amqp_bytes_t exchange, amqp_bytes_t key, int mandatory,
	const struct wire_message *message);
/* Sends all output; waits while the broker does not take it. */
void wire_flush(struct wire *wire);
/* Waits for input, at most `timeout_ms`, and hands out what came. Returns 0 when nothing did. */
int wire_read(struct wire *wire, struct wire_reader *reader, int timeout_ms);
/* Seconds on a clock that only goes forward. */
double wire_now(void);
