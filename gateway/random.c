/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/random.h"

#include <stdlib.h>
#include <sys/random.h>

void random_fill(struct random *random)
{
	/* up to 256 bytes getrandom() is never cut short (getrandom(2)); more is taken in parts */
	char *at = (char *)random->words;
	for (size_t done = 0; done < sizeof(random->words); done += 256) {
		if (getrandom(at + done, 256, 0) != 256) {
			abort();
		}
	}
	random->left = RANDOM_WORDS;
}
