/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * JSON Schema 2020-12 of what option_read() takes. Any string may hold a reference, ${env:NAME} or
 * ${file:PATH}, so where a string has a form, one with a reference is let through too.
 */
#include "base/option_value.h"

#include "base/json.h"

#include <string.h>

#define WITH_REFERENCE "{\"type\":\"string\",\"pattern\":\"\\\\$\\\\{\"}"

static void append_text(struct buffer *out, const char *text)
{
	buffer_append(out, text, strlen(text));
}

static void append_bounds(struct buffer *out, const struct option *row)
{
	if (option_value_is_bounded(row)) {
		buffer_append_format(out, ",\"minimum\":%lld,\"maximum\":%lld", (long long)row->min,
			(long long)row->max);
	}
}

static void append_enum(struct buffer *out, const struct option *row)
{
	buffer_append_literal(out, "\"anyOf\":[{\"enum\":[");
	for (size_t i = 0; row->names[i] != NULL; i++) {
		append_text(out, i > 0 ? "," : "");
		json_append_string(out, span_from_text(row->names[i]));
	}
	buffer_append_literal(out, "]}," WITH_REFERENCE "]");
}

/* The row's own words, with the object of its rows where they say "%". */
static void append_node(struct buffer *out, const struct option *row)
{
	const char *usual = row->rows != NULL ? "%" : "{}";
	struct span words = span_from_text(row->schema != NULL ? row->schema : usual);
	const char *mark = row->rows != NULL ? memchr(words.ptr, '%', words.len) : NULL;
	size_t before = mark != NULL ? (size_t)(mark - words.ptr) : words.len;
	buffer_append_literal(out, "\"allOf\":[");
	buffer_append(out, words.ptr, before);
	if (mark != NULL) {
		option_schema(row->rows, out);
		buffer_append_span(out, span_skip(words, before + 1));
	}
	buffer_append_char(out, ']');
}

static void append_type(struct buffer *out, const struct option *row)
{
	static const char *const fixed[] = {
		[OPTION_BOOL] = "\"type\":\"boolean\"",
		[OPTION_DURATION] = "\"anyOf\":[{\"const\":0},{\"type\":\"string\",\"pattern\":"
				    "\"^[0-9]+(ms|s|m|h)$|\\\\$\\\\{\"}]",
		[OPTION_SIZE] = "\"anyOf\":[{\"type\":\"integer\",\"minimum\":0},{\"type\":"
				"\"string\",\"pattern\":\"^[0-9]+(B|KiB|MiB|GiB)$|\\\\$\\\\{\"}]",
		[OPTION_TEXT] = "\"type\":\"string\"",
		[OPTION_ADDRESS] = "\"type\":\"string\"",
		[OPTION_TEXTS] = "\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{"
				 "\"type\":\"string\"}}]",
	};
	switch (row->type) {
	case OPTION_INTEGER:
		buffer_append_literal(out, "\"type\":\"integer\"");
		append_bounds(out, row);
		break;
	case OPTION_ENUM: append_enum(out, row); break;
	case OPTION_OBJECT:
	case OPTION_NODE: append_node(out, row); break;
	default: append_text(out, fixed[row->type]); break;
	}
}

static void append_row(struct buffer *out, const struct option *row)
{
	json_append_string(out, span_from_text(row->name));
	buffer_append_literal(out, ":{");
	append_type(out, row);
	if (row->help != NULL) {
		buffer_append_literal(out, ",\"description\":");
		json_append_string(out, span_from_text(row->help));
	}
	if (row->fallback != NULL) {
		buffer_append_literal(out, ",\"default\":");
		if (option_value_is_bare(row)) {
			append_text(out, row->fallback);
		} else {
			json_append_string(out, span_from_text(row->fallback));
		}
	}
	buffer_append_char(out, '}');
}

static void append_required(struct buffer *out, const struct option *rows)
{
	bool any = false;
	for (const struct option *row = rows; row->name != NULL; row++) {
		if (row->required) {
			append_text(out, any ? "," : ",\"required\":[");
			json_append_string(out, span_from_text(row->name));
			any = true;
		}
	}
	append_text(out, any ? "]" : "");
}

void option_schema(const struct option *rows, struct buffer *out)
{
	buffer_append_literal(out, "{\"type\":\"object\",\"properties\":{");
	bool first = true;
	for (const struct option *row = rows; row->name != NULL; row++) {
		if (row->type != OPTION_LATER) {
			append_text(out, first ? "" : ",");
			append_row(out, row);
			first = false;
		}
	}
	buffer_append_literal(out, "},\"additionalProperties\":false");
	append_required(out, rows);
	buffer_append_char(out, '}');
}
