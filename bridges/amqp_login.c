/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The attempt is a ticket that the thread and the shard share: two references, one lock. Whoever
 * lets go last frees it. Under the lock the thread posts, or learns that nobody waits any more;
 * after amqp_login_cancel() it touches neither mailbox nor owner. A thread that hangs in a name
 * lookup is left behind and cleans up after itself: nothing can interrupt getaddrinfo().
 */
#include "bridges/amqp_login.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 5000
#define LOGIN_TIMEOUT_S 10
#define FRAME_MAX 131072
#define CHANNEL_MAX 2047
#define RETRY_POST_MS 10

struct amqp_login {
	struct mail mail;
	pthread_mutex_t lock;
	unsigned references;
	bool cancelled;
	struct mailbox *mailbox;
	amqp_login_handler *handler;
	void *owner;
	char *host, *vhost, *user, *password, *name;
	int port, heartbeat_s;
	amqp_connection_state_t connection; /* the result */
	char why[192];
};

static void release(struct amqp_login *login)
{
	pthread_mutex_lock(&login->lock);
	assert(login->references > 0);
	bool last = --login->references == 0;
	pthread_mutex_unlock(&login->lock);
	if (!last) {
		return;
	}
	if (login->connection != NULL) {
		amqp_destroy_connection(login->connection);
	}
	pthread_mutex_destroy(&login->lock);
	explicit_bzero(login->password, strlen(login->password));
	free(login->host);
	free(login->vhost);
	free(login->user);
	free(login->password);
	free(login->name);
	free(login);
}

static bool wait_connected(int fd, const char **reason)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	int ready;
	do {
		ready = poll(&wait, 1, CONNECT_TIMEOUT_MS);
	} while (ready < 0 && errno == EINTR);
	int error = ETIMEDOUT;
	socklen_t len = sizeof(error);
	if (ready > 0) {
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	}
	*reason = error != 0 ? strerror(error) : "";
	return error == 0;
}

static int connect_address(const struct addrinfo *address, const char **reason)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		*reason = strerror(errno);
		return -1;
	}
	bool connected = connect(fd, address->ai_addr, address->ai_addrlen) == 0;
	if (!connected && errno == EINPROGRESS) {
		connected = wait_connected(fd, reason);
	} else if (!connected) {
		*reason = strerror(errno);
	}
	if (!connected) {
		close(fd);
		return -1;
	}
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static int connect_host(struct amqp_login *login)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *addresses = NULL;
	char port[8];
	snprintf(port, sizeof(port), "%d", login->port);
	int error = getaddrinfo(login->host, port, &hints, &addresses);
	if (error != 0) {
		snprintf(login->why, sizeof(login->why), "cannot resolve %.100s: %s", login->host,
			error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
		return -1;
	}
	const char *reason = "no address";
	int fd = -1;
	for (const struct addrinfo *at = addresses; at != NULL && fd < 0; at = at->ai_next) {
		fd = connect_address(at, &reason);
	}
	freeaddrinfo(addresses);
	if (fd < 0) {
		snprintf(login->why, sizeof(login->why), "cannot connect to %.100s:%d: %s",
			login->host, login->port, reason);
	}
	return fd;
}

static amqp_table_entry_t text_entry(const char *key, const char *text)
{
	return (amqp_table_entry_t){ .key = amqp_cstring_bytes(key),
		.value = {
			.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(text) } };
}

static amqp_table_entry_t capability(const char *key)
{
	return (amqp_table_entry_t){ .key = amqp_cstring_bytes(key),
		.value = { .kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = true } };
}

/* What the library leaves out: without these a blocked broker and a deleted queue are silent. */
static amqp_rpc_reply_t log_in(struct amqp_login *login, amqp_connection_state_t connection)
{
	amqp_table_entry_t capabilities[] = { capability("connection.blocked"),
		capability("consumer_cancel_notify"), capability("basic.nack"),
		capability("publisher_confirms"), capability("authentication_failure_close") };
	amqp_table_entry_t entries[] = { text_entry("product", "bridgehead"),
		text_entry("connection_name", login->name),
		{ .key = amqp_cstring_bytes("capabilities"),
			.value = { .kind = AMQP_FIELD_KIND_TABLE,
				.value.table = { sizeof(capabilities) / sizeof(capabilities[0]),
					capabilities } } } };
	amqp_table_t properties = { sizeof(entries) / sizeof(entries[0]), entries };
	return amqp_login_with_properties(connection, login->vhost, CHANNEL_MAX, FRAME_MAX,
		login->heartbeat_s, &properties, AMQP_SASL_METHOD_PLAIN, login->user,
		login->password);
}

/* The broker's own text may name the user; the code is enough. */
static const char *refusal(const amqp_rpc_reply_t *reply)
{
	const amqp_connection_close_t *close_method = reply->reply.decoded;
	if (reply->reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) {
		int error = reply->library_error;
		return error == AMQP_STATUS_TIMEOUT ? "no answer in time"
						    : amqp_error_string2(error);
	}
	if (reply->reply.id != AMQP_CONNECTION_CLOSE_METHOD) {
		return "refused";
	}
	switch (close_method->reply_code) {
	case AMQP_ACCESS_REFUSED: return "user or password not accepted";
	case AMQP_NOT_ALLOWED: return "the virtual host does not exist or is closed to this user";
	default: return "the broker closed the connection";
	}
}

static amqp_connection_state_t attempt(struct amqp_login *login)
{
	int fd = connect_host(login);
	if (fd < 0) {
		return NULL;
	}
	amqp_connection_state_t connection = amqp_new_connection();
	amqp_socket_t *stream = connection != NULL ? amqp_tcp_socket_new(connection) : NULL;
	if (stream == NULL) {
		snprintf(login->why, sizeof(login->why), "out of memory");
		close(fd);
		if (connection != NULL) {
			amqp_destroy_connection(connection);
		}
		return NULL;
	}
	amqp_tcp_socket_set_sockfd(stream, fd);
	const struct timeval timeout = { .tv_sec = LOGIN_TIMEOUT_S };
	amqp_set_handshake_timeout(connection, &timeout);
	amqp_set_rpc_timeout(connection, &timeout);
	amqp_rpc_reply_t reply = log_in(login, connection);
	if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
		snprintf(login->why, sizeof(login->why), "login to %.100s:%d failed: %s",
			login->host, login->port, refusal(&reply));
		amqp_destroy_connection(connection);
		return NULL;
	}
	return connection;
}

static void handle_result(struct mail *mail)
{
	struct amqp_login *login = (struct amqp_login *)mail;
	if (!login->cancelled) {
		amqp_connection_state_t connection = login->connection;
		login->connection = NULL;
		login->handler(login->owner, connection, login->why);
		release(login); /* the owner's */
	}
	release(login);
}

/* The thread's reference travels with the mail. False: the mailbox is full just now. */
static bool deliver(struct amqp_login *login)
{
	pthread_mutex_lock(&login->lock);
	bool cancelled = login->cancelled;
	bool posted = !cancelled && mailbox_post(login->mailbox, &login->mail);
	pthread_mutex_unlock(&login->lock);
	if (cancelled) {
		release(login);
	}
	return cancelled || posted;
}

static void *run_login(void *argument)
{
	struct amqp_login *login = argument;
	login->connection = attempt(login);
	while (!deliver(login)) {
		poll(NULL, 0, RETRY_POST_MS);
	}
	return NULL;
}

static bool start_thread(struct amqp_login *login)
{
	sigset_t all, before;
	pthread_attr_t attributes;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	int error = pthread_create(&thread, &attributes, run_login, login);
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

struct amqp_login *amqp_login_start(const struct amqp_target *target, const char *name,
	struct mailbox *mailbox, amqp_login_handler *handler, void *owner)
{
	struct amqp_login *login = memory_new(1, sizeof(*login));
	login->mail.handle = handle_result;
	login->mailbox = mailbox;
	login->handler = handler;
	login->owner = owner;
	login->references = 2;
	login->host = memory_text(span_from_text(target->host));
	login->port = target->port;
	login->vhost = memory_text(span_from_text(target->vhost));
	login->user = memory_text(span_from_text(target->user));
	login->password = memory_text(span_from_text(target->password));
	login->name = memory_text(span_from_text(name));
	login->heartbeat_s = target->heartbeat_s;
	pthread_mutex_init(&login->lock, NULL);
	if (!start_thread(login)) {
		release(login);
		release(login);
		return NULL;
	}
	return login;
}

void amqp_login_cancel(struct amqp_login *login)
{
	pthread_mutex_lock(&login->lock);
	login->cancelled = true;
	pthread_mutex_unlock(&login->lock);
	release(login);
}
