/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * envelope_calls CONVENTION text|orders COUNT: makes a message of a request with a body of 1 KB,
 * and an answer of a reply with the same, COUNT times. Under callgrind the difference of two counts
 * is what one costs, and the difference of two conventions what the dialect does.
 */
#include "base/json_tree.h"
#include "mappings/answer.h"
#include "mappings/convention_table.h"
#include "mappings/layers.h"
#include "mappings/mapping.h"
#include "mappings/send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
	struct mapping_table *table;
	struct match match;
	struct buffer scratch, body, reply_body;
	struct send_room room;
	struct answer answer;
};

static void require(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "%s\n", what);
		exit(1);
	}
}

/* What load allocates lives as long as the program. */
static void make_table(struct bench *bench, const char *convention)
{
	static const struct mapping_bridge bridge = { "b", "amqp" };
	struct json_fault fault;
	struct buffer json = { 0 };
	struct problem_list *problems = problem_list_create();
	buffer_append_format(&json,
		"[{\"name\":\"m\",\"match\":{\"path\":\"/sum\"},\"send\":{\"queue\":\"q\","
		"\"convention\":\"%s\"}}]",
		convention);
	struct json_tree *tree = json_tree_create("bench", buffer_span(&json), &fault);
	const struct mapping_context context = { .bridges = &bridge,
		.bridge_count = 1,
		.default_bridge = "b",
		.default_timeout_ms = 5000,
		.conventions = convention_table_create(),
		.layers = layers_create(NULL, problems),
		.problems = problems };
	bench->table = mapping_table_create();
	mapping_table_add(bench->table, json_tree_root(tree)->first, &context);
	mapping_table_finish(bench->table, problems);
	require(!problem_list_has_errors(problems), "the mapping does not load");
}

/* Text in one member, or orders as people send them: short names, texts and numbers. */
static void make_bodies(struct bench *bench, bool enveloped, bool text)
{
	struct buffer *body = &bench->body;
	buffer_append_literal(body, "{\"orders\":[");
	for (unsigned i = 0; !text && body->len < 940; i++) {
		buffer_append_format(body,
			"%s{\"id\":%u,\"name\":\"Earl Grey tea, loose leaf\",\"count\":3,\"price\":"
			"12.50}",
			i > 0 ? "," : "", 1000 + i);
	}
	buffer_append_literal(body, "],\"note\":\"");
	while (body->len < 1022) {
		buffer_append_char(body, 'x');
	}
	buffer_append_literal(body, "\"}");
	buffer_append_literal(&bench->reply_body, "");
	if (enveloped) {
		buffer_append_literal(&bench->reply_body, "{\"response\":");
	}
	buffer_append_span(&bench->reply_body, buffer_span(body));
	if (enveloped) {
		buffer_append_literal(&bench->reply_body, ",\"isDisposed\":true}");
	}
}

static void call(struct bench *bench)
{
	static const struct send_facts facts = { .id = { "0f8fad5b-d9cb-469f-a165-70867728950e",
							 36 },
		.reply_to = { "bridgehead.replies.0", 20 },
		.deadline_ms = 5000,
		.wall_ms = 1700000000123,
		.instance = { "gw-1", 4 },
		.reply_partition = -1 };
	const struct request request = { .method = SPAN("POST"),
		.uri = SPAN("/sum"),
		.path = SPAN("/sum"),
		.content_type = SPAN("application/json"),
		.has_body = true,
		.has_content = true,
		.body = buffer_span(&bench->body),
		.host = SPAN("a.example") };
	struct refusal refusal;
	struct message reply = { .body = buffer_span(&bench->reply_body) };
	reply.properties[PROPERTY_CORRELATION_ID] = facts.id;
	buffer_clear(&bench->scratch);
	bench->match.scratch = &bench->scratch;
	require(mapping_table_match(bench->table, &request, &bench->match, &refusal) == 0 &&
			send_compose(&request, &bench->match, &facts, &bench->room, &refusal),
		"the request is refused");
	answer_read(bench->match.mapping, &reply, &bench->scratch, &bench->answer);
	require(bench->answer.status == 200 && bench->answer.body.len == bench->body.len,
		"the reply is not understood");
}

int main(int argc, char **argv)
{
	static struct bench bench;
	require(argc == 4, "usage: envelope_calls CONVENTION text|orders COUNT");
	make_table(&bench, argv[1]);
	make_bodies(&bench, strcmp(argv[1], "nestjs") == 0, strcmp(argv[2], "text") == 0);
	for (unsigned long i = strtoul(argv[3], NULL, 10); i > 0; i--) {
		call(&bench);
	}
	return 0;
}
