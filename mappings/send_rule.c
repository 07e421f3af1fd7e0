/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/send_rule.h"

#include "base/json.h"
#include "mappings/filter.h"
#include "mappings/header_name.h"
#include "mappings/send_destination.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SEND_HEADERS_MAX 64

static const char *const behave_names[] = { [BEHAVE_ECHO] = "echo",
	[BEHAVE_REFUSE] = "refuse",
	[BEHAVE_DROP] = "drop",
	[BEHAVE_DEAD] = "dead",
	[BEHAVE_CLOSE] = "close",
	NULL };

#define NODE_ROW(name_, member, schema_, help_)                                                   \
	{                                                                                         \
		.name = name_, .type = OPTION_NODE,                                               \
		.offset = offsetof(struct send_options, member), .help = help_, .schema = schema_ \
	}

const struct option send_rows[] = {
	{ .name = "bridge",
		.type = OPTION_TEXT,
		.offset = offsetof(struct send_options, bridge),
		.help = "name of a bridge; without it `defaults.bridge`" },
	NODE_ROW("queue", queue, OPTION_IS("template"),
		"AMQP queue (template), by the default exchange"),
	NODE_ROW("exchange", exchange, OPTION_IS("template"), "AMQP exchange (template)"),
	NODE_ROW("routing_key", routing_key, OPTION_IS("template"),
		"beside `exchange` (template); empty without it"),
	{ .name = "convention",
		.type = OPTION_TEXT,
		.offset = offsetof(struct send_options, convention),
		.help = "preset of knobs ([conventions](conventions.md)); without it "
			"`defaults.convention`, else `plain`" },
	NODE_ROW("op", op, "{}",
		"value of `${op}`, any JSON value (template); without it the op the client named, "
		"else the mapping's name"),
	NODE_ROW("properties", properties, OPTION_IS("templates"),
		"AMQP properties (templates) that replace those of the convention; `null` leaves "
		"one out"),
	NODE_ROW("headers", headers, OPTION_IS("templates"), "message headers (templates)"),
	NODE_ROW("forward_headers", forward_headers, OPTION_IS("names"),
		"request headers passed on: names in lower case, or `x-*`"),
	NODE_ROW("body", body, "{}",
		"template; a JSON value that is no string gives JSON. Without it the body goes "
		"through untouched"),
	{ .name = "mandatory",
		.type = OPTION_BOOL,
		.offset = offsetof(struct send_options, mandatory),
		.fallback = "true",
		.help = "AMQP: a message nobody takes is an error; false only where `when` is not "
			"`replied`" },
	{ .name = "behave",
		.type = OPTION_ENUM,
		.offset = offsetof(struct send_options, behave),
		.names = behave_names,
		.fallback = "echo",
		.help = "loopback: what happens to the message" },
	{ .name = "delay",
		.type = OPTION_DURATION,
		.offset = offsetof(struct send_options, delay_ms),
		.fallback = "0s",
		.min = 0,
		.max = 3600000,
		.help = "loopback: how long that takes" },
	NODE_ROW("topic", topic, OPTION_IS("template"), "Kafka topic (template)"),
	NODE_ROW("key", key, OPTION_IS("scalar"),
		"beside `topic`: the record's key (template); none without it"),
	NODE_ROW("partition", partition, OPTION_IS("scalar"),
		"beside `topic`: number of the partition (template); without it the key or the "
		"bridge chooses"),
	{ .name = "reply_partition",
		.type = OPTION_NODE,
		.offset = offsetof(struct send_options, reply_partition),
		.rows = send_destination_reply_rows,
		.help = "Kafka: the header that tells a worker the partition for its reply" },
	{ .name = "tombstone",
		.type = OPTION_BOOL,
		.offset = offsetof(struct send_options, tombstone),
		.fallback = "false",
		.help = "Kafka: the record has no value; a compacted topic forgets its key" },
	{ 0 },
};

static const struct mapping_bridge *find_bridge(
	const struct mapping_context *context, const char *name)
{
	for (size_t i = 0; i < context->bridge_count; i++) {
		if (strcmp(context->bridges[i].name, name) == 0) {
			return &context->bridges[i];
		}
	}
	return NULL;
}

const char *send_rule_bridge_type(
	const struct json_node *node, const struct mapping_context *context)
{
	const struct json_node *at = node != NULL ? json_node_member(node, SPAN("bridge")) : NULL;
	/* what is wrong with it is told when the rule is compiled */
	struct problem_list *ignored = problem_list_create();
	char *own = at != NULL && at->type == JSON_STRING ? option_expand(at, ignored) : NULL;
	const char *name = own != NULL ? own : context->default_bridge;
	const struct mapping_bridge *bridge = name != NULL ? find_bridge(context, name) : NULL;
	problem_list_destroy(ignored);
	free(own);
	return bridge != NULL ? bridge->type : NULL;
}

static void compile_bridge(struct send_compiler *compiler, const char **type)
{
	const struct mapping_context *context = compiler->context->mapping;
	const char *name = compiler->options->bridge != NULL ? compiler->options->bridge
							     : context->default_bridge;
	const struct json_node *at = json_node_member(compiler->node, SPAN("bridge"));
	const char *names[33] = { NULL };
	if (name == NULL) {
		problem_list_error(compiler->problems, compiler->node,
			"expected a bridge here or in defaults.bridge");
		return;
	}
	const struct mapping_bridge *bridge = find_bridge(context, name);
	if (bridge != NULL) {
		compiler->rule->bridge = (size_t)(bridge - context->bridges);
		compiler->rule->bridge_name =
			store_copy(compiler->context->store, span_from_text(name)).ptr;
		*type = bridge->type;
		return;
	}
	for (size_t i = 0; i < context->bridge_count && i < 32; i++) {
		names[i] = context->bridges[i].name;
	}
	if (at == NULL) {
		return; /* defaults.bridge: told where it stands, once */
	}
	const char *near = option_nearest_name(span_from_text(name), names);
	problem_list_error(compiler->problems, at, "there is no bridge '%.*s'%s%s%s",
		(int)at->string.len, at->string.ptr, near != NULL ? "; did you mean '" : "",
		near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* Constants of properties with a shape of their own. */
static const char *property_fault(enum message_property property, struct span text)
{
	int64_t number = 0;
	bool decimal = option_parse_integer(text, &number) && number >= 0;
	switch (property) {
	case PROPERTY_DELIVERY_MODE:
		return decimal && (number == 1 || number == 2) ? NULL : "expected 1 or 2";
	case PROPERTY_PRIORITY:
		return decimal && number <= 255 ? NULL : "expected a number from 0 to 255";
	case PROPERTY_EXPIRATION: return decimal ? NULL : "expected milliseconds";
	case PROPERTY_TIMESTAMP: return decimal ? NULL : "expected seconds since 1970";
	default: return text.len <= SHORT_STRING_MAX ? NULL : "longer than 255 bytes";
	}
}

/* Replies must find their call, and no client may say where they go. */
static bool property_is_allowed(struct send_compiler *compiler, const struct json_node *node,
	enum message_property property)
{
	if (property == PROPERTY_CORRELATION_ID &&
		!(node->type == JSON_STRING && span_equal(node->string, SPAN("${id}")))) {
		problem_list_error(compiler->problems, node,
			"correlation_id is always ours; expected \"${id}\" or nothing");
		return false;
	}
	return true;
}

static bool holds_client_text(const struct template *template)
{
	for (const struct variable *row = variable_rows(); row->name != NULL; row++) {
		if (row->client && row->kind != VARIABLE_LATER &&
			template_uses(template, row->kind)) {
			return true;
		}
	}
	return false;
}

static void check_property(struct send_compiler *compiler, const struct json_node *node,
	const struct send_property *property)
{
	struct span text;
	if (property->template == NULL) {
		return;
	}
	if (template_is_constant(property->template, &text)) {
		const char *fault = property_fault(property->property, text);
		if (fault != NULL) {
			problem_list_error(compiler->problems, node, "%s", fault);
		}
	} else if (property->property == PROPERTY_REPLY_TO &&
		   holds_client_text(property->template)) {
		problem_list_error(compiler->problems, node,
			"a client must not choose the reply address; expected \"${reply_to}\", a "
			"constant or null");
	}
}

/* Those that the bridge writes as headers of the record, and its timestamp. */
static bool is_kafka_property(enum message_property property)
{
	return property == PROPERTY_CONTENT_TYPE || property == PROPERTY_CONTENT_ENCODING ||
	       property == PROPERTY_CORRELATION_ID || property == PROPERTY_REPLY_TO ||
	       property == PROPERTY_EXPIRATION || property == PROPERTY_TIMESTAMP;
}

static void compile_property(struct send_compiler *compiler, const struct json_node *node)
{
	struct send_rule *rule = compiler->rule;
	struct send_property *property = &rule->properties[rule->property_count];
	property->property = message_property_from_name(node->name);
	if (property->property == PROPERTY_COUNT) {
		const char *names[PROPERTY_COUNT + 1] = { NULL };
		for (unsigned i = 0; i < PROPERTY_COUNT; i++) {
			names[i] = message_property_name(i);
		}
		const char *near = option_nearest_name(node->name, names);
		problem_list_error_name(compiler->problems, node,
			"AMQP has no property '%.*s'%s%s%s", (int)node->name.len, node->name.ptr,
			near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
			near != NULL ? "'?" : "");
		return;
	}
	if (compiler->rule->to_kafka && !is_kafka_property(property->property)) {
		problem_list_error_name(compiler->problems, node,
			"Kafka has no property '%.*s'; headers take anything", (int)node->name.len,
			node->name.ptr);
		return;
	}
	if (!property_is_allowed(compiler, node, property->property)) {
		return;
	}
	if (node->type != JSON_NULL) {
		property->template = send_compiler_template(compiler, node, TEMPLATE_VALUE);
		if (property->template == NULL) {
			return;
		}
	}
	rule->property_count++;
	check_property(compiler, node, property);
}

static unsigned count_members(const struct json_node *node)
{
	unsigned count = 0;
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		count++;
	}
	return count;
}

static void compile_properties(struct send_compiler *compiler, const struct json_node *node)
{
	if (node->type != JSON_OBJECT) {
		problem_list_error(compiler->problems, node,
			"expected an object: {\"type\": \"order.created\"}");
		return;
	}
	compiler->rule->properties = store_new(compiler->context->store, count_members(node) + 1,
		sizeof(*compiler->rule->properties));
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		compile_property(compiler, n);
	}
}

/* Kafka has no properties: id and reply address are headers there, and only what they are. */
static bool is_native(const struct send_compiler *compiler, const struct json_node *node)
{
	struct span expected = span_equal(node->name, SPAN("reply_to")) ? SPAN("${reply_to}")
			       : span_equal(node->name, SPAN("correlation_id")) ? SPAN("${id}")
										: SPAN_ABSENT;
	return compiler->rule->to_kafka && span_present(expected) && node->type == JSON_STRING &&
	       span_equal(node->string, expected);
}

static bool header_is_allowed(struct send_compiler *compiler, const struct json_node *node)
{
	struct span name = node->name;
	if (is_native(compiler, node)) {
		return true;
	}
	if (header_name_is_reserved(name)) {
		problem_list_error_name(compiler->problems, node,
			"brokers and workers act on the header '%.*s'; a mapping cannot set it",
			(int)name.len, name.ptr);
		return false;
	}
	if (name.len == 0 || name.len > SHORT_STRING_MAX || !filter_is_plain_text(name)) {
		problem_list_error_name(compiler->problems, node,
			"expected a name of 1 to 255 bytes without control characters");
		return false;
	}
	return true;
}

static enum message_value_type header_type(const struct json_node *node)
{
	switch (node->type) {
	case JSON_FALSE:
	case JSON_TRUE: return MESSAGE_BOOLEAN;
	case JSON_ARRAY:
	case JSON_OBJECT: return MESSAGE_JSON;
	case JSON_NUMBER: {
		int64_t number;
		return option_parse_integer(node->text, &number) ? MESSAGE_INTEGER : MESSAGE_REAL;
	}
	default: return MESSAGE_TEXT;
	}
}

static void compile_header(struct send_compiler *compiler, const struct json_node *node)
{
	struct send_rule *rule = compiler->rule;
	if (node->type == JSON_NULL || !header_is_allowed(compiler, node)) {
		return;
	}
	struct send_header *header = &rule->headers[rule->header_count];
	header->name = node->name;
	header->type = header_type(node);
	header->template = send_compiler_template(
		compiler, node, header->type == MESSAGE_JSON ? TEMPLATE_JSON : TEMPLATE_VALUE);
	if (header->template != NULL) {
		rule->header_count++;
	}
	rule->own_traceparent |= span_equal_nocase(node->name, SPAN("traceparent"));
	rule->own_tracestate |= span_equal_nocase(node->name, SPAN("tracestate"));
}

static void compile_headers(struct send_compiler *compiler, const struct json_node *node)
{
	unsigned count = count_members(node);
	if (node->type != JSON_OBJECT || count > SEND_HEADERS_MAX) {
		problem_list_error(compiler->problems, node,
			"expected an object of at most 64 headers: {\"tenant\": "
			"\"${path.tenant}\"}");
		return;
	}
	compiler->rule->headers =
		store_new(compiler->context->store, count + 1, sizeof(*compiler->rule->headers));
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		compile_header(compiler, n);
	}
}

static bool is_set_by_headers(const struct send_rule *rule, struct span name)
{
	for (unsigned i = 0; i < rule->header_count; i++) {
		if (span_equal_nocase(rule->headers[i].name, name)) {
			return true;
		}
	}
	return span_equal(name, SPAN("traceparent")) || span_equal(name, SPAN("tracestate"));
}

static void compile_forward_name(struct send_compiler *compiler, const struct json_node *node)
{
	struct send_rule *rule = compiler->rule;
	bool lower = node->type == JSON_STRING;
	struct span name = SPAN_ABSENT;
	if (lower) {
		name = store_take(
			compiler->context->store, option_expand(node, compiler->problems));
	}
	for (size_t i = 0; lower && i < name.len; i++) {
		lower = name.ptr[i] == span_lower(name.ptr[i]);
	}
	if (!lower || !header_name_is_token(name)) {
		problem_list_error(compiler->problems, node,
			"expected the name of a request header in lower case, or \"x-*\"");
	} else if (span_equal(name, SPAN("x-*"))) {
		rule->forward_x = rule->reads_headers = true;
	} else if (memchr(name.ptr, '*', name.len) != NULL) {
		problem_list_error(
			compiler->problems, node, "\"x-*\" is the only pattern; expected a name");
	} else if (header_name_is_reserved(name)) {
		problem_list_error(compiler->problems, node,
			"brokers and workers act on the header '%.*s'; a client cannot set it",
			(int)name.len, name.ptr);
	} else if (!is_set_by_headers(rule, name)) {
		rule->hidden &= ~header_name_secret(name);
		rule->forward[rule->forward_count++] = name;
		rule->reads_headers = true;
	}
}

static void compile_forward(struct send_compiler *compiler, const struct json_node *node)
{
	bool list = node->type == JSON_ARRAY;
	unsigned count = list ? count_members(node) : 1;
	compiler->rule->forward =
		store_new(compiler->context->store, count + 1, sizeof(*compiler->rule->forward));
	for (const struct json_node *n = list ? node->first : node; n != NULL;
		n = list ? n->next : NULL) {
		compile_forward_name(compiler, n);
	}
}

/* Variables that are JSON by nature stay JSON when they are the whole body. */
static bool is_json_by_nature(const struct template *template)
{
	return template_is(template, VARIABLE_BODY_POINTER) ||
	       template_is(template, VARIABLE_BODY_FORM) || template_is(template, VARIABLE_QUERY) ||
	       template_is(template, VARIABLE_HEADERS) || template_is(template, VARIABLE_COOKIES);
}

static void compile_body(struct send_compiler *compiler, const struct json_node *node)
{
	struct send_rule *rule = compiler->rule;
	rule->body_form = SEND_BODY_JSON;
	if (node->type == JSON_STRING) {
		rule->body = send_compiler_template(compiler, node, TEMPLATE_TEXT);
		if (rule->body == NULL) {
			return;
		}
		if (!is_json_by_nature(rule->body)) {
			bool whole = template_is(rule->body, VARIABLE_BODY);
			rule->body_form = whole ? SEND_BODY_UNTOUCHED : SEND_BODY_TEXT;
			return;
		}
		template_destroy(rule->body);
	}
	rule->body = send_compiler_template(compiler, node, TEMPLATE_JSON);
}

static void compile_knobs(struct send_compiler *compiler)
{
	const struct send_options *options = compiler->options;
	const struct json_node *op = send_compiler_knob(compiler, options->op, SPAN("op"));
	const struct json_node *properties =
		send_compiler_knob(compiler, options->properties, SPAN("properties"));
	const struct json_node *headers =
		send_compiler_knob(compiler, options->headers, SPAN("headers"));
	const struct json_node *forward =
		send_compiler_knob(compiler, options->forward_headers, SPAN("forward_headers"));
	const struct json_node *body = send_compiler_knob(compiler, options->body, SPAN("body"));
	if (op != NULL) {
		compiler->rule->op = template_create(
			op, TEMPLATE_JSON, &compiler->variables, compiler->problems);
	}
	send_compiler_settle_op(compiler);
	if (properties != NULL) {
		compile_properties(compiler, properties);
	}
	if (headers != NULL) {
		compile_headers(compiler, headers);
	}
	if (forward != NULL) {
		compile_forward(compiler, forward);
	}
	if (body != NULL) {
		compile_body(compiler, body);
	}
}

static void compile(struct send_compiler *compiler)
{
	const struct send_options *options = compiler->options;
	const char *type = NULL;
	compile_bridge(compiler, &type);
	compiler->rule->mandatory = options->mandatory;
	compiler->rule->behave = options->behave;
	compiler->rule->delay_ms = (uint32_t)options->delay_ms;
	if (type != NULL) {
		send_destination_check(compiler, type);
		send_destination_compile(compiler, type);
	}
	compile_knobs(compiler);
}

void send_rule_compile(const struct json_node *node, const struct send_rule_context *context,
	struct send_rule *rule)
{
	struct send_options options;
	*rule = (struct send_rule){ .body_form = SEND_BODY_UNTOUCHED, .hidden = HEADER_SECRETS };
	if (node->type == JSON_ARRAY) {
		problem_list_error(context->problems, node,
			"expected an object; several legs are not available yet");
		return;
	}
	if (node->type != JSON_OBJECT) {
		problem_list_error(context->problems, node, "expected an object");
		return;
	}
	option_read(send_rows, node, &options, context->problems);
	struct send_compiler compiler = { .node = node,
		.context = context,
		.options = &options,
		.variables = { .scope = VARIABLE_SCOPE_SEND, .match = context->match },
		.problems = context->problems,
		.rule = rule };
	compile(&compiler);
	option_finish(send_rows, &options);
}

/* A convention has knobs only: what a mapping decides for itself stays its own. */
static bool check_preset_keys(const struct json_node *node, struct problem_list *problems)
{
	bool good = true;
	for (const struct option *row = send_rows; row->name != NULL; row++) {
		const struct json_node *at = json_node_member(node, span_from_text(row->name));
		if (at != NULL && row->type != OPTION_NODE) {
			problem_list_error_name(
				problems, at, "this is for a mapping to say, not for a convention");
			good = false;
		}
	}
	return good;
}

void send_rule_check_preset(
	const struct json_node *node, const char *type, struct problem_list *problems)
{
	static const struct match_rule anything;
	static const struct convention none;
	struct send_options options;
	struct store store = { 0 };
	struct send_rule rule = { .to_kafka = strcmp(type, "kafka") == 0 };
	if (node->type != JSON_OBJECT) {
		problem_list_error(problems, node, "expected an object");
		return;
	}
	if (!check_preset_keys(node, problems)) {
		return;
	}
	option_read(send_rows, node, &options, problems);
	const struct send_rule_context context = { .match = &anything,
		.convention = &none,
		.when = WHEN_REPLIED,
		.store = &store,
		.problems = problems };
	struct send_compiler compiler = { .node = node,
		.context = &context,
		.options = &options,
		.variables = { .scope = VARIABLE_SCOPE_SEND,
			.match = &anything,
			.any_capture = true },
		.problems = problems,
		.rule = &rule };
	send_destination_check(&compiler, type);
	send_destination_compile_preset(&compiler);
	compile_knobs(&compiler);
	option_finish(send_rows, &options);
	send_rule_finish(&rule);
	store_finish(&store);
}

void send_rule_finish(struct send_rule *rule)
{
	template_destroy(rule->exchange);
	template_destroy(rule->routing_key);
	template_destroy(rule->topic);
	template_destroy(rule->key);
	template_destroy(rule->partition);
	template_destroy(rule->op);
	template_destroy(rule->body);
	for (unsigned i = 0; i < rule->property_count; i++) {
		template_destroy(rule->properties[i].template);
	}
	for (unsigned i = 0; i < rule->header_count; i++) {
		template_destroy(rule->headers[i].template);
	}
}
