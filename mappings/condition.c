/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/condition.h"

#include "base/json.h"
#include "base/option.h"

#include <stddef.h>

struct condition_options {
	const struct json_node *at, *equals, *in, *prefix, *exists;
};

#define ROW(name_, member, schema_, help_)                                               \
	{                                                                                \
		.name = name_, .type = OPTION_NODE,                                      \
		.offset = offsetof(struct condition_options, member), .schema = schema_, \
		.help = help_                                                            \
	}

const struct option condition_rows[] = {
	{ .name = "at",
		.type = OPTION_NODE,
		.offset = offsetof(struct condition_options, at),
		.required = true,
		.schema = OPTION_IS("place"),
		.help = "where to look" },
	ROW("equals", equals, OPTION_IS("scalar"), "the value, of the same JSON type"),
	ROW("in", in, OPTION_LIST_OF(OPTION_IS("scalar")), "one of these"),
	ROW("prefix", prefix, "{\"type\":\"string\"}", "a text that begins so"),
	ROW("exists", exists, "{\"type\":\"boolean\"}", "it is there and not null, or is not"),
	{ 0 },
};

bool condition_place(const struct json_node *node, struct store *store, struct place *place,
	struct problem_list *problems)
{
	if (node->type != JSON_STRING) {
		problem_list_error(problems, node, "expected a place, like \"body:/status\"");
		return false;
	}
	struct span text = store_take(store, option_expand(node, problems));
	if (!span_present(text)) {
		return false;
	}
	if (!place_parse(text, place)) {
		problem_list_error(problems, node,
			"'%.*s' is no place; expected prop:NAME, header:NAME, key, body:, "
			"body:/json/pointer or header:NAME#/pointer",
			(int)node->string.len, node->string.ptr);
		return false;
	}
	return true;
}

static void compile_value(const struct json_node *node, struct store *store,
	struct condition_value *value, struct problem_list *problems)
{
	value->type = node->type;
	value->text = node->text;
	if (node->type == JSON_STRING) {
		value->text = store_take(store, option_expand(node, problems));
	} else if (node->type == JSON_OBJECT || node->type == JSON_ARRAY) {
		problem_list_error(problems, node, "expected a string, a number, a bool or null");
	}
}

static void compile_values(const struct json_node *node, bool many, struct store *store,
	struct condition *condition, struct problem_list *problems)
{
	unsigned count = 1;
	if (many) {
		if (node->type != JSON_ARRAY || node->first == NULL) {
			problem_list_error(problems, node, "expected an array with a value");
			return;
		}
		count = 0;
		for (const struct json_node *n = node->first; n != NULL; n = n->next) {
			count++;
		}
		node = node->first;
	}
	struct condition_value *values = store_new(store, count, sizeof(*values));
	condition->values = values;
	condition->value_count = count;
	for (unsigned i = 0; i < count; i++, node = node->next) {
		compile_value(node, store, &values[i], problems);
	}
}

static void compile_test(const struct condition_options *options, struct store *store,
	struct condition *condition, struct problem_list *problems)
{
	condition->test = CONDITION_IN;
	if (options->equals != NULL) {
		compile_values(options->equals, false, store, condition, problems);
	} else if (options->in != NULL) {
		compile_values(options->in, true, store, condition, problems);
	} else if (options->prefix != NULL) {
		condition->test = CONDITION_PREFIX;
		if (options->prefix->type != JSON_STRING) {
			problem_list_error(problems, options->prefix, "expected a string");
			return;
		}
		compile_values(options->prefix, false, store, condition, problems);
	} else {
		condition->test = CONDITION_EXISTS;
		condition->exists = options->exists->type == JSON_TRUE;
		if (!condition->exists && options->exists->type != JSON_FALSE) {
			problem_list_error(problems, options->exists, "expected true or false");
		}
	}
}

static void compile_one(const struct json_node *node, struct store *store,
	struct condition *condition, struct problem_list *problems)
{
	struct condition_options options;
	if (node->type != JSON_OBJECT) {
		problem_list_error(problems, node,
			"expected a condition: {\"at\": PLACE, \"equals\" | \"in\" | \"prefix\" | "
			"\"exists\": …}");
		return;
	}
	if (!option_read(condition_rows, node, &options, problems)) {
		return;
	}
	int tests = (options.equals != NULL) + (options.in != NULL) + (options.prefix != NULL) +
		    (options.exists != NULL);
	if (tests != 1) {
		problem_list_error(problems, node,
			"expected exactly one of equals, in, prefix and exists beside at");
		return;
	}
	condition_place(options.at, store, &condition->at, problems);
	compile_test(&options, store, condition, problems);
}

void condition_list_compile(const struct json_node *node, struct store *store,
	struct condition_list *list, struct problem_list *problems)
{
	bool many = node->type == JSON_ARRAY;
	const struct json_node *first = many ? node->first : node;
	for (const struct json_node *n = first; n != NULL; n = many ? n->next : NULL) {
		list->count++;
	}
	if (list->count == 0) {
		problem_list_error(problems, node, "expected a condition");
		return;
	}
	list->items = store_new(store, list->count, sizeof(*list->items));
	for (unsigned i = 0; i < list->count; i++, first = first->next) {
		compile_one(first, store, &list->items[i], problems);
	}
}

/* Headers and properties are text: 5 equals "5" there, but not inside JSON. */
static bool equals(const struct condition_value *wanted, const struct place_value *value)
{
	if (!value->json) {
		return span_equal(value->text, wanted->text);
	}
	enum json_type type = json_type_of(value->text);
	if (type != wanted->type) {
		return false;
	}
	switch (type) {
	case JSON_STRING: return json_string_equal(value->text, wanted->text);
	case JSON_NUMBER: return span_equal(value->text, wanted->text);
	default: return true; /* true, false and null are written in one way */
	}
}

static bool holds(const struct condition *condition, struct place_source *source)
{
	struct place_value value;
	bool found = place_read(&condition->at, source, &value);
	if (condition->test == CONDITION_EXISTS) {
		bool null = found && value.json && json_type_of(value.text) == JSON_NULL;
		return (found && !null) == condition->exists;
	}
	if (!found) {
		return false;
	}
	if (condition->test == CONDITION_PREFIX) {
		size_t start = source->scratch->len;
		struct span text = place_text(&value, source->scratch);
		bool fits = span_starts_with(text, condition->values[0].text);
		source->scratch->len = start;
		return fits;
	}
	for (unsigned i = 0; i < condition->value_count; i++) {
		if (equals(&condition->values[i], &value)) {
			return true;
		}
	}
	return false;
}

bool condition_list_holds_some(const struct condition_list *list, struct place_source *source)
{
	const struct condition *end = list->items + list->count;
	for (const struct condition *condition = list->items; condition < end; condition++) {
		if (holds(condition, source)) {
			return true;
		}
	}
	return false;
}
