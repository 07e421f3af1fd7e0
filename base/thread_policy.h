/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What happens when a thread wakes while another one runs (sched(7)). As usual it may take the
 * processor at once, which is good for who waits for one answer. As SCHED_BATCH it lets the other
 * one go on: who sends it work sends more of it before it looks, and it does all of it in one turn.
 */
#pragma once

#include <stdbool.h>

/*
 * Of the calling thread. False when nothing was changed: the kernel refused, or the policy is
 * neither of the two usual ones that this changes, so somebody else has chosen it.
 */
bool thread_policy_set_batch(bool on);
