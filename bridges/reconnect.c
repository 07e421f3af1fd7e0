/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/reconnect.h"

#define DELAY_FIRST 0.1
#define DELAY_LAST 10.0
#define STABLE 5.0 /* seconds up after which the next failure counts as the first one */

void reconnect_init(struct reconnect *reconnect, uint64_t seed)
{
	*reconnect = (struct reconnect){
		.random = seed * 0x9e3779b97f4a7c15u | 1,
		.delay = DELAY_FIRST,
	};
}

void reconnect_up(struct reconnect *reconnect, double now)
{
	reconnect->up_since = now;
}

static double next_fraction(struct reconnect *reconnect)
{
	uint64_t x = reconnect->random;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	reconnect->random = x;
	return (double)(x >> 11) / (double)(UINT64_C(1) << 53);
}

double reconnect_down(struct reconnect *reconnect, double now)
{
	if (reconnect->up_since > 0 && now - reconnect->up_since >= STABLE) {
		reconnect->delay = DELAY_FIRST;
	}
	reconnect->up_since = 0;
	double delay = reconnect->delay;
	reconnect->delay = delay * 2 < DELAY_LAST ? delay * 2 : DELAY_LAST;
	return delay * (1 - next_fraction(reconnect) / 2);
}
