/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * match_calls SHAPE MAPPINGS COUNT: finds the mapping of a request COUNT times, each time another
 * one of 1,000, in a table of as many MAPPINGS, and prints how many nanoseconds one took. Under
 * callgrind the difference of two counts is what one costs in instructions. The requests ask for
 * mappings from all parts of the table, in an order that no cache has learned.
 */
#include "base/json_tree.h"
#include "mappings/layers.h"
#include "mappings/mapping.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REQUESTS 1000

/* "#" is the number of the mapping. */
struct shape {
	const char *name, *match;
	const char *path, *host, *op;
};

static const struct shape shapes[] = {
	{ "literal", "\"path\":\"/service#/orders\"", "/service#/orders", "a.example", NULL },
	{ "capture", "\"path\":\"/service#/:id/items/:item\"", "/service#/4711/items/17",
		"a.example", NULL },
	{ "late", "\"path\":\"/:tenant/items/:id/do#\"", "/acme/items/17/do#", "a.example", NULL },
	{ "host", "\"host\":\"t#.example\",\"path\":\"/orders/:id\"", "/orders/4711", "t#.example",
		NULL },
	{ "op", "\"op\":\"service#.orders.*\"", NULL, "a.example", "service#.orders.create" },
};

struct bench {
	struct mapping_table *table;
	struct request requests[REQUESTS];
	unsigned numbers[REQUESTS]; /* of the mappings they ask for */
	struct buffer scratch;
};

static void require(bool good)
{
	if (!good) {
		fprintf(stderr, "the table did not find what it was asked for\n");
		exit(1);
	}
}

static void append_numbered(struct buffer *out, const char *text, unsigned number)
{
	for (; *text != '\0'; text++) {
		if (*text == '#') {
			buffer_append_number(out, number);
		} else {
			buffer_append_char(out, *text);
		}
	}
}

static struct span numbered(const char *text, unsigned number)
{
	struct buffer out = { 0 };
	if (text == NULL) {
		return SPAN_ABSENT;
	}
	append_numbered(&out, text, number);
	return buffer_span(&out);
}

/* What load allocates lives as long as the program. */
static void make_table(struct bench *bench, const struct shape *shape, unsigned count)
{
	static const struct mapping_bridge bridge = { "b", "loopback" };
	struct json_fault fault;
	struct buffer json = { 0 };
	struct problem_list *problems = problem_list_create();
	for (unsigned i = 0; i < count; i++) {
		buffer_append_format(
			&json, "%c{\"name\":\"%u\",\"match\":{", i == 0 ? '[' : ',', i);
		append_numbered(&json, shape->match, i);
		buffer_append_literal(&json, "},\"send\":{}}");
	}
	buffer_append_char(&json, ']');
	struct json_tree *tree = json_tree_create("bench", buffer_span(&json), &fault);
	const struct mapping_context context = { .bridges = &bridge,
		.bridge_count = 1,
		.default_bridge = "b",
		.layers = layers_create(NULL, problems),
		.problems = problems };
	bench->table = mapping_table_create();
	for (const struct json_node *n = json_tree_root(tree)->first; n != NULL; n = n->next) {
		mapping_table_add(bench->table, n, &context);
	}
	mapping_table_finish(bench->table, problems);
	require(!problem_list_has_errors(problems));
}

static void make_requests(struct bench *bench, const struct shape *shape, unsigned count)
{
	uint32_t random = 1;
	for (unsigned i = 0; i < REQUESTS; i++) {
		random = random * 1664525 + 1013904223;
		unsigned number = (unsigned)((uint64_t)random * count >> 32);
		bench->numbers[i] = number;
		bench->requests[i] = (struct request){ .method = SPAN("GET"),
			.path = numbered(shape->path, number),
			.op = numbered(shape->op, number),
			.host = numbered(shape->host, number) };
	}
}

static void find(struct bench *bench, unsigned long count)
{
	struct refusal refusal;
	struct match match = { .scratch = &bench->scratch };
	for (unsigned long i = 0; i < count; i++) {
		const struct request *request = &bench->requests[i % REQUESTS];
		int status = mapping_table_match(bench->table, request, &match, &refusal);
		require(status == 0 &&
			mapping_index(match.mapping) == bench->numbers[i % REQUESTS]);
	}
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	unsigned mappings = argc == 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	unsigned long count = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]) && count > 0; i++) {
		if (strcmp(argv[1], shapes[i].name) == 0) {
			make_table(&bench, &shapes[i], mappings);
			make_requests(&bench, &shapes[i], mappings);
			uint64_t began = now_ns();
			find(&bench, count);
			printf("%.1f\n", (double)(now_ns() - began) / (double)count);
			return 0;
		}
	}
	fprintf(stderr, "usage: match_calls literal|capture|late|host|op MAPPINGS COUNT\n");
	return 2;
}
