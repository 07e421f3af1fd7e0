/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Which names may travel: request headers into messages (mappings.md 11), reply headers to clients.
 * Names compare in any case. Pure; any thread.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>

/* A field name by RFC 9110. */
bool header_name_is_token(struct span name);
/* Means something to one hop or to the framing of one message. */
bool header_name_is_hop_by_hop(struct span name);
/* What "x-*" never takes along: identities, and what brokers act on. */
bool header_name_is_private(struct span name);
/* What a client proves itself by: bits. */
enum header_secret {
	HEADER_AUTHORIZATION = 1,
	HEADER_PROXY_AUTHORIZATION = 2,
	HEADER_COOKIE = 4,
	HEADER_SECRETS = 7,
};

/* Which of them the header is; 0: none. */
unsigned header_name_secret(struct span name);
/* What no message header may be called, because brokers or workers act on it. */
bool header_name_is_reserved(struct span name);
/* What the gateway itself writes into an answer, or never lets a reply set. */
bool header_name_is_gateways(struct span name);
