/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Allocation of small fixed objects: failure prints one line and aborts, so callers never test.
 * Sizes that come from outside go through struct buffer, which reports failure instead.
 */
#pragma once

#include "base/span.h"

#include <stddef.h>

/* Zeroed memory for `count` objects of `size` bytes; free() releases it. Never NULL. */
void *memory_new(size_t count, size_t size);
/* Resizes an array to `count` objects of `size` bytes; what is new is not zeroed. Never NULL. */
void *memory_resize(void *old, size_t count, size_t size);
/* A NUL-terminated copy. Never NULL. */
char *memory_text(struct span text);
/*
 * Blocks from a MiB on go back to the system when they are freed. Without it the C library stops
 * doing so once it has seen a large one, and a single body keeps its size for ever, several times
 * over. Once, before there are threads.
 */
void memory_return_large(void);
