/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/contract/echo_worker.h"

#include "base/memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOO_DEEP 12

struct echo_worker {
	pthread_t thread;
	amqp_connection_state_t connection;
	atomic_bool stop;
};

static void expect_normal(amqp_connection_state_t connection)
{
	assert_int_equal(amqp_get_rpc_reply(connection).reply_type, AMQP_RESPONSE_NORMAL);
}

amqp_connection_state_t echo_worker_connect(const struct amqp_connection_info *broker)
{
	amqp_connection_state_t connection = amqp_new_connection();
	amqp_socket_t *stream = amqp_tcp_socket_new(connection);
	assert_int_equal(amqp_socket_open(stream, broker->host, broker->port), AMQP_STATUS_OK);
	amqp_rpc_reply_t reply = amqp_login(connection, broker->vhost, 0, 131072, 0,
		AMQP_SASL_METHOD_PLAIN, broker->user, broker->password);
	assert_int_equal(reply.reply_type, AMQP_RESPONSE_NORMAL);
	amqp_channel_open(connection, 1);
	expect_normal(connection);
	return connection;
}

void echo_worker_disconnect(amqp_connection_state_t connection)
{
	amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(connection);
}

static void reply_to(
	struct echo_worker *worker, const amqp_message_t *request, const amqp_table_t *headers)
{
	const amqp_basic_properties_t *asked = &request->properties;
	const amqp_flags_t echoed = AMQP_BASIC_CONTENT_TYPE_FLAG |
				    AMQP_BASIC_CONTENT_ENCODING_FLAG |
				    AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_HEADERS_FLAG;
	amqp_basic_properties_t properties = *asked;
	properties._flags &= echoed;
	if (headers != NULL) {
		properties._flags |= AMQP_BASIC_HEADERS_FLAG;
		properties.headers = *headers;
	}
	amqp_basic_publish(worker->connection, 1, amqp_empty_bytes, asked->reply_to, false, false,
		&properties, request->body);
}

static void reply_too_deep(struct echo_worker *worker, const amqp_message_t *request)
{
	amqp_table_entry_t entries[TOO_DEEP];
	amqp_table_t table = amqp_empty_table;
	for (unsigned i = 0; i < TOO_DEEP; i++) {
		entries[i] = (amqp_table_entry_t){
			.key = amqp_cstring_bytes("x"),
			.value = { .kind = AMQP_FIELD_KIND_TABLE, .value.table = table },
		};
		table = (amqp_table_t){ 1, &entries[i] };
	}
	reply_to(worker, request, &table);
}

static void handle_request(struct echo_worker *worker, const amqp_message_t *request)
{
	const amqp_basic_properties_t *asked = &request->properties;
	if ((asked->_flags & AMQP_BASIC_REPLY_TO_FLAG) == 0) {
		return;
	}
	if (asked->_flags & AMQP_BASIC_TYPE_FLAG &&
		span_equal(span_of_amqp(asked->type), SPAN("deep"))) {
		reply_too_deep(worker, request);
	}
	reply_to(worker, request, NULL);
}

static void *run_worker(void *argument)
{
	struct echo_worker *worker = argument;
	while (!atomic_load(&worker->stop)) {
		const struct timeval moment = { .tv_usec = 50000 };
		amqp_envelope_t envelope;
		amqp_maybe_release_buffers(worker->connection);
		amqp_rpc_reply_t result =
			amqp_consume_message(worker->connection, &envelope, &moment, 0);
		if (result.reply_type == AMQP_RESPONSE_NORMAL) {
			handle_request(worker, &envelope.message);
			amqp_destroy_envelope(&envelope);
		} else if (result.library_error != AMQP_STATUS_TIMEOUT) {
			return NULL;
		}
	}
	return NULL;
}

struct echo_worker *echo_worker_create(const struct amqp_connection_info *broker, const char *queue)
{
	struct echo_worker *worker = memory_new(1, sizeof(*worker));
	worker->connection = echo_worker_connect(broker);
	amqp_bytes_t name = amqp_cstring_bytes(queue);
	amqp_queue_declare(
		worker->connection, 1, name, false, false, false, true, amqp_empty_table);
	expect_normal(worker->connection);
	amqp_basic_consume(
		worker->connection, 1, name, amqp_empty_bytes, false, true, true, amqp_empty_table);
	expect_normal(worker->connection);
	assert_int_equal(pthread_create(&worker->thread, NULL, run_worker, worker), 0);
	return worker;
}

void echo_worker_destroy(struct echo_worker *worker)
{
	atomic_store(&worker->stop, true);
	pthread_join(worker->thread, NULL);
	echo_worker_disconnect(worker->connection);
	free(worker);
}
