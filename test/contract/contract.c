/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "test/contract/contract.h"

#include "base/memory.h"
#include "bridges/dead_letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PATIENCE 20. /* seconds after which something will never come */

/* The host */

static struct contract *from_host(struct bridge_host *host)
{
	return (struct contract *)((char *)host - offsetof(struct contract, host));
}

static void handle_confirm(struct bridge_host *host, struct leg leg, enum bridge_outcome outcome)
{
	struct contract *contract = from_host(host);
	assert_int_equal(leg.generation, CONTRACT_GENERATION);
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

static void handle_dead(struct bridge_host *host, const struct dead_letter *letter)
{
	struct contract *contract = from_host(host);
	struct contract_leg *leg = find_leg(contract, letter->message);
	if (leg != NULL) {
		leg->dead++;
		contract->dead++;
		contract->expired = letter->expired;
	}
}

static void handle_watch(struct bridge_host *host, const char *source, const char *why)
{
	struct contract *contract = from_host(host);
	assert_non_null(source);
	contract->unwatched += why != NULL ? 1 : -1;
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

static int handle_shard_of(struct bridge_host *host, const struct message *reply, bool dead)
{
	return 0;
}

static const struct bridge_events events = {
	.on_confirm = handle_confirm,
	.on_reply = handle_reply,
	.on_oversized = handle_oversized,
	.on_malformed = handle_malformed,
	.on_dead = handle_dead,
	.on_watch = handle_watch,
	.on_session_lost = handle_lost,
	.on_state = handle_state,
	.on_topic = handle_topic,
	.on_warning = handle_warning,
	.shard_of = handle_shard_of,
};

static void handle_prepare(struct ev_loop *loop, ev_prepare *prepare, int revents)
{
	struct contract *contract = prepare->data;
	if (contract->session != NULL) {
		contract->kind->flush(contract->session);
	}
}

static void handle_guard(struct ev_loop *loop, ev_timer *guard, int revents)
{
	struct contract *contract = guard->data;
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

void contract_until_dead(struct contract *contract, unsigned count)
{
	wait_for_unsigned(contract, &contract->dead, count);
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
		.body = SPAN(CONTRACT_BODY),
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
	struct leg leg = { .slot = contract->used++, .generation = CONTRACT_GENERATION };
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
