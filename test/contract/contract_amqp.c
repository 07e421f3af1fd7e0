/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The suite and AMQP's own stories against a real RabbitMQ, named by AMQP_URL. A proxy stands in
 * between, so that connections break and freeze without a right to restart the broker.
 */
#include "test/contract/bridge_contract.h"
#include "test/contract/broker_proxy.h"
#include "test/contract/echo_worker.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77 /* what the build's test runner takes for "skipped" */
#define LARGE (1u << 20)

/* What the stories share; the process runs one at a time. */
static struct {
	struct amqp_connection_info broker;
	amqp_connection_state_t connection; /* of the stories themselves, not of a bridge */
	struct broker_proxy *proxy;
	char echo_queue[64], silent_queue[64], full_queue[64], deadly_queue[64];
	char exchange[64], lost_exchange[64], dead_exchange[64];
	const char *exchanges[3];
} site;

static void make_refused(struct message *message)
{
	message->routing_key = span_from_text(site.full_queue);
}

static void make_silent(struct message *message)
{
	message->routing_key = span_from_text(site.silent_queue);
}

static void make_dead(struct message *message)
{
	message->routing_key = span_from_text(site.deadly_queue);
}

static void cut_connections(struct contract *contract)
{
	(void)contract;
	broker_proxy_cut(site.proxy);
}

/* Preparing the broker */

static void expect_normal(void)
{
	assert_int_equal(amqp_get_rpc_reply(site.connection).reply_type, AMQP_RESPONSE_NORMAL);
}

static void declare_queue(const char *name, amqp_table_t arguments)
{
	amqp_queue_declare(
		site.connection, 1, amqp_cstring_bytes(name), false, false, true, true, arguments);
	expect_normal();
}

static void declare_exchange(const char *name)
{
	amqp_exchange_declare(site.connection, 1, amqp_cstring_bytes(name),
		amqp_cstring_bytes("direct"), false, false, false, false, amqp_empty_table);
	expect_normal();
	amqp_queue_bind(site.connection, 1, amqp_cstring_bytes(site.echo_queue),
		amqp_cstring_bytes(name), amqp_cstring_bytes("key"), amqp_empty_table);
	expect_normal();
}

static void delete_exchange(const char *name)
{
	amqp_exchange_delete(site.connection, 1, amqp_cstring_bytes(name), false);
	expect_normal();
}

/* Refuses everything: it may hold one message, and does. */
static void declare_full_queue(void)
{
	amqp_table_entry_t entries[] = {
		{ .key = amqp_cstring_bytes("x-max-length"),
			.value = { .kind = AMQP_FIELD_KIND_I32, .value.i32 = 1 } },
		{ .key = amqp_cstring_bytes("x-overflow"),
			.value = { .kind = AMQP_FIELD_KIND_UTF8,
				.value.bytes = amqp_cstring_bytes("reject-publish") } },
	};
	amqp_table_t arguments = { 2, entries };
	declare_queue(site.full_queue, arguments);
	amqp_basic_publish(site.connection, 1, amqp_empty_bytes,
		amqp_cstring_bytes(site.full_queue), false, false, NULL, amqp_cstring_bytes("x"));
}

/* Holds nothing: what comes in goes to the dead at once, and is confirmed all the same. */
static void declare_deadly_queue(void)
{
	amqp_table_entry_t entries[] = {
		{ .key = amqp_cstring_bytes("x-max-length"),
			.value = { .kind = AMQP_FIELD_KIND_I32, .value.i32 = 0 } },
		{ .key = amqp_cstring_bytes("x-dead-letter-exchange"),
			.value = { .kind = AMQP_FIELD_KIND_UTF8,
				.value.bytes = amqp_cstring_bytes(site.dead_exchange) } },
	};
	amqp_table_t arguments = { 2, entries };
	amqp_exchange_declare(site.connection, 1, amqp_cstring_bytes(site.dead_exchange),
		amqp_cstring_bytes("fanout"), false, false, false, false, amqp_empty_table);
	expect_normal();
	declare_queue(site.deadly_queue, arguments);
}

static void prepare_site(const char *url, char *url_room)
{
	memcpy(url_room, url, strlen(url) + 1);
	assert_int_equal(amqp_parse_url(url_room, &site.broker), AMQP_STATUS_OK);
	if (site.broker.vhost[0] == '\0') {
		site.broker.vhost = "/";
	}
	int id = getpid();
	snprintf(site.echo_queue, sizeof(site.echo_queue), "contract.echo.%d", id);
	snprintf(site.silent_queue, sizeof(site.silent_queue), "contract.silent.%d", id);
	snprintf(site.full_queue, sizeof(site.full_queue), "contract.full.%d", id);
	snprintf(site.exchange, sizeof(site.exchange), "contract.exchange.%d", id);
	snprintf(site.lost_exchange, sizeof(site.lost_exchange), "contract.lost.%d", id);
	snprintf(site.deadly_queue, sizeof(site.deadly_queue), "contract.deadly.%d", id);
	snprintf(site.dead_exchange, sizeof(site.dead_exchange), "contract.dead.%d", id);
	site.exchanges[0] = site.exchange;
	site.exchanges[1] = site.lost_exchange;
	site.connection = echo_worker_connect(&site.broker);
	site.proxy = broker_proxy_create(site.broker.host, site.broker.port);
	declare_queue(site.silent_queue, amqp_empty_table);
	declare_full_queue();
	declare_deadly_queue();
}

static void write_configuration(char *to, size_t size, const char *more)
{
	snprintf(to, size,
		"{\"url\": \"amqp://127.0.0.1:%d/%s\", \"user\": \"%s\", \"password\": \"%s\", "
		"\"dead_letter\": {\"exchange\": \"%s\"}%s}",
		broker_proxy_port(site.proxy),
		strcmp(site.broker.vhost, "/") == 0 ? "" : site.broker.vhost, site.broker.user,
		site.broker.password, site.dead_exchange, more);
}

/* Stories */

static struct message to_exchange(struct contract *contract, const char *exchange)
{
	struct message message = contract_message(contract);
	message.exchange = span_from_text(exchange);
	message.routing_key = SPAN("key");
	return message;
}

static void a_message_that_no_queue_takes_comes_back(void **state)
{
	struct contract *contract = *state;
	struct message good = contract_message(contract);
	assert_int_equal(contract_send(contract, &good), BRIDGE_ACCEPTED);
	struct message lost = contract_message(contract);
	lost.routing_key = SPAN("contract.nobody");
	assert_int_equal(contract_send(contract, &lost), BRIDGE_ACCEPTED);
	struct message another = contract_message(contract);
	assert_int_equal(contract_send(contract, &another), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, 3);
	contract_until_replies(contract, 2);
	assert_int_equal(contract->legs[0].outcome, BRIDGE_CONFIRMED);
	assert_int_equal(contract->legs[1].outcome, BRIDGE_UNROUTABLE);
	assert_int_equal(contract->legs[2].outcome, BRIDGE_CONFIRMED);
	assert_int_equal(contract->legs[1].confirms, 1);
}

static void a_missing_exchange_is_rejected_and_found_again(void **state)
{
	struct contract *contract = *state;
	struct message message = to_exchange(contract, site.lost_exchange);
	assert_int_equal(contract_send(contract, &message), BRIDGE_REJECTED);
	struct message other = to_exchange(contract, site.exchange);
	assert_int_equal(contract_send(contract, &other), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	declare_exchange(site.lost_exchange);
	contract_run_for(contract, 1.);
	struct message again = to_exchange(contract, site.lost_exchange);
	enum bridge_verdict verdict = contract_send(contract, &again);
	if (verdict == BRIDGE_REJECTED) { /* with `direct` the first one only asks */
		contract_run_for(contract, 0.2);
		struct message third = to_exchange(contract, site.lost_exchange);
		verdict = contract_send(contract, &third);
	}
	assert_int_equal(verdict, BRIDGE_ACCEPTED);
	contract_until_replies(contract, 2);
	delete_exchange(site.lost_exchange);
}

static void an_exchange_deleted_meanwhile_takes_its_own_legs_only(void **state)
{
	struct contract *contract = *state;
	struct message first = to_exchange(contract, site.exchange);
	assert_int_equal(contract_send(contract, &first), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	contract_until_confirms(contract, 1);
	delete_exchange(site.exchange);
	for (unsigned i = 0; i < 5; i++) {
		struct message message = to_exchange(contract, site.exchange);
		assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
		struct message other = contract_message(contract);
		assert_int_equal(contract_send(contract, &other), BRIDGE_ACCEPTED);
	}
	contract_until_confirms(contract, 11);
	contract_until_replies(contract, 6);
	for (unsigned i = 1; i < 11; i++) {
		assert_int_equal(contract->legs[i].outcome,
			i % 2 == 1 ? BRIDGE_UNROUTABLE : BRIDGE_CONFIRMED);
	}
	assert_int_equal(contract->lost, 0);
	declare_exchange(site.exchange);
}

static void an_exchange_named_by_a_template_opens_with_its_first_message(void **state)
{
	struct contract *contract = *state;
	declare_exchange("contract.template");
	for (unsigned i = 0; i < 3; i++) {
		struct message message = to_exchange(contract, "contract.template");
		assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	}
	contract_until_replies(contract, 3);
	contract_until_confirms(contract, 3);
	delete_exchange("contract.template");
}

static void a_missing_template_exchange_takes_no_place_for_ever(void **state)
{
	struct contract *contract = *state;
	for (unsigned i = 0; i < 200; i++) {
		char name[32];
		snprintf(name, sizeof(name), "contract.none.%u", i);
		struct message message = to_exchange(contract, name);
		assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
		contract_until_confirms(contract, i + 1);
		assert_int_equal(contract_last_leg(contract)->outcome, BRIDGE_UNROUTABLE);
	}
	struct message message = contract_message(contract);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
}

static void too_many_exchanges_at_once_are_rejected(void **state)
{
	struct contract *contract = *state;
	unsigned accepted = 0;
	for (unsigned i = 0; i < 100; i++) {
		char name[32];
		snprintf(name, sizeof(name), "contract.none.%u", i);
		struct message message = to_exchange(contract, name);
		accepted += contract_send(contract, &message) == BRIDGE_ACCEPTED;
	}
	assert_int_equal(accepted, 64);
	contract_until_confirms(contract, 64);
}

static void what_amqp_cannot_carry_is_rejected_at_once(void **state)
{
	struct contract *contract = *state;
	char long_text[300];
	memset(long_text, 'x', sizeof(long_text));
	struct message message = contract_message(contract);
	message.properties[PROPERTY_EXPIRATION] = SPAN("soon");
	assert_int_equal(contract_send(contract, &message), BRIDGE_REJECTED);
	message = contract_message(contract);
	message.properties[PROPERTY_USER_ID] = SPAN("somebody else");
	assert_int_equal(contract_send(contract, &message), BRIDGE_REJECTED);
	message = contract_message(contract);
	message.routing_key = span_of(long_text, sizeof(long_text));
	assert_int_equal(contract_send(contract, &message), BRIDGE_REJECTED);
	struct message_header header = { span_of(long_text, 256), SPAN("v"), MESSAGE_TEXT };
	message = contract_message(contract);
	message.headers = &header;
	message.header_count = 1;
	assert_int_equal(contract_send(contract, &message), BRIDGE_REJECTED);
	message = contract_message(contract);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	assert_int_equal(contract->confirms, 1);
}

static void a_body_larger_than_a_frame_comes_back_whole(void **state)
{
	struct contract *contract = *state;
	contract->host.reply_max = LARGE;
	struct buffer body = { 0 };
	while (body.len < LARGE - 8) {
		buffer_append_number(&body, body.len);
	}
	struct message message = contract_message(contract);
	message.body = buffer_span(&body);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	assert_true(span_equal(contract->reply.message.body, buffer_span(&body)));
	assert_true(span_equal(contract->reply.message.properties[PROPERTY_CONTENT_TYPE],
		SPAN("application/json")));
	buffer_finish(&body);
}

static void a_reply_of_many_frames_beyond_the_limit_is_discarded(void **state)
{
	struct contract *contract = *state;
	struct buffer body = { 0 };
	assert_true(buffer_reserve(&body, LARGE));
	memset(body.data, 'b', LARGE);
	body.len = LARGE;
	struct message message = contract_message(contract);
	message.body = buffer_span(&body);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	struct message next = contract_message(contract);
	assert_int_equal(contract_send(contract, &next), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	assert_int_equal(contract->legs[0].oversized, 1);
	assert_int_equal(contract->legs[1].replies, 1);
	buffer_finish(&body);
}

static void a_reply_nested_too_deep_is_dropped(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	message.properties[PROPERTY_TYPE] = SPAN("deep");
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	assert_int_equal(contract_last_leg(contract)->replies, 1);
	assert_int_equal(contract->reply.message.header_count, 0);
	assert_int_equal(contract->malformed, 1);
}

static void every_session_has_its_own_reply_address(void **state)
{
	struct contract *contract = *state;
	struct span address = contract->kind->reply_to(contract->session);
	char *queue = memory_text(address);
	broker_proxy_cut(site.proxy);
	contract_until_lost(contract, 1);
	contract_until_state(contract, BRIDGE_STATE_DOWN);
	contract_until_state(contract, BRIDGE_STATE_UP);
	address = contract->kind->reply_to(contract->session);
	assert_false(span_equal(address, span_from_text(queue)));
	free(queue);
}

static void without_confirms_only_returns_are_told(void **state)
{
	struct contract *contract = *state;
	for (unsigned i = 0; i < 10; i++) {
		struct message message = contract_message(contract);
		if (i == 4) {
			message.routing_key = SPAN("contract.nobody");
		}
		assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	}
	contract_until_replies(contract, 9);
	contract_until_confirms(contract, 1);
	assert_int_equal(contract->legs[4].outcome, BRIDGE_UNROUTABLE);
	assert_true(contract->kind->drained(contract->session));
	broker_proxy_cut(site.proxy);
	contract_until_lost(contract, 1);
	contract_until_state(contract, BRIDGE_STATE_DOWN);
	assert_int_equal(contract->confirms, 1);
}

static void legs_lost_before_their_confirm_are_unknown(void **state)
{
	struct contract *contract = *state;
	broker_proxy_set(site.proxy, PROXY_FREEZE);
	struct message message = contract_message(contract);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_run_for(contract, 0.1);
	broker_proxy_set(site.proxy, PROXY_REFUSE);
	contract_until_confirms(contract, 1);
	assert_int_equal(contract_last_leg(contract)->outcome, BRIDGE_UNKNOWN);
	contract_until_lost(contract, 1);
	broker_proxy_set(site.proxy, PROXY_PASS);
	contract_until_state(contract, BRIDGE_STATE_UP);
}

static void a_frozen_broker_fills_the_backlog_and_then_times_out(void **state)
{
	struct contract *contract = *state;
	static char body[65536];
	broker_proxy_set(site.proxy, PROXY_FREEZE);
	enum bridge_verdict verdict = BRIDGE_ACCEPTED;
	while (verdict == BRIDGE_ACCEPTED) {
		struct message message = contract_message(contract);
		message.body = span_of(body, sizeof(body));
		verdict = contract_send(contract, &message);
		contract->kind->flush(contract->session);
	}
	assert_int_equal(verdict, BRIDGE_FULL);
	assert_false(contract->kind->drained(contract->session));
	double start = ev_time();
	contract_until_lost(contract, 1);
	assert_true(ev_time() - start < 4.);
	contract_until_state(contract, BRIDGE_STATE_DOWN);
	contract_until_confirms(contract, contract->used - 1);
	assert_int_equal(contract->legs[0].outcome, BRIDGE_UNKNOWN);
	broker_proxy_set(site.proxy, PROXY_REFUSE);
	broker_proxy_set(site.proxy, PROXY_PASS);
	contract_until_state(contract, BRIDGE_STATE_UP);
	struct message message = contract_message(contract);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
}

static void an_idle_session_outlives_many_heartbeats(void **state)
{
	struct contract *contract = *state;
	contract_run_for(contract, 5.);
	assert_int_equal(contract->lost, 0);
	struct message message = contract_message(contract);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
}

static bool is_told(const struct contract *contract)
{
	return contract->states > 0;
}

static void an_absent_broker_is_waited_for(void **state)
{
	struct contract *contract = contract_create(*state);
	broker_proxy_set(site.proxy, PROXY_REFUSE);
	contract_connect(contract);
	contract_until(contract, is_told);
	assert_int_equal(contract->state, BRIDGE_STATE_DOWN);
	assert_int_equal(contract->lost, 0);
	broker_proxy_set(site.proxy, PROXY_PASS);
	contract_until_state(contract, BRIDGE_STATE_UP);
	contract_destroy(contract);
}

static void a_refused_login_says_why_without_the_password(void **state)
{
	struct contract_bridge stranger = *(const struct contract_bridge *)*state;
	char configuration[256];
	snprintf(configuration, sizeof(configuration),
		"{\"url\": \"amqp://nobody:sesame@127.0.0.1:%d/\"}", broker_proxy_port(site.proxy));
	stranger.configuration = configuration;
	struct contract *contract = contract_create(&stranger);
	contract_connect(contract);
	contract_until(contract, is_told);
	assert_int_equal(contract->state, BRIDGE_STATE_DOWN);
	assert_non_null(strstr(contract->why, "user or password not accepted"));
	assert_null(strstr(contract->why, "sesame"));
	assert_null(strstr(contract->why, "nobody"));
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

static int run_own(const struct contract_bridge *bridge)
{
	const struct CMUnitTest stories[] = {
		STORY(a_message_that_no_queue_takes_comes_back),
		STORY(a_missing_exchange_is_rejected_and_found_again),
		STORY(what_amqp_cannot_carry_is_rejected_at_once),
		STORY(a_body_larger_than_a_frame_comes_back_whole),
		STORY(a_reply_of_many_frames_beyond_the_limit_is_discarded),
		STORY(a_reply_nested_too_deep_is_dropped),
		STORY(legs_lost_before_their_confirm_are_unknown),
		STORY(a_frozen_broker_fills_the_backlog_and_then_times_out),
		STORY(an_idle_session_outlives_many_heartbeats),
		STORY_FROM_NOTHING(an_absent_broker_is_waited_for),
		STORY_FROM_NOTHING(a_refused_login_says_why_without_the_password),
	};
	return cmocka_run_group_tests_name(bridge->name, stories, NULL, NULL);
}

/* Where every exchange has a channel and the session a queue of its own. */
static int run_queue_only(const struct contract_bridge *bridge)
{
	const struct CMUnitTest stories[] = {
		STORY(an_exchange_deleted_meanwhile_takes_its_own_legs_only),
		STORY(an_exchange_named_by_a_template_opens_with_its_first_message),
		STORY(a_missing_template_exchange_takes_no_place_for_ever),
		STORY(too_many_exchanges_at_once_are_rejected),
		STORY(every_session_has_its_own_reply_address),
	};
	return cmocka_run_group_tests_name(bridge->name, stories, NULL, NULL);
}

static int run_without_confirms(const struct contract_bridge *bridge)
{
	const struct CMUnitTest stories[] = { STORY(without_confirms_only_returns_are_told) };
	return cmocka_run_group_tests_name(bridge->name, stories, NULL, NULL);
}

int main(void)
{
	const char *url = getenv("AMQP_URL");
	if (url == NULL) {
		fprintf(stderr, "AMQP_URL names no broker: skipped\n");
		return SKIPPED;
	}
	char url_room[512], configurations[3][512];
	assert_true(strlen(url) < sizeof(url_room));
	prepare_site(url, url_room);
	struct echo_worker *worker = echo_worker_create(&site.broker, site.echo_queue);
	declare_exchange(site.exchange);
	const size_t size = sizeof(configurations[0]);
	write_configuration(configurations[0], size, ", \"heartbeat\": \"1s\"");
	write_configuration(configurations[1], size,
		", \"heartbeat\": \"1s\", \"reply\": {\"via\": \"direct\"}");
	write_configuration(configurations[2], size, ", \"confirms\": false");
	struct contract_bridge bridge = {
		.name = "amqp by queue",
		.type = "amqp",
		.configuration = configurations[0],
		.queue = site.echo_queue,
		.exchanges = site.exchanges,
		.refusal = BRIDGE_REFUSED,
		.make_refused = make_refused,
		.make_silent = make_silent,
		.make_dead = make_dead,
		.lose_session = cut_connections,
	};
	int failed = contract_run(&bridge) + run_own(&bridge) + run_queue_only(&bridge);
	bridge.name = "amqp direct";
	bridge.configuration = configurations[1];
	failed += contract_run(&bridge) + run_own(&bridge);
	bridge.name = "amqp without confirms";
	bridge.configuration = configurations[2];
	failed += run_without_confirms(&bridge);
	echo_worker_destroy(worker);
	delete_exchange(site.exchange);
	delete_exchange(site.dead_exchange);
	echo_worker_disconnect(site.connection);
	broker_proxy_destroy(site.proxy);
	return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
