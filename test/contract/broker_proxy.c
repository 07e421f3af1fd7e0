/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/contract/broker_proxy.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PAIRS 16

struct broker_proxy {
	pthread_t thread;
	struct sockaddr_in broker;
	int listener, port;
	int orders[2]; /* socket pair: an order goes in, the same byte comes back when it is done */
	int ends[PAIRS][2];
	unsigned pairs;
	enum broker_proxy_mode mode;
};

static void close_pair(struct broker_proxy *proxy, unsigned pair)
{
	close(proxy->ends[pair][0]);
	close(proxy->ends[pair][1]);
	proxy->pairs--;
	proxy->ends[pair][0] = proxy->ends[proxy->pairs][0];
	proxy->ends[pair][1] = proxy->ends[proxy->pairs][1];
}

static void close_all(struct broker_proxy *proxy)
{
	while (proxy->pairs > 0) {
		close_pair(proxy, 0);
	}
}

static void accept_pair(struct broker_proxy *proxy)
{
	int client = accept(proxy->listener, NULL, NULL);
	int broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = proxy->mode != PROXY_REFUSE && proxy->pairs < PAIRS &&
		    connect(broker, (struct sockaddr *)&proxy->broker, sizeof(proxy->broker)) == 0;
	if (!good) {
		close(client);
		close(broker);
		return;
	}
	proxy->ends[proxy->pairs][0] = client;
	proxy->ends[proxy->pairs][1] = broker;
	proxy->pairs++;
}

static bool pass(int from, int to)
{
	char bytes[65536];
	ssize_t count = recv(from, bytes, sizeof(bytes), 0);
	return count > 0 && send(to, bytes, (size_t)count, MSG_NOSIGNAL) == count;
}

/* False: the proxy ends. */
static bool obey(struct broker_proxy *proxy)
{
	char order;
	if (read(proxy->orders[1], &order, 1) != 1) {
		return false;
	}
	if (order == 'c') {
		close_all(proxy);
	} else {
		proxy->mode = (enum broker_proxy_mode)order;
		if (proxy->mode == PROXY_REFUSE) {
			close_all(proxy);
		}
	}
	return write(proxy->orders[1], &order, 1) == 1;
}

static void pass_all(struct broker_proxy *proxy, const struct pollfd *polled, unsigned pairs)
{
	for (unsigned i = pairs; i-- > 0;) {
		bool good = true;
		for (unsigned side = 0; side < 2 && good; side++) {
			if (polled[2 * i + side].revents != 0) {
				good = pass(proxy->ends[i][side], proxy->ends[i][1 - side]);
			}
		}
		if (!good) {
			close_pair(proxy, i);
		}
	}
}

static void *run_proxy(void *argument)
{
	struct broker_proxy *proxy = argument;
	for (;;) {
		struct pollfd polled[2 + 2 * PAIRS];
		unsigned pairs = proxy->pairs;
		bool frozen = proxy->mode == PROXY_FREEZE;
		polled[0] = (struct pollfd){ .fd = proxy->orders[1], .events = POLLIN };
		polled[1] =
			(struct pollfd){ .fd = frozen ? -1 : proxy->listener, .events = POLLIN };
		for (unsigned i = 0; i < 2 * pairs; i++) {
			polled[2 + i] = (struct pollfd){
				.fd = frozen ? -1 : proxy->ends[i / 2][i % 2],
				.events = POLLIN,
			};
		}
		poll(polled, 2 + 2 * pairs, -1);
		if (polled[0].revents != 0) {
			if (!obey(proxy)) {
				return NULL;
			}
			continue;
		}
		pass_all(proxy, polled + 2, pairs);
		if (polled[1].revents != 0) {
			accept_pair(proxy);
		}
	}
}

static void listen_somewhere(struct broker_proxy *proxy)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t len = sizeof(here);
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(proxy->listener, (struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(listen(proxy->listener, PAIRS), 0);
	assert_int_equal(getsockname(proxy->listener, (struct sockaddr *)&here, &len), 0);
	proxy->port = ntohs(here.sin_port);
}

struct broker_proxy *broker_proxy_create(const char *host, int port)
{
	struct broker_proxy *proxy = memory_new(1, sizeof(*proxy));
	proxy->broker.sin_family = AF_INET;
	proxy->broker.sin_port = htons((uint16_t)port);
	assert_int_equal(inet_pton(AF_INET, host, &proxy->broker.sin_addr), 1);
	listen_somewhere(proxy);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, proxy->orders), 0);
	assert_int_equal(pthread_create(&proxy->thread, NULL, run_proxy, proxy), 0);
	return proxy;
}

void broker_proxy_destroy(struct broker_proxy *proxy)
{
	close(proxy->orders[0]);
	pthread_join(proxy->thread, NULL);
	close_all(proxy);
	close(proxy->orders[1]);
	close(proxy->listener);
	free(proxy);
}

int broker_proxy_port(const struct broker_proxy *proxy)
{
	return proxy->port;
}

static void order(struct broker_proxy *proxy, char what)
{
	assert_int_equal(write(proxy->orders[0], &what, 1), 1);
	assert_int_equal(read(proxy->orders[0], &what, 1), 1);
}

void broker_proxy_set(struct broker_proxy *proxy, enum broker_proxy_mode mode)
{
	order(proxy, (char)mode);
}

void broker_proxy_cut(struct broker_proxy *proxy)
{
	order(proxy, 'c');
}
