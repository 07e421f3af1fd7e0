/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define START 1000050

/* A node with what is expected of it, and what its handler does. */
struct timer {
	struct wheel_node node; /* first: the handler gets this back */
	uint64_t asked, fired;
	unsigned count;
	struct timer *disarm, *arm;
	uint64_t arm_after;
};

struct clock {
	struct wheel *wheel;
	uint64_t now;
	struct timer *order[64];
	unsigned fired;
};

static void handle_timer(struct wheel_node *node, void *context)
{
	struct clock *clock = context;
	struct timer *timer = (struct timer *)node;
	assert_false(wheel_is_armed(node));
	timer->count++;
	timer->fired = clock->now;
	if (clock->fired < 64) {
		clock->order[clock->fired] = timer;
	}
	clock->fired++;
	if (timer->disarm != NULL) {
		wheel_disarm(&timer->disarm->node);
	}
	if (timer->arm != NULL) {
		wheel_arm(clock->wheel, &timer->arm->node, clock->now + timer->arm_after);
	}
}

static void arm(struct clock *clock, struct timer *timer, uint64_t after_ms)
{
	timer->asked = clock->now + after_ms;
	wheel_arm(clock->wheel, &timer->node, timer->asked);
}

static void jump(struct clock *clock, uint64_t ms)
{
	clock->now += ms;
	wheel_advance(clock->wheel, clock->now, handle_timer, clock);
}

static void run(struct clock *clock, uint64_t ms, uint64_t step)
{
	for (uint64_t passed = 0; passed < ms; passed += step) {
		jump(clock, step);
	}
}

static int set_up(void **state)
{
	struct clock *clock = calloc(1, sizeof(*clock));
	clock->now = START;
	clock->wheel = wheel_create(START);
	*state = clock;
	return 0;
}

static int tear_down(void **state)
{
	struct clock *clock = *state;
	wheel_destroy(clock->wheel);
	free(clock);
	return 0;
}

static void nothing_fires_early_or_more_than_200_ms_late(void **state)
{
	struct clock *clock = *state;
	static struct timer timers[3000];
	unsigned random = 1;
	for (unsigned i = 0; i < 3000; i++) {
		random = random * 1103515245 + 12345;
		arm(clock, &timers[i], random >> 8 & 0x1ffff);
		jump(clock, i % 7);
	}
	run(clock, 0x20000 + 200, 100);
	for (unsigned i = 0; i < 3000; i++) {
		assert_int_equal(timers[i].count, 1);
		assert_true(timers[i].fired >= timers[i].asked);
		assert_true(timers[i].fired <= timers[i].asked + 200);
	}
}

static void ticks_come_in_order_and_equals_as_they_were_armed(void **state)
{
	struct clock *clock = *state;
	struct timer timers[5] = { 0 };
	arm(clock, &timers[0], 900);
	arm(clock, &timers[1], 300);
	arm(clock, &timers[2], 310);
	arm(clock, &timers[3], 100);
	arm(clock, &timers[4], 60000);
	jump(clock, 2000);
	assert_int_equal(clock->fired, 4);
	assert_ptr_equal(clock->order[0], &timers[3]);
	assert_ptr_equal(clock->order[1], &timers[1]);
	assert_ptr_equal(clock->order[2], &timers[2]);
	assert_ptr_equal(clock->order[3], &timers[0]);
	assert_true(wheel_is_armed(&timers[4].node));
}

static void arming_again_moves_the_deadline(void **state)
{
	struct clock *clock = *state;
	struct timer timer = { 0 };
	for (unsigned i = 0; i < 100; i++) {
		arm(clock, &timer, 500);
		jump(clock, 300);
	}
	assert_int_equal(timer.count, 0);
	arm(clock, &timer, 5000);
	arm(clock, &timer, 100);
	run(clock, 10000, 100);
	assert_int_equal(timer.count, 1);
}

static void a_disarmed_node_never_fires(void **state)
{
	struct clock *clock = *state;
	struct timer timer = { 0 };
	wheel_disarm(&timer.node);
	assert_false(wheel_is_armed(&timer.node));
	arm(clock, &timer, 500);
	assert_true(wheel_is_armed(&timer.node));
	wheel_disarm(&timer.node);
	wheel_disarm(&timer.node);
	assert_false(wheel_is_armed(&timer.node));
	run(clock, 1000, 100);
	assert_int_equal(timer.count, 0);
}

static void a_deadline_that_has_passed_fires_at_the_next_tick(void **state)
{
	struct clock *clock = *state;
	struct timer timer = { 0 };
	wheel_arm(clock->wheel, &timer.node, 0);
	wheel_advance(clock->wheel, clock->now, handle_timer, clock);
	assert_int_equal(timer.count, 0);
	jump(clock, 100);
	assert_int_equal(timer.count, 1);
}

static void a_handler_may_arm_its_own_node(void **state)
{
	struct clock *clock = *state;
	struct timer timer = { .arm = &timer };
	arm(clock, &timer, 100);
	jump(clock, 200);
	/* Armed for a time that has passed: not again in the same call. */
	assert_int_equal(timer.count, 1);
	jump(clock, 100);
	assert_int_equal(timer.count, 2);
	timer.arm_after = 1000;
	run(clock, 10000, 100);
	assert_true(timer.count >= 2 + 9 && timer.count <= 2 + 10);
}

static void a_handler_may_disarm_what_is_due_with_it(void **state)
{
	struct clock *clock = *state;
	struct timer timers[4] = { 0 };
	timers[0].disarm = &timers[1];
	timers[2].disarm = &timers[3];
	for (unsigned i = 0; i < 4; i++) {
		arm(clock, &timers[i], i < 3 ? 300 : 700);
	}
	jump(clock, 1000);
	assert_int_equal(timers[0].count, 1);
	assert_int_equal(timers[1].count, 0);
	assert_int_equal(timers[2].count, 1);
	assert_int_equal(timers[3].count, 0);
	assert_false(wheel_is_armed(&timers[1].node));
}

static void a_handler_may_move_what_is_due_with_it(void **state)
{
	struct clock *clock = *state;
	struct timer timers[3] = { 0 };
	timers[0].arm = &timers[1];
	timers[0].arm_after = 5000;
	for (unsigned i = 0; i < 3; i++) {
		arm(clock, &timers[i], 300);
	}
	jump(clock, 400);
	assert_int_equal(timers[0].count, 1);
	assert_int_equal(timers[1].count, 0);
	assert_int_equal(timers[2].count, 1);
	run(clock, 5200, 100);
	assert_int_equal(timers[1].count, 1);
}

static void a_far_deadline_waits_through_the_rotations(void **state)
{
	struct clock *clock = *state;
	struct timer hour = { 0 }, never = { 0 };
	arm(clock, &hour, 3600000);
	wheel_arm(clock->wheel, &never.node, UINT64_MAX);
	run(clock, 3599900, 100);
	assert_int_equal(hour.count, 0);
	run(clock, 300, 100);
	assert_int_equal(hour.count, 1);
	wheel_arm(clock->wheel, &hour.node, UINT64_MAX);
	run(clock, 100000, 1000);
	assert_int_equal(hour.count, 1);
	assert_int_equal(never.count, 0);
	assert_true(wheel_is_armed(&never.node));
}

static void a_jump_over_rotations_fires_everything_due_once(void **state)
{
	struct clock *clock = *state;
	static struct timer timers[2000];
	for (unsigned i = 0; i < 2000; i++) {
		arm(clock, &timers[i], (uint64_t)i * 100);
	}
	jump(clock, 150 * 1000);
	for (unsigned i = 0; i < 2000; i++) {
		assert_int_equal(timers[i].count, i < 1500 ? 1 : 0);
	}
	run(clock, 51000, 100);
	for (unsigned i = 0; i < 2000; i++) {
		assert_int_equal(timers[i].count, 1);
	}
}

static void a_clock_that_steps_back_is_ignored(void **state)
{
	struct clock *clock = *state;
	struct timer timer = { 0 };
	arm(clock, &timer, 500);
	wheel_advance(clock->wheel, START - 100000, handle_timer, clock);
	jump(clock, 600);
	assert_int_equal(timer.count, 1);
}

static void a_node_keeps_its_kind_and_fires_between_the_ticks(void **state)
{
	struct clock *clock = *state;
	struct timer timer = { .node = { .kind = 7 } };
	jump(clock, 3);
	arm(clock, &timer, 250);
	run(clock, 249, 1);
	assert_int_equal(timer.count, 0);
	run(clock, 200, 1);
	assert_int_equal(timer.count, 1);
	assert_int_equal(timer.node.kind, 7);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_fires_early_or_more_than_200_ms_late),
		TEST(ticks_come_in_order_and_equals_as_they_were_armed),
		TEST(arming_again_moves_the_deadline),
		TEST(a_disarmed_node_never_fires),
		TEST(a_deadline_that_has_passed_fires_at_the_next_tick),
		TEST(a_handler_may_arm_its_own_node),
		TEST(a_handler_may_disarm_what_is_due_with_it),
		TEST(a_handler_may_move_what_is_due_with_it),
		TEST(a_far_deadline_waits_through_the_rotations),
		TEST(a_jump_over_rotations_fires_everything_due_once),
		TEST(a_clock_that_steps_back_is_ignored),
		TEST(a_node_keeps_its_kind_and_fires_between_the_ticks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
