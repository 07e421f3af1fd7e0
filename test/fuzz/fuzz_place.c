/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A hostile reply, "TYPE NAME=VALUE" lines and behind an empty line its body, read by mappings that
 * look everywhere: whatever it holds, what the client gets can be written.
 */
#include "base/json.h"
#include "mappings/answer.h"

#include <stdint.h>
#include <stdlib.h>

static const char config[] =
	"[{\"body\":\"body:/response\",\"error\":{\"at\":\"body:/err\",\"exists\":true},"
	"\"error_body\":\"body:/err\",\"status\":[\"body:/err/statusCode\",\"header:s#/code\"],"
	"\"status_map\":{\"at\":\"body:/err\",\"map\":{\"x\":404}}},"
	"{\"error\":[{\"at\":\"prop:type\",\"prefix\":\"e\"},{\"at\":\"body:/"
	"s\",\"in\":[1,\"F\"]}],"
	"\"error_body\":[\"body:/e/name\",\"header:s\"],\"headers\":[\"set-cookie\",\"x\"]},"
	"{\"content_type\":\"header:ct\",\"headers\":\"x\",\"error\":{\"at\":\"header:s\","
	"\"equals\":\"e\"},\"error_body\":\"body:\"}]";

static bool is_writable(struct span text)
{
	return text.len == 0 || (memchr(text.ptr, '\r', text.len) == NULL &&
					memchr(text.ptr, '\n', text.len) == NULL &&
					memchr(text.ptr, 0, text.len) == NULL);
}

static struct span take_until(struct span *rest, char end)
{
	const char *at = rest->len > 0 ? memchr(rest->ptr, end, rest->len) : NULL;
	struct span taken = span_of(rest->ptr, at != NULL ? (size_t)(at - rest->ptr) : rest->len);
	*rest = span_skip(*rest, taken.len + (at != NULL));
	return taken;
}

static void read_reply(struct span text, struct message *reply, struct message_header *headers)
{
	struct span line;
	while ((line = take_until(&text, '\n')).len > 1 && reply->header_count < 16) {
		char type = line.ptr[0];
		line = span_skip(line, 2);
		struct span name = take_until(&line, '=');
		if (type == 'p' && message_property_from_name(name) != PROPERTY_COUNT) {
			reply->properties[message_property_from_name(name)] = line;
		} else {
			headers[reply->header_count++] = (struct message_header){
				.name = name, .value = line, .type = (unsigned char)type % 7
			};
		}
	}
	reply->headers = headers;
	reply->body = text;
}

static void check(const struct answer *answer)
{
	bool good = answer->status >= 200 && answer->status <= 599 &&
		    is_writable(answer->content_type) && is_writable(answer->content_encoding) &&
		    (!answer->body_is_json || json_check(answer->body, NULL));
	for (unsigned i = 0; i < answer->header_count; i++) {
		good = good && is_writable(answer->headers[i].value);
	}
	if (!good) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json_tree *tree;
	static struct mapping_table *table;
	if (table == NULL) {
		struct buffer json = { 0 };
		struct problem_list *problems = problem_list_create();
		const struct mapping_bridge bridge = { "b", "loopback" };
		struct mapping_context context = { .bridges = &bridge,
			.bridge_count = 1,
			.default_bridge = "b",
			.problems = problems };
		struct json_fault fault;
		struct json_tree *answers =
			json_tree_create("answers", span_of(config, sizeof(config) - 1), &fault);
		const struct json_node *node = json_tree_root(answers)->first;
		for (; node != NULL; node = node->next) {
			buffer_append_format(&json,
				"%c{\"name\":\"%u\",\"match\":{\"op\":\"%u\"},\"send\":{},"
				"\"answer\":%.*s}",
				node->index > 0 ? ',' : '[', node->index, node->index,
				(int)node->text.len, node->text.ptr);
		}
		buffer_append_char(&json, ']');
		tree = json_tree_create("mappings", buffer_span(&json), &fault);
		table = mapping_table_create();
		for (node = json_tree_root(tree)->first; node != NULL; node = node->next) {
			mapping_table_add(table, node, &context);
		}
		mapping_table_finish(table, problems);
		if (problem_list_has_errors(problems)) {
			problem_list_print(problems, stderr);
			abort();
		}
		problem_list_destroy(problems);
		json_tree_destroy(answers);
		buffer_finish(&json);
	}
	struct message reply = { 0 };
	struct message_header headers[16];
	read_reply(span_of((const char *)data, size), &reply, headers);
	for (size_t i = 0; i < mapping_table_count(table); i++) {
		struct buffer scratch = { 0 };
		struct answer answer;
		answer_read(mapping_table_at(table, i), &reply, &scratch, &answer);
		check(&answer);
		buffer_finish(&scratch);
	}
	return 0;
}
