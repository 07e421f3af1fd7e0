/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What is wrong with a configuration: every problem at once, each with file, line, column, JSON
 * path and what was expected. Printed as "FILE:LINE:COLUMN: error: PATH: TEXT". Warnings do not
 * fail.
 */
#pragma once

#include "base/json_tree.h"

#include <stdbool.h>
#include <stdio.h>

struct problem_list;

struct problem_list *problem_list_create(void);
void problem_list_destroy(struct problem_list *list);
/* `at` may be NULL for a problem of the whole; its value is where the position points. */
void problem_list_error(struct problem_list *list, const struct json_node *at, const char *format,
	...) __attribute__((format(printf, 3, 4)));
/* Points at the member's name instead of its value: unknown keys. */
void problem_list_error_name(struct problem_list *list, const struct json_node *at,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
void problem_list_warning(struct problem_list *list, const struct json_node *at, const char *format,
	...) __attribute__((format(printf, 3, 4)));
/* A file that is not JSON at an offset of its text or, with an absent text, cannot be read. */
void problem_list_file(struct problem_list *list, const char *file, struct span text, size_t offset,
	const char *reason);
bool problem_list_has_errors(const struct problem_list *list);
size_t problem_list_errors(const struct problem_list *list);
/* In order of file, then position. */
void problem_list_print(const struct problem_list *list, FILE *out);
