/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/contract/bridge_contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_session_is_down_until_it_says_up(void **state)
{
	struct contract *contract = contract_create(*state);
	contract_connect(contract);
	assert_int_equal(contract->states, 0);
	struct message message = contract_message(contract);
	assert_int_equal(contract_send(contract, &message), BRIDGE_DOWN);
	assert_int_equal(contract->kind->reply_to(contract->session).len, 0);
	contract_until_state(contract, BRIDGE_STATE_UP);
	assert_true(contract->kind->reply_to(contract->session).len > 0);
	assert_int_equal(contract->lost, 0);
	contract_destroy(contract);
}

static bool is_drained(const struct contract *contract)
{
	return contract->kind->drained(contract->session);
}

static void an_accepted_leg_gets_its_confirm_and_its_reply(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	assert_false(contract->kind->drained(contract->session));
	contract_until_replies(contract, 1);
	if (!contract->bridge->silent_about_calls) {
		contract_until_confirms(contract, 1);
		assert_int_equal(contract_last_leg(contract)->outcome, BRIDGE_CONFIRMED);
	}
	contract_until(contract, is_drained);
}

static void a_reply_carries_what_the_worker_sent(void **state)
{
	struct contract *contract = *state;
	const struct message_header headers[] = {
		{ SPAN("x-text"),
			SPAN("gr\xc3\xbc\xc3\x9f"
			     "e"),
			MESSAGE_TEXT },
		{ SPAN("x-empty"), SPAN(""), MESSAGE_TEXT },
		{ SPAN("x-number"), SPAN("-42"), MESSAGE_INTEGER },
		{ SPAN("x-large"), SPAN("9007199254740993"), MESSAGE_INTEGER },
		{ SPAN("x-real"), SPAN("0.1"), MESSAGE_REAL },
		{ SPAN("x-yes"), SPAN("true"), MESSAGE_BOOLEAN },
		{ SPAN("x-json"), SPAN("{\"a\":[1,\"b\",null,true,2.5]}"), MESSAGE_JSON },
	};
	struct message message = contract_message(contract);
	message.headers = headers;
	message.header_count = sizeof(headers) / sizeof(headers[0]);
	message.properties[PROPERTY_CONTENT_ENCODING] = SPAN("identity");
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	const struct message *reply = &contract->reply.message;
	assert_true(span_equal(reply->body, SPAN(CONTRACT_BODY)));
	assert_true(span_equal(reply->properties[PROPERTY_CONTENT_TYPE], SPAN("application/json")));
	assert_true(span_equal(reply->properties[PROPERTY_CONTENT_ENCODING], SPAN("identity")));
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		const struct message_header *header = message_header(reply, headers[i].name);
		assert_non_null(header);
		assert_true(span_equal(header->value, headers[i].value));
		assert_int_equal(header->type,
			contract->bridge->untyped_headers ? MESSAGE_TEXT : headers[i].type);
	}
}

static void many_legs_in_flight_are_each_answered_once(void **state)
{
	struct contract *contract = *state;
	const unsigned count = 3000;
	for (unsigned i = 0; i < count; i++) {
		struct message message = contract_message(contract);
		assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	}
	unsigned confirms = contract->bridge->silent_about_calls ? 0 : 1;
	contract_until_replies(contract, count);
	contract_until_confirms(contract, count * confirms);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(contract->legs[i].confirms, confirms);
		assert_int_equal(contract->legs[i].outcome, BRIDGE_CONFIRMED);
		assert_int_equal(contract->legs[i].replies, 1);
	}
	assert_int_equal(contract->strays, 0);
}

static void an_empty_body_is_a_body(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	message.body = SPAN("");
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	assert_int_equal(contract->reply.message.body.len, 0);
}

static void a_leg_that_wants_no_reply_is_only_confirmed(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	message.wants_reply = false;
	message.properties[PROPERTY_REPLY_TO] = SPAN_ABSENT;
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, 1);
	struct message next = contract_message(contract);
	assert_int_equal(contract_send(contract, &next), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	assert_int_equal(contract->legs[0].replies, 0);
}

static void a_silent_worker_leaves_the_leg_confirmed(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	contract->bridge->make_silent(&message);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, 1);
	assert_int_equal(contract_last_leg(contract)->outcome, BRIDGE_CONFIRMED);
	assert_int_equal(contract->replies, 0);
}

static void a_refused_message_says_so(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	contract->bridge->make_refused(&message);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, 1);
	assert_int_equal(contract_last_leg(contract)->outcome, contract->bridge->refusal);
	assert_int_equal(contract->replies, 0);
}

static void a_message_that_is_given_up_comes_back_dead(void **state)
{
	struct contract *contract = *state;
	if (contract->bridge->make_dead == NULL) {
		skip();
	}
	struct message message = contract_message(contract);
	contract->bridge->make_dead(&message);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_dead(contract, 1);
	assert_int_equal(contract_last_leg(contract)->dead, 1);
	assert_false(contract->expired);
	struct message next = contract_message(contract);
	assert_int_equal(contract_send(contract, &next), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	assert_int_equal(contract->dead, 1);
	assert_int_equal(contract->legs[0].replies, 0);
}

static void cancel_harms_nobody(void **state)
{
	struct contract *contract = *state;
	for (unsigned i = 0; i < 10; i++) {
		struct message message = contract_message(contract);
		assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
		if (i % 2 == 0) {
			struct leg leg = { .slot = i, .generation = CONTRACT_GENERATION };
			contract->kind->cancel(contract->session, leg);
		}
	}
	contract_until_replies(contract, 10);
	struct leg unknown = { .slot = 999, .generation = 1 };
	contract->kind->cancel(contract->session, unknown);
	assert_int_equal(contract->legs[1].replies, 1);
}

static void a_reply_beyond_the_limit_is_told_without_its_body(void **state)
{
	struct contract *contract = *state;
	struct buffer body = { 0 };
	while (body.len <= CONTRACT_REPLY_MAX) {
		buffer_append_literal(&body, "0123456789abcdef");
	}
	struct message message = contract_message(contract);
	message.body = buffer_span(&body);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	struct message next = contract_message(contract);
	assert_int_equal(contract_send(contract, &next), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	assert_int_equal(contract->legs[0].oversized, 1);
	assert_int_equal(contract->legs[0].replies, 0);
	assert_int_equal(contract->legs[1].replies, 1);
	buffer_finish(&body);
}

static void a_lost_session_is_told_once_and_comes_back(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	contract->bridge->make_silent(&message);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, 1);
	contract->bridge->lose_session(contract);
	contract_until_lost(contract, 1);
	struct message refused = contract_message(contract);
	contract_until_state(contract, BRIDGE_STATE_DOWN);
	assert_int_equal(contract_send(contract, &refused), BRIDGE_DOWN);
	contract_until_state(contract, BRIDGE_STATE_UP);
	assert_int_equal(contract->lost, 1);
	struct message next = contract_message(contract);
	assert_int_equal(contract_send(contract, &next), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
}

static void destroy_with_legs_in_flight_tells_nothing(void **state)
{
	struct contract *contract = *state;
	for (unsigned i = 0; i < 100; i++) {
		struct message message = contract_message(contract);
		assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	}
	contract->kind->flush(contract->session);
	unsigned events_before = contract->states + contract->lost;
	contract_disconnect(contract);
	contract_run_for(contract, 0.1);
	assert_int_equal(contract->confirms + contract->replies, 0);
	assert_int_equal(contract->states + contract->lost, events_before);
}

static void destroy_before_the_session_stands_is_fine(void **state)
{
	struct contract *contract = contract_create(*state);
	contract_connect(contract);
	contract_disconnect(contract);
	contract_connect(contract);
	ev_run(contract->host.loop, EVRUN_NOWAIT);
	contract_disconnect(contract);
	contract_run_for(contract, 0.1);
	contract_connect(contract);
	contract_until_state(contract, BRIDGE_STATE_UP);
	contract_destroy(contract);
}

#define STORY(name)                                                            \
	{                                                                      \
#name, name, contract_setup, contract_teardown, (void *)bridge \
	}
#define STORY_FROM_NOTHING(name)                        \
	{                                               \
#name, name, NULL, NULL, (void *)bridge \
	}

int contract_run(const struct contract_bridge *bridge)
{
	const struct CMUnitTest stories[] = {
		STORY_FROM_NOTHING(a_session_is_down_until_it_says_up),
		STORY_FROM_NOTHING(destroy_before_the_session_stands_is_fine),
		STORY(an_accepted_leg_gets_its_confirm_and_its_reply),
		STORY(a_reply_carries_what_the_worker_sent),
		STORY(many_legs_in_flight_are_each_answered_once),
		STORY(an_empty_body_is_a_body),
		STORY(a_leg_that_wants_no_reply_is_only_confirmed),
		STORY(a_silent_worker_leaves_the_leg_confirmed),
		STORY(a_refused_message_says_so),
		STORY(a_message_that_is_given_up_comes_back_dead),
		STORY(cancel_harms_nobody),
		STORY(a_reply_beyond_the_limit_is_told_without_its_body),
		STORY(a_lost_session_is_told_once_and_comes_back),
		STORY(destroy_with_legs_in_flight_tells_nothing),
	};
	return cmocka_run_group_tests_name(bridge->name, stories, NULL, NULL);
}
