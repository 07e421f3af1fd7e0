/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * When to try again after a session was lost or could not be had: 0.1 s, doubled at every failure
 * up to 10 s, each shortened by up to a half at random, so that many gateways do not come back in
 * step. A session that stood for a while starts over. Pure: the caller owns the clock and the
 * timer.
 */
#pragma once

#include <stdint.h>

struct reconnect {
	uint64_t random;
	double delay;    /* before jitter, of the next attempt */
	double up_since; /* 0: not up */
};

/* `seed` tells apart those that failed at the same moment. */
void reconnect_init(struct reconnect *reconnect, uint64_t seed);
/* The session stands since `now` (seconds of any steady clock). */
void reconnect_up(struct reconnect *reconnect, double now);
/* The session or the attempt was lost at `now`: seconds to wait before the next attempt. */
double reconnect_down(struct reconnect *reconnect, double now);
