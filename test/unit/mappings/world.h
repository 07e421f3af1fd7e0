/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A table of mappings from JSON text, a request from text, and what came of it as text:
 *
 *     "POST /orders?x=1\nContent-Type: text/plain\n\nhello"        over HTTP
 *     "op orders.create\n\n{}"                                     from a WebSocket envelope
 */
#pragma once

#include "base/json_tree.h"
#include "base/memory.h"
#include "base/problem_list.h"
#include "mappings/accept_types.h"
#include "mappings/answer.h"
#include "mappings/convention_table.h"
#include "mappings/layers.h"
#include "mappings/mapping.h"
#include "mappings/send.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Long texts for limits. */
#define X15 "xxxxxxxxxxxxxxx"
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X255 X64 X64 X64 X15 X15 X15 X15 "xxx"
#define X256 X64 X64 X64 X64
#define X1024 X256 X256 X256 X256

#define WORLD_ID "0f8fad5b-d9cb-469f-a165-70867728950e"

struct world {
	struct json_tree *tree, *types_tree;
	struct problem_list *problems;
	struct layers *layers;
	struct accept_types *accept_types;
	struct convention_table *conventions;
	struct mapping_table *table;
	struct match match;
	struct buffer scratch;
	struct send_room room;
	struct refusal refusal;
	struct request request;
	struct request_header headers[128];
	struct answer answer;
	char *text;
};

static const struct mapping_bridge world_bridges[] = {
	{ "rabbit", "amqp" },
	{ "echo", "loopback" },
	{ "kafka", "kafka" },
};

static const char world_types[] =
	"{\"json\": [\"application/json\", \"application/*+json\"], \"html\": \"text/html\","
	" \"image\": \"image/*\", \"text\": [\"text/plain\", \"text/csv\"]}";

/* Loads an array of mappings. */
static inline void world_open(struct world *world, const char *json)
{
	struct json_fault fault;
	*world = (struct world){ .problems = problem_list_create() };
	world->layers = layers_create(NULL, world->problems);
	world->types_tree = json_tree_create("types.json", span_from_text(world_types), &fault);
	world->accept_types =
		accept_types_create(json_tree_root(world->types_tree), world->problems);
	world->conventions = convention_table_create();
	world->table = mapping_table_create();
	world->tree = json_tree_create("test.json", span_from_text(json), &fault);
	if (world->tree == NULL) {
		fprintf(stderr, "%s at %zu in %s\n", fault.reason, fault.offset, json);
		abort();
	}
	struct mapping_context context = { .bridges = world_bridges,
		.bridge_count = 3,
		.default_bridge = "rabbit",
		.conventions = world->conventions,
		.default_timeout_ms = 5000,
		.layers = world->layers,
		.accept_types = world->accept_types,
		.limit_body = 4096,
		.limit_reply = 8192,
		.problems = world->problems };
	const struct json_node *node = json_tree_root(world->tree)->first;
	for (; node != NULL; node = node->next) {
		mapping_table_add(world->table, node, &context);
	}
	mapping_table_finish(world->table, world->problems);
}

static inline void world_close(struct world *world)
{
	mapping_table_destroy(world->table);
	accept_types_destroy(world->accept_types);
	layers_destroy(world->layers);
	json_tree_destroy(world->types_tree);
	convention_table_destroy(world->conventions);
	problem_list_destroy(world->problems);
	json_tree_destroy(world->tree);
	buffer_finish(&world->scratch);
	send_room_trim(&world->room, 0);
	free(world->text);
}

/* All problems as one text. */
static inline const char *world_problems(struct world *world)
{
	size_t size;
	free(world->text);
	FILE *out = open_memstream(&world->text, &size);
	problem_list_print(world->problems, out);
	fclose(out);
	return world->text;
}

static inline struct span world_take(struct span *rest, const char *until)
{
	size_t len = strlen(until);
	const char *at = memmem(rest->ptr, rest->len, until, len);
	struct span taken = span_of(rest->ptr, at != NULL ? (size_t)(at - rest->ptr) : rest->len);
	*rest = at != NULL ? span_skip(*rest, taken.len + len) : span_skip(*rest, rest->len);
	return taken;
}

static inline void world_read_headers(struct world *world, struct span head)
{
	struct request *request = &world->request;
	while (head.len > 0) {
		struct span line = world_take(&head, "\n");
		struct request_header *header = &world->headers[request->header_count++];
		header->name = world_take(&line, ": ");
		header->value = line;
		if (span_equal_nocase(header->name, SPAN("content-type"))) {
			request->content_type = line;
		} else if (span_equal_nocase(header->name, SPAN("content-encoding")) &&
			   !span_present(request->content_encoding)) {
			request->content_encoding = line;
		} else if (span_equal_nocase(header->name, SPAN("host"))) {
			request->host = line;
		}
	}
}

static inline void world_read_request(struct world *world, struct span text)
{
	struct request *request = &world->request;
	bool has_body = memmem(text.ptr, text.len, "\n\n", 2) != NULL;
	struct span head = world_take(&text, "\n\n");
	struct span line = world_take(&head, "\n");
	*request = (struct request){ .headers = world->headers,
		.has_body = has_body,
		.has_content = text.len > 0,
		.body = text,
		.scheme = SPAN("http"),
		.host = SPAN("api.example"),
		.port = SPAN("8080"),
		.client = { { [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1 } },
		.connection_id = 17,
		.request_id = SPAN("r-1"),
		.traceparent = SPAN("00-t-s-01") };
	if (span_starts_with(line, SPAN("op "))) {
		request->websocket = true;
		request->op = span_skip(line, 3);
		request->body_is_json = true;
	} else {
		request->method = world_take(&line, " ");
		request->uri = line;
		request->path = world_take(&line, "?");
		request->query = request->path.len < request->uri.len ? line : SPAN_ABSENT;
	}
	world_read_headers(world, head);
}

/* 0, or the status that refuses the request's head. */
static inline int world_match(struct world *world, const char *text)
{
	world_read_request(world, span_from_text(text));
	buffer_clear(&world->scratch);
	world->match.scratch = &world->scratch;
	return mapping_table_match(world->table, &world->request, &world->match, &world->refusal);
}

/* 0 with a message in the room, or the status that refuses the request. */
static inline int world_send(struct world *world, const char *text)
{
	static const struct send_facts facts = { .id = { WORLD_ID, 36 },
		.reply_to = { "replies.1", 9 },
		.deadline_ms = 4750,
		.wall_ms = 1700000000123,
		.instance = { "gw-1", 4 },
		.reply_partition = 0x41424344 };
	int status = world_match(world, text);
	if (status != 0) {
		return status;
	}
	return send_compose(&world->request, &world->match, &facts, &world->room, &world->refusal)
		       ? 0
		       : world->refusal.status;
}

/* "exchange/key | property=value … | header=value … | body", without what every message has. */
static inline const char *world_message(struct world *world)
{
	static const char types[] = "tyirbnj";
	const struct message *message = &world->room.message;
	struct buffer out = { 0 };
	if (span_present(message->topic)) {
		buffer_append_span(&out, message->topic);
		buffer_append_format(&out, "%s", span_present(message->key) ? " key " : "");
		buffer_append_span(&out, message->key);
		buffer_append_format(&out, "%s", span_present(message->partition) ? " at " : "");
		buffer_append_span(&out, message->partition);
	} else {
		buffer_append_span(&out, message->exchange);
		buffer_append_literal(&out, "/");
		buffer_append_span(&out, message->routing_key);
	}
	buffer_append_literal(&out, " |");
	for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
		struct span value = message->properties[i];
		if (span_present(value) && !span_equal(value, SPAN(WORLD_ID))) {
			buffer_append_format(&out, " %s=%.*s", message_property_name(i),
				(int)value.len, value.ptr);
		}
	}
	buffer_append_literal(&out, " |");
	for (unsigned i = 0; i < message->header_count; i++) {
		const struct message_header *header = &message->headers[i];
		if (!span_equal(header->name, SPAN("traceparent"))) {
			buffer_append_format(&out, " %.*s=%c:%.*s", (int)header->name.len,
				header->name.ptr, types[header->type], (int)header->value.len,
				header->value.ptr);
		}
	}
	buffer_append_literal(&out, " | ");
	buffer_append_span(&out, span_present(message->body) ? message->body : SPAN("no value"));
	free(world->text);
	world->text = memory_text(buffer_span(&out));
	buffer_finish(&out);
	return world->text;
}

/* One request through one mapping: the message, or the status that refuses it. */
struct world_story {
	const char *mapping; /* what stands beside the name */
	const char *request;
	const char *message; /* NULL: refused */
	int status;
};

static inline void world_tell_one(const struct world_story *story)
{
	struct world world;
	struct buffer json = { 0 };
	buffer_append_format(&json, "[{ \"name\": \"m\", %s }]%c", story->mapping, 0);
	world_open(&world, json.data);
	if (problem_list_has_errors(world.problems)) {
		fail_msg("%s\n%s", story->mapping, world_problems(&world));
	}
	/* Twice: the second time nothing grows, and nothing of the first is left. */
	for (int again = 0; again < 2; again++) {
		int status = world_send(&world, story->request);
		if (status != story->status) {
			fail_msg("%s\n%s\nstatus %d %s", story->mapping, story->request, status,
				status != 0 ? world.refusal.detail : world_message(&world));
		}
		if (story->message != NULL) {
			assert_string_equal(world_message(&world), story->message);
		}
	}
	world_close(&world);
	buffer_finish(&json);
}

static inline void world_tell(const struct world_story *stories, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		world_tell_one(&stories[i]);
	}
}

#define WORLD_TELL(stories) world_tell((stories), sizeof(stories) / sizeof((stories)[0]))

/* Mappings that must not load, and what the first problem must say. */
struct world_fault {
	const char *mapping;
	const char *problem;
};

static inline void world_refuse(const struct world_fault *faults, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct world world;
		struct buffer json = { 0 };
		buffer_append_format(&json, "[{ \"name\": \"m\", %s }]%c", faults[i].mapping, 0);
		world_open(&world, json.data);
		if (!problem_list_has_errors(world.problems) ||
			strstr(world_problems(&world), faults[i].problem) == NULL) {
			fail_msg("%s\nexpected: %s\nfound: %s", faults[i].mapping,
				faults[i].problem, world_problems(&world));
		}
		world_close(&world);
		buffer_finish(&json);
	}
}

#define WORLD_REFUSE(faults) world_refuse((faults), sizeof(faults) / sizeof((faults)[0]))
