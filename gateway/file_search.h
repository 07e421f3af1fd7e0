/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The mapping of a request over HTTP. What it finds depends on the disk: `files` without the file
 * that is asked for leaves the request to the mappings behind it. Any thread.
 */
#pragma once

#include "base/buffer.h"
#include "gateway/file.h"
#include "mappings/mapping.h"
#include "mappings/request.h"

/* Told of each mapping that has no such file. */
typedef void file_search_passed(const struct mapping *mapping, void *context);

/* Zero-initialized. What was found by `files` stays open until somebody takes it, or the close. */
struct file_search {
	const struct mapping *mapping; /* the `files` that was chosen; NULL: none */
	enum file_result result;       /* FILE_OPEN, FILE_BUSY, or FILE_FOLDER: its slash lacks */
	struct file file;              /* FILE_OPEN */
	struct buffer name;            /* below its root, with a NUL */
	file_search_passed *passed;    /* NULL: nobody asks */
	void *context;
};

/* Slow half of file_search_match: `files` was found. */
int file_search_go_on(struct file_search *search, const struct mapping_table *table,
	const struct request *request, struct match *match, struct refusal *refusal);
/* Slow half of file_search_close. */
void file_search_close_found(struct file_search *search);
/* Closes it likewise, and frees. */
void file_search_finish(struct file_search *search);

/*
 * As mapping_table_match(). Files are opened; over WebSocket there are none. When nobody else takes
 * the request, the first mapping without a file answers for it: 404.
 */
static inline int file_search_match(struct file_search *search, const struct mapping_table *table,
	const struct request *request, struct match *match, struct refusal *refusal)
{
	int status = mapping_table_match(table, request, match, refusal);
	bool by_files = status == 0 && mapping_action(match->mapping) == MAPPING_FILES;
	return by_files ? file_search_go_on(search, table, request, match, refusal) : status;
}

/* Closes the file that nobody took. */
static inline void file_search_close(struct file_search *search)
{
	if (search->mapping != NULL) {
		file_search_close_found(search);
	}
}
