/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The suite and Kafka's own stories against a real Kafka, named by KAFKA_BOOTSTRAP. */
#include "test/contract/bridge_contract.h"
#include "test/contract/kafka_worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77 /* what the build's test runner takes for "skipped" */

/* What the stories share; the process runs one at a time. */
static struct {
	const char *bootstrap;
	rd_kafka_t *handle; /* of the stories themselves, not of a bridge */
	char echo[64], silent[64], small[64], missing[64], replies[64], dead[80], late[80];
	struct bridge_topic topics[4];
} site;

static void make_refused(struct message *message)
{
	message->topic = span_from_text(site.small);
}

static void make_silent(struct message *message)
{
	message->topic = span_from_text(site.silent);
	message->wants_reply = false;
}

static void make_dead(struct message *message)
{
	static const struct message_header headers[] = { { SPAN("x-die"), SPAN("1"),
		MESSAGE_TEXT } };
	message->headers = headers;
	message->header_count = 1;
}

static void delete_replies(struct contract *contract)
{
	(void)contract;
	kafka_worker_delete_topic(site.handle, site.replies);
}

static void prepare_site(const char *bootstrap)
{
	int id = getpid();
	site.bootstrap = bootstrap;
	site.handle = kafka_worker_connect(bootstrap);
	snprintf(site.echo, sizeof(site.echo), "contract.echo.%d", id);
	snprintf(site.silent, sizeof(site.silent), "contract.silent.%d", id);
	snprintf(site.small, sizeof(site.small), "contract.small.%d", id);
	snprintf(site.missing, sizeof(site.missing), "contract.missing.%d", id);
	snprintf(site.replies, sizeof(site.replies), "contract.replies.%d", id);
	snprintf(site.dead, sizeof(site.dead), "%s-dlt", site.echo);
	snprintf(site.late, sizeof(site.late), "%s-dlt", site.silent);
	kafka_worker_create_topic(site.handle, site.echo, 1, NULL, NULL);
	kafka_worker_create_topic(site.handle, site.dead, 2, NULL, NULL);
	kafka_worker_create_topic(site.handle, site.silent, 3, NULL, NULL);
	kafka_worker_create_topic(site.handle, site.small, 1, "max.message.bytes", "100");
	kafka_worker_create_topic(site.handle, site.replies, 1, NULL, NULL);
	const char *const names[] = { site.echo, site.silent, site.small, site.missing };
	for (size_t i = 0; i < 4; i++) {
		site.topics[i] = (struct bridge_topic){ names[i], 10000 };
	}
}

/* Stories */

static void fault17_a_missing_topic_is_rejected_and_the_others_are_well(void **state)
{
	struct contract *contract = *state;
	assert_int_equal(contract->topics_amiss, 1);
	struct message message = contract_message(contract);
	message.topic = span_from_text(site.missing);
	assert_int_equal(contract_send(contract, &message), BRIDGE_REJECTED);
	struct message unnamed = contract_message(contract);
	unnamed.topic = SPAN("contract.nobody.named.it");
	assert_int_equal(contract_send(contract, &unnamed), BRIDGE_REJECTED);
	struct message next = contract_message(contract);
	assert_int_equal(contract_send(contract, &next), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
}

static bool topics_are_well(const struct contract *contract)
{
	return contract->topics_amiss == 0;
}

static bool a_topic_is_amiss(const struct contract *contract)
{
	return contract->topics_amiss == 1;
}

static void fault17_a_topic_that_appears_is_used_and_one_that_goes_is_told(void **state)
{
	struct contract *contract = *state;
	kafka_worker_create_topic(site.handle, site.missing, 1, NULL, NULL);
	contract_until(contract, topics_are_well);
	struct message message = contract_message(contract);
	message.topic = span_from_text(site.missing);
	message.wants_reply = false;
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, 1);
	assert_int_equal(contract_last_leg(contract)->outcome, BRIDGE_CONFIRMED);
	kafka_worker_delete_topic(site.handle, site.missing);
	contract_until(contract, a_topic_is_amiss);
}

static void fault18_a_message_larger_than_the_limit_is_not_taken(void **state)
{
	struct contract *contract = *state;
	static char large[1 << 20];
	struct message message = contract_message(contract);
	message.body = span_of(large, sizeof(large));
	assert_int_equal(contract_send(contract, &message), BRIDGE_TOO_LARGE);
	assert_true(contract->kind->drained(contract->session));
}

static void a_partition_that_does_not_exist_is_rejected(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	make_silent(&message);
	message.partition = SPAN("3");
	assert_int_equal(contract_send(contract, &message), BRIDGE_REJECTED);
	message.partition = SPAN("2");
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_confirms(contract, 1);
}

static rd_kafka_headers_t *reply_headers(struct contract *contract)
{
	const char *id = contract_last_leg(contract)->id;
	rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
	rd_kafka_header_add(headers, "correlation_id", -1, id, -1);
	return headers;
}

static void a_partition_that_is_added_is_read_from_its_start(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	message.topic = span_from_text(site.silent);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	kafka_worker_add_partitions(site.handle, site.replies, 2);
	kafka_worker_send(site.handle, site.replies, 1, "late partition", reply_headers(contract));
	contract_until_replies(contract, 1);
	assert_true(span_equal(contract->reply.message.body, SPAN("late partition")));
	kafka_worker_delete_topic(site.handle, site.replies);
	contract_until_lost(contract, 1);
	contract_until_state(contract, BRIDGE_STATE_UP);
}

static void headers_that_are_null_or_no_text_do_no_harm(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	message.topic = span_from_text(site.silent);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	rd_kafka_headers_t *null = rd_kafka_headers_new(1);
	rd_kafka_header_add(null, "correlation_id", -1, NULL, -1);
	kafka_worker_send(site.handle, site.replies, 0, "null id", null);
	kafka_worker_send(site.handle, site.replies, 0, "no header", NULL);
	rd_kafka_headers_t *headers = reply_headers(contract);
	rd_kafka_header_add(headers, "x-null", -1, NULL, -1);
	rd_kafka_header_add(headers, "x-bytes", -1, "\xff\xfe", 2);
	kafka_worker_send(site.handle, site.replies, 0, NULL, headers);
	contract_until_replies(contract, 1);
	const struct message *reply = &contract->reply.message;
	assert_int_equal(reply->body.len, 0);
	assert_int_equal(message_header(reply, SPAN("x-null"))->type, MESSAGE_NULL);
	assert_int_equal(message_header(reply, SPAN("x-bytes"))->type, MESSAGE_BYTES);
	assert_int_equal(contract->strays, 2);
}

static bool a_letter_has_come(const struct contract *contract)
{
	return contract->dead > 0;
}

static bool one_more_is_watched(const struct contract *contract)
{
	return contract->unwatched == 2;
}

/* Spring's is made by the first letter. */
static void a_dead_letter_topic_that_appears_is_read_from_its_start(void **state)
{
	struct contract *contract = *state;
	assert_int_equal(contract->unwatched, 3); /* all but that of the echo */
	struct message message = contract_message(contract);
	message.topic = span_from_text(site.silent);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	kafka_worker_create_topic(site.handle, site.late, 1, NULL, NULL);
	kafka_worker_send(site.handle, site.late, 0, "the first", reply_headers(contract));
	contract_until(contract, a_letter_has_come);
	assert_int_equal(contract_last_leg(contract)->dead, 1);
	contract_until(contract, one_more_is_watched);
	kafka_worker_delete_topic(site.handle, site.late);
}

static void letters_without_an_id_or_with_too_many_headers_do_no_harm(void **state)
{
	struct contract *contract = *state;
	struct message message = contract_message(contract);
	message.topic = span_from_text(site.silent);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	rd_kafka_headers_t *null = rd_kafka_headers_new(1);
	rd_kafka_header_add(null, "correlation_id", -1, NULL, -1);
	kafka_worker_send(site.handle, site.dead, 1, NULL, null);
	kafka_worker_send(site.handle, site.dead, 1, "no header", NULL);
	rd_kafka_headers_t *headers = reply_headers(contract);
	for (unsigned i = 0; i < 2 * MESSAGE_HEADERS_MAX; i++) {
		rd_kafka_header_add(headers, "x-retry", -1, "\xff\xfe", 2);
	}
	kafka_worker_send(site.handle, site.dead, 1, "many", headers);
	contract_until(contract, a_letter_has_come);
	assert_int_equal(contract_last_leg(contract)->dead, 1);
	assert_int_equal(contract->strays, 2);
	assert_int_equal(contract->malformed, 0);
}

static void old_records_are_not_read(void **state)
{
	struct contract *contract = contract_create(*state);
	for (unsigned i = 0; i < 10; i++) {
		kafka_worker_send(site.handle, site.replies, 0, "old", NULL);
		kafka_worker_send(site.handle, site.dead, 0, "old", NULL);
	}
	contract_connect(contract);
	contract_until_state(contract, BRIDGE_STATE_UP);
	struct message message = contract_message(contract);
	assert_int_equal(contract_send(contract, &message), BRIDGE_ACCEPTED);
	contract_until_replies(contract, 1);
	assert_int_equal(contract->strays, 0);
	contract_destroy(contract);
}

static int run_own(const struct contract_bridge *bridge)
{
#define OWN(name)                                 \
	cmocka_unit_test_prestate_setup_teardown( \
		name, contract_setup, contract_teardown, (void *)bridge)
	const struct CMUnitTest stories[] = {
		OWN(fault17_a_missing_topic_is_rejected_and_the_others_are_well),
		OWN(fault17_a_topic_that_appears_is_used_and_one_that_goes_is_told),
		OWN(fault18_a_message_larger_than_the_limit_is_not_taken),
		OWN(a_partition_that_does_not_exist_is_rejected),
		OWN(headers_that_are_null_or_no_text_do_no_harm),
		OWN(a_dead_letter_topic_that_appears_is_read_from_its_start),
		OWN(letters_without_an_id_or_with_too_many_headers_do_no_harm),
		OWN(a_partition_that_is_added_is_read_from_its_start),
		cmocka_unit_test_prestate(old_records_are_not_read, (void *)bridge),
	};
#undef OWN
	return cmocka_run_group_tests_name("kafka's own", stories, NULL, NULL);
}

int main(void)
{
	const char *bootstrap = getenv("KAFKA_BOOTSTRAP");
	if (bootstrap == NULL) {
		fprintf(stderr, "KAFKA_BOOTSTRAP names no broker: skipped\n");
		return SKIPPED;
	}
	prepare_site(bootstrap);
	struct kafka_worker *worker = kafka_worker_create(bootstrap, site.echo);
	char configuration[512];
	snprintf(configuration, sizeof(configuration),
		"{\"bootstrap\": \"%s\", \"reply\": {\"topic\": \"%s\"}, "
		"\"dead_letter\": {\"topic\": \"${topic}-dlt\"}}",
		bootstrap, site.replies);
	struct contract_bridge bridge = {
		.name = "kafka",
		.type = "kafka",
		.configuration = configuration,
		.topic = site.echo,
		.topics = site.topics,
		.topic_count = sizeof(site.topics) / sizeof(site.topics[0]),
		.silent_about_calls = true,
		.untyped_headers = true,
		.refusal = BRIDGE_OVERSIZED,
		.make_refused = make_refused,
		.make_silent = make_silent,
		.make_dead = make_dead,
		.lose_session = delete_replies,
	};
	int failed = contract_run(&bridge) + run_own(&bridge);
	kafka_worker_destroy(worker);
	rd_kafka_destroy(site.handle);
	return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
