/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Every property of librdkafka may be set, but for those on which a promise of ours stands: that a
 * 202 means all replicas, that no reply goes astray, that nothing is published long after its
 * client was told 504. Each of these is refused by name, with the reason. What is left is tried on
 * a configuration object here, so that a typing error is found at load and not by a broker.
 */
#include "bridges/kafka_options.h"

#include "base/memory.h"
#include "base/option.h"
#include "bridges/kafka_embedded.h"
#include "bridges/kafka_fault.h"
#include "bridges/kafka_promises.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TOPIC_MAX 249

bool kafka_options_is_topic(struct span name)
{
	if (name.len == 0 || name.len > TOPIC_MAX || span_equal(name, SPAN(".")) ||
		span_equal(name, SPAN(".."))) {
		return false;
	}
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '.' || c == '_' || c == '-')) {
			return false;
		}
	}
	return true;
}

/* Text, a number or a truth value, as librdkafka reads it; NULL and a problem. */
static char *read_value(const struct json_node *node, struct problem_list *problems)
{
	switch (node->type) {
	case JSON_STRING: return option_expand(node, problems);
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE: return memory_text(node->text);
	default:
		problem_list_error(problems, node, "expected a string, a number, true or false");
		return NULL;
	}
}

/* librdkafka's text may repeat the value, and that may be a secret. */
static void check_property(const struct kafka_property *property, const struct json_node *node,
	rd_kafka_conf_t *conf, struct problem_list *problems)
{
	const char *why = kafka_promises_broken_by(property->name, property->value);
	if (why != NULL) {
		problem_list_error_name(
			problems, node, "a mapping relies on it: %s %s", property->name, why);
		return;
	}
	char text[256];
	switch (rd_kafka_conf_set(conf, property->name, property->value, text, sizeof(text))) {
	case RD_KAFKA_CONF_OK: break;
	case RD_KAFKA_CONF_UNKNOWN:
		problem_list_error_name(problems, node,
			"librdkafka %s has no property '%s', or was built without it",
			rd_kafka_version_str(), property->name);
		break;
	case RD_KAFKA_CONF_INVALID:
		problem_list_error(
			problems, node, "librdkafka does not take this for %s", property->name);
		break;
	}
}

static void warn_of_scram(const struct kafka_property *property, const struct json_node *node,
	struct problem_list *problems)
{
	if ((strcmp(property->name, "sasl.mechanism") == 0 ||
		    strcmp(property->name, "sasl.mechanisms") == 0) &&
		strncmp(property->value, "SCRAM-", 6) == 0 &&
		rd_kafka_version() < KAFKA_SCRAM_WORKS_FROM) {
		problem_list_warning(problems, node,
			"librdkafka %s cannot log in by SCRAM to Kafka 4 and later (fixed in "
			"2.6.1)",
			rd_kafka_version_str());
	}
}

static void warn_of_trust(const struct kafka_property *property, const struct json_node *node,
	struct problem_list *problems)
{
	if (strcmp(property->name, "enable.ssl.certificate.verification") == 0 &&
		strcmp(property->value, "false") == 0) {
		problem_list_warning(problems, node,
			"whoever answers at the broker's address is trusted, with the password "
			"and all messages");
	}
}

static void read_properties(
	struct kafka_shared *shared, rd_kafka_conf_t *conf, struct problem_list *problems)
{
	const struct json_node *options = shared->options_node;
	if (options == NULL) {
		return;
	}
	if (options->type != JSON_OBJECT) {
		problem_list_error(problems, options,
			"expected an object of librdkafka's properties: {\"client.id\": "
			"\"edge\"}");
		return;
	}
	for (const struct json_node *n = options->first; n != NULL; n = n->next) {
		shared->properties = memory_resize(shared->properties, shared->property_count + 1,
			sizeof(*shared->properties));
		struct kafka_property *property = &shared->properties[shared->property_count];
		property->value = read_value(n, problems);
		if (property->value == NULL) {
			continue;
		}
		property->name = memory_text(n->name);
		shared->property_count++;
		shared->debug = shared->debug || strcmp(property->name, "debug") == 0;
		check_property(property, n, conf, problems);
		warn_of_scram(property, n, problems);
		warn_of_trust(property, n, problems);
	}
}

/* Of a name like replies.${instance}: what is left of it must be a topic's name too. */
static bool is_template(const char *name, const char *variable, size_t spare)
{
	char plain[TOPIC_MAX + 2];
	const char *at = strstr(name, variable);
	size_t len = strlen(name);
	if (at == NULL) {
		return kafka_options_is_topic(span_of(name, len));
	}
	const char *rest = at + strlen(variable);
	size_t before = (size_t)(at - name);
	if (len - strlen(variable) > TOPIC_MAX - spare) {
		return false;
	}
	memcpy(plain, name, before);
	plain[before] = 'i';
	memcpy(plain + before + 1, rest, strlen(rest) + 1);
	return kafka_options_is_topic(span_from_text(plain));
}

static const struct json_node *place_of(
	const struct json_node *at, struct span object, struct span name)
{
	const struct json_node *outer = json_node_member(at, object);
	const struct json_node *inner = outer != NULL ? json_node_member(outer, name) : NULL;
	return inner != NULL ? inner : outer != NULL ? outer : at;
}

static void check_reply(const struct kafka_shared *shared, const struct json_node *at,
	struct problem_list *problems)
{
	const struct kafka_reply_options *reply = &shared->reply;
	if (!is_template(reply->topic, "${instance}", 64)) {
		problem_list_error(problems, place_of(at, SPAN("reply"), SPAN("topic")),
			"expected a topic's name of A-Z a-z 0-9 . _ -, ${instance} once at most");
	}
	if (reply->partitions == KAFKA_PARTITIONS_OWN && reply->partition < 0) {
		problem_list_error(problems, place_of(at, SPAN("reply"), SPAN("partitions")),
			"\"own\" needs a \"partition\", the one of this instance");
	}
	if (reply->partitions == KAFKA_PARTITIONS_ALL && reply->partition >= 0) {
		problem_list_error(problems, place_of(at, SPAN("reply"), SPAN("partition")),
			"only beside \"partitions\": \"own\"");
	}
}

static void check_bootstrap(const struct kafka_shared *shared, const struct json_node *at,
	struct problem_list *problems)
{
	const struct json_node *node = json_node_member(at, SPAN("bootstrap"));
	if (shared->embedded) {
		return;
	}
	if (node == NULL) {
		problem_list_error(problems, at,
			"\"bootstrap\" is missing: the brokers, or \"embedded\": true for a Kafka "
			"for development inside this process");
	} else if (shared->bootstrap[0] == '\0') {
		problem_list_error(
			problems, node, "expected \"HOST:PORT\", several with commas between them");
	}
}

static void check_dead_letter(const struct kafka_shared *shared, const struct json_node *at,
	struct problem_list *problems)
{
	const struct option_texts *topics = &shared->dead_letter.topic;
	const struct json_node *node = json_node_member(at, SPAN("dead_letter"));
	for (size_t i = 0; i < topics->count; i++) {
		const char *topic = topics->items[i];
		const struct json_node *where = option_text_node(node, "topic", i);
		if (!is_template(topic, KAFKA_TOPIC_VARIABLE, 1)) {
			problem_list_error(problems, where,
				"expected a topic's name of A-Z a-z 0-9 . _ -, ${topic} once at "
				"most");
		} else if (strcmp(topic, KAFKA_TOPIC_VARIABLE) == 0) {
			problem_list_error(problems, where,
				"these are the requests themselves; expected something like "
				"\"${topic}-dlt\"");
		} else if (strcmp(topic, shared->reply.topic) == 0) {
			problem_list_error(problems, where, "this is the reply topic");
		}
	}
	if (node != NULL && topics->count == 0) {
		problem_list_error(problems, node, "expected a \"topic\" at least");
	}
}

bool kafka_options_compile(
	struct kafka_shared *shared, const struct json_node *at, struct problem_list *problems)
{
	size_t before = problem_list_errors(problems);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	check_bootstrap(shared, at, problems);
	kafka_embedded_check(shared, at, problems);
	check_reply(shared, at, problems);
	check_dead_letter(shared, at, problems);
	read_properties(shared, conf, problems);
	rd_kafka_conf_destroy(conf);
	return problem_list_errors(problems) == before;
}

static const char *value_of(const struct kafka_shared *shared, const char *name, const char *alias)
{
	for (size_t i = shared->property_count; i-- > 0;) {
		const struct kafka_property *property = &shared->properties[i];
		if (strcmp(property->name, name) == 0 || strcmp(property->name, alias) == 0) {
			return property->value;
		}
	}
	return "";
}

bool kafka_options_run_programs(const struct kafka_shared *shared)
{
	const char *mechanism = value_of(shared, "sasl.mechanism", "sasl.mechanisms");
	const char *protocol = value_of(shared, "security.protocol", "security.protocol");
	return strncasecmp(protocol, "sasl", 4) == 0 &&
	       (mechanism[0] == '\0' || strcasecmp(mechanism, "GSSAPI") == 0);
}

void kafka_options_finish(struct kafka_shared *shared)
{
	for (size_t i = 0; i < shared->property_count; i++) {
		free(shared->properties[i].name);
		free(shared->properties[i].value);
	}
	free(shared->properties);
	shared->properties = NULL;
	shared->property_count = 0;
}
