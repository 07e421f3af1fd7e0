/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The inside of one template string as a list of parts: literal text and variables. Shared by the
 * two halves of template.h: compiling and evaluating. Load only.
 */
#pragma once

#include "base/json_tree.h"
#include "base/problem_list.h"
#include "mappings/filter.h"
#include "mappings/store.h"
#include "mappings/template.h"
#include "mappings/variable.h"

#include <stdbool.h>
#include <stdint.h>

enum template_piece_kind {
	TEMPLATE_LITERAL,
	TEMPLATE_MARK,    /* an optional member starts here */
	TEMPLATE_COMMA,   /* a comma, unless the container has just been opened */
	TEMPLATE_PLAIN,   /* a variable as text */
	TEMPLATE_WHOLE,   /* a variable as a JSON value */
	TEMPLATE_QUOTED,  /* a variable that needs only quotes to be a JSON string */
	TEMPLATE_ESCAPED, /* a variable inside a JSON string */
};

enum template_absence {
	TEMPLATE_ABSENCE_REFUSED,
	TEMPLATE_ABSENCE_DEFAULT,
	TEMPLATE_ABSENCE_OMITTED,
	TEMPLATE_ABSENCE_NULL, /* nothing is a value: an empty body */
};

#define TEMPLATE_END UINT32_MAX

struct template_piece {
	enum template_piece_kind kind;
	enum template_absence absence;
	enum variable_want want;
	uint32_t resume;  /* where to go on when omitted; TEMPLATE_END: omit the whole */
	struct span text; /* literal, or the default */
	bool text_is_json;
	bool checked; /* UTF-8 without control characters is asked for */
	struct variable_use use;
	const struct filter *filters;
	unsigned filter_count;
	const char *missing; /* sentences for the client */
	const char *unfit;
};

struct template_pieces {
	struct template_piece *items;
	unsigned count;
};

/* Appends a piece; `pieces->items` is heap memory of the caller's. */
void template_pieces_add(struct template_pieces *pieces, const struct template_piece *piece);

/* What strings of one template are parsed against. */
struct template_string_context {
	enum template_form form;
	const struct variable_context *variables;
	struct store *store;
	struct problem_list *problems;
};

/*
 * Parses `node`, a string. Variables come as TEMPLATE_PLAIN pieces. False and problems when it is
 * wrong.
 */
bool template_string_parse(const struct json_node *node,
	const struct template_string_context *context, struct template_pieces *pieces);
