/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void random_fill(struct random *random)
{
	char *at = (char *)random->words;
	size_t left = sizeof(random->words);
	while (left > 0) {
		ssize_t got = getrandom(at, left, 0);
		if (got < 0 && errno != EINTR) {
			abort();
		}
		if (got > 0) {
			at += got;
			left -= (size_t)got;
		}
	}
	random->left = RANDOM_WORDS;
}
