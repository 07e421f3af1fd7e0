/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/bridge.h"
#include "bridges/kafka.h"
#include "bridges/kafka_options.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What is said about a bridge with these keys; the caller frees it. */
static char *problems_of(const char *json, bool *good)
{
	struct json_fault fault;
	char *text = NULL;
	size_t size;
	struct problem_list *problems = problem_list_create();
	struct json_tree *tree = json_tree_create("test.json", span_from_text(json), &fault);
	assert_non_null(tree);
	struct kafka_shared *shared = memory_new(1, kafka_bridge.shared_size);
	const struct json_node *root = json_tree_root(tree);
	*good = option_read(kafka_bridge.rows, root, shared, problems) &&
		kafka_bridge.open(shared, root, problems);
	FILE *out = open_memstream(&text, &size);
	problem_list_print(problems, out);
	fclose(out);
	kafka_bridge.close(shared);
	option_finish(kafka_bridge.rows, shared);
	free(shared);
	problem_list_destroy(problems);
	json_tree_destroy(tree);
	return text;
}

static void expect(const char *json, bool good, const char *problem)
{
	bool found;
	char *text = problems_of(json, &found);
	if (found != good || strstr(text, problem) == NULL) {
		fail_msg("%s\nexpected: %s\nfound: %s", json, problem, text);
	}
	free(text);
}

static void refuse_option(const char *name, const char *value, const char *problem)
{
	char json[256];
	snprintf(json, sizeof(json), "{\"bootstrap\": \"a:1\", \"options\": {\"%s\": %s}}", name,
		value);
	expect(json, false, problem);
}

static void what_is_sensible_is_taken(void **state)
{
	(void)state;
	expect("{\"bootstrap\": \"a:1,b:2\"}", true, "");
	expect("{\"bootstrap\": \"a:1\", \"options\": {\"security.protocol\": \"sasl_plaintext\", "
	       "\"sasl.mechanism\": \"PLAIN\", \"sasl.username\": \"u\", \"sasl.password\": \"p\", "
	       "\"compression.codec\": \"zstd\", \"linger.ms\": 2, \"check.crcs\": true}}",
		true, "");
	expect("{\"bootstrap\": \"a:1\", \"reply\": {\"topic\": \"r.${instance}\"}}", true, "");
	expect("{\"bootstrap\": \"a:1\", \"reply\": {\"partitions\": \"own\", \"partition\": 0}}",
		true, "");
}

static void a_property_that_breaks_a_promise_is_refused_by_name(void **state)
{
	(void)state;
	refuse_option("group.id", "\"g\"", "group.id would read replies by a consumer group");
	refuse_option("message.timeout.ms", "1", "message.timeout.ms follows the timeouts");
	refuse_option("delivery.timeout.ms", "1", "delivery.timeout.ms follows the timeouts");
	refuse_option("acks", "1", "all in-sync replicas");
	refuse_option("request.required.acks", "0", "all in-sync replicas");
	refuse_option("enable.idempotence", "false", "keep their order");
	refuse_option("allow.auto.create.topics", "true", "a misspelled topic");
	refuse_option("auto.offset.reset", "\"latest\"", "read from the offset");
	refuse_option("bootstrap.servers", "\"b:1\"", "the bridge's \"bootstrap\"");
	refuse_option("plugin.library.paths", "\"x.so\"", "foreign code");
}

static void the_embedded_kafka_goes_with_what_it_can_do(void **state)
{
	(void)state;
	expect("{\"embedded\": true}", true, "");
	expect("{\"embedded\": true, \"address\": \"[::1]:0\", \"options\": {\"client.id\": "
	       "\"a\"}, \"reply\": {\"partitions\": \"own\", \"partition\": 3}}",
		true, "");
	expect("{}", false, "test.json:1:1: error: .: \"bootstrap\" is missing");
	expect("{\"embedded\": false}", false, "\"bootstrap\" is missing");
	expect("{\"embedded\": true, \"bootstrap\": \"a:1\"}", false,
		"test.json:1:20: error: bootstrap: not beside \"embedded\": true");
	expect("{\"bootstrap\": \"a:1\", \"address\": \"127.0.0.1:9092\"}", false,
		"address: only beside \"embedded\": true");
	expect("{\"embedded\": true, \"address\": \"0.0.0.0:9092\"}", false,
		"expected 127.0.0.1:PORT or [::1]:PORT");
	expect("{\"embedded\": true, \"address\": \"unix:/tmp/k\"}", false,
		"expected 127.0.0.1:PORT or [::1]:PORT");
	expect("{\"embedded\": true, \"address\": \"9092\"}", false, "the address is missing");
	expect("{\"embedded\": true, \"options\": {\"sasl.mechanism\": \"PLAIN\"}}", false,
		"sasl.mechanism is for a real one");
	expect("{\"embedded\": true, \"options\": {\"security.protocol\": \"ssl\"}}", false,
		"security.protocol is for a real one");
	expect("{\"embedded\": true, \"reply\": {\"partitions\": \"own\", \"partition\": "
	       "64}}",
		false,
		"reply.partition: the reply topic of the embedded Kafka has at most 64 partitions");
}

static void what_librdkafka_does_not_know_is_refused_at_load(void **state)
{
	(void)state;
	refuse_option("no.such.thing", "1", "has no property 'no.such.thing'");
	refuse_option("compression.codec", "\"rar\"", "does not take this");
	refuse_option("linger.ms", "[]", "expected a string, a number, true or false");
	refuse_option("dr_cb", "\"x\"", "dr_cb");
	expect("{\"bootstrap\": \"a:1\", \"options\": []}", false, "expected an object");
	expect("{\"bootstrap\": \"\"}", false, "HOST:PORT");
}

static void a_value_is_never_printed(void **state)
{
	(void)state;
	bool good;
	char *text = problems_of(
		"{\"bootstrap\": \"a:1\", \"options\": {\"sasl.mechanism\": \"geheim\", "
		"\"security.protocol\": \"geheim\"}}",
		&good);
	assert_false(good);
	assert_null(strstr(text, "geheim"));
	free(text);
}

static void a_reply_topic_is_a_topic(void **state)
{
	(void)state;
	static const char *const bad[] = { "a/b", "", "..", "${instance}${instance}", "${env}",
		"x ${instance}" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char json[128];
		snprintf(json, sizeof(json),
			"{\"bootstrap\": \"a:1\", \"reply\": {\"topic\": \"%s\"}}", bad[i]);
		expect(json, false, "expected a topic's name");
	}
}

static void a_partition_of_its_own_has_a_number(void **state)
{
	(void)state;
	expect("{\"bootstrap\": \"a:1\", \"reply\": {\"partitions\": \"own\"}}", false,
		"needs a \"partition\"");
	expect("{\"bootstrap\": \"a:1\", \"reply\": {\"partition\": 1}}", false, "only beside");
}

static bool is_refused(const char *name)
{
	char json[256];
	bool good;
	snprintf(
		json, sizeof(json), "{\"bootstrap\": \"a:1\", \"options\": {\"%s\": \"1\"}}", name);
	char *text = problems_of(json, &good);
	bool refused = strstr(text, "a mapping relies on it") != NULL;
	/* By name, and where it stands. */
	assert_true(!refused || (strstr(text, name) != NULL && strstr(text, "json:1:") != NULL));
	free(text);
	return refused;
}

/* Calls `look` with the rows of the library's own table of its properties. */
static unsigned walk_properties(void (*look)(const char *name, const char *row))
{
	char *text = NULL, *rest, *row;
	size_t size;
	unsigned count = 0;
	FILE *out = open_memstream(&text, &size);
	rd_kafka_conf_properties_show(out);
	fclose(out);
	for (row = strtok_r(text, "\n", &rest); row != NULL; row = strtok_r(NULL, "\n", &rest)) {
		char name[64];
		if (sscanf(row, "%63[a-z._] |", name) == 1 && strchr(row, '|') != NULL) {
			look(name, row);
			count++;
		}
	}
	free(text);
	return count;
}

static void expect_same_as_alias(const char *name, const char *row)
{
	char other[64];
	const char *alias = strstr(row, "Alias for `");
	if (alias != NULL && sscanf(alias, "Alias for `%63[a-z._]`", other) == 1 &&
		is_refused(name) != is_refused(other)) {
		fail_msg("%s and %s are the same property", name, other);
	}
}

static void an_alias_is_treated_like_what_it_stands_for(void **state)
{
	(void)state;
	assert_true(walk_properties(expect_same_as_alias) > 100);
}

static void expect_not_taken(const char *name, const char *row)
{
	if (strstr(row, "see dedicated API") != NULL && strcmp(name, "opaque") != 0) {
		refuse_option(name, "\"x\"", name);
	}
}

static void what_only_a_program_can_set_is_not_taken(void **state)
{
	(void)state;
	assert_true(walk_properties(expect_not_taken) > 100);
	refuse_option("opaque", "\"x\"", "opaque");
}

static void properties_on_which_promises_stand_are_all_refused(void **state)
{
	(void)state;
	static const char *const names[] = { "bootstrap.servers", "metadata.broker.list",
		"group.id", "group.instance.id", "partition.assignment.strategy",
		"session.timeout.ms", "heartbeat.interval.ms", "max.poll.interval.ms",
		"enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store",
		"offset.store.method", "offset.store.path", "auto.offset.reset",
		"enable.partition.eof", "message.timeout.ms", "delivery.timeout.ms", "acks",
		"request.required.acks", "enable.idempotence", "enable.gapless.guarantee",
		"queuing.strategy", "transactional.id", "allow.auto.create.topics",
		"topic.blacklist", "delivery.report.only.error", "log.queue", "enabled_events",
		"api.version.request", "broker.version.fallback", "internal.termination.signal",
		"plugin.library.paths", "ssl.engine.location", "test.mock.num.brokers" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!is_refused(names[i])) {
			fail_msg("%s is taken", names[i]);
		}
	}
	refuse_option("partitioner", "\"random\"", "partitioner stays as it is");
}

static void what_harms_no_promise_passes(void **state)
{
	(void)state;
	static const char *const options[] = { "\"linger.ms\": 1",
		"\"queue.buffering.max.ms\": 0.5", "\"compression.type\": \"lz4\"",
		"\"compression.codec\": \"gzip\"", "\"compression.level\": 3",
		"\"max.in.flight\": 5", "\"max.in.flight.requests.per.connection\": 1",
		"\"partitioner\": \"consistent\"", "\"request.timeout.ms\": 5000",
		"\"debug\": \"all\"", "\"log_level\": 7", "\"isolation.level\": \"read_committed\"",
		"\"client.rack\": \"a\"", "\"statistics.interval.ms\": 0",
		"\"fetch.wait.max.ms\": 100", "\"retries\": 5" };
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		char json[256];
		snprintf(json, sizeof(json), "{\"bootstrap\": \"a:1\", \"options\": {%s}}",
			options[i]);
		expect(json, true, "");
	}
}

static void properties_that_contradict_each_other_are_refused_at_load(void **state)
{
	(void)state;
	refuse_option("max.in.flight", "6", "max.in.flight");
	refuse_option("retries", "0", "retries");
	refuse_option("reconnect.backoff.ms", "1000", "reconnect.backoff.max.ms");
	expect("{\"bootstrap\": \"a:1\", \"options\": {\"security.protocol\": \"ssl\", "
	       "\"ssl.ca.location\": \"/nowhere/ca.pem\"}}",
		false, "ssl.ca.location");
}

static void trusting_everybody_is_warned_about(void **state)
{
	(void)state;
	expect("{\"bootstrap\": \"a:1\", \"options\": {\"security.protocol\": \"ssl\", "
	       "\"enable.ssl.certificate.verification\": false}}",
		true, "is trusted");
}

static void scram_is_warned_about_where_the_library_cannot(void **state)
{
	(void)state;
	expect("{\"bootstrap\": \"a:1\", \"options\": {\"sasl.mechanism\": \"SCRAM-SHA-256\"}}",
		true, rd_kafka_version() < 0x020601ff ? "cannot log in by SCRAM" : "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sensible_is_taken),
		cmocka_unit_test(a_property_that_breaks_a_promise_is_refused_by_name),
		cmocka_unit_test(the_embedded_kafka_goes_with_what_it_can_do),
		cmocka_unit_test(what_librdkafka_does_not_know_is_refused_at_load),
		cmocka_unit_test(a_value_is_never_printed),
		cmocka_unit_test(a_reply_topic_is_a_topic),
		cmocka_unit_test(a_partition_of_its_own_has_a_number),
		cmocka_unit_test(an_alias_is_treated_like_what_it_stands_for),
		cmocka_unit_test(what_only_a_program_can_set_is_not_taken),
		cmocka_unit_test(properties_on_which_promises_stand_are_all_refused),
		cmocka_unit_test(what_harms_no_promise_passes),
		cmocka_unit_test(properties_that_contradict_each_other_are_refused_at_load),
		cmocka_unit_test(trusting_everybody_is_warned_about),
		cmocka_unit_test(scram_is_warned_about_where_the_library_cannot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
