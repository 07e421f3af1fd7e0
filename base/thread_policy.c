/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/thread_policy.h"

#include <sched.h>

bool thread_policy_set_batch(bool on)
{
	const struct sched_param none = { 0 };
	int from = on ? SCHED_OTHER : SCHED_BATCH;
	return sched_getscheduler(0) == from &&
	       sched_setscheduler(0, on ? SCHED_BATCH : SCHED_OTHER, &none) == 0;
}
