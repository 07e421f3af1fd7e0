/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Descriptors can run out through no fault of ours. Then the spare one is given up to accept and
 * close a client, which says more than silence, and accepting pauses until the next tick: a level-
 * triggered loop would spin on a queue that it cannot empty.
 */
#include "gateway/listener.h"

#include "gateway/connection.h"
#include "gateway/quota.h"
#include "gateway/shard.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, ACCEPTS_PER_TURN = 64 };

static void handle_accept(struct ev_loop *loop, ev_io *io, int events);

static bool fail(struct listener *listener, const char *what)
{
	int error = errno;
	struct log *log = listener->shard->log;
	if (log_begin(log, LOG_ERROR, "cannot listen")) {
		log_text(log, "listener", span_from_text(listener->options->name));
		log_text(log, "address", span_from_text(listener->options->address.text));
		log_plain(log, "step", span_from_text(what));
		log_errno(log, error);
		log_end(log);
	}
	if (listener->fd >= 0 && !listener->shared_fd) {
		close(listener->fd);
	}
	listener->fd = -1;
	return false;
}

static bool bind_socket(struct listener *listener)
{
	const struct option_address *address = &listener->options->address;
	int family = address->socket.ss_family;
	int on = 1;
	listener->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->fd < 0) {
		return fail(listener, "socket");
	}
	setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(listener->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (family == AF_INET6) {
		setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	}
	if (bind(listener->fd, (const void *)&address->socket, address->len) != 0) {
		return fail(listener, "bind");
	}
	return true;
}

/* The parser counts in 32 bits. */
static uint32_t clamp(int64_t limit)
{
	return limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
}

struct http1_limits listener_http1_limits(const struct limits *limits)
{
	return (struct http1_limits){
		.request_line = clamp(limits->request_line),
		.header = clamp(limits->header),
		.headers = clamp(limits->headers),
		.header_count = clamp(limits->header_count),
	};
}

bool listener_open(struct listener *listener, struct shard *shard,
	const struct listener_options *options, int fd)
{
	*listener = (struct listener){
		.shard = shard,
		.options = options,
		.http1_limits = listener_http1_limits(&options->limits),
		.fd = fd,
		.spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC),
		.shared_fd = fd >= 0,
	};
	return fd >= 0 || bind_socket(listener);
}

bool listener_start(struct listener *listener)
{
	if (!listener->shared_fd && listen(listener->fd, BACKLOG) != 0) {
		return fail(listener, "listen");
	}
	ev_io_init(&listener->io, handle_accept, listener->fd, EV_READ);
	ev_io_start(listener->shard->loop, &listener->io);
	return true;
}

/* ---- accepting ---- */

/* Whether it gets a connection. That of a proxy is not counted for the proxy's address. */
static bool is_welcome(struct listener *listener, const struct address *peer, bool trusted)
{
	enum reject why = REJECT_PROXY_PEER;
	if (trusted || !listener->options->proxy_protocol) {
		enum quota_verdict verdict = quota_connect(listener->quota, trusted ? NULL : peer);
		if (verdict == QUOTA_OK) {
			return true;
		}
		listener->turned_away = listener->turned_away || verdict == QUOTA_CONNECTIONS;
		why = verdict == QUOTA_ADDRESS ? REJECT_CONNECTIONS_PER_ADDRESS
					       : REJECT_CONNECTIONS;
	}
	shard_reject_client(listener->shard, why, listener, peer);
	return false;
}

static void take(struct listener *listener, int fd, const struct sockaddr_storage *from)
{
	struct address peer = address_from_socket(from);
	bool trusted = address_ranges_contain(&listener->options->trusted, &peer);
	int on = 1;
	if (!is_welcome(listener, &peer, trusted)) {
		close(fd);
		return;
	}
	if (from->ss_family != AF_UNIX) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	connection_create(listener, fd, &peer, trusted);
}

/* Clients wait in the kernel's queue meanwhile. */
static void pause_accepting(struct listener *listener, enum reject why)
{
	shard_reject(listener->shard, why, NULL);
	listener->paused = true;
	ev_io_stop(listener->shard->loop, &listener->io);
}

/*
 * The admin listener serves with its spare descriptor, so that what is wrong can be seen; the
 * others use it to turn one client away.
 */
static void handle_shortage(struct listener *listener)
{
	struct sockaddr_storage from = { 0 };
	socklen_t len = sizeof(from);
	listener->turned_away = true;
	pause_accepting(listener, REJECT_DESCRIPTORS);
	if (listener->spare_fd < 0) {
		return;
	}
	close(listener->spare_fd);
	listener->spare_fd = -1;
	int fd =
		accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0 && listener->admin != NULL) {
		take(listener, fd, &from);
	} else if (fd >= 0) {
		close(fd);
	}
}

/* False when the queue is empty or accepting failed. */
static bool accept_one(struct listener *listener)
{
	struct sockaddr_storage from = { 0 };
	socklen_t len = sizeof(from);
	int fd =
		accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		take(listener, fd, &from);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		handle_shortage(listener);
		return false;
	}
	return errno == ECONNABORTED || errno == EINTR;
}

static void handle_accept(struct ev_loop *loop, ev_io *io, int events)
{
	struct listener *listener = (struct listener *)io;
	(void)loop;
	(void)events;
	if (quota_memory_is_short(listener->quota)) {
		pause_accepting(listener, REJECT_MEMORY);
		return;
	}
	for (int i = 0; i < ACCEPTS_PER_TURN && accept_one(listener); i++) {
	}
}

void listener_retry(struct listener *listener)
{
	if (listener->spare_fd < 0) {
		listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	if (listener->paused && !quota_memory_is_short(listener->quota)) {
		listener->paused = false;
		ev_io_start(listener->shard->loop, &listener->io);
	}
}

void listener_stop(struct listener *listener)
{
	if (listener->fd < 0) {
		return;
	}
	for (int i = 0; i < BACKLOG && !listener->paused && accept_one(listener); i++) {
	}
	listener->paused = false;
	ev_io_stop(listener->shard->loop, &listener->io);
	if (!listener->shared_fd) {
		close(listener->fd);
	}
	listener->fd = -1;
}

void listener_close(struct listener *listener)
{
	if (listener->fd >= 0) {
		ev_io_stop(listener->shard->loop, &listener->io);
		if (!listener->shared_fd) {
			close(listener->fd);
		}
		listener->fd = -1;
	}
	if (listener->spare_fd >= 0) {
		close(listener->spare_fd);
		listener->spare_fd = -1;
	}
}
