/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/store.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct store_block {
	struct store_block *next;
	alignas(max_align_t) char bytes[];
};

void *store_new(struct store *store, size_t count, size_t size)
{
	struct store_block *block = memory_new(1, sizeof(*block) + count * size);
	block->next = store->blocks;
	store->blocks = block;
	return block->bytes;
}

struct span store_copy(struct store *store, struct span text)
{
	char *copy = store_new(store, text.len + 1, 1);
	if (text.len > 0) {
		memcpy(copy, text.ptr, text.len);
	}
	return span_of(copy, text.len);
}

const char *store_format(struct store *store, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	size_t size = len < 0 ? 1 : (size_t)len + 1;
	char *text = store_new(store, size, 1);
	va_start(args, format);
	vsnprintf(text, size, format, args);
	va_end(args);
	return text;
}

struct span store_take(struct store *store, char *text)
{
	if (text == NULL) {
		return SPAN_ABSENT;
	}
	struct span copy = store_copy(store, span_from_text(text));
	free(text);
	return copy;
}

void store_finish(struct store *store)
{
	while (store->blocks != NULL) {
		struct store_block *block = store->blocks;
		store->blocks = block->next;
		free(block);
	}
}
