/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/answer_headers.h"

#include "base/json.h"
#include "base/text.h"
#include "mappings/cors_rule.h"
#include "mappings/filter.h"
#include "mappings/header_name.h"

struct reader {
	const struct answer_rule *rule;
	struct place_source *source;
	struct answer *answer;
};

/* Load */

static unsigned count_members(const struct json_node *node)
{
	unsigned count = 0;
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		count++;
	}
	return count;
}

static bool is_usable(const struct json_node *node, struct span name, struct problem_list *problems)
{
	if (!header_name_is_token(name) || memchr(name.ptr, '*', name.len) != NULL) {
		problem_list_error(problems, node, "expected the name of a reply header");
		return false;
	}
	if (header_name_is_gateways(name)) {
		problem_list_warning(problems, node,
			"'%.*s' is the gateway's own and never taken from a reply", (int)name.len,
			name.ptr);
		return false;
	}
	return true;
}

/* {"set-cookie": "body:/cookies"} */
static void compile_placed(const struct json_node *node, struct store *store,
	struct answer_rule *rule, struct problem_list *problems)
{
	const struct json_node *member = node->first;
	if (member == NULL || member->next != NULL) {
		problem_list_error(problems, node,
			"expected one header and its place: {\"set-cookie\": \"body:/cookies\"}");
		return;
	}
	struct answer_header *header = &rule->placed[rule->placed_count];
	header->name = store_copy(store, member->name);
	if (condition_place(member, store, &header->at, problems) &&
		is_usable(member, header->name, problems)) {
		rule->placed_count++;
	}
}

static void compile_one(const struct json_node *node, struct store *store, struct answer_rule *rule,
	struct problem_list *problems)
{
	struct span name = SPAN_ABSENT;
	if (node->type == JSON_OBJECT) {
		compile_placed(node, store, rule, problems);
		return;
	}
	if (node->type == JSON_STRING) {
		name = store_take(store, option_expand(node, problems));
	}
	struct answer_header *all = &rule->placed[rule->placed_count];
	if (span_present(name) && place_parse(name, &all->at)) {
		all->name = SPAN_ABSENT;
		rule->placed_count++;
	} else if (is_usable(node, name, problems)) {
		rule->headers[rule->header_count++] = name;
	}
}

void answer_headers_compile(const struct json_node *node, struct store *store,
	struct answer_rule *rule, struct problem_list *problems)
{
	bool list = node->type == JSON_ARRAY;
	unsigned count = list ? count_members(node) : 1;
	rule->headers = store_new(store, count + 1, sizeof(*rule->headers));
	rule->placed = store_new(store, count + 1, sizeof(*rule->placed));
	for (const struct json_node *n = list ? node->first : node; n != NULL;
		n = list ? n->next : NULL) {
		compile_one(n, store, rule, problems);
	}
}

/* Replies */

bool answer_headers_writable(struct span text)
{
	if (text_is_printable(text)) {
		return true;
	}
	size_t at = text_find_control(text, 0);
	while (at < text.len && text.ptr[at] == '\t') {
		at = text_find_control(text, at + 1);
	}
	return at == text.len;
}

static void add(struct reader *reader, struct span name, struct span value)
{
	struct answer *answer = reader->answer;
	if (answer->header_count == MESSAGE_HEADERS_MAX || !answer_headers_writable(value)) {
		answer->headers_dropped++;
		return;
	}
	answer->headers[answer->header_count++] =
		(struct message_header){ .name = name, .value = value, .type = MESSAGE_TEXT };
}

static void add_scalar(struct reader *reader, struct span name, struct span json)
{
	const struct place_value value = { .text = json, .json = true };
	enum json_type type = json_type_of(json);
	if (type == JSON_ARRAY || type == JSON_OBJECT || type == JSON_NULL) {
		reader->answer->headers_dropped++;
		return;
	}
	add(reader, name, place_text(&value, reader->source->scratch));
}

/* An array gives the header once for each of its elements. */
static void add_json(struct reader *reader, struct span name, struct span json)
{
	struct json_cursor cursor = json_open(json);
	struct span element;
	if (json_type_of(json) != JSON_ARRAY) {
		add_scalar(reader, name, json);
		return;
	}
	while (json_next_element(&cursor, &element)) {
		add_scalar(reader, name, element);
	}
}

static void read_own(struct reader *reader)
{
	const struct message *reply = reader->source->message;
	const struct answer_rule *rule = reader->rule;
	for (unsigned i = 0; i < reply->header_count; i++) {
		const struct message_header *header = &reply->headers[i];
		unsigned j = 0;
		while (j < rule->header_count &&
			!span_equal_nocase(rule->headers[j], header->name)) {
			j++;
		}
		if (j == rule->header_count || header->type == MESSAGE_NULL) {
			continue;
		}
		if (header->type != MESSAGE_JSON) {
			add(reader, rule->headers[j], header->value);
		} else if (json_check(header->value, NULL) &&
			   json_type_of(json_value(header->value)) == JSON_ARRAY) {
			add_json(reader, rule->headers[j], json_value(header->value));
		} else {
			reader->answer->headers_dropped++;
		}
	}
}

/* How the body is to be read stands among the headers, where HTTP has it. */
static bool take_content(struct reader *reader, struct span name, struct span json)
{
	struct answer *answer = reader->answer;
	bool type = span_equal_nocase(name, SPAN("content-type"));
	const struct place_value value = { .text = json, .json = true };
	if (!type && !span_equal_nocase(name, SPAN("content-encoding"))) {
		return false;
	}
	struct span text = json_type_of(json) == JSON_STRING
				   ? place_text(&value, reader->source->scratch)
				   : SPAN("");
	if (text.len == 0 || !answer_headers_writable(text)) {
		answer->headers_dropped++;
	} else if (type) {
		answer->content_type = text;
	} else {
		answer->content_encoding = text;
	}
	return true;
}

static void read_member(struct reader *reader, struct span quoted, struct span json)
{
	const struct place_value value = { .text = quoted, .json = true };
	struct span name = place_text(&value, reader->source->scratch);
	if (json_type_of(json) == JSON_NULL || take_content(reader, name, json)) {
		return;
	}
	if (!header_name_is_token(name) || header_name_is_gateways(name) ||
		(reader->rule->own_cors && cors_rule_owns(name))) {
		reader->answer->headers_dropped++;
		return;
	}
	add_json(reader, name, json);
}

static void read_placed(struct reader *reader, const struct answer_header *header)
{
	struct place_value value;
	if (!place_read(&header->at, reader->source, &value) ||
		(value.json && json_type_of(value.text) == JSON_NULL) ||
		(reader->rule->own_cors && cors_rule_owns(header->name))) {
		return;
	}
	if (span_present(header->name)) {
		if (value.json) {
			add_json(reader, header->name, value.text);
		} else {
			add(reader, header->name, value.text);
		}
		return;
	}
	if (!value.json || json_type_of(value.text) != JSON_OBJECT) {
		reader->answer->headers_dropped++;
		return;
	}
	struct json_cursor cursor = json_open(value.text);
	struct span name;
	struct span json;
	while (json_next_member(&cursor, &name, &json)) {
		read_member(reader, name, json);
	}
}

void answer_headers_read(
	const struct answer_rule *rule, struct place_source *source, struct answer *answer)
{
	struct reader reader = { .rule = rule, .source = source, .answer = answer };
	if (rule->header_count > 0) {
		read_own(&reader);
	}
	for (unsigned i = 0; i < rule->placed_count; i++) {
		read_placed(&reader, &rule->placed[i]);
	}
}
