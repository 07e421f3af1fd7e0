/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * librdkafka's wake-up is edge-triggered: one write when a queue stops being empty. What came
 * before anybody listened must be read all the same, or nothing ever is.
 */
#include "base/memory.h"
#include "bridges/bridge.h"
#include "bridges/kafka.h"
#include "bridges/kafka_cluster.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void handle_state(struct bridge_host *host, enum bridge_state state, const char *why)
{
	(void)host, (void)state, (void)why;
}

static const struct bridge_events events = { .on_state = handle_state };

/* A bridge whose brokers are nowhere, so that it has nothing but itself to talk about. */
static struct kafka_shared *open_bridge(void)
{
	static const char json[] = "{\"bootstrap\": \"127.0.0.1:1\", \"options\": "
				   "{\"statistics.interval.ms\": 10}}";
	struct json_fault fault;
	struct problem_list *problems = problem_list_create();
	struct json_tree *tree = json_tree_create("test.json", span_from_text(json), &fault);
	struct kafka_shared *shared = memory_new(1, kafka_bridge.shared_size);
	assert_non_null(tree);
	assert_true(option_read(kafka_bridge.rows, json_tree_root(tree), shared, problems));
	assert_true(kafka_bridge.open(shared, json_tree_root(tree), problems));
	problem_list_destroy(problems);
	json_tree_destroy(tree);
	return shared;
}

static bool all_have_something(const struct kafka_cluster *cluster)
{
	for (int use = 0; use < KAFKA_PRODUCERS; use++) {
		if (rd_kafka_queue_length(cluster->producers[use]->reports) == 0) {
			return false;
		}
	}
	return rd_kafka_queue_length(cluster->reply->main) > 0;
}

/* Takes away what the queues say when they stop being empty, which each does once. */
static void swallow_edges(const struct kafka_cluster *cluster)
{
	uint64_t count;
	double end = ev_time() + 10;
	while (!all_have_something(cluster) && ev_time() < end) {
		poll(NULL, 0, 1);
	}
	assert_true(all_have_something(cluster));
	ssize_t got = read(cluster->wake_fd, &count, sizeof(count));
	(void)got; /* nothing, when all came before their wake-up was asked for */
}

static bool all_were_read(const struct kafka_cluster *cluster)
{
	for (int use = 0; use < KAFKA_HANDLES; use++) {
		if (!cluster->gauges.handles[use].known) {
			return false;
		}
	}
	return true;
}

static void what_came_before_the_reader_is_read(void **state)
{
	(void)state;
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct mailbox *mailbox = mailbox_create(loop, 64);
	struct bridge_process process = { .instance = "test", .mailboxes = &mailbox, .shards = 1 };
	struct bridge_host host = { .events = &events,
		.loop = loop,
		.mailbox = mailbox,
		.bridge = "test",
		.instance = "test" };
	struct kafka_shared *shared = open_bridge();
	char why[256];
	assert_true(kafka_bridge.start(shared, &process, why, sizeof(why)));
	swallow_edges(shared->cluster);
	struct bridge_session *session = kafka_bridge.create(shared, &host);
	double end = ev_time() + 10;
	while (!all_were_read(shared->cluster) && ev_time() < end) {
		ev_run(loop, EVRUN_NOWAIT);
		poll(NULL, 0, 1);
	}
	assert_true(all_were_read(shared->cluster));
	kafka_bridge.destroy(session);
	kafka_bridge.close(shared);
	option_finish(kafka_bridge.rows, shared);
	free(shared);
	mailbox_destroy(mailbox);
	ev_loop_destroy(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_before_the_reader_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
