/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/contract/bridge_contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void make_refused(struct message *message)
{
	message->behave = BEHAVE_REFUSE;
}

static void make_silent(struct message *message)
{
	message->behave = BEHAVE_DROP;
}

static void make_dead(struct message *message)
{
	message->behave = BEHAVE_DEAD;
}

static void lose_session(struct contract *contract)
{
	struct message message = contract_message(contract);
	message.behave = BEHAVE_CLOSE;
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
}

static const struct contract_bridge loopback = {
	.name = "loopback",
	.type = "loopback",
	.configuration = "{}",
	.queue = "anything",
	.refusal = BRIDGE_REFUSED,
	.make_refused = make_refused,
	.make_silent = make_silent,
	.make_dead = make_dead,
	.lose_session = lose_session,
};

static void delay_holds_back_the_reply_but_not_the_confirm(void **state)
{
	struct contract *contract = *state;
	struct message slow = contract_message(contract);
	slow.delay_ms = 200;
	assert_int_equal(contract_send(contract, &slow), BRIDGE_ACCEPTED);
	struct message quick = contract_message(contract);
	assert_int_equal(contract_send(contract, &quick), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	assert_int_equal(contract->legs[0].confirms, 1);
	assert_int_equal(contract->legs[0].replies, 0);
	assert_int_equal(contract->legs[1].replies, 1);
	contract_until_replies(contract, 2);
	assert_int_equal(contract->legs[0].replies, 1);
}

static void close_leaves_what_is_waiting_unanswered(void **state)
{
	struct contract *contract = *state;
	struct message slow = contract_message(contract);
	slow.delay_ms = 50;
	assert_int_equal(contract_send(contract, &slow), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, 1);
	lose_session(contract);
	contract_until_state(contract, BRIDGE_STATE_DOWN);
	contract_until_state(contract, BRIDGE_STATE_UP);
	contract_run_for(contract, 0.1);
	assert_int_equal(contract->replies, 0);
	assert_int_equal(contract->lost, 1);
}

static void too_many_waiting_messages_are_full(void **state)
{
	struct contract *contract = *state;
	static char large[4 << 20];
	enum bridge_verdict verdict = BRIDGE_ACCEPTED;
	for (unsigned i = 0; i < 64 && verdict == BRIDGE_ACCEPTED; i++) {
		struct message message = contract_message(contract);
		message.body = span_of(large, sizeof(large));
		message.wants_reply = false;
		verdict = contract_send(contract, &message);
	}
	assert_int_equal(verdict, BRIDGE_FULL);
	contract_until_confirms(contract, contract->used - 1);
	struct message message = contract_message(contract);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		cmocka_unit_test_prestate_setup_teardown(
			delay_holds_back_the_reply_but_not_the_confirm, contract_setup,
			contract_teardown, (void *)&loopback),
		cmocka_unit_test_prestate_setup_teardown(close_leaves_what_is_waiting_unanswered,
			contract_setup, contract_teardown, (void *)&loopback),
		cmocka_unit_test_prestate_setup_teardown(too_many_waiting_messages_are_full,
			contract_setup, contract_teardown, (void *)&loopback),
	};
	int failed = contract_run(&loopback);
	return failed + cmocka_run_group_tests_name("loopback's own", stories, NULL, NULL);
}
