/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/send_destination.h"

#include "mappings/filter.h"

#include <stddef.h>
#include <string.h>

#define TOPIC_MAX 249

struct reply_partition_options {
	char *header;
	int format;
};

static const char *const partition_names[] = {
	[SEND_PARTITION_BE32] = "be32", [SEND_PARTITION_ASCII] = "ascii", NULL
};

const struct option send_destination_reply_rows[] = {
	{ .name = "header",
		.type = OPTION_TEXT,
		.offset = offsetof(struct reply_partition_options, header),
		.required = true,
		.help = "its name" },
	{ .name = "format",
		.type = OPTION_ENUM,
		.offset = offsetof(struct reply_partition_options, format),
		.names = partition_names,
		.fallback = "be32",
		.help = "four bytes (Spring) or digits (NestJS)" },
	{ 0 },
};

static struct template *compile_destination(
	struct send_compiler *compiler, const struct json_node *node, bool may_be_empty)
{
	struct span text;
	struct template *template = send_compiler_template(compiler, node, TEMPLATE_DESTINATION);
	if (template == NULL || !template_is_constant(template, &text)) {
		return template;
	}
	if (text.len > SHORT_STRING_MAX) {
		problem_list_error(compiler->problems, node, "longer than 255 bytes");
	} else if ((text.len == 0 && !may_be_empty) || !filter_is_plain_text(text)) {
		problem_list_error(
			compiler->problems, node, "expected a name without control characters");
	}
	return template;
}

bool send_destination_is_topic(struct span name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	for (size_t i = 0; i < name.len; i++) {
		if (memchr(allowed, name.ptr[i], sizeof(allowed) - 1) == NULL) {
			return false;
		}
	}
	return name.len > 0 && name.len <= TOPIC_MAX && !span_equal(name, SPAN(".")) &&
	       !span_equal(name, SPAN(".."));
}

static void compile_reply_partition(struct send_compiler *compiler, const struct json_node *node)
{
	struct reply_partition_options options;
	struct send_rule *rule = compiler->rule;
	if (node->type != JSON_OBJECT) {
		problem_list_error(compiler->problems, node,
			"expected {\"header\": NAME, \"format\": \"be32\" | \"ascii\"}");
		return;
	}
	if (option_read(send_destination_reply_rows, node, &options, compiler->problems)) {
		rule->reply_partition =
			store_copy(compiler->context->store, span_from_text(options.header));
		rule->reply_partition_format = options.format;
		if (rule->reply_partition.len == 0 ||
			!filter_is_plain_text(rule->reply_partition)) {
			problem_list_error(
				compiler->problems, node, "expected the name of a header");
		}
	}
	option_finish(send_destination_reply_rows, &options);
}

static void compile_topic(struct send_compiler *compiler, const struct json_node *node)
{
	struct send_rule *rule = compiler->rule;
	struct span text;
	rule->topic = send_compiler_template(compiler, node, TEMPLATE_DESTINATION);
	if (rule->topic != NULL && template_is_constant(rule->topic, &text) &&
		!send_destination_is_topic(text)) {
		problem_list_error(compiler->problems, node,
			"expected a topic's name: 1 to 249 of A-Z a-z 0-9 . _ -");
	}
}

static void compile_partition(struct send_compiler *compiler, const struct json_node *node)
{
	struct send_rule *rule = compiler->rule;
	struct span text;
	int64_t number = 0;
	rule->partition = send_compiler_template(compiler, node, TEMPLATE_VALUE);
	if (rule->partition != NULL && template_is_constant(rule->partition, &text) &&
		(!option_parse_integer(text, &number) || number < 0 || number > INT32_MAX)) {
		problem_list_error(compiler->problems, node, "expected the number of a partition");
	}
}

static void compile_record_keys(struct send_compiler *compiler, const struct json_node *topic)
{
	const struct send_options *options = compiler->options;
	const struct json_node *key = send_compiler_knob(compiler, options->key, SPAN("key"));
	const struct json_node *partition =
		send_compiler_knob(compiler, options->partition, SPAN("partition"));
	const struct json_node *reply =
		send_compiler_knob(compiler, options->reply_partition, SPAN("reply_partition"));
	if (topic != NULL) {
		compile_topic(compiler, topic);
	}
	if (key != NULL) {
		compiler->rule->key = send_compiler_template(compiler, key, TEMPLATE_VALUE);
	}
	if (partition != NULL) {
		compile_partition(compiler, partition);
	}
	if (reply != NULL) {
		compile_reply_partition(compiler, reply);
	}
}

static void compile_record(struct send_compiler *compiler)
{
	const struct send_options *options = compiler->options;
	const struct json_node *topic = send_compiler_knob(compiler, options->topic, SPAN("topic"));
	compiler->rule->tombstone = options->tombstone;
	if (topic == NULL) {
		problem_list_error(compiler->problems, compiler->node, "expected a topic");
	}
	compile_record_keys(compiler, topic);
	bool has_key = send_compiler_knob(compiler, options->key, SPAN("key")) != NULL;
	if (options->tombstone && (!has_key || options->body != NULL)) {
		problem_list_error(compiler->problems,
			json_node_member(compiler->node, SPAN("tombstone")),
			"a tombstone needs a key and has no body");
	}
}

static void compile_destinations(struct send_compiler *compiler, bool loopback)
{
	struct send_rule *rule = compiler->rule;
	const struct json_node *queue = compiler->options->queue;
	const struct json_node *exchange = compiler->options->exchange;
	const struct json_node *key = compiler->options->routing_key;
	if (queue == NULL && exchange == NULL && key == NULL) {
		queue = send_compiler_knob(compiler, NULL, SPAN("queue"));
		exchange = send_compiler_knob(compiler, NULL, SPAN("exchange"));
		key = send_compiler_knob(compiler, NULL, SPAN("routing_key"));
	}
	if (queue != NULL && (exchange != NULL || key != NULL)) {
		problem_list_error(compiler->problems, exchange != NULL ? exchange : key,
			"expected either queue, or exchange and routing_key");
		return;
	}
	if (queue == NULL && exchange == NULL && (key != NULL || !loopback)) {
		problem_list_error(compiler->problems, key != NULL ? key : compiler->node,
			"expected a queue, or an exchange and its routing_key");
		return;
	}
	if (queue != NULL) {
		rule->to_queue = true;
		rule->routing_key = compile_destination(compiler, queue, false);
		return;
	}
	struct span text;
	if (exchange != NULL) {
		rule->exchange = compile_destination(compiler, exchange, true);
		rule->to_queue = rule->exchange != NULL &&
				 template_is_constant(rule->exchange, &text) && text.len == 0;
	}
	if (key != NULL) {
		rule->routing_key = compile_destination(compiler, key, true);
	}
}

/* Loopback is for trying mappings out and knows the keys of all. */
void send_destination_check(struct send_compiler *compiler, const char *type)
{
	static const struct {
		const char *name, *type;
	} owned[] = { { "behave", "loopback" }, { "delay", "loopback" }, { "queue", "amqp" },
		{ "exchange", "amqp" }, { "routing_key", "amqp" }, { "mandatory", "amqp" },
		{ "topic", "kafka" }, { "key", "kafka" }, { "partition", "kafka" },
		{ "reply_partition", "kafka" }, { "tombstone", "kafka" } };
	bool loopback = strcmp(type, "loopback") == 0;
	for (unsigned i = 0; !loopback && i < sizeof(owned) / sizeof(owned[0]); i++) {
		const struct json_node *at =
			json_node_member(compiler->node, span_from_text(owned[i].name));
		if (at != NULL && strcmp(type, owned[i].type) != 0) {
			problem_list_error_name(compiler->problems, at,
				"only %s %s bridge knows %s", owned[i].type[0] == 'a' ? "an" : "a",
				owned[i].type, owned[i].name);
		}
	}
	const struct json_node *mandatory = json_node_member(compiler->node, SPAN("mandatory"));
	if (mandatory != NULL && !compiler->options->mandatory &&
		compiler->context->when == WHEN_REPLIED) {
		problem_list_error(compiler->problems, mandatory,
			"a call that waits for a reply needs somebody to take it; false only where "
			"answer.when is confirmed or sent");
	}
}

void send_destination_compile(struct send_compiler *compiler, const char *type)
{
	bool loopback = strcmp(type, "loopback") == 0;
	compiler->rule->to_kafka = strcmp(type, "kafka") == 0;
	if (compiler->rule->to_kafka || (loopback && compiler->options->topic != NULL)) {
		compile_record(compiler);
	} else {
		compile_destinations(compiler, loopback);
	}
}

void send_destination_compile_preset(struct send_compiler *compiler)
{
	const struct send_options *options = compiler->options;
	if (compiler->rule->to_kafka) {
		compile_record_keys(compiler, options->topic);
	} else if (options->queue != NULL || options->exchange != NULL ||
		   options->routing_key != NULL) {
		compile_destinations(compiler, true);
	}
}
