/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     client ══ ends[CLIENT] ─▶ flows[CLIENT] ─▶ ends[BROKER] ══ broker
 *               ends[CLIENT] ◀─ flows[BROKER] ◀─ ends[BROKER]
 *
 * On their way bytes pass the connection's guide, which tells clients this address instead of the
 * broker's own. While a flow holds enough its source is not read, so a slow reader holds back its
 * own writer and nobody else. When a source has said that nothing more comes, its
 * flow is carried to the end and then the same is said to the other side. A connection ends when
 * both flows have, or at the first error of either socket.
 */
#include "bridges/kafka_forwarder.h"

#include "base/buffer.h"
#include "base/mailbox.h"
#include "base/memory.h"
#include "bridges/kafka_guide.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	FLOW_SIZE = 32768, /* bytes of a flow from which on its source is not read */
	READ_SIZE = 16384,
	PAIRS_MAX = 256, /* the others wait in the kernel's queue */
	BACKLOG = 128,
	WAIT_MAX_MS = 5, /* of a fetch: the mock does not end it when something comes */
};

#define SHORTAGE_PAUSE 0.1 /* seconds */

enum side { CLIENT, BROKER, SIDES };

/* Bytes from one side on their way to the other. */
struct flow {
	struct buffer bytes;
	size_t from; /* those before it are written */
	bool ended;  /* the source: nothing more comes */
	bool told;   /* the other side knows that, too */
};

struct pair {
	struct kafka_forwarder *forwarder;
	struct pair *next, **link;
	ev_io ends[SIDES];
	struct flow flows[SIDES]; /* by their source */
	struct kafka_guide guide;
};

struct kafka_forwarder {
	struct ev_loop *loop;
	struct mailbox *mailbox;
	struct mail stop;
	pthread_t thread;
	bool running;
	int fd;
	ev_io accept;
	ev_timer pause; /* of accepting, while descriptors are short */
	struct sockaddr_in broker;
	char address[INET6_ADDRSTRLEN + 16];
	struct pair *pairs;
	size_t pair_count;
};

/* Where a socket of ours is. */
struct place {
	char host[INET6_ADDRSTRLEN];
	uint16_t port;
};

static struct place place_of(int fd)
{
	struct place place = { "", 0 };
	struct sockaddr_storage name = { 0 };
	const struct sockaddr_in *in = (const void *)&name;
	const struct sockaddr_in6 *in6 = (const void *)&name;
	socklen_t len = sizeof(name);
	getsockname(fd, (struct sockaddr *)&name, &len);
	if (name.ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, place.host, sizeof(place.host));
		place.port = ntohs(in6->sin6_port);
	} else {
		inet_ntop(AF_INET, &in->sin_addr, place.host, sizeof(place.host));
		place.port = ntohs(in->sin_port);
	}
	return place;
}

/* Pairs */

static void destroy_pair(struct pair *pair)
{
	struct kafka_forwarder *forwarder = pair->forwarder;
	for (unsigned side = 0; side < SIDES; side++) {
		ev_io_stop(forwarder->loop, &pair->ends[side]);
		close(pair->ends[side].fd);
		buffer_finish(&pair->flows[side].bytes);
	}
	*pair->link = pair->next;
	if (pair->next != NULL) {
		pair->next->link = pair->link;
	}
	free(pair);
	if (forwarder->pair_count-- == PAIRS_MAX) {
		ev_io_start(forwarder->loop, &forwarder->accept);
	}
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static bool has_room(const struct flow *flow)
{
	return flow->bytes.len < FLOW_SIZE;
}

/* False: the socket is broken, or what came is not Kafka. */
static bool read_flow(struct pair *pair, enum side source)
{
	struct flow *flow = &pair->flows[source];
	char bytes[READ_SIZE];
	if (flow->ended || !has_room(flow)) {
		return true;
	}
	ssize_t got = recv(pair->ends[source].fd, bytes, sizeof(bytes), 0);
	if (got < 0) {
		return would_block();
	}
	flow->ended = got == 0;
	if (source == BROKER) {
		return kafka_guide_responses(
			       &pair->guide, span_of(bytes, (size_t)got), &flow->bytes) &&
		       !flow->bytes.failed;
	}
	bool good = kafka_guide_requests(&pair->guide, bytes, (size_t)got);
	buffer_append(&flow->bytes, bytes, (size_t)got);
	return good && !flow->bytes.failed;
}

static bool write_flow(struct flow *flow, int fd)
{
	if (flow->from < flow->bytes.len) {
		ssize_t sent = send(fd, flow->bytes.data + flow->from, flow->bytes.len - flow->from,
			MSG_NOSIGNAL);
		if (sent < 0) {
			return would_block();
		}
		flow->from += (size_t)sent;
	}
	if (flow->from == flow->bytes.len) {
		flow->from = 0;
		buffer_clear(&flow->bytes);
		if (flow->ended && !flow->told) {
			flow->told = true;
			return shutdown(fd, SHUT_WR) == 0;
		}
	}
	return true;
}

static void watch(struct pair *pair, enum side side)
{
	struct ev_loop *loop = pair->forwarder->loop;
	const struct flow *out = &pair->flows[side], *in = &pair->flows[1 - side];
	ev_io *end = &pair->ends[side];
	int events = (!out->ended && has_room(out) ? EV_READ : 0) |
		     (in->from < in->bytes.len ? EV_WRITE : 0);
	if (events != (end->events & (EV_READ | EV_WRITE)) || !ev_is_active(end)) {
		ev_io_stop(loop, end);
		ev_io_set(end, end->fd, events);
		if (events != 0) {
			ev_io_start(loop, end);
		}
	}
}

static void handle_end(struct ev_loop *loop, ev_io *end, int events)
{
	struct pair *pair = end->data;
	enum side side = end == &pair->ends[CLIENT] ? CLIENT : BROKER, other = 1 - side;
	int fd = end->fd, other_fd = pair->ends[other].fd;
	(void)loop;
	bool good = (events & EV_WRITE) == 0 || write_flow(&pair->flows[other], fd);
	if (good && (events & EV_READ) != 0) {
		good = read_flow(pair, side) && write_flow(&pair->flows[side], other_fd);
	}
	if (!good || (pair->flows[CLIENT].told && pair->flows[BROKER].told)) {
		destroy_pair(pair);
		return;
	}
	watch(pair, CLIENT);
	watch(pair, BROKER);
}

/* -1: not now. */
static int connect_broker(const struct sockaddr_in *broker)
{
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)broker, sizeof(*broker)) != 0 &&
		errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	if (fd >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	return fd;
}

static void create_pair(struct kafka_forwarder *forwarder, int client_fd)
{
	int on = 1;
	int broker_fd = connect_broker(&forwarder->broker);
	if (broker_fd < 0) {
		close(client_fd);
		return;
	}
	setsockopt(client_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	struct pair *pair = memory_new(1, sizeof(*pair));
	struct place place = place_of(client_fd);
	pair->forwarder = forwarder;
	kafka_guide_init(&pair->guide, span_from_text(place.host), place.port, WAIT_MAX_MS);
	for (unsigned side = 0; side < SIDES; side++) {
		ev_io_init(&pair->ends[side], handle_end, side == CLIENT ? client_fd : broker_fd,
			EV_READ);
		pair->ends[side].data = pair;
		ev_io_start(forwarder->loop, &pair->ends[side]);
	}
	pair->link = &forwarder->pairs;
	pair->next = forwarder->pairs;
	if (pair->next != NULL) {
		pair->next->link = &pair->next;
	}
	forwarder->pairs = pair;
	if (++forwarder->pair_count == PAIRS_MAX) {
		ev_io_stop(forwarder->loop, &forwarder->accept);
	}
}

/* Accepting */

static void handle_pause(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct kafka_forwarder *forwarder = timer->data;
	(void)events;
	if (forwarder->pair_count < PAIRS_MAX) {
		ev_io_start(loop, &forwarder->accept);
	}
}

static void handle_accept(struct ev_loop *loop, ev_io *io, int events)
{
	struct kafka_forwarder *forwarder = io->data;
	(void)events;
	int fd = accept4(forwarder->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		create_pair(forwarder, fd);
	} else if (!would_block() && errno != ECONNABORTED) {
		/* No descriptors, most likely: the client waits. */
		ev_io_stop(loop, &forwarder->accept);
		ev_timer_set(&forwarder->pause, SHORTAGE_PAUSE, 0.);
		ev_timer_start(loop, &forwarder->pause);
	}
}

static void name_address(struct kafka_forwarder *forwarder)
{
	struct place place = place_of(forwarder->fd);
	snprintf(forwarder->address, sizeof(forwarder->address),
		strchr(place.host, ':') != NULL ? "[%s]:%u" : "%s:%u", place.host, place.port);
}

static bool open_socket(struct kafka_forwarder *forwarder, const struct option_address *address)
{
	int on = 1;
	forwarder->fd =
		socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (forwarder->fd < 0) {
		return false;
	}
	/* What a former process left in TIME_WAIT is not in the way; one that listens is. */
	setsockopt(forwarder->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(forwarder->fd, (const struct sockaddr *)&address->socket, address->len) == 0 &&
	       listen(forwarder->fd, BACKLOG) == 0;
}

/* The thread */

static void handle_stop(struct mail *mail)
{
	struct kafka_forwarder *forwarder =
		(struct kafka_forwarder *)((char *)mail - offsetof(struct kafka_forwarder, stop));
	ev_break(forwarder->loop, EVBREAK_ALL);
}

static void *run(void *argument)
{
	struct kafka_forwarder *forwarder = argument;
	ev_run(forwarder->loop, 0);
	return NULL;
}

static bool start_thread(struct kafka_forwarder *forwarder)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&forwarder->thread, NULL, run, forwarder);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	forwarder->running = error == 0;
	errno = error;
	return forwarder->running;
}

struct kafka_forwarder *kafka_forwarder_create(const struct option_address *address,
	const struct sockaddr_in *broker, struct kafka_why *why)
{
	struct kafka_forwarder *forwarder = memory_new(1, sizeof(*forwarder));
	forwarder->fd = -1;
	forwarder->broker = *broker;
	forwarder->stop.handle = handle_stop;
	forwarder->loop = ev_loop_new(EVFLAG_NOENV);
	if (forwarder->loop == NULL || !open_socket(forwarder, address)) {
		snprintf(why->text, sizeof(why->text), "%s: %s", address->text, strerror(errno));
		kafka_forwarder_destroy(forwarder);
		return NULL;
	}
	name_address(forwarder);
	forwarder->mailbox = mailbox_create(forwarder->loop, 1);
	ev_io_init(&forwarder->accept, handle_accept, forwarder->fd, EV_READ);
	ev_timer_init(&forwarder->pause, handle_pause, 0., 0.);
	forwarder->accept.data = forwarder->pause.data = forwarder;
	ev_io_start(forwarder->loop, &forwarder->accept);
	if (!start_thread(forwarder)) {
		snprintf(why->text, sizeof(why->text), "no thread: %s", strerror(errno));
		kafka_forwarder_destroy(forwarder);
		return NULL;
	}
	return forwarder;
}

const char *kafka_forwarder_address(const struct kafka_forwarder *forwarder)
{
	return forwarder->address;
}

void kafka_forwarder_destroy(struct kafka_forwarder *forwarder)
{
	if (forwarder == NULL) {
		return;
	}
	if (forwarder->running) {
		mailbox_post(forwarder->mailbox, &forwarder->stop);
		pthread_join(forwarder->thread, NULL);
	}
	while (forwarder->pairs != NULL) {
		destroy_pair(forwarder->pairs);
	}
	mailbox_destroy(forwarder->mailbox);
	if (forwarder->fd >= 0) {
		close(forwarder->fd);
	}
	if (forwarder->loop != NULL) {
		ev_loop_destroy(forwarder->loop);
	}
	free(forwarder);
}
