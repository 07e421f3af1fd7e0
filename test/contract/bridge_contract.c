/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/contract/bridge_contract.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PATIENCE 20. /* seconds after which something will never come */
#define GENERATION 7
#define BODY "{\"n\":9007199254740993}"

/* The host */

static struct contract *from_host(struct bridge_host *host)
{
	return (struct contract *)((char *)host - offsetof(struct contract, host));
}

static void handle_confirm(struct bridge_host *host, struct leg leg, enum bridge_outcome outcome)
{
	struct contract *contract = from_host(host);
	assert_int_equal(leg.generation, GENERATION);
	assert_in_range(leg.slot, 0, contract->used - 1);
	contract->legs[leg.slot].confirms++;
	contract->legs[leg.slot].outcome = outcome;
	contract->confirms++;
}

static struct contract_leg *find_leg(struct contract *contract, const struct message *reply)
{
	struct span id = reply->properties[PROPERTY_CORRELATION_ID];
	for (unsigned i = 0; i < contract->used; i++) {
		if (span_equal(id, span_from_text(contract->legs[i].id))) {
			return &contract->legs[i];
		}
	}
	contract->strays++;
	return NULL;
}

static void keep_reply(struct contract *contract, const struct message *reply)
{
	kept_message_finish(&contract->reply);
	assert_true(kept_message_copy(&contract->reply, reply));
}

static void handle_reply(struct bridge_host *host, const struct message *reply)
{
	struct contract *contract = from_host(host);
	struct contract_leg *leg = find_leg(contract, reply);
	if (leg != NULL) {
		leg->replies++;
		contract->replies++;
		keep_reply(contract, reply);
	}
}

static void handle_oversized(struct bridge_host *host, const struct message *reply)
{
	struct contract *contract = from_host(host);
	struct contract_leg *leg = find_leg(contract, reply);
	if (leg != NULL) {
		leg->oversized++;
		contract->oversized++;
		keep_reply(contract, reply);
	}
}

static void handle_malformed(struct bridge_host *host)
{
	from_host(host)->malformed++;
}

static void handle_lost(struct bridge_host *host)
{
	from_host(host)->lost++;
}

static void handle_state(struct bridge_host *host, enum bridge_state state, const char *why)
{
	struct contract *contract = from_host(host);
	assert_non_null(why);
	contract->state = state;
	contract->states++;
	snprintf(contract->why, sizeof(contract->why), "%s", why);
}

static void handle_topic(struct bridge_host *host, const char *topic, const char *why)
{
	struct contract *contract = from_host(host);
	assert_non_null(topic);
	contract->topics_amiss += why != NULL ? 1 : -1;
}

static void handle_warning(struct bridge_host *host, const char *what)
{
	assert_non_null(what);
}

static int handle_shard_of(struct bridge_host *host, const struct message *reply)
{
	return 0;
}

static const struct bridge_events events = {
	.on_confirm = handle_confirm,
	.on_reply = handle_reply,
	.on_oversized = handle_oversized,
	.on_malformed = handle_malformed,
	.on_session_lost = handle_lost,
	.on_state = handle_state,
	.on_topic = handle_topic,
	.on_warning = handle_warning,
	.shard_of = handle_shard_of,
};

static void handle_prepare(struct ev_loop *loop, ev_prepare *prepare, int revents)
{
	struct contract *contract = prepare->data;
	(void)loop;
	(void)revents;
	if (contract->session != NULL) {
		contract->kind->flush(contract->session);
	}
}

static void handle_guard(struct ev_loop *loop, ev_timer *guard, int revents)
{
	struct contract *contract = guard->data;
	(void)loop;
	(void)revents;
	contract->late = true;
}

static void read_configuration(struct contract *contract)
{
	struct json_fault fault = { 0 };
	struct json_tree *tree = json_tree_create(
		"contract.json", span_from_text(contract->bridge->configuration), &fault);
	assert_non_null(tree);
	struct problem_list *problems = problem_list_create();
	const struct json_node *root = json_tree_root(tree);
	contract->shared = memory_new(1, contract->kind->shared_size);
	bool good = option_read(contract->kind->rows, root, contract->shared, problems) &&
		    contract->kind->open(contract->shared, root, problems);
	problem_list_print(problems, stderr);
	assert_true(good);
	problem_list_destroy(problems);
	json_tree_destroy(tree);
}

static void start_shared(struct contract *contract)
{
	char why[256] = "";
	contract->mailboxes[0] = contract->host.mailbox;
	contract->process = (struct bridge_process){
		.instance = contract->host.instance,
		.topics = contract->bridge->topics,
		.topic_count = contract->bridge->topic_count,
		.timeout_ms = 60000,
		.mailboxes = contract->mailboxes,
		.shards = 1,
	};
	if (contract->kind->start != NULL &&
		!contract->kind->start(contract->shared, &contract->process, why, sizeof(why))) {
		fail_msg("the bridge does not start: %s", why);
	}
}

struct contract *contract_create(const struct contract_bridge *bridge)
{
	struct contract *contract = memory_new(1, sizeof(*contract));
	contract->bridge = bridge;
	contract->kind = bridge_kind_find(span_from_text(bridge->type));
	assert_non_null(contract->kind);
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	contract->host = (struct bridge_host){
		.events = &events,
		.loop = loop,
		.mailbox = mailbox_create(loop, 64),
		.bridge = "contract",
		.instance = "contract",
		.reply_max = CONTRACT_REPLY_MAX,
		.exchanges = bridge->exchanges,
	};
	ev_prepare_init(&contract->prepare, handle_prepare);
	contract->prepare.data = contract;
	ev_prepare_start(loop, &contract->prepare);
	ev_init(&contract->guard, handle_guard);
	contract->guard.data = contract;
	read_configuration(contract);
	start_shared(contract);
	return contract;
}

void contract_connect(struct contract *contract)
{
	assert_null(contract->session);
	contract->state = BRIDGE_STATE_DOWN;
	contract->session = contract->kind->create(contract->shared, &contract->host);
	assert_non_null(contract->session);
}

void contract_disconnect(struct contract *contract)
{
	contract->kind->destroy(contract->session);
	contract->session = NULL;
}

void contract_destroy(struct contract *contract)
{
	contract_disconnect(contract);
	contract->kind->close(contract->shared);
	option_finish(contract->kind->rows, contract->shared);
	free(contract->shared);
	struct ev_loop *loop = contract->host.loop;
	ev_timer_stop(loop, &contract->guard);
	ev_prepare_stop(loop, &contract->prepare);
	mailbox_destroy(contract->host.mailbox);
	ev_loop_destroy(loop);
	kept_message_finish(&contract->reply);
	free(contract);
}

int contract_setup(void **state)
{
	struct contract *contract = contract_create(*state);
	contract_connect(contract);
	contract_until_state(contract, BRIDGE_STATE_UP);
	*state = contract;
	return 0;
}

int contract_teardown(void **state)
{
	contract_destroy(*state);
	return 0;
}

/* Time */

static void set_guard(struct contract *contract, double seconds)
{
	contract->late = false;
	ev_timer_stop(contract->host.loop, &contract->guard);
	ev_now_update(contract->host.loop);
	ev_timer_set(&contract->guard, seconds, 0.);
	ev_timer_start(contract->host.loop, &contract->guard);
}

void contract_until(struct contract *contract, bool (*done)(const struct contract *contract))
{
	set_guard(contract, PATIENCE);
	while (!done(contract) && !contract->late) {
		ev_run(contract->host.loop, EVRUN_ONCE);
	}
	ev_timer_stop(contract->host.loop, &contract->guard);
	if (contract->late) {
		fail_msg("waited too long; state %d, why: %s", contract->state, contract->why);
	}
}

static void wait_for_unsigned(struct contract *contract, const unsigned *value, unsigned count)
{
	set_guard(contract, PATIENCE);
	while (*value < count && !contract->late) {
		ev_run(contract->host.loop, EVRUN_ONCE);
	}
	ev_timer_stop(contract->host.loop, &contract->guard);
	assert_int_equal(*value, count);
}

void contract_until_confirms(struct contract *contract, unsigned count)
{
	wait_for_unsigned(contract, &contract->confirms, count);
}

void contract_until_replies(struct contract *contract, unsigned count)
{
	wait_for_unsigned(contract, &contract->replies, count);
}

void contract_until_lost(struct contract *contract, unsigned count)
{
	wait_for_unsigned(contract, &contract->lost, count);
}

void contract_until_state(struct contract *contract, enum bridge_state state)
{
	set_guard(contract, PATIENCE);
	while (contract->state != state && !contract->late) {
		ev_run(contract->host.loop, EVRUN_ONCE);
	}
	ev_timer_stop(contract->host.loop, &contract->guard);
	if (contract->state != state) {
		fail_msg("state is still %d, why: %s", contract->state, contract->why);
	}
}

void contract_run_for(struct contract *contract, double seconds)
{
	set_guard(contract, seconds);
	while (!contract->late) {
		ev_run(contract->host.loop, EVRUN_ONCE);
	}
}

/* Messages */

struct message contract_message(struct contract *contract)
{
	assert_true(contract->used < CONTRACT_LEGS);
	struct contract_leg *leg = &contract->legs[contract->used];
	snprintf(leg->id, sizeof(leg->id), "00000000-0000-4000-8000-%012x", contract->used);
	struct message message = {
		.routing_key = span_from_text(contract->bridge->queue),
		.topic = span_from_text(contract->bridge->topic),
		.mandatory = true,
		.wants_reply = true,
		.body = SPAN(BODY),
	};
	message.properties[PROPERTY_CONTENT_TYPE] = SPAN("application/json");
	message.properties[PROPERTY_CORRELATION_ID] = span_from_text(leg->id);
	message.properties[PROPERTY_REPLY_TO] = contract->kind->reply_to(contract->session);
	message.properties[PROPERTY_EXPIRATION] = SPAN("60000");
	message.properties[PROPERTY_DELIVERY_MODE] = SPAN("1");
	return message;
}

enum bridge_verdict contract_send(struct contract *contract, const struct message *message)
{
	struct leg leg = { .slot = contract->used++, .generation = GENERATION };
	unsigned before = contract->confirms + contract->replies + contract->oversized;
	enum bridge_verdict verdict = contract->kind->send(contract->session, message, leg);
	assert_int_equal(before, contract->confirms + contract->replies + contract->oversized);
	return verdict;
}

struct contract_leg *contract_last_leg(struct contract *contract)
{
	assert_true(contract->used > 0);
	return &contract->legs[contract->used - 1];
}

/* Stories */

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
	assert_true(span_equal(reply->body, SPAN(BODY)));
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

static void cancel_harms_nobody(void **state)
{
	struct contract *contract = *state;
	for (unsigned i = 0; i < 10; i++) {
		struct message message = contract_message(contract);
		assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
		if (i % 2 == 0) {
			struct leg leg = { .slot = i, .generation = GENERATION };
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
		STORY(cancel_harms_nobody),
		STORY(a_reply_beyond_the_limit_is_told_without_its_body),
		STORY(a_lost_session_is_told_once_and_comes_back),
		STORY(destroy_with_legs_in_flight_tells_nothing),
	};
	return cmocka_run_group_tests_name(bridge->name, stories, NULL, NULL);
}
