/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_embedded.h"

#include "bridges/kafka_forwarder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const struct bridge_topic topics[] = { { "one", 1000 }, { "two", 1000 } };

static const struct bridge_process process = {
	.instance = "i1", .topics = topics, .topic_count = 2, .shards = 1
};

/* Options of an embedded one at `text`. */
static struct kafka_shared shared_at(const char *text)
{
	struct kafka_shared shared = { .embedded = true };
	assert_null(option_parse_address(span_from_text(text), &shared.address));
	shared.address.text = (char *)text;
	shared.reply.topic = (char *)"replies.${instance}";
	shared.reply.partition = -1;
	return shared;
}

static rd_kafka_t *client_of(const char *address)
{
	char why[200];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", address, why, sizeof(why));
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	assert_non_null(client);
	return client;
}

static int partitions_of(rd_kafka_t *client, const char *name)
{
	const struct rd_kafka_metadata *metadata = NULL;
	rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
	assert_int_equal(rd_kafka_metadata(client, 0, topic, &metadata, 10000), 0);
	int count = metadata->topics[0].partition_cnt;
	rd_kafka_metadata_destroy(metadata);
	rd_kafka_topic_destroy(topic);
	return count;
}

/* What a client is told; valid until the next call. */
static const char *broker_of(rd_kafka_t *client)
{
	static char address[64];
	const struct rd_kafka_metadata *metadata = NULL;
	assert_int_equal(rd_kafka_metadata(client, 1, NULL, &metadata, 10000), 0);
	assert_int_equal(metadata->broker_cnt, 1);
	snprintf(address, sizeof(address), "%s:%d", metadata->brokers[0].host,
		metadata->brokers[0].port);
	rd_kafka_metadata_destroy(metadata);
	return address;
}

static void it_tells_its_address_and_has_the_topics_from_the_start(void **state)
{
	(void)state;
	struct kafka_why why = { "" };
	struct kafka_shared shared = shared_at("127.0.0.1:0");
	struct kafka_embedded *embedded = kafka_embedded_create(&shared, &process, &why);
	if (embedded == NULL) {
		fail_msg("%s", why.text);
	}
	rd_kafka_t *client = client_of(kafka_embedded_address(embedded));
	assert_string_equal(broker_of(client), kafka_embedded_address(embedded));
	assert_int_equal(partitions_of(client, "one"), 4);
	assert_int_equal(partitions_of(client, "two"), 4);
	assert_int_equal(partitions_of(client, "replies.i1"), 1);
	rd_kafka_destroy(client);
	kafka_embedded_destroy(embedded);
}

static void a_partition_of_its_own_makes_as_many(void **state)
{
	(void)state;
	struct kafka_why why = { "" };
	struct kafka_shared shared = shared_at("[::1]:0");
	shared.reply.partition = 5;
	struct kafka_embedded *embedded = kafka_embedded_create(&shared, &process, &why);
	if (embedded == NULL) {
		fail_msg("%s", why.text);
	}
	rd_kafka_t *client = client_of(kafka_embedded_bootstrap(embedded));
	assert_int_equal(partitions_of(client, "replies.i1"), 6);
	rd_kafka_destroy(client);
	kafka_embedded_destroy(embedded);
}

static void an_address_that_is_taken_is_told(void **state)
{
	(void)state;
	struct kafka_why why = { "" };
	struct kafka_shared shared = shared_at("127.0.0.1:0");
	struct kafka_embedded *first = kafka_embedded_create(&shared, &process, &why);
	assert_non_null(first);
	struct kafka_shared same = shared_at(kafka_embedded_address(first));
	assert_null(kafka_embedded_create(&same, &process, &why));
	char expected[120];
	snprintf(expected, sizeof(expected),
		"the embedded Kafka cannot listen on %s: Address already in use",
		kafka_embedded_address(first));
	assert_string_equal(why.text, expected);
	kafka_embedded_destroy(first);
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A wake-up that the mock loses costs a second; a busy machine costs less. */
static void it_starts_without_waiting_for_lost_wake_ups(void **state)
{
	(void)state;
	struct kafka_why why = { "" };
	unsigned quick = 0;
	for (unsigned i = 0; i < 5; i++) {
		struct kafka_shared shared = shared_at("127.0.0.1:0");
		int64_t begin = now_ms();
		struct kafka_embedded *embedded = kafka_embedded_create(&shared, &process, &why);
		quick += now_ms() - begin < 900;
		assert_non_null(embedded);
		kafka_embedded_destroy(embedded);
	}
	assert_true(quick >= 3);
}

/* A broker that is gone must not hurt the forwarder: the client is let go. */
static void a_client_is_let_go_when_the_broker_is_not_there(void **state)
{
	(void)state;
	struct kafka_why why = { "" };
	struct option_address address = { 0 }, door = { 0 };
	/* Port 1 of a loopback address that nobody uses. */
	struct sockaddr_in broker = {
		.sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(0x7f0a0b0c)
	};
	char byte;
	option_parse_address(SPAN("127.0.0.1:0"), &address);
	struct kafka_forwarder *forwarder = kafka_forwarder_create(&address, &broker, &why);
	assert_non_null(forwarder);
	option_parse_address(span_from_text(kafka_forwarder_address(forwarder)), &door);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&door.socket, door.len), 0);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
	kafka_forwarder_destroy(forwarder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_tells_its_address_and_has_the_topics_from_the_start),
		cmocka_unit_test(a_partition_of_its_own_makes_as_many),
		cmocka_unit_test(an_address_that_is_taken_is_told),
		cmocka_unit_test(it_starts_without_waiting_for_lost_wake_ups),
		cmocka_unit_test(a_client_is_let_go_when_the_broker_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
