/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * First line a header of a reply, the rest its body, read by conventions that look far into it. No
 * header of the answer can break a response or be the gateway's own, and base64 survives both ways.
 */
#include "base/json_tree.h"
#include "mappings/answer.h"
#include "mappings/answer_headers.h"
#include "mappings/convention_table.h"
#include "mappings/header_name.h"
#include "mappings/layers.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>

static const char mappings[] =
	"[{\"name\":\"a\",\"match\":{\"path\":\"/a\"},\"send\":{\"bridge\":\"r\",\"queue\":\"q\","
	"\"convention\":\"http\"}},"
	"{\"name\":\"b\",\"match\":{\"path\":\"/b\"},\"send\":{\"bridge\":\"r\",\"queue\":\"q\","
	"\"convention\":\"nestjs\"}},"
	"{\"name\":\"c\",\"match\":{\"path\":\"/c\"},\"send\":{\"bridge\":\"r\",\"queue\":\"q\","
	"\"convention\":\"moleculer\"}},"
	"{\"name\":\"d\",\"match\":{\"path\":\"/d\"},\"send\":{\"bridge\":\"k\",\"topic\":\"t\","
	"\"convention\":\"nestjs\"}}]";

static const struct mapping_table *load(void)
{
	static struct mapping_table *table;
	static struct mapping_context context; /* so that what load made is not a leak */
	static const struct mapping_bridge bridges[] = { { "r", "amqp" }, { "k", "kafka" } };
	struct json_fault fault;
	if (table != NULL) {
		return table;
	}
	struct problem_list *problems = problem_list_create();
	struct json_tree *tree = json_tree_create("fuzz", span_from_text(mappings), &fault);
	context = (struct mapping_context){ .bridges = bridges,
		.bridge_count = 2,
		.default_timeout_ms = 5000,
		.conventions = convention_table_create(),
		.layers = layers_create(NULL, problems),
		.problems = problems };
	table = mapping_table_create();
	for (const struct json_node *n = json_tree_root(tree)->first; n != NULL; n = n->next) {
		mapping_table_add(table, n, &context);
	}
	mapping_table_finish(table, problems);
	require(!problem_list_has_errors(problems));
	return table;
}

static void check_answer(const struct answer *answer)
{
	if (answer->dead || answer->bad_reply != NULL || answer->kind == ANSWER_NOT_YET) {
		return;
	}
	require(answer->status >= 200 && answer->status <= 599);
	require(answer->content_type.len == 0 || answer_headers_writable(answer->content_type));
	for (unsigned i = 0; i < answer->header_count; i++) {
		require(header_name_is_token(answer->headers[i].name));
		require(!header_name_is_gateways(answer->headers[i].name));
		require(answer_headers_writable(answer->headers[i].value));
	}
}

static void check_base64(struct span text)
{
	struct buffer bytes = { 0 }, again = { 0 }, back = { 0 };
	if (buffer_append_base64_decoded(&bytes, text)) {
		buffer_append_base64(&again, buffer_span(&bytes));
		require(buffer_append_base64_decoded(&back, buffer_span(&again)));
		require(span_equal(buffer_span(&back), buffer_span(&bytes)));
	}
	require(!bytes.failed && !again.failed && !back.failed);
	buffer_finish(&bytes);
	buffer_finish(&again);
	buffer_finish(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answer answer;
	const struct mapping_table *table = load();
	struct span rest = span_of((const char *)data, size);
	struct span line = take_line(&rest);
	const struct message_header header = { .name = SPAN("kafka_nest-err"), .value = line };
	const struct message reply = {
		.headers = &header, .header_count = line.len > 0, .body = rest
	};
	struct buffer scratch = { 0 };
	for (size_t i = 0; i < mapping_table_count(table); i++) {
		buffer_clear(&scratch);
		answer_read(mapping_table_at(table, i), &reply, &scratch, &answer);
		check_answer(&answer);
	}
	buffer_finish(&scratch);
	check_base64(line);
	return 0;
}
