/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGE = 1 << 20 };

static void *check(void *memory)
{
	if (memory == NULL) {
		fputs("bridgehead: out of memory for a small object; giving up\n", stderr);
		abort();
	}
	return memory;
}

void *memory_new(size_t count, size_t size)
{
	return check(calloc(count > 0 ? count : 1, size));
}

void *memory_resize(void *old, size_t count, size_t size)
{
	return check(reallocarray(old, count > 0 ? count : 1, size));
}

char *memory_text(struct span text)
{
	char *copy = check(malloc(text.len + 1));
	if (text.len > 0) {
		memcpy(copy, text.ptr, text.len);
	}
	copy[text.len] = '\0';
	return copy;
}

void memory_return_large(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}
