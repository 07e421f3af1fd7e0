/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/call_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct fixture {
	struct random random;
	struct call_table table;
};

static int make_table(void **state)
{
	static struct fixture fixture;
	fixture = (struct fixture){ 0 };
	call_table_init(&fixture.table, 7, &fixture.random);
	*state = &fixture;
	return 0;
}

static int drop_table(void **state)
{
	struct fixture *fixture = *state;
	call_table_finish(&fixture->table);
	return 0;
}

static void an_id_is_a_version_4_uuid_that_holds_shard_and_slot(void **state)
{
	struct fixture *fixture = *state;
	struct call *call = call_table_take(&fixture->table);
	assert_memory_equal(call->id, "07000000-", 9);
	assert_int_equal(call->id[14], '4');
	assert_non_null(strchr("89ab", call->id[19]));
	assert_int_equal(call->id[13], '-');
	assert_int_equal(call->id[18], '-');
	assert_int_equal(call->id[23], '-');
	call_table_give(&fixture->table, call);
}

static void a_call_is_found_by_its_whole_id_only(void **state)
{
	struct fixture *fixture = *state;
	struct call *call = call_table_take(&fixture->table);
	struct call *found = NULL;
	struct span id = span_of(call->id, CALL_ID_LEN);
	assert_int_equal(call_table_find(&fixture->table, id, &found), CALL_FOUND);
	assert_ptr_equal(found, call);
	for (size_t i = 0; i < CALL_ID_LEN; i++) {
		char other[CALL_ID_LEN];
		memcpy(other, call->id, CALL_ID_LEN);
		other[i] = other[i] == 'a' ? 'b' : 'a';
		assert_int_equal(
			call_table_find(&fixture->table, span_of(other, CALL_ID_LEN), &found),
			CALL_NOT_FOUND);
	}
	assert_int_equal(
		call_table_find(&fixture->table, span_of(call->id, 35), &found), CALL_NOT_FOUND);
	assert_int_equal(call_table_find(&fixture->table, SPAN(""), &found), CALL_NOT_FOUND);
	assert_int_equal(call_table_find(&fixture->table,
				 SPAN("07FFFFFF-0000-4000-8000-000000000000"), &found),
		CALL_NOT_FOUND);
	assert_int_equal(call_table_find(&fixture->table,
				 SPAN("07ffffff-0000-4000-8000-000000000000"), &found),
		CALL_NOT_FOUND);
	call_table_give(&fixture->table, call);
}

static void an_ended_call_is_still_known_for_a_chunk_of_calls(void **state)
{
	struct fixture *fixture = *state;
	struct call *call = call_table_take(&fixture->table);
	char id[CALL_ID_LEN];
	memcpy(id, call->id, CALL_ID_LEN);
	call->state = CALL_EXPIRED;
	call_table_give(&fixture->table, call);
	for (int i = 0; i < CALL_TABLE_CHUNK - 1; i++) {
		call_table_give(&fixture->table, call_table_take(&fixture->table));
	}
	struct call *found = NULL;
	assert_int_equal(call_table_find(&fixture->table, span_of(id, CALL_ID_LEN), &found),
		CALL_FOUND_ENDED);
	assert_int_equal(found->state, CALL_EXPIRED);
}

static void a_leg_of_an_earlier_use_finds_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct call *call = call_table_take(&fixture->table);
	struct leg leg = { call->slot, call->generation };
	assert_ptr_equal(call_table_leg(&fixture->table, leg), call);
	call_table_give(&fixture->table, call);
	assert_null(call_table_leg(&fixture->table, leg));
	struct call *again = NULL;
	while (again != call) {
		again = call_table_take(&fixture->table);
		if (again != call) {
			call_table_give(&fixture->table, again);
		}
	}
	assert_null(call_table_leg(&fixture->table, leg));
	assert_null(call_table_leg(&fixture->table, (struct leg){ 1u << 30, 1 }));
	call_table_give(&fixture->table, again);
}

static void slots_do_not_move_while_the_table_grows(void **state)
{
	struct fixture *fixture = *state;
	static struct call *calls[3000];
	for (size_t i = 0; i < 3000; i++) {
		calls[i] = call_table_take(&fixture->table);
		assert_non_null(calls[i]);
	}
	for (size_t i = 0; i < 3000; i++) {
		struct call *found = NULL;
		assert_int_equal(call_table_find(&fixture->table,
					 span_of(calls[i]->id, CALL_ID_LEN), &found),
			CALL_FOUND);
		assert_ptr_equal(found, calls[i]);
		call_table_give(&fixture->table, calls[i]);
	}
	assert_int_equal(fixture->table.in_use, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_a_version_4_uuid_that_holds_shard_and_slot),
		cmocka_unit_test(a_call_is_found_by_its_whole_id_only),
		cmocka_unit_test(an_ended_call_is_still_known_for_a_chunk_of_calls),
		cmocka_unit_test(a_leg_of_an_earlier_use_finds_nothing),
		cmocka_unit_test(slots_do_not_move_while_the_table_grows),
	};
	struct CMUnitTest with_table[sizeof(tests) / sizeof(tests[0])];
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		with_table[i] = tests[i];
		with_table[i].setup_func = make_table;
		with_table[i].teardown_func = drop_table;
	}
	return cmocka_run_group_tests(with_table, NULL, NULL);
}
