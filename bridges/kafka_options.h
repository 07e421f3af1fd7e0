/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What is configured for a Kafka bridge, and the properties of librdkafka that pass through it.
 * Checked at load without opening anything; immutable after it, read by any thread.
 */
#pragma once

#include "base/json_tree.h"
#include "base/option.h"
#include "base/problem_list.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the name of a dead letter topic: each topic that mappings name. */
#define KAFKA_TOPIC_VARIABLE "${topic}"

struct kafka_property {
	char *name, *value;
};

struct kafka_cluster;
struct kafka_embedded;

enum kafka_partitions { KAFKA_PARTITIONS_ALL, KAFKA_PARTITIONS_OWN };

/* What the rows of the kind describe; the shared half of the bridge. */
struct kafka_shared {
	char *bootstrap; /* of an embedded one made by the kind's start() */
	bool embedded;
	struct option_address address; /* of an embedded one */
	const struct json_node *options_node;
	struct kafka_reply_options {
		char *topic; /* may hold ${instance} */
		int partitions;
		int64_t partition; /* -1: not set */
	} reply;
	struct kafka_dead_letter_options {
		struct option_texts topic; /* each may hold ${topic} */
	} dead_letter;
	/* Made by kafka_options_compile() */
	struct kafka_property *properties;
	size_t property_count;
	bool debug; /* librdkafka was asked to say what it does */
	/* Made by the kind's start() */
	struct kafka_embedded *broker; /* NULL: elsewhere */
	struct kafka_cluster *cluster;
};

/*
 * Reads `options` and checks what rows cannot say; `at` is the bridge. False and problems: refuse.
 * Finish it in any case.
 */
bool kafka_options_compile(
	struct kafka_shared *shared, const struct json_node *at, struct problem_list *problems);
/* Whether a handle with these would run a program for its login: Kerberos' kinit. */
bool kafka_options_run_programs(const struct kafka_shared *shared);
void kafka_options_finish(struct kafka_shared *shared);
/* A topic's name as Kafka wants it: [A-Za-z0-9._-]{1,249}, neither "." nor "..". */
bool kafka_options_is_topic(struct span name);
