/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/option_value.h"

#include "base/memory.h"

#include <stdlib.h>

static void print_type(const struct option *row, FILE *out)
{
	static const char *const texts[] = {
		[OPTION_BOOL] = "true or false",
		[OPTION_INTEGER] = "number",
		[OPTION_DURATION] = "duration",
		[OPTION_SIZE] = "size",
		[OPTION_TEXT] = "string",
		[OPTION_ENUM] = "",
		[OPTION_ADDRESS] = "address",
		[OPTION_TEXTS] = "string or list",
		[OPTION_OBJECT] = "object, below",
		[OPTION_NODE] = "as described",
		[OPTION_LATER] = "not available yet",
	};
	bool described = row->type == OPTION_NODE && row->rows != NULL;
	fputs(described ? "below" : texts[row->type], out);
	if (row->type == OPTION_ENUM) {
		for (size_t i = 0; row->names[i] != NULL; i++) {
			fprintf(out, "%s`\"%s\"`", i > 0 ? " " : "", row->names[i]);
		}
	}
	bool counts = row->type == OPTION_INTEGER || row->type == OPTION_DURATION ||
		      row->type == OPTION_SIZE;
	if (counts && option_value_is_bounded(row)) {
		struct buffer range = { 0 };
		option_value_append_range(&range, row);
		fprintf(out, " %.*s", (int)range.len, buffer_span(&range).ptr);
		buffer_finish(&range);
	}
}

/* As it would stand in the file: bare where JSON has no quotes. */
static void print_default(const struct option *row, FILE *out)
{
	if (row->required) {
		fputs("required", out);
	} else if (row->fallback != NULL) {
		fprintf(out, option_value_is_bare(row) ? "`%s`" : "`\"%s\"`", row->fallback);
	} else if (row->type != OPTION_LATER && row->type != OPTION_OBJECT) {
		fputs("none", out);
	}
}

static void print_cell(const char *text, FILE *out)
{
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '|') {
			fputc('\\', out);
		}
		fputc(*text, out);
	}
}

static void print_row(const struct option *row, FILE *out)
{
	fprintf(out, "| `%s` | ", row->name);
	print_type(row, out);
	fputs(" | ", out);
	print_default(row, out);
	fputs(" | ", out);
	print_cell(row->help, out);
	fputs(" |\n", out);
}

/* A title that is a path in the file is continued; "Top level" and the like are not. */
static char *nested_title(const char *title, const struct option *row)
{
	static const char list[] = OPTION_LIST_OF("%");
	char *result;
	bool path = title[0] != '\0' && strchr(title, ' ') == NULL;
	bool many = row->schema != NULL && strcmp(row->schema, list) == 0;
	if (asprintf(&result, "%s%s%s%s", path ? title : "", path ? "." : "", row->name,
		    many ? "[]" : "") < 0) {
		return memory_text(span_from_text(row->name));
	}
	return result;
}

void option_document(const struct option *rows, const char *title, FILE *out)
{
	fprintf(out, "### %s\n\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n",
		title);
	for (const struct option *row = rows; row->name != NULL; row++) {
		print_row(row, out);
	}
	fputc('\n', out);
	for (const struct option *row = rows; row->name != NULL; row++) {
		if (row->rows != NULL) {
			char *nested = nested_title(title, row);
			option_document(row->rows, nested, out);
			free(nested);
		}
	}
}
