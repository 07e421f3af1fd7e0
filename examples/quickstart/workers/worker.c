/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A worker in C: counts the words of what it is sent. All it knows is a broker, a queue, and that a
 * reply goes to `reply_to` with the `correlation_id` of the request.
 *
 *     cc worker.c -lrabbitmq -o worker && AMQP_URL=amqp://guest:guest@127.0.0.1/ ./worker
 */

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE "quickstart.words"

static void check(amqp_rpc_reply_t reply, const char *what)
{
	if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
		fprintf(stderr, "%s failed\n", what);
		exit(1);
	}
}

static amqp_connection_state_t connect_to(char *url)
{
	struct amqp_connection_info at;
	amqp_default_connection_info(&at);
	if (amqp_parse_url(url, &at) != AMQP_STATUS_OK) {
		fputs("AMQP_URL is not an AMQP URL\n", stderr);
		exit(1);
	}
	/* "amqp://host/" means the virtual host "/" to everybody but the library. */
	char *vhost = at.vhost[0] != '\0' ? at.vhost : "/";
	amqp_connection_state_t broker = amqp_new_connection();
	if (amqp_socket_open(amqp_tcp_socket_new(broker), at.host, at.port) != AMQP_STATUS_OK) {
		fputs("no broker there\n", stderr);
		exit(1);
	}
	check(amqp_login(broker, vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN,
		      at.user, at.password),
		"login");
	amqp_channel_open(broker, 1);
	check(amqp_get_rpc_reply(broker), "channel");
	return broker;
}

/* The queue goes when its last consumer goes. */
static void consume(amqp_connection_state_t broker)
{
	const amqp_boolean_t auto_delete = 1, no_ack = 1;
	amqp_bytes_t queue = amqp_cstring_bytes(QUEUE);
	amqp_queue_declare(broker, 1, queue, 0, 0, 0, auto_delete, amqp_empty_table);
	check(amqp_get_rpc_reply(broker), "queue");
	amqp_basic_consume(broker, 1, queue, amqp_empty_bytes, 0, no_ack, 0, amqp_empty_table);
	check(amqp_get_rpc_reply(broker), "consume");
}

static void show(const amqp_message_t *message)
{
	const amqp_basic_properties_t *properties = &message->properties;
	const struct {
		const char *name;
		amqp_flags_t flag;
		amqp_bytes_t value;
	} fields[] = {
		{ "correlation_id", AMQP_BASIC_CORRELATION_ID_FLAG, properties->correlation_id },
		{ "reply_to", AMQP_BASIC_REPLY_TO_FLAG, properties->reply_to },
		{ "expiration", AMQP_BASIC_EXPIRATION_FLAG, properties->expiration },
		{ "content_type", AMQP_BASIC_CONTENT_TYPE_FLAG, properties->content_type },
	};
	printf("queue=" QUEUE);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (properties->_flags & fields[i].flag) {
			printf(" %s=%.*s", fields[i].name, (int)fields[i].value.len,
				(const char *)fields[i].value.bytes);
		}
	}
	printf(" body=%.*s\n", (int)message->body.len, (const char *)message->body.bytes);
	fflush(stdout);
}

static unsigned count_words(amqp_bytes_t text)
{
	const unsigned char *bytes = text.bytes;
	unsigned words = 0;
	int inside = 0;
	for (size_t i = 0; i < text.len; i++) {
		int part = isalnum(bytes[i]) || bytes[i] == '\'' || bytes[i] > 127;
		words += part && !inside;
		inside = part;
	}
	return words;
}

static void reply(amqp_connection_state_t broker, const amqp_message_t *request)
{
	char text[64];
	snprintf(text, sizeof(text), "{\"words\": %u, \"bytes\": %zu}", count_words(request->body),
		request->body.len);
	amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
		.correlation_id = request->properties.correlation_id,
		.content_type = amqp_cstring_bytes("application/json"),
	};
	amqp_basic_publish(broker, 1, amqp_empty_bytes, request->properties.reply_to, 0, 0,
		&properties, amqp_cstring_bytes(text));
}

int main(void)
{
	char *url = getenv("AMQP_URL");
	if (url == NULL) {
		fputs("AMQP_URL says where the broker is\n", stderr);
		return 1;
	}
	amqp_connection_state_t broker = connect_to(url);
	consume(broker);
	puts("ready");
	fflush(stdout);
	for (;;) {
		amqp_envelope_t envelope;
		check(amqp_consume_message(broker, &envelope, NULL, 0), "receive");
		show(&envelope.message);
		if (envelope.message.properties._flags & AMQP_BASIC_REPLY_TO_FLAG) {
			reply(broker, &envelope.message);
		}
		amqp_destroy_envelope(&envelope);
		amqp_maybe_release_buffers(broker);
	}
}
