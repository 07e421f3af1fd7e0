/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * For LD_PRELOAD: counts what the program asks of the heap. Each count goes into a shared file
 * (MALLOC_COUNT_FILE, 8 bytes, native order), where it can be read while the program runs.
 * realloc() counts as one when it may have to find new memory. free() is not counted: in a steady
 * state it equals the rest.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static uint64_t unseen;
static uint64_t *total = &unseen;

__attribute__((constructor)) static void open_count(void)
{
	const char *path = getenv("MALLOC_COUNT_FILE");
	int fd = path != NULL ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0 || ftruncate(fd, sizeof(*total)) != 0) {
		return;
	}
	void *shared = mmap(NULL, sizeof(*total), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared != MAP_FAILED) {
		total = shared;
	}
	close(fd);
}

static void count(void)
{
	__atomic_fetch_add(total, 1, __ATOMIC_RELAXED);
}

void *malloc(size_t size)
{
	count();
	return __libc_malloc(size);
}

void *calloc(size_t items, size_t size)
{
	count();
	return __libc_calloc(items, size);
}

void *realloc(void *old, size_t size)
{
	count();
	return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	count();
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	count();
	*memory = __libc_memalign(alignment, size);
	return *memory != NULL ? 0 : 12;
}
