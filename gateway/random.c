/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/random.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_bytes(struct random *random, void *out, size_t len)
{
	assert(len <= 64);
	if (random->left < len) {
		if (getrandom(random->pool, sizeof(random->pool), 0) != sizeof(random->pool)) {
			abort();
		}
		random->left = sizeof(random->pool);
	}
	random->left -= len;
	memcpy(out, random->pool + random->left, len);
	memset(random->pool + random->left, 0, len);
}
