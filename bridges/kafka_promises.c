/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Every property of librdkafka 2.0.2 was gone through. What is missing here passes: how a broker is
 * reached and trusted, buffers, batches, compression, waits, logs. Aliases are names of their own.
 */
#include "bridges/kafka_promises.h"

#include <stddef.h>
#include <string.h>

struct promise {
	const char *name;
	const char *value; /* the one that is meant; NULL: any */
	const char *why;
};

static const char by_bootstrap[] = "is the bridge's \"bootstrap\"";
static const char no_mock[] = "is the bridge's \"embedded\"";
static const char no_group[] = "would read replies by a consumer group, which hands them to the "
			       "wrong instance";
static const char deadline[] = "follows the timeouts of the mappings: nothing is published long "
			       "after its client was told 504";
static const char all_replicas[] = "stays as it is: a confirm means that all in-sync replicas have "
				   "the message";
static const char order[] =
	"stays as it is: confirmed and keyed messages keep their order and come "
	"once";
static const char creation[] = "stays false: a misspelled topic must not come into being";
static const char hidden[] = "would hide topics that mappings name";
static const char reports[] = "is set for each producer by what it is for";
static const char positions[] =
	"is ours: replies are read from the offset where the bridge came up";
static const char headers[] = "stays as it is: calls are told apart by headers, and those need "
			      "what brokers say of themselves";
static const char signals[] = "is not ours to give: signals are for the process";
static const char foreign_code[] = "would load foreign code into the process";

static const struct promise promises[] = {
	{ "bootstrap.servers", NULL, by_bootstrap },
	{ "metadata.broker.list", NULL, by_bootstrap },
	{ "test.mock.num.brokers", NULL, no_mock },
	{ "group.id", NULL, no_group },
	{ "group.instance.id", NULL, no_group },
	{ "group.protocol", NULL, no_group },
	{ "group.protocol.type", NULL, no_group },
	{ "group.remote.assignor", NULL, no_group },
	{ "partition.assignment.strategy", NULL, no_group },
	{ "session.timeout.ms", NULL, no_group },
	{ "heartbeat.interval.ms", NULL, no_group },
	{ "coordinator.query.interval.ms", NULL, no_group },
	{ "max.poll.interval.ms", NULL, no_group },
	{ "enable.auto.commit", NULL, no_group },
	{ "auto.commit.enable", NULL, no_group },
	{ "auto.commit.interval.ms", NULL, no_group },
	{ "enable.auto.offset.store", NULL, positions },
	{ "offset.store.method", NULL, positions },
	{ "offset.store.path", NULL, positions },
	{ "offset.store.sync.interval.ms", NULL, positions },
	{ "auto.offset.reset", NULL, positions },
	{ "enable.partition.eof", NULL, positions },
	{ "message.timeout.ms", NULL, deadline },
	{ "delivery.timeout.ms", NULL, deadline },
	{ "acks", NULL, all_replicas },
	{ "request.required.acks", NULL, all_replicas },
	{ "enable.idempotence", NULL, order },
	{ "enable.gapless.guarantee", NULL, order },
	{ "queuing.strategy", NULL, order },
	{ "partitioner", "random", order },
	{ "transactional.id", NULL, order },
	{ "transaction.timeout.ms", NULL, order },
	{ "allow.auto.create.topics", NULL, creation },
	{ "topic.blacklist", NULL, hidden },
	{ "delivery.report.only.error", NULL, reports },
	{ "produce.offset.report", NULL, reports },
	{ "log.queue", NULL, reports },
	{ "enabled_events", NULL, reports },
	{ "api.version.request", NULL, headers },
	{ "api.version.fallback.ms", NULL, headers },
	{ "broker.version.fallback", NULL, headers },
	{ "internal.termination.signal", NULL, signals },
	{ "plugin.library.paths", NULL, foreign_code },
	{ "ssl.engine.location", NULL, foreign_code },
	{ "ssl.engine.id", NULL, foreign_code },
	{ NULL, NULL, NULL },
};

const char *kafka_promises_broken_by(const char *name, const char *value)
{
	const struct promise *promise = promises;
	while (promise->name != NULL &&
		(strcmp(promise->name, name) != 0 ||
			(promise->value != NULL && strcmp(promise->value, value) != 0))) {
		promise++;
	}
	return promise->why;
}
