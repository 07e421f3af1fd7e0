/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The file is opened while the mapping is looked for, and not before it is chosen: a file that is
 * there costs no more than it did, because the answer takes what was opened, and nobody can remove
 * it in between.
 */
#include "gateway/file_search.h"

#include "mappings/files.h"

static enum file_result look(struct file_search *search, const struct match *match)
{
	struct span path = match->path;
	file_search_close(search);
	buffer_clear(&search->name);
	if (!files_name(match, &search->name)) {
		return FILE_MISSING;
	}
	enum file_result result =
		file_open_below(files_root(match->mapping).ptr, search->name.data, &search->file);
	if (result == FILE_FOLDER && path.ptr[path.len - 1] == '/') {
		return FILE_MISSING; /* what should be the index is one */
	}
	if (result != FILE_MISSING) {
		search->mapping = match->mapping;
		search->result = result;
	}
	return result;
}

static bool is_passed(
	struct file_search *search, const struct request *request, const struct match *match)
{
	return mapping_action(match->mapping) == MAPPING_FILES &&
	       (request->websocket || look(search, match) == FILE_MISSING);
}

static int refuse(const struct request *request, const struct mapping *first, struct match *match,
	struct refusal *refusal)
{
	match->mapping = first;
	*refusal = (struct refusal){ .status = 404,
		.type = "not-found",
		.detail = request->websocket ? "This is there over HTTP only."
					     : "No such file is here." };
	return 404;
}

int file_search_go_on(struct file_search *search, const struct mapping_table *table,
	const struct request *request, struct match *match, struct refusal *refusal)
{
	const struct mapping *first = NULL;
	int status = 0;
	while (status == 0 && is_passed(search, request, match)) {
		first = first != NULL ? first : match->mapping;
		if (search->passed != NULL) {
			search->passed(match->mapping, search->context);
		}
		status = mapping_table_match_behind(table, request, match, refusal);
	}
	return status == 404 && first != NULL ? refuse(request, first, match, refusal) : status;
}

void file_search_close_found(struct file_search *search)
{
	if (search->result == FILE_OPEN) {
		file_close(&search->file);
	}
	search->mapping = NULL;
}

void file_search_finish(struct file_search *search)
{
	file_search_close(search);
	buffer_finish(&search->name);
}
