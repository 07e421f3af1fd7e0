/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What a mapping takes as a body: its content types and encodings, told by the head of a request
 * (RFC 9110 sections 8.3, 8.4 and 15.5.16). A request without content fits always. Compiled at
 * load, immutable, read by any thread; nothing here allocates while a request is looked at.
 */
#pragma once

#include "base/buffer.h"
#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "mappings/request.h"
#include "mappings/store.h"
#include "message/media_range.h"

#include <stdbool.h>

struct match_content {
	const struct media_range *types; /* any of them; none: any type, and any text for one */
	const struct span *type_names;   /* as they are written */
	unsigned type_count;
	const struct span *encodings; /* beside identity */
	unsigned encoding_count;
};

/* As they stand in `match`, read by its rows. */
struct match_content_options {
	struct option_texts content_types, encodings;
};

/* `node` is the whole `match`; problems are added. */
void match_content_compile(const struct json_node *node,
	const struct match_content_options *options, struct store *store,
	struct match_content *content, struct problem_list *problems);

/* A body without a type counts as application/octet-stream; a charset must be UTF-8. */
bool match_content_takes_type(const struct match_content *content, const struct request *request);
bool match_content_takes_encoding(
	const struct match_content *content, const struct request *request);
/* What `b` takes `a` takes. */
bool match_content_covers(const struct match_content *a, const struct match_content *b);

/* Add to a list of Accept or Accept-Encoding what is not in it yet. */
void match_content_append_types(const struct match_content *content, struct buffer *list);
void match_content_append_encodings(const struct match_content *content, struct buffer *list);
