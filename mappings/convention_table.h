/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * All conventions of one configuration: the built-in ones, which are files of conventions/ that the
 * build puts into the program, and the user's own. Built at load on the main thread, immutable
 * after it; it must outlive what was compiled from its conventions.
 */
#pragma once

#include "base/json_tree.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "mappings/convention.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A built-in one as it stands in its file. */
struct convention_file {
	const char *name; /* "amqp/nestjs" */
	const char *text;
	size_t len;
};

/* In byte order of their names, ended by a row without one. */
extern const struct convention_file convention_files[];

/* With the built-in ones. */
struct convention_table *convention_table_create(void);
/* NULL is accepted. */
void convention_table_destroy(struct convention_table *table);
/*
 * Adds one of the user's: {"name", "bridge", "about", "send", "answer"}. Its knobs are checked as
 * those of a mapping; problems are added. The node's tree must outlive the table.
 */
void convention_table_add(struct convention_table *table, const struct json_node *node,
	struct problem_list *problems);
/* NULL: no such convention for this type of bridge. */
const struct convention *convention_table_find(
	const struct convention_table *table, struct span name, const char *bridge);
/* The name that was probably meant; NULL: none is near. */
const char *convention_table_nearest(
	const struct convention_table *table, struct span name, const char *bridge);
size_t convention_table_count(const struct convention_table *table);
const struct convention *convention_table_at(const struct convention_table *table, size_t index);

/* A line for each built-in convention. */
void convention_files_list(FILE *out);
/* As JSON: one by "amqp/nestjs", an array of all that are called "nestjs". False: there is none. */
bool convention_files_print(const char *name, FILE *out);
