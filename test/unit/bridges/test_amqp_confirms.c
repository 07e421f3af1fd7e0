/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/amqp_confirms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void push(struct amqp_confirms *confirms, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t slot = (uint32_t)confirms->next;
		assert_true(amqp_confirms_push(confirms, (struct leg){ .slot = slot }, slot % 10));
	}
}

static void a_number_is_taken_once(void **state)
{
	(void)state;
	struct amqp_confirms confirms = { 0 };
	struct leg leg;
	amqp_confirms_restart(&confirms);
	push(&confirms, 3);
	assert_true(amqp_confirms_take(&confirms, 2, &leg));
	assert_int_equal(leg.slot, 2);
	assert_false(amqp_confirms_take(&confirms, 2, &leg));
	assert_false(amqp_confirms_take(&confirms, 0, &leg));
	assert_false(amqp_confirms_take(&confirms, 4, &leg));
	assert_false(amqp_confirms_take(&confirms, UINT64_MAX, &leg));
	assert_false(amqp_confirms_empty(&confirms));
	assert_true(amqp_confirms_take(&confirms, 1, &leg));
	assert_true(amqp_confirms_take(&confirms, 3, &leg));
	assert_true(amqp_confirms_empty(&confirms));
	amqp_confirms_finish(&confirms);
}

static void multiple_takes_what_is_left_up_to_a_number(void **state)
{
	(void)state;
	struct amqp_confirms confirms = { 0 };
	struct leg leg;
	amqp_confirms_restart(&confirms);
	push(&confirms, 5);
	assert_true(amqp_confirms_take(&confirms, 2, &leg));
	assert_true(amqp_confirms_take_until(&confirms, 4, &leg));
	assert_int_equal(leg.slot, 1);
	assert_true(amqp_confirms_take_until(&confirms, 4, &leg));
	assert_int_equal(leg.slot, 3);
	assert_true(amqp_confirms_take_until(&confirms, 4, &leg));
	assert_int_equal(leg.slot, 4);
	assert_false(amqp_confirms_take_until(&confirms, 4, &leg));
	assert_true(amqp_confirms_take_until(&confirms, UINT64_MAX, &leg));
	assert_false(amqp_confirms_take_until(&confirms, UINT64_MAX, &leg));
	amqp_confirms_finish(&confirms);
}

static void multiple_leaves_nothing_behind_that_was_taken(void **state)
{
	(void)state;
	struct amqp_confirms confirms = { 0 };
	struct leg leg;
	amqp_confirms_restart(&confirms);
	push(&confirms, 3);
	assert_true(amqp_confirms_take(&confirms, 2, &leg));
	assert_true(amqp_confirms_take(&confirms, 3, &leg));
	assert_true(amqp_confirms_take_until(&confirms, 1, &leg));
	assert_int_equal(leg.slot, 1);
	assert_true(amqp_confirms_empty(&confirms));
	amqp_confirms_finish(&confirms);
}

static void the_ring_grows_while_numbers_go_on(void **state)
{
	(void)state;
	struct amqp_confirms confirms = { 0 };
	struct leg leg;
	amqp_confirms_restart(&confirms);
	uint64_t number = 1;
	for (unsigned round = 0; round < 100; round++) {
		push(&confirms, round);
		for (unsigned i = 0; i < round / 2; i++, number++) {
			assert_true(amqp_confirms_take(&confirms, number, &leg));
			assert_int_equal(leg.slot, number);
		}
	}
	amqp_confirms_finish(&confirms);
}

static void returns_are_found_in_order_of_publishing(void **state)
{
	(void)state;
	struct amqp_confirms confirms = { 0 };
	struct leg leg;
	amqp_confirms_restart(&confirms);
	push(&confirms, 25); /* marks repeat every ten */
	assert_true(amqp_confirms_take_returned(&confirms, 3, &leg));
	assert_int_equal(leg.slot, 3);
	assert_true(amqp_confirms_take_returned(&confirms, 3, &leg));
	assert_int_equal(leg.slot, 13);
	assert_true(amqp_confirms_take_returned(&confirms, 1, &leg));
	assert_int_equal(leg.slot, 21);
	assert_true(amqp_confirms_take_returned(&confirms, 1, &leg));
	assert_int_equal(leg.slot, 1);
	assert_false(amqp_confirms_take_returned(&confirms, 99, &leg));
	amqp_confirms_finish(&confirms);
}

static void without_confirms_only_the_newest_are_kept(void **state)
{
	(void)state;
	struct amqp_confirms confirms = { 0 };
	struct leg leg;
	amqp_confirms_restart(&confirms);
	for (unsigned i = 0; i < 1000; i++) {
		push(&confirms, 1);
		amqp_confirms_keep(&confirms, 20);
	}
	assert_int_equal(confirms.capacity, 64);
	assert_false(amqp_confirms_take(&confirms, 980, &leg));
	assert_true(amqp_confirms_take(&confirms, 981, &leg));
	amqp_confirms_finish(&confirms);
}

static void a_leg_that_came_back_is_not_taken_again(void **state)
{
	(void)state;
	struct amqp_confirms confirms = { 0 };
	struct leg leg;
	amqp_confirms_restart(&confirms);
	push(&confirms, 3);
	assert_true(amqp_confirms_take(&confirms, 2, &leg));
	amqp_confirms_keep(&confirms, 2);
	assert_true(amqp_confirms_take_until(&confirms, UINT64_MAX, &leg));
	assert_int_equal(leg.slot, 3);
	assert_true(amqp_confirms_empty(&confirms));
	amqp_confirms_finish(&confirms);
}

static void marks_tell_ids_apart(void **state)
{
	(void)state;
	uint64_t one = amqp_confirms_mark(SPAN("3f2504e0-4f89-41d3-9a0c-0305e82c3301"));
	assert_true(one == amqp_confirms_mark(SPAN("3f2504e0-4f89-41d3-9a0c-0305e82c3301")));
	assert_true(one != amqp_confirms_mark(SPAN("3f2504e0-4f89-41d3-9a0c-0305e82c3302")));
	assert_true(one != amqp_confirms_mark(SPAN("4f2504e0-4f89-41d3-9a0c-0305e82c3301")));
	assert_true(amqp_confirms_mark(SPAN("")) == amqp_confirms_mark(SPAN_ABSENT));
	char id[] = "0123456789abcdefghij";
	for (size_t len = 1; len < sizeof(id); len++) {
		uint64_t mark = amqp_confirms_mark(span_of(id, len));
		assert_true(mark != amqp_confirms_mark(span_of(id, len - 1)));
		for (size_t i = 0; i < len; i++) {
			id[i] ^= 1;
			assert_true(mark != amqp_confirms_mark(span_of(id, len)));
			id[i] ^= 1;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_taken_once),
		cmocka_unit_test(multiple_takes_what_is_left_up_to_a_number),
		cmocka_unit_test(multiple_leaves_nothing_behind_that_was_taken),
		cmocka_unit_test(the_ring_grows_while_numbers_go_on),
		cmocka_unit_test(returns_are_found_in_order_of_publishing),
		cmocka_unit_test(without_confirms_only_the_newest_are_kept),
		cmocka_unit_test(a_leg_that_came_back_is_not_taken_again),
		cmocka_unit_test(marks_tell_ids_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
