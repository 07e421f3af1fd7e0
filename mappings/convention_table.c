/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/convention_table.h"

#include "base/memory.h"
#include "base/option.h"
#include "mappings/answer_rule.h"
#include "mappings/filter.h"
#include "mappings/send_rule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 64

struct convention_table {
	struct convention *items; /* the built-in ones first; names are ours */
	size_t count;
	struct json_tree **trees; /* of the built-in ones */
	size_t tree_count;
};

struct convention_options {
	char *name, *bridge, *about;
	const struct json_node *send, *answer;
};

#define ROW(name_, type_, required_)                                                        \
	{                                                                                   \
		.name = #name_, .type = type_,                                              \
		.offset = offsetof(struct convention_options, name_), .required = required_ \
	}

static const struct option convention_rows[] = {
	ROW(name, OPTION_TEXT, true),
	ROW(bridge, OPTION_TEXT, true),
	ROW(about, OPTION_TEXT, false),
	ROW(send, OPTION_NODE, false),
	ROW(answer, OPTION_NODE, false),
	{ 0 },
};

static struct span text_of(const struct json_node *node, struct span name)
{
	const struct json_node *member = json_node_member(node, name);
	return member != NULL && member->type == JSON_STRING ? member->string : SPAN("");
}

static void take(struct convention_table *table, const struct json_node *node)
{
	table->items = memory_resize(table->items, table->count + 1, sizeof(*table->items));
	table->items[table->count++] =
		(struct convention){ .name = memory_text(text_of(node, SPAN("name"))),
			.bridge = text_of(node, SPAN("bridge")),
			.about = text_of(node, SPAN("about")),
			.send = json_node_member(node, SPAN("send")),
			.answer = json_node_member(node, SPAN("answer")) };
}

struct convention_table *convention_table_create(void)
{
	struct convention_table *table = memory_new(1, sizeof(*table));
	for (const struct convention_file *file = convention_files; file->name != NULL; file++) {
		struct json_fault fault;
		struct json_tree *tree =
			json_tree_create(file->name, span_of(file->text, file->len), &fault);
		assert(tree != NULL);
		table->trees = memory_resize(
			table->trees, table->tree_count + 1, sizeof(struct json_tree *));
		table->trees[table->tree_count++] = tree;
		take(table, json_tree_root(tree));
	}
	return table;
}

void convention_table_destroy(struct convention_table *table)
{
	if (table == NULL) {
		return;
	}
	for (size_t i = 0; i < table->count; i++) {
		free((void *)table->items[i].name);
	}
	for (size_t i = 0; i < table->tree_count; i++) {
		json_tree_destroy(table->trees[i]);
	}
	free(table->trees);
	free(table->items);
	free(table);
}

static bool is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = span_lower(name.ptr[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
			    c == '.')) {
			return false;
		}
	}
	return name.len > 0 && name.len <= NAME_MAX_BYTES;
}

/* It came with the program, or from another file. */
static void report_taken(const struct convention_table *table, const struct convention *taken,
	const struct json_node *at, struct problem_list *problems)
{
	bool built_in = (size_t)(taken - table->items) < table->tree_count;
	problem_list_error(problems, at,
		built_in ? "'%s' is a convention of the program; take another name"
			 : "another convention is called '%s' too",
		taken->name);
}

static bool check(const struct convention_table *table, const struct json_node *node,
	const struct convention_options *options, struct problem_list *problems)
{
	const struct json_node *name = json_node_member(node, SPAN("name"));
	const struct json_node *bridge = json_node_member(node, SPAN("bridge"));
	if (!is_name(name->string)) {
		problem_list_error(
			problems, name, "expected 1 to 64 characters of A-Z a-z 0-9 . _ -");
		return false;
	}
	if (!span_equal(bridge->string, SPAN("amqp")) &&
		!span_equal(bridge->string, SPAN("kafka"))) {
		problem_list_error(problems, bridge, "expected \"amqp\" or \"kafka\"");
		return false;
	}
	const struct convention *taken =
		convention_table_find(table, name->string, options->bridge);
	if (taken != NULL) {
		report_taken(table, taken, name, problems);
		return false;
	}
	if (options->send != NULL) {
		send_rule_check_preset(options->send, options->bridge, problems);
	}
	if (options->answer != NULL) {
		answer_rule_check_preset(options->answer, problems);
	}
	return true;
}

void convention_table_add(
	struct convention_table *table, const struct json_node *node, struct problem_list *problems)
{
	struct convention_options options;
	if (node->type != JSON_OBJECT) {
		problem_list_error(problems, node,
			"expected a convention: {\"name\", \"bridge\", \"send\", \"answer\"}");
		return;
	}
	if (option_read(convention_rows, node, &options, problems) &&
		check(table, node, &options, problems)) {
		take(table, node);
	}
	option_finish(convention_rows, &options);
}

const struct convention *convention_table_find(
	const struct convention_table *table, struct span name, const char *bridge)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct convention *convention = &table->items[i];
		if (span_equal(name, span_from_text(convention->name)) &&
			span_equal(convention->bridge, span_from_text(bridge))) {
			return convention;
		}
	}
	return NULL;
}

const char *convention_table_nearest(
	const struct convention_table *table, struct span name, const char *bridge)
{
	const char **names = memory_new(table->count + 1, sizeof(*names));
	size_t count = 0;
	for (size_t i = 0; i < table->count; i++) {
		if (span_equal(table->items[i].bridge, span_from_text(bridge))) {
			names[count++] = table->items[i].name;
		}
	}
	const char *near = name.len <= NAME_MAX_BYTES ? option_nearest_name(name, names) : NULL;
	free(names);
	return near;
}

size_t convention_table_count(const struct convention_table *table)
{
	return table->count;
}

const struct convention *convention_table_at(const struct convention_table *table, size_t index)
{
	return &table->items[index];
}

void convention_files_list(FILE *out)
{
	struct convention_table *table = convention_table_create();
	for (size_t i = 0; i < table->count; i++) {
		const struct convention *convention = &table->items[i];
		fprintf(out, "%-20s %.*s\n", convention_files[i].name, (int)convention->about.len,
			convention->about.ptr);
	}
	convention_table_destroy(table);
}

bool convention_files_print(const char *name, FILE *out)
{
	bool whole = strchr(name, '/') != NULL;
	unsigned found = 0;
	for (const struct convention_file *file = convention_files; file->name != NULL; file++) {
		if (strcmp(name, whole ? file->name : strchr(file->name, '/') + 1) != 0) {
			continue;
		}
		if (!whole) {
			fputs(found == 0 ? "[\n" : ",\n", out);
		}
		/* without the newline that ends the file */
		fwrite(file->text, 1, file->len - 1, out);
		found++;
	}
	if (found > 0) {
		fputs(whole ? "\n" : "\n]\n", out);
	}
	return found > 0;
}
