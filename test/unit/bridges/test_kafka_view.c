/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void each_partition_has_its_turn(void **state)
{
	const struct kafka_topic_view topic = { KAFKA_TOPIC_PRESENT, 3, 0, { 0 } };
	(void)state;
	for (unsigned number = 0; number < 7; number++) {
		assert_int_equal(kafka_view_partition(&topic, number), number % 3);
	}
}

static void partitions_without_a_leader_are_passed_over(void **state)
{
	const struct kafka_topic_view topic = { KAFKA_TOPIC_PRESENT, 6, 3, { 0, 3, 4 } };
	static const int32_t led[] = { 1, 2, 5 };
	(void)state;
	for (unsigned number = 0; number < 9; number++) {
		assert_int_equal(kafka_view_partition(&topic, number), led[number % 3]);
	}
}

static void without_any_leader_messages_wait_somewhere(void **state)
{
	const struct kafka_topic_view topic = { KAFKA_TOPIC_PRESENT, 2, 2, { 0, 1 } };
	(void)state;
	assert_in_range(kafka_view_partition(&topic, 0), 0, 1);
	assert_in_range(kafka_view_partition(&topic, UINT32_MAX), 0, 1);
}

static void a_topic_is_another_one_when_its_leaderless_partitions_are(void **state)
{
	const struct kafka_topic_view one = { KAFKA_TOPIC_PRESENT, 4, 1, { 2 } };
	const struct kafka_topic_view other = { KAFKA_TOPIC_PRESENT, 4, 1, { 3 } };
	const struct kafka_topic_view well = { KAFKA_TOPIC_PRESENT, 4, 0, { 2 } };
	(void)state;
	assert_true(kafka_view_topic_equal(&one, &one));
	assert_false(kafka_view_topic_equal(&one, &other));
	assert_false(kafka_view_topic_equal(&one, &well));
}

static void a_view_is_well_when_every_partition_is_led(void **state)
{
	struct kafka_view view;
	(void)state;
	kafka_view_init(&view, 2);
	assert_false(kafka_view_is_well(&view));
	view.topics[0].state = view.topics[1].state = KAFKA_TOPIC_PRESENT;
	assert_true(kafka_view_is_well(&view));
	view.topics[1].leaderless_count = 1;
	assert_false(kafka_view_is_well(&view));
	kafka_view_finish(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_partition_has_its_turn),
		cmocka_unit_test(partitions_without_a_leader_are_passed_over),
		cmocka_unit_test(without_any_leader_messages_wait_somewhere),
		cmocka_unit_test(a_topic_is_another_one_when_its_leaderless_partitions_are),
		cmocka_unit_test(a_view_is_well_when_every_partition_is_led),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
