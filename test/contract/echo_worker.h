/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A worker behind RabbitMQ, written as workers are: blocking calls on a thread of its own. It sends
 * body, content type, content encoding, correlation id and headers back. The request property
 * `type` asks for something else: "deep" replies with a header table nested too deep, then echoes.
 */
#pragma once

#include "bridges/amqp_library.h"

struct echo_worker;

/* `queue` is declared, gone with its consumer, and consumed when this returns. */
struct echo_worker *echo_worker_create(
	const struct amqp_connection_info *broker, const char *queue);
void echo_worker_destroy(struct echo_worker *worker);

/* A connection with channel 1 open, for what a story has to prepare; failure fails the test. */
amqp_connection_state_t echo_worker_connect(const struct amqp_connection_info *broker);
void echo_worker_disconnect(amqp_connection_state_t connection);
