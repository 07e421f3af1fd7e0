/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What the machine, its control group (version 2) and the limits of this process leave to us. Read
 * once at start, on the main thread.
 */
#pragma once

#include <stdint.h>

/* Raises the soft limit of open files to the hard one; gives what holds from now on. */
int64_t machine_raise_files(void);
/* CPUs that we may use at once, rounded up: of the affinity and the control group the smaller. */
long machine_cpus(void);
/* Bytes: the smallest of memory fitted, of the control group's limit and of RLIMIT_AS. */
int64_t machine_memory(void);
