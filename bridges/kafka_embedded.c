/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The mock cluster listens on a port of the loopback interface that nobody can choose, and
 * tells its clients that port. Hence the forwarder at the configured address, which tells them that
 * address. The bridge itself goes to the mock without the detour.
 *
 * The mock creates every topic that a client asks about, with four partitions, and no topic when a
 * client asks to create one. So all topics are there before anybody can ask: those of mappings with
 * as many partitions, that workers of one group can share the work; the reply topic with one, or
 * with those that `reply.partition` needs.
 */
#include "bridges/kafka_embedded.h"

#include "base/memory.h"
#include "bridges/kafka_forwarder.h"
#include "bridges/kafka_guide.h"
#include "bridges/kafka_reply.h"

#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_ADDRESS "127.0.0.1:9092"

/* Numbers of the protocol. */
enum { API_FETCH = 1, API_METADATA = 3, API_COORDINATOR = 10, API_VERSIONS = 18 };
enum { BROKERS = 1, PARTITIONS = 4, REPLY_PARTITIONS_MAX = 64, SETTLE_US = 500 };

struct kafka_embedded {
	rd_kafka_t *handle; /* whose threads the mock uses */
	rd_kafka_mock_cluster_t *mock;
	struct kafka_forwarder *forwarder;
};

/* At load */

static bool is_loopback(const struct option_address *address)
{
	return address->socket.ss_family != AF_UNIX && option_address_is_local(address);
}

/* Properties about a way to the brokers that is another here. */
static bool is_foreign(struct span name)
{
	return span_starts_with(name, SPAN("security.")) || span_starts_with(name, SPAN("sasl.")) ||
	       span_starts_with(name, SPAN("ssl.")) ||
	       span_starts_with(name, SPAN("enable.ssl.")) ||
	       span_starts_with(name, SPAN("enable.sasl.")) ||
	       span_starts_with(name, SPAN("test.mock.")) ||
	       span_equal(name, SPAN("broker.address.family"));
}

static void check_options(const struct json_node *options, struct problem_list *problems)
{
	if (options == NULL || options->type != JSON_OBJECT) {
		return;
	}
	for (const struct json_node *n = options->first; n != NULL; n = n->next) {
		if (is_foreign(n->name)) {
			problem_list_error_name(problems, n,
				"the embedded Kafka has no TLS, no users and no address but its "
				"own: %.*s is for a real one",
				(int)n->name.len, n->name.ptr);
		}
	}
}

void kafka_embedded_check(const struct kafka_shared *shared, const struct json_node *at,
	struct problem_list *problems)
{
	const struct json_node *address = json_node_member(at, SPAN("address"));
	const struct json_node *bootstrap = json_node_member(at, SPAN("bootstrap"));
	if (!shared->embedded) {
		if (address != NULL) {
			problem_list_error_name(problems, address,
				"only beside \"embedded\": true; real brokers are named by "
				"\"bootstrap\"");
		}
		return;
	}
	if (bootstrap != NULL) {
		problem_list_error_name(problems, bootstrap,
			"not beside \"embedded\": true; where that one listens is its \"address\"");
	}
	if (address != NULL && shared->address.len > 0 && !is_loopback(&shared->address)) {
		problem_list_error(problems, address,
			"expected 127.0.0.1:PORT or [::1]:PORT: the embedded Kafka lets everybody "
			"in and tells its clients 127.0.0.1");
	}
	if (shared->reply.partition >= REPLY_PARTITIONS_MAX) {
		const struct json_node *reply = json_node_member(at, SPAN("reply"));
		problem_list_error(problems, json_node_member(reply, SPAN("partition")),
			"the reply topic of the embedded Kafka has at most %d partitions",
			REPLY_PARTITIONS_MAX);
	}
	check_options(shared->options_node, problems);
}

/* At start */

/*
 * After it has done what it was asked for, the mock's thread reads its wake-ups, that of the next
 * request too if it comes within microseconds, and sleeps on for a second with that request in
 * its queue. So it is given time to fall asleep.
 */
static void let_mock_settle(void)
{
	const struct timespec pause = { .tv_nsec = SETTLE_US * 1000 };
	nanosleep(&pause, NULL);
}

static void limit_version(struct kafka_embedded *embedded, int16_t api, int16_t newest)
{
	rd_kafka_mock_set_apiversion(embedded->mock, api, 0, newest);
	let_mock_settle();
}

static bool start_mock(struct kafka_embedded *embedded, struct kafka_why *why)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set_log_cb(conf, NULL); /* it would go past our log to standard error */
	embedded->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why->text, sizeof(why->text));
	if (embedded->handle == NULL) {
		rd_kafka_conf_destroy(conf);
		return false;
	}
	embedded->mock = rd_kafka_mock_cluster_new(embedded->handle, BROKERS);
	if (embedded->mock == NULL) {
		snprintf(why->text, sizeof(why->text), "librdkafka cannot start its mock cluster");
	}
	if (embedded->mock == NULL) {
		return false;
	}
	/* What the forwarder understands. */
	limit_version(embedded, API_FETCH, KAFKA_GUIDE_FETCH_MAX);
	limit_version(embedded, API_METADATA, KAFKA_GUIDE_METADATA_MAX);
	limit_version(embedded, API_COORDINATOR, KAFKA_GUIDE_COORDINATOR_MAX);
	limit_version(embedded, API_VERSIONS, KAFKA_GUIDE_VERSIONS_MAX);
	return true;
}

static bool create_topic(
	struct kafka_embedded *embedded, const char *name, int partitions, struct kafka_why *why)
{
	rd_kafka_resp_err_t error =
		rd_kafka_mock_topic_create(embedded->mock, name, partitions, BROKERS);
	let_mock_settle();
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR &&
		error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
		snprintf(why->text, sizeof(why->text), "topic %.100s: %s", name,
			rd_kafka_err2name(error));
		return false;
	}
	return true;
}

static bool create_topics(struct kafka_embedded *embedded, const struct kafka_shared *shared,
	const struct bridge_process *process, struct kafka_why *why)
{
	char *reply = kafka_reply_topic(shared, process->instance);
	int partitions = shared->reply.partition >= 0 ? (int)shared->reply.partition + 1 : 1;
	bool good = create_topic(embedded, reply, partitions, why);
	free(reply);
	for (size_t i = 0; i < process->topic_count && good; i++) {
		good = create_topic(embedded, process->topics[i].name, PARTITIONS, why);
	}
	return good;
}

/* "127.0.0.1:40123", always one. */
static struct sockaddr_in broker_of(const struct kafka_embedded *embedded)
{
	const char *bootstrap = kafka_embedded_bootstrap(embedded);
	const char *port = strrchr(bootstrap, ':');
	struct sockaddr_in broker = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	broker.sin_port = htons((uint16_t)strtoul(port != NULL ? port + 1 : "", NULL, 10));
	return broker;
}

static bool open_door(
	struct kafka_embedded *embedded, const struct kafka_shared *shared, struct kafka_why *why)
{
	struct option_address address = shared->address;
	const struct sockaddr_in broker = broker_of(embedded);
	struct kafka_why told = { "" };
	if (address.len == 0) {
		option_parse_address(SPAN(DEFAULT_ADDRESS), &address);
		address.text = (char *)DEFAULT_ADDRESS;
	}
	embedded->forwarder = kafka_forwarder_create(&address, &broker, &told);
	if (embedded->forwarder == NULL) {
		snprintf(why->text, sizeof(why->text), "the embedded Kafka cannot listen on %.120s",
			told.text);
	}
	return embedded->forwarder != NULL;
}

static void warn(const struct kafka_embedded *embedded, struct log *log)
{
	if (log != NULL &&
		log_begin(log, LOG_WARN,
			"A KAFKA FOR DEVELOPMENT RUNS INSIDE THIS PROCESS: everybody may use it, "
			"nothing is kept")) {
		log_text(log, "address", span_from_text(kafka_embedded_address(embedded)));
		log_end(log);
	}
}

struct kafka_embedded *kafka_embedded_create(const struct kafka_shared *shared,
	const struct bridge_process *process, struct kafka_why *why)
{
	struct kafka_embedded *embedded = memory_new(1, sizeof(*embedded));
	if (!start_mock(embedded, why) || !create_topics(embedded, shared, process, why) ||
		!open_door(embedded, shared, why)) {
		kafka_embedded_destroy(embedded);
		return NULL;
	}
	warn(embedded, process->log);
	return embedded;
}

const char *kafka_embedded_bootstrap(const struct kafka_embedded *embedded)
{
	return rd_kafka_mock_cluster_bootstraps(embedded->mock);
}

const char *kafka_embedded_address(const struct kafka_embedded *embedded)
{
	return kafka_forwarder_address(embedded->forwarder);
}

void kafka_embedded_destroy(struct kafka_embedded *embedded)
{
	if (embedded == NULL) {
		return;
	}
	kafka_forwarder_destroy(embedded->forwarder);
	if (embedded->mock != NULL) {
		rd_kafka_mock_cluster_destroy(embedded->mock);
	}
	if (embedded->handle != NULL) {
		rd_kafka_destroy(embedded->handle);
	}
	free(embedded);
}
