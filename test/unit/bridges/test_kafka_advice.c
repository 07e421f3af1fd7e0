/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct kafka_topic_facts good = { .name = "t",
	.partitions = 3,
	.replicas = 3,
	.in_sync = 3,
	.max_message_bytes = 1048588,
	.min_in_sync = 2 };

static void expect(struct kafka_topic_facts facts, const char *said)
{
	struct kafka_advice advice = { 0 };
	kafka_advice_judge(&facts, &advice);
	assert_int_equal(advice.count, said != NULL ? 1 : 0);
	if (said != NULL && strstr(advice.lines[0], said) == NULL) {
		fail_msg("expected: %s\nfound: %s", said, advice.lines[0]);
	}
}

static void a_sensible_topic_is_not_talked_about(void **state)
{
	(void)state;
	expect(good, NULL);
	struct kafka_topic_facts reply = good;
	reply.reply = true;
	expect(reply, NULL);
	/* What was not told is not judged. */
	reply.max_message_bytes = reply.min_in_sync = -1;
	expect(reply, NULL);
	reply.reply = false;
	expect(reply, NULL);
}

static void a_reply_topic_that_loses_replies_is_told(void **state)
{
	(void)state;
	struct kafka_topic_facts reply = good;
	reply.reply = reply.compacted = true;
	expect(reply, "cleanup.policy=compact");
	reply.compacted = false;
	reply.max_message_bytes = 100000;
	expect(reply, "max.message.bytes=100000");
	reply.max_message_bytes = 1000000;
	reply.partitions = 33;
	expect(reply, "33 partitions");
}

static void a_topic_that_cannot_be_published_to_is_told(void **state)
{
	(void)state;
	struct kafka_topic_facts topic = good;
	topic.min_in_sync = 4;
	expect(topic, "min.insync.replicas=4 but 3 replicas");
	topic.min_in_sync = 2;
	topic.in_sync = 1;
	expect(topic, "just now 1 replicas in sync");
	topic.in_sync = 2;
	topic.compacted = true;
	expect(topic, NULL);
	topic.partitions = 100;
	expect(topic, "100 partitions");
}

static void there_is_an_end_to_it(void **state)
{
	(void)state;
	struct kafka_advice advice = { 0 };
	char name[300];
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	struct kafka_topic_facts topic = good;
	topic.name = name;
	topic.min_in_sync = 4;
	for (int i = 0; i < 2 * KAFKA_ADVICE_MAX; i++) {
		kafka_advice_judge(&topic, &advice);
	}
	assert_int_equal(advice.count, KAFKA_ADVICE_MAX);
	assert_non_null(strstr(advice.lines[0], "nothing can be published there"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sensible_topic_is_not_talked_about),
		cmocka_unit_test(a_reply_topic_that_loses_replies_is_told),
		cmocka_unit_test(a_topic_that_cannot_be_published_to_is_told),
		cmocka_unit_test(there_is_an_end_to_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
