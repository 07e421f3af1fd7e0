/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The admin pages, served on the main thread: /livez /readyz /metrics. What shards know is
 * collected by mail: each gets a form, fills it in, and sends it back.
 */
#pragma once

#include "gateway/http1_parser.h"
#include "gateway/shard.h"

#include <stdbool.h>
#include <stddef.h>

struct admin;

/* `home` is the main thread's shard; `shards` outlive the admin. */
struct admin *admin_create(struct shard *home, struct shard **shards, size_t count);
/* No shard may run any more. NULL is accepted. */
void admin_destroy(struct admin *admin);
/* A request's head is complete. Answers now, or when the shards have reported. */
void admin_request(struct connection *connection, const struct http1_head *head, const char *bytes);
/* Asks all shards how they are; called every second. */
void admin_survey(struct admin *admin);
/* That shard's thread is gone: it is not asked any more, and its silence is no fault. */
void admin_shard_ended(struct admin *admin, size_t index);
/* From now on /readyz says so. */
void admin_drain(struct admin *admin);
