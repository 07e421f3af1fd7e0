/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What a listener's clients may have in all shards together: connections, memory, and per address
 * connections and calls. The one thing that threads share beside mailboxes: relaxed atomic
 * counters. Addresses are counted in a table of hashes with two places each; a limit holds when
 * both are over, so a stranger on one of the places does no harm.
 */
#pragma once

#include "base/address.h"
#include "gateway/limits.h"

#include <stdbool.h>
#include <stdint.h>

struct quota;

/* 0: no limit. The limits themselves are not kept. */
struct quota *quota_create(const struct limits *limits);
void quota_destroy(struct quota *quota);

enum quota_verdict { QUOTA_OK, QUOTA_CONNECTIONS, QUOTA_ADDRESS };
/* Counts a new connection unless it is one too many. `client` NULL: not known yet. */
enum quota_verdict quota_connect(struct quota *quota, const struct address *client);
/* Counts it for its client, who was not known before; false when it is one too many of it. */
bool quota_claim(struct quota *quota, const struct address *client);
/* `client` NULL: nobody was ever known. */
void quota_disconnect(struct quota *quota, const struct address *client);
/* Counts a call of that address; false when it is one too many. */
bool quota_call(struct quota *quota, const struct address *client);
void quota_call_end(struct quota *quota, const struct address *client);
/* Memory of bodies and output: counts `more` bytes (maybe negative). */
void quota_memory(struct quota *quota, int64_t more);
bool quota_memory_is_over(const struct quota *quota);
/* Three quarters or less are in use. */
bool quota_memory_is_low(const struct quota *quota);
/* It was over and has not been low since, as far as anybody asked meanwhile: what was stopped for
 * want of memory has to wait, and who can do without gives some back. */
bool quota_memory_is_short(struct quota *quota);
