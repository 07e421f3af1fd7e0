/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Memory that lives as long as one compiled thing: whatever load allocates for a mapping is kept
 * here and goes in one step. Zero-initialised is valid and empty. Load only, main thread.
 */
#pragma once

#include "base/span.h"

#include <stddef.h>

struct store {
	struct store_block *blocks;
};

/* Zeroed memory for `count` objects of `size` bytes. Never NULL. */
void *store_new(struct store *store, size_t count, size_t size);
/* A copy, NUL-terminated behind its length. */
struct span store_copy(struct store *store, struct span text);
/* printf into the store. */
const char *store_format(struct store *store, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Takes a malloc'ed text; NULL stays NULL. */
struct span store_take(struct store *store, char *text);
void store_finish(struct store *store);
