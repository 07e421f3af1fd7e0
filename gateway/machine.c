/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/machine.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int64_t machine_raise_files(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
		return 1024;
	}
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	return (int64_t)limit.rlim_cur;
}

/* "QUOTA PERIOD" or "max PERIOD"; LONG_MAX: no quota. */
static long control_group_cpus(void)
{
	FILE *in = fopen("/sys/fs/cgroup/cpu.max", "re");
	long quota = 0, period = 0;
	if (in == NULL) {
		return LONG_MAX;
	}
	int got = fscanf(in, "%ld %ld", &quota, &period);
	fclose(in);
	return got == 2 && quota > 0 && period > 0 ? (quota + period - 1) / period : LONG_MAX;
}

long machine_cpus(void)
{
	cpu_set_t cpus;
	long quota = control_group_cpus();
	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0) {
		return quota < LONG_MAX ? quota : 1;
	}
	long count = CPU_COUNT(&cpus);
	return quota < count ? quota : count;
}

/* A number, or "max"; INT64_MAX: no limit. */
static int64_t control_group_memory(void)
{
	FILE *in = fopen("/sys/fs/cgroup/memory.max", "re");
	long long bytes = 0;
	if (in == NULL) {
		return INT64_MAX;
	}
	int got = fscanf(in, "%lld", &bytes);
	fclose(in);
	return got == 1 && bytes > 0 ? bytes : INT64_MAX;
}

int64_t machine_memory(void)
{
	int64_t bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	int64_t group = control_group_memory();
	struct rlimit limit;
	if (group < bytes) {
		bytes = group;
	}
	if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur < (rlim_t)bytes) {
		bytes = (int64_t)limit.rlim_cur;
	}
	return bytes;
}
