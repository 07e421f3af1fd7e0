/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Stands between a bridge and its broker on a thread of its own and breaks things on demand. */
#pragma once

struct broker_proxy;

enum broker_proxy_mode {
	PROXY_PASS,
	PROXY_FREEZE, /* reads nothing, closes nothing: a broker that hangs */
	PROXY_REFUSE, /* closes what is open and what comes */
};

struct broker_proxy *broker_proxy_create(const char *host, int port);
void broker_proxy_destroy(struct broker_proxy *proxy);
int broker_proxy_port(const struct broker_proxy *proxy);
/* Has happened when it returns. */
void broker_proxy_set(struct broker_proxy *proxy, enum broker_proxy_mode mode);
/* Closes what is open; what comes is let through. */
void broker_proxy_cut(struct broker_proxy *proxy);
