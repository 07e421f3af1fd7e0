/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Where `bridgehead call` goes: an http:// or ws:// URL taken apart. */
#pragma once

#include <stdbool.h>

struct client_target {
	bool websocket;
	unsigned port;
	char *host;      /* what to connect to; an IPv6 address without its brackets */
	char *authority; /* what the Host header says */
	char *path;      /* the request target: path and query, without a fragment */
};

/* False and a sentence for people when `url` cannot be called; then nothing needs finishing. */
bool client_target_init(struct client_target *target, const char *url, const char **fault);
void client_target_finish(struct client_target *target);
