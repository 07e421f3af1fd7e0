/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Unpredictable numbers, four pages of them from the kernel at a time (getrandom(2)): a call needs
 * five. One thread.
 */
#pragma once

#include <stdint.h>

enum { RANDOM_WORDS = 2048 };

struct random {
	unsigned left;
	uint64_t words[RANDOM_WORDS];
};

/* Fetches new words. Aborts where the kernel has none to give. */
void random_fill(struct random *random);

/* 64 bits that are given out once and forgotten. */
static inline uint64_t random_word(struct random *random)
{
	if (random->left == 0) {
		random_fill(random);
	}
	uint64_t word = random->words[--random->left];
	random->words[random->left] = 0;
	return word;
}
