/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The kind and its keys. Behind it:
 *
 *     kafka_options    what is configured, properties of librdkafka that pass through
 *     kafka_cluster    what the shards share: producers, the reply topic, a seat for each shard
 *     kafka_session    one shard's: collects what a turn sends
 *     kafka_reader     in shard 0: reads replies and reports, decides the state
 *     kafka_courier    carries them to the other shards
 *     kafka_gauges     what librdkafka's statistics say, for /metrics
 *     kafka_survey     looks at the cluster, on a thread for as long as it takes
 *     kafka_embedded   a Kafka for development, if asked for; kafka_forwarder is its door, and
 *                      kafka_guide tells clients that it is the house
 *     kafka_feed       reads a topic: that of replies, and by kafka_dead_letter more of them
 */
#include "bridges/kafka.h"

#include "base/memory.h"
#include "bridges/kafka_cluster.h"
#include "bridges/kafka_embedded.h"
#include "bridges/kafka_gauges.h"
#include "bridges/kafka_options.h"
#include "bridges/kafka_session.h"

#include <stdio.h>
#include <stdlib.h>

static bool open_shared(void *shared, const struct json_node *at, struct problem_list *problems)
{
	struct kafka_shared *kafka = shared;
	struct kafka_why why;
	bool good = kafka_options_compile(kafka, at, problems);
	if (good && kafka->property_count > 0 && !kafka_options_run_programs(kafka) &&
		!kafka_handle_try(kafka, &why)) {
		problem_list_error(problems, kafka->options_node, "librdkafka: %s", why.text);
		good = false;
	}
	if (!good) {
		kafka_options_finish(shared); /* what is not open is not closed */
	}
	return good;
}

static bool start_embedded(
	struct kafka_shared *kafka, const struct bridge_process *process, struct kafka_why *why)
{
	kafka->broker = kafka_embedded_create(kafka, process, why);
	if (kafka->broker == NULL) {
		return false;
	}
	free(kafka->bootstrap);
	kafka->bootstrap = memory_text(span_from_text(kafka_embedded_bootstrap(kafka->broker)));
	return true;
}

static bool start(void *shared, const struct bridge_process *process, char *why, size_t size)
{
	struct kafka_shared *kafka = shared;
	struct kafka_why told = { "" };
	bool good = !kafka->embedded || start_embedded(kafka, process, &told);
	if (good) {
		kafka->cluster = kafka_cluster_create(kafka, process, &told);
	}
	snprintf(why, size, "%s", told.text);
	return kafka->cluster != NULL;
}

static void close_shared(void *shared)
{
	struct kafka_shared *kafka = shared;
	kafka_cluster_destroy(kafka->cluster);
	kafka->cluster = NULL;
	kafka_embedded_destroy(kafka->broker);
	kafka->broker = NULL;
	kafka_options_finish(kafka);
}

static bool confirms(const void *shared)
{
	(void)shared;
	return true;
}

static int32_t reply_partition(const void *shared)
{
	const struct kafka_shared *kafka = shared;
	return kafka->reply.partitions == KAFKA_PARTITIONS_OWN ? (int32_t)kafka->reply.partition
							       : -1;
}

static size_t body_max(const void *shared)
{
	return kafka_handle_message_max_of(shared);
}

static const char *const partitions_names[] = {
	[KAFKA_PARTITIONS_ALL] = "all", [KAFKA_PARTITIONS_OWN] = "own", NULL
};

static const struct option reply_rows[] = {
	{ .name = "topic",
		.type = OPTION_TEXT,
		.offset = offsetof(struct kafka_reply_options, topic),
		.fallback = "bridgehead.replies",
		.help = "where workers reply to; created with one partition if it is not there; "
			"`${instance}` in it gives each process one of its own" },
	{ .name = "partitions",
		.type = OPTION_ENUM,
		.offset = offsetof(struct kafka_reply_options, partitions),
		.names = partitions_names,
		.fallback = "all",
		.help = "`all`: every process reads all replies and drops those of others; `own`: "
			"only `partition`, which `send.reply_partition` tells the workers" },
	{ .name = "partition",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct kafka_reply_options, partition),
		.fallback = "-1",
		.min = -1,
		.max = INT32_MAX,
		.help = "number of the partition that is this process's own" },
	{ 0 },
};

static const struct option dead_letter_rows[] = {
	{ .name = "topic",
		.type = OPTION_TEXTS,
		.offset = offsetof(struct kafka_dead_letter_options, topic),
		.required = true,
		.help = "a topic or several; with `${topic}` in it one for each topic that "
			"mappings "
			"name, as in `${topic}-dlt`. Never created" },
	{ 0 },
};

static const struct option rows[] = {
	{ .name = "bootstrap",
		.type = OPTION_TEXT,
		.offset = offsetof(struct kafka_shared, bootstrap),
		.help = "`HOST:PORT` of some brokers, with commas between them; required unless "
			"`embedded`" },
	{ .name = "embedded",
		.type = OPTION_BOOL,
		.offset = offsetof(struct kafka_shared, embedded),
		.fallback = "false",
		.help = "true: a Kafka for development runs inside this process; it keeps "
			"nothing" },
	{ .name = "address",
		.type = OPTION_ADDRESS,
		.offset = offsetof(struct kafka_shared, address),
		.help = "where the embedded one listens for workers, on a loopback address; "
			"`127.0.0.1:9092` without it" },
	{ .name = "options",
		.type = OPTION_NODE,
		.schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\","
			  "\"number\",\"boolean\"]}}",
		.offset = offsetof(struct kafka_shared, options_node),
		.help = "properties of librdkafka by their names, like `security.protocol`; those "
			"that break a promise are refused" },
	{ .name = "reply",
		.type = OPTION_OBJECT,
		.offset = offsetof(struct kafka_shared, reply),
		.rows = reply_rows,
		.help = "how replies come back" },
	{ .name = "dead_letter",
		.type = OPTION_OBJECT,
		.offset = offsetof(struct kafka_shared, dead_letter),
		.rows = dead_letter_rows,
		.help = "where workers put requests that they give up: calls that wait for them "
			"end at once with 502" },
	{ 0 },
};

const struct bridge_kind kafka_bridge = {
	.type = "kafka",
	.rows = rows,
	.series = kafka_gauges_rows,
	.shared_size = sizeof(struct kafka_shared),
	.open = open_shared,
	.confirms = confirms,
	.reply_partition = reply_partition,
	.body_max = body_max,
	.start = start,
	.close = close_shared,
	.create = kafka_session_create,
	.send = kafka_session_send,
	.reply_to = kafka_session_reply_to,
	.cancel = kafka_session_cancel,
	.flush = kafka_session_flush,
	.drained = kafka_session_drained,
	.measure = kafka_session_measure,
	.leave = kafka_session_leave,
	.destroy = kafka_session_destroy,
};
