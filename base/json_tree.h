/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A configuration file as a tree whose nodes know where they stand. Reads the JSON of json.h plus
 * line and block comments. Only for configuration: convenient, not fast. Immutable after load, so
 * any thread may read it. Everything a node points to lives as long as the tree.
 */
#pragma once

#include "base/json.h"
#include "base/span.h"

#include <stddef.h>

struct json_tree;

struct json_node {
	enum json_type type;
	struct span text;   /* source text of the value, with spaces for comments */
	struct span name;   /* decoded member name; absent for elements and the root */
	struct span string; /* decoded text of a JSON_STRING; absent otherwise */
	size_t name_offset; /* where the member's name starts; `offset` for elements */
	size_t offset;      /* where the value starts */
	const struct json_node *parent;
	const struct json_node *first; /* first member or element */
	const struct json_node *next;  /* next sibling */
	unsigned index;                /* place among its siblings */
	const struct json_tree *tree;
};

/*
 * Parses `text` (copied). `file` names it in problems (copied). NULL and `fault` when it is not
 * acceptable. A duplicate member name is a fault.
 */
struct json_tree *json_tree_create(const char *file, struct span text, struct json_fault *fault);
void json_tree_destroy(struct json_tree *tree);
const struct json_node *json_tree_root(const struct json_tree *tree);
const char *json_tree_file(const struct json_tree *tree);
/* With spaces for comments; offsets are those of the file. */
struct span json_tree_text(const struct json_tree *tree);
/* The member called `name`, or NULL. */
const struct json_node *json_node_member(const struct json_node *object, struct span name);
/* Line and column, from 1, of an offset in a text; columns count bytes. */
void json_position(struct span text, size_t offset, unsigned *line, unsigned *column);

/* Paths as people write them: mappings[2].send.queue, headers["x.y"]; empty for the root. */
void json_path_append_name(struct buffer *path, struct span name);
void json_path_append_index(struct buffer *path, unsigned index);
/* The path of what stands at an offset, in a text that may be broken there but not before. */
void json_path_append_place(struct buffer *path, struct span text, size_t offset);
