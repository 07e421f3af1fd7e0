/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Faults of a Kafka cluster, made with the mock cluster that comes with librdkafka: a leader that
 * moves, brokers that go, errors in answers. The numbers are those of docs/hazards.md.
 */
#include "test/contract/bridge_contract.h"
#include "test/contract/kafka_worker.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BROKERS = 3, PRODUCE = 0, LIST_OFFSETS = 2 };

/* What the stories share; the process runs one at a time. */
static struct {
	rd_kafka_t *handle;
	rd_kafka_mock_cluster_t *cluster;
	struct kafka_worker *worker;
	struct contract_bridge bridge;
	char configuration[512];
} site;

static const struct bridge_topic topics[] = { { "echo", 3000 }, { "events", 1500 } };

static int prepare(void **state)
{
	char why[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set_log_cb(conf, NULL);
	site.handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	assert_non_null(site.handle);
	site.cluster = rd_kafka_mock_cluster_new(site.handle, BROKERS);
	assert_non_null(site.cluster);
	rd_kafka_mock_topic_create(site.cluster, "echo", 1, BROKERS);
	rd_kafka_mock_topic_create(site.cluster, "events", 1, BROKERS);
	rd_kafka_mock_topic_create(site.cluster, "replies", 1, BROKERS);
	const char *bootstrap = rd_kafka_mock_cluster_bootstraps(site.cluster);
	snprintf(site.configuration, sizeof(site.configuration),
		"{\"bootstrap\": \"%s\", \"reply\": {\"topic\": \"replies\"}, "
		"\"options\": {\"fetch.wait.max.ms\": 5}}",
		bootstrap);
	site.worker = kafka_worker_create(bootstrap, "echo");
	site.bridge = (struct contract_bridge){
		.name = "kafka",
		.type = "kafka",
		.configuration = site.configuration,
		.topic = "echo",
		.topics = topics,
		.topic_count = sizeof(topics) / sizeof(topics[0]),
	};
	*state = &site.bridge;
	return 0;
}

static int begin(void **state)
{
	prepare(state);
	return contract_setup(state);
}

/* What a broker says of a partition that was created a moment ago; librdkafka asks but once. */
static int begin_without_leaders(void **state)
{
	prepare(state);
	rd_kafka_mock_push_request_errors(site.cluster, LIST_OFFSETS, 4,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
	return contract_setup(state);
}

static int end(void **state)
{
	contract_teardown(state);
	kafka_worker_destroy(site.worker);
	rd_kafka_mock_cluster_destroy(site.cluster);
	rd_kafka_destroy(site.handle);
	return 0;
}

static enum bridge_verdict send_event(struct contract *contract)
{
	struct message message = contract_message(contract);
	message.topic = SPAN("events");
	message.wants_reply = false;
	return contract_send(contract, &message);
}

static void expect_call(struct contract *contract)
{
	unsigned replies = contract->replies;
	struct message message = contract_message(contract);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, replies + 1);
}

static void expect_event(struct contract *contract, enum bridge_outcome outcome)
{
	unsigned confirms = contract->confirms;
	assert_int_equal(send_event(contract), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, confirms + 1);
	assert_int_equal(contract_last_leg(contract)->outcome, outcome);
}

static void set_brokers(bool up)
{
	for (int32_t i = 1; i <= BROKERS; i++) {
		assert_int_equal(up ? rd_kafka_mock_broker_set_up(site.cluster, i)
				    : rd_kafka_mock_broker_set_down(site.cluster, i),
			RD_KAFKA_RESP_ERR_NO_ERROR);
	}
}

static void fault15_a_leader_that_moves_is_followed(void **state)
{
	struct contract *contract = *state;
	expect_call(contract);
	for (int32_t leader = 1; leader <= BROKERS; leader++) {
		static const char *const names[] = { "echo", "events", "replies" };
		for (size_t i = 0; i < 3; i++) {
			rd_kafka_mock_partition_set_leader(site.cluster, names[i], 0, leader);
		}
		expect_event(contract, BRIDGE_CONFIRMED);
	}
	assert_int_equal(contract->lost, 0);
}

static void an_end_without_a_leader_is_asked_for_again(void **state)
{
	struct contract *contract = *state;
	assert_int_equal(contract->state, BRIDGE_STATE_UP);
	/* One survey was enough: nothing was told in between. */
	assert_int_equal(contract->states, 1);
	expect_call(contract);
}

static void fault15_one_broker_of_three_that_goes_is_got_along_without(void **state)
{
	struct contract *contract = *state;
	static const char *const names[] = { "echo", "events", "replies" };
	for (size_t i = 0; i < 3; i++) {
		rd_kafka_mock_partition_set_leader(site.cluster, names[i], 0, 2);
	}
	rd_kafka_mock_broker_set_down(site.cluster, 1);
	expect_event(contract, BRIDGE_CONFIRMED);
	assert_int_equal(contract->state, BRIDGE_STATE_UP);
	rd_kafka_mock_broker_set_up(site.cluster, 1);
}

static void fault16_without_brokers_the_session_is_down_until_they_return(void **state)
{
	struct contract *contract = *state;
	expect_call(contract);
	set_brokers(false);
	contract_until_state(contract, BRIDGE_STATE_DOWN);
	assert_int_equal(send_event(contract), BRIDGE_DOWN);
	assert_int_equal(contract->kind->reply_to(contract->session).len, 0);
	set_brokers(true);
	contract_until_state(contract, BRIDGE_STATE_UP);
	expect_event(contract, BRIDGE_CONFIRMED);
	expect_call(contract);
	assert_int_equal(contract->lost, 0);
}

/* Nothing is published after its deadline, however long the brokers are away. */
static void fault16_what_was_under_way_when_the_brokers_went_is_told(void **state)
{
	struct contract *contract = *state;
	set_brokers(false);
	assert_int_equal(send_event(contract), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, 1);
	assert_true(contract_last_leg(contract)->outcome == BRIDGE_REFUSED ||
		    contract_last_leg(contract)->outcome == BRIDGE_UNKNOWN);
	set_brokers(true);
	contract_until_state(contract, BRIDGE_STATE_UP);
}

static bool one_topic_is_amiss(const struct contract *contract)
{
	return contract->topics_amiss == 1;
}

static bool no_topic_is_amiss(const struct contract *contract)
{
	return contract->topics_amiss == 0;
}

static void fault17_a_forbidden_topic_is_rejected_until_it_is_allowed(void **state)
{
	struct contract *contract = *state;
	rd_kafka_mock_topic_set_error(
		site.cluster, "events", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	contract_until(contract, one_topic_is_amiss);
	assert_int_equal(send_event(contract), BRIDGE_REJECTED);
	assert_int_equal(contract->state, BRIDGE_STATE_UP);
	rd_kafka_mock_topic_set_error(site.cluster, "events", RD_KAFKA_RESP_ERR_NO_ERROR);
	contract_until(contract, no_topic_is_amiss);
	expect_event(contract, BRIDGE_CONFIRMED);
}

static void fault20_too_few_replicas_for_a_moment_are_waited_for(void **state)
{
	struct contract *contract = *state;
	rd_kafka_mock_push_request_errors(site.cluster, PRODUCE, 3,
		RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
		RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
	expect_event(contract, BRIDGE_CONFIRMED);
}

static void fault20_too_few_replicas_for_too_long_are_told_at_the_timeout(void **state)
{
	struct contract *contract = *state;
	rd_kafka_resp_err_t errors[200];
	for (size_t i = 0; i < 200; i++) {
		errors[i] = RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS;
	}
	rd_kafka_mock_push_request_errors_array(site.cluster, PRODUCE, 200, errors);
	expect_event(contract, BRIDGE_REFUSED);
	rd_kafka_mock_clear_request_errors(site.cluster, PRODUCE);
	expect_event(contract, BRIDGE_CONFIRMED);
}

static void fault21_a_producer_beyond_repair_is_replaced(void **state)
{
	struct contract *contract = *state;
	expect_event(contract, BRIDGE_CONFIRMED);
	rd_kafka_mock_push_request_errors(
		site.cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	assert_int_equal(send_event(contract), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, 2);
	assert_int_not_equal(contract_last_leg(contract)->outcome, BRIDGE_CONFIRMED);
	/* A survey that is under way has to end first. */
	contract_run_for(contract, 0.5);
	expect_event(contract, BRIDGE_CONFIRMED);
	assert_int_equal(contract->state, BRIDGE_STATE_UP);
	assert_int_equal(contract->lost, 0);
}

int main(void)
{
	const struct CMUnitTest stories[] = {
		cmocka_unit_test_setup_teardown(
			an_end_without_a_leader_is_asked_for_again, begin_without_leaders, end),
		cmocka_unit_test_setup_teardown(
			fault15_a_leader_that_moves_is_followed, begin, end),
		cmocka_unit_test_setup_teardown(
			fault15_one_broker_of_three_that_goes_is_got_along_without, begin, end),
		cmocka_unit_test_setup_teardown(
			fault16_without_brokers_the_session_is_down_until_they_return, begin, end),
		cmocka_unit_test_setup_teardown(
			fault16_what_was_under_way_when_the_brokers_went_is_told, begin, end),
		cmocka_unit_test_setup_teardown(
			fault17_a_forbidden_topic_is_rejected_until_it_is_allowed, begin, end),
		cmocka_unit_test_setup_teardown(
			fault20_too_few_replicas_for_a_moment_are_waited_for, begin, end),
		cmocka_unit_test_setup_teardown(
			fault20_too_few_replicas_for_too_long_are_told_at_the_timeout, begin, end),
		cmocka_unit_test_setup_teardown(
			fault21_a_producer_beyond_repair_is_replaced, begin, end),
	};
	return cmocka_run_group_tests_name("kafka's faults", stories, NULL, NULL);
}
