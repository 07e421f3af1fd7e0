/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Unpredictable bytes, a page from the kernel at a time (getrandom(2)). One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random {
	size_t left;
	uint8_t pool[1024];
};

/* Fills `out` with at most 64 bytes. Aborts where the kernel has none to give. */
void random_bytes(struct random *random, void *out, size_t len);
