/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_advice.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Less than any broker takes unless it was told to. */
#define USUAL_MESSAGE_BYTES 1000000
#define MANY_PARTITIONS 32

static void say(struct kafka_advice *advice, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct kafka_advice *advice, const char *format, ...)
{
	va_list arguments;
	if (advice->count == KAFKA_ADVICE_MAX) {
		return;
	}
	va_start(arguments, format);
	vsnprintf(advice->lines[advice->count], sizeof(advice->lines[0]), format, arguments);
	va_end(arguments);
	advice->count++;
}

static void judge_replies(const struct kafka_topic_facts *facts, struct kafka_advice *advice)
{
	if (facts->compacted) {
		say(advice,
			"reply topic %.80s has cleanup.policy=compact: brokers refuse replies "
			"without a key, and few workers send one",
			facts->name);
	}
	if (facts->max_message_bytes >= 0 && facts->max_message_bytes < USUAL_MESSAGE_BYTES) {
		say(advice,
			"reply topic %.80s has max.message.bytes=%" PRId64
			": larger replies never come",
			facts->name, facts->max_message_bytes);
	}
	if (facts->partitions > MANY_PARTITIONS) {
		say(advice,
			"reply topic %.80s has %" PRId32
			" partitions: few are enough, and each makes batches smaller",
			facts->name, facts->partitions);
	}
}

static void judge_requests(const struct kafka_topic_facts *facts, struct kafka_advice *advice)
{
	if (facts->partitions > MANY_PARTITIONS) {
		say(advice,
			"topic %.80s has %" PRId32
			" partitions: keyed messages spread over them in small batches, which "
			"costs much of the rate",
			facts->name, facts->partitions);
	}
	if (facts->min_in_sync > facts->replicas) {
		say(advice,
			"topic %.80s has min.insync.replicas=%" PRId64 " but %" PRId32
			" replicas: nothing can be published there",
			facts->name, facts->min_in_sync, facts->replicas);
	} else if (facts->min_in_sync > facts->in_sync) {
		say(advice,
			"topic %.80s has min.insync.replicas=%" PRId64 " and just now %" PRId32
			" replicas in sync: nothing can be published there until there are more",
			facts->name, facts->min_in_sync, facts->in_sync);
	}
}

void kafka_advice_judge(const struct kafka_topic_facts *facts, struct kafka_advice *advice)
{
	if (facts->reply) {
		judge_replies(facts, advice);
	} else {
		judge_requests(facts, advice);
	}
}
