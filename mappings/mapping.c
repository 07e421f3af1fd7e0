/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/mapping.h"

#include "base/memory.h"
#include "mappings/convention.h"
#include "mappings/cors_rule.h"
#include "mappings/filter.h"
#include "mappings/mapping_parts.h"

#include <stddef.h>
#include <stdlib.h>

#define NAME_MAX_BYTES 128

struct mapping_options {
	char *name;
	const struct json_node *match, *send, *answer, *respond, *files, *redirect, *cors;
	struct {
		int64_t body;
		int64_t reply;
	} limits;
};

static const struct option limit_rows[] = {
	{ .name = "body",
		.type = OPTION_SIZE,
		.offset = offsetof(struct mapping_options, limits.body) -
			  offsetof(struct mapping_options, limits),
		.help = "largest request body; only lower than the listener's" },
	{ .name = "reply",
		.type = OPTION_SIZE,
		.offset = offsetof(struct mapping_options, limits.reply) -
			  offsetof(struct mapping_options, limits),
		.help = "largest reply; only lower than `defaults.limits`" },
	{ 0 },
};

static const struct option mapping_rows[] = {
	{ .name = "name",
		.type = OPTION_TEXT,
		.offset = offsetof(struct mapping_options, name),
		.required = true,
		.help = "in logs and metrics; unique" },
	{ .name = "match",
		.type = OPTION_NODE,
		.offset = offsetof(struct mapping_options, match),
		.required = true,
		.rows = match_rows,
		.help = "which requests; the first mapping in order that fits takes one" },
	{ .name = "send",
		.type = OPTION_NODE,
		.offset = offsetof(struct mapping_options, send),
		.rows = send_rows,
		.help = "the message a request becomes" },
	{ .name = "answer",
		.type = OPTION_NODE,
		.offset = offsetof(struct mapping_options, answer),
		.rows = answer_rows,
		.help = "what the client gets for the reply" },
	{ .name = "respond",
		.type = OPTION_NODE,
		.offset = offsetof(struct mapping_options, respond),
		.rows = respond_rows,
		.help = "instead of `send`: an answer that needs no worker" },
	{ .name = "files",
		.type = OPTION_NODE,
		.offset = offsetof(struct mapping_options, files),
		.rows = files_rows,
		.help = "instead of `send`, over HTTP: files of a folder" },
	{ .name = "redirect",
		.type = OPTION_NODE,
		.offset = offsetof(struct mapping_options, redirect),
		.rows = redirect_rows,
		.help = "instead of `send`, over HTTP: where the client should go" },
	{ .name = "limits",
		.type = OPTION_OBJECT,
		.offset = offsetof(struct mapping_options, limits),
		.rows = limit_rows,
		.help = "may only lower" },
	{ .name = "cors",
		.type = OPTION_NODE,
		.schema = "{\"anyOf\":[{\"const\":false}," OPTION_IS("cors") "]}",
		.offset = offsetof(struct mapping_options, cors),
		.help = "like the top level `cors`, which it replaces whole; `false`: none" },
	{ 0 },
};

static int64_t compile_limit(const struct json_node *node, struct span name, int64_t own,
	int64_t most, struct problem_list *problems)
{
	const struct json_node *limits = json_node_member(node, SPAN("limits"));
	const struct json_node *at = limits != NULL ? json_node_member(limits, name) : NULL;
	if (at == NULL) {
		return most;
	}
	if (most > 0 && (own == 0 || own > most)) {
		problem_list_error(problems, at,
			"a mapping may only lower this; defaults.limits.%.*s is %lld bytes",
			(int)name.len, name.ptr, (long long)most);
	}
	return own;
}

static void compile_name(struct mapping *mapping, const char *name, struct problem_list *problems)
{
	if (name == NULL) {
		return;
	}
	mapping->name = store_copy(&mapping->store, span_from_text(name));
	if (mapping->name.len == 0 || mapping->name.len > NAME_MAX_BYTES ||
		!filter_is_plain_text(mapping->name)) {
		problem_list_error(problems, json_node_member(mapping->node, SPAN("name")),
			"expected a name of 1 to 128 bytes without control characters");
	}
}

/* A `respond` may not say otherwise either. */
static void refuse_cors_headers(struct mapping *mapping, struct problem_list *problems)
{
	for (unsigned i = 0; i < mapping->respond.header_count; i++) {
		struct span name = mapping->respond.headers[i].name;
		if (cors_rule_owns(name)) {
			problem_list_error(problems,
				json_node_member(mapping->node, SPAN("respond")),
				"'%.*s' is written by \"cors\"", (int)name.len, name.ptr);
		}
	}
}

/* A worker may not say otherwise, nor say it twice. */
static void drop_cors_headers(struct mapping *mapping, struct problem_list *problems)
{
	struct answer_rule *answer = &mapping->answer;
	unsigned kept = 0;
	answer->own_cors = true;
	for (unsigned i = 0; i < answer->header_count; i++) {
		struct span name = answer->headers[i];
		if (!cors_rule_owns(name)) {
			answer->headers[kept++] = name;
			continue;
		}
		problem_list_warning(problems, json_node_member(mapping->node, SPAN("answer")),
			"'%.*s' is written by \"cors\" and not taken from a reply", (int)name.len,
			name.ptr);
	}
	answer->header_count = kept;
}

static void compile_cors(struct mapping *mapping, const struct json_node *node,
	const struct mapping_context *context)
{
	mapping->cors = context->cors;
	if (node != NULL && node->type == JSON_FALSE) {
		mapping->cors = NULL;
	} else if (node != NULL) {
		mapping->own_cors = cors_rule_create(node, context->problems);
		mapping->cors = mapping->own_cors;
	}
	if (node != NULL && !mapping->match.has_path) {
		problem_list_warning(context->problems, node,
			"this says nothing: the mapping has no path, and CORS is for HTTP");
	}
	if (mapping->cors != NULL) {
		drop_cors_headers(mapping, context->problems);
		refuse_cors_headers(mapping, context->problems);
	}
}

static void compile_send(struct mapping *mapping, const struct mapping_options *options,
	const struct mapping_context *context)
{
	const struct convention_context conventions = { .table = context->conventions,
		.fallback = context->default_convention,
		.bridge = send_rule_bridge_type(options->send, context) };
	const struct convention *convention =
		convention_choose(options->send, &conventions, context->problems);
	answer_rule_compile(options->answer, convention->answer, &mapping->store, &mapping->answer,
		context->problems);
	struct send_rule_context send = { .mapping = context,
		.match = &mapping->match,
		.convention = convention,
		.name = mapping->name,
		.when = mapping->answer.when,
		.store = &mapping->store,
		.problems = context->problems };
	send_rule_compile(options->send, &send, &mapping->send);
	if (mapping->send.to_kafka &&
		(mapping->answer.binding_count > 0 || mapping->answer.reply_queue != NULL)) {
		problem_list_error(context->problems, options->answer,
			"only an amqp bridge knows bind and reply_queue");
	}
	if (mapping->send.to_kafka && !mapping->answer.own_correlation) {
		place_parse(SPAN("header:correlation_id"), &mapping->answer.correlation);
	} else if (mapping->send.to_kafka && mapping->answer.correlation.kind == PLACE_PROPERTY) {
		problem_list_error(context->problems,
			json_node_member(options->answer, SPAN("correlation")),
			"only an amqp bridge knows properties; no reply would find its call");
	}
}

/* What a mapping does: exactly one of these. */
static const struct json_node *find_action(const struct json_node *node,
	const struct mapping_options *options, struct problem_list *problems)
{
	const struct json_node *const actions[] = { options->send, options->respond, options->files,
		options->redirect };
	const struct json_node *found = NULL;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (found != NULL && actions[i] != NULL) {
			problem_list_error_name(problems, actions[i],
				"the mapping has \"%.*s\" already; it does one thing",
				(int)found->name.len, found->name.ptr);
		}
		found = found != NULL ? found : actions[i];
	}
	if (found == NULL) {
		problem_list_error(problems, node,
			"\"send\" is required, or \"respond\", \"files\" or \"redirect\" in its "
			"place");
	} else if (found != options->send && options->answer != NULL) {
		problem_list_error_name(problems, options->answer,
			"this is for replies; what \"%.*s\" answers stands there",
			(int)found->name.len, found->name.ptr);
	}
	return found;
}

static void compile_action(struct mapping *mapping, const struct mapping_options *options,
	const struct mapping_context *context)
{
	const struct json_node *action = find_action(mapping->node, options, context->problems);
	const struct respond_context respond = { &mapping->match, &mapping->store,
		context->problems };
	mapping->action = MAPPING_RESPOND;
	if (action == NULL) {
		return;
	}
	if (action == options->send) {
		mapping->action = MAPPING_SEND;
		compile_send(mapping, options, context);
	} else if (action == options->respond) {
		respond_rule_compile(action, &respond, &mapping->respond);
	} else if (action == options->files) {
		mapping->action = MAPPING_FILES;
		files_rule_compile(action, &mapping->store, &mapping->match, &mapping->files,
			context->problems);
	} else {
		redirect_rule_compile(action, &respond, &mapping->respond);
	}
}

struct mapping *mapping_create(
	const struct json_node *node, const struct mapping_context *context, size_t index)
{
	struct mapping_options options;
	if (node->type != JSON_OBJECT) {
		problem_list_error(context->problems, node,
			"expected a mapping: {\"name\", \"match\", \"send\", \"answer\"}");
		return NULL;
	}
	struct mapping *mapping = memory_new(1, sizeof(*mapping));
	mapping->index = index;
	mapping->node = node;
	mapping->name = SPAN("");
	option_read(mapping_rows, node, &options, context->problems);
	compile_name(mapping, options.name, context->problems);
	if (options.match != NULL) {
		match_rule_compile(options.match, context, &mapping->store, &mapping->match);
	}
	compile_action(mapping, &options, context);
	compile_cors(mapping, options.cors, context);
	mapping->timeout_ms = mapping->answer.timeout_ms > 0 ? mapping->answer.timeout_ms
							     : context->default_timeout_ms;
	mapping->limit_body = compile_limit(
		node, SPAN("body"), options.limits.body, context->limit_body, context->problems);
	mapping->limit_reply = compile_limit(
		node, SPAN("reply"), options.limits.reply, context->limit_reply, context->problems);
	option_finish(mapping_rows, &options);
	return mapping;
}

void mapping_destroy(struct mapping *mapping)
{
	if (mapping != NULL) {
		send_rule_finish(&mapping->send);
		respond_rule_finish(&mapping->respond);
		cors_rule_destroy(mapping->own_cors);
		store_finish(&mapping->store);
		free(mapping);
	}
}

const char *mapping_name(const struct mapping *mapping)
{
	return mapping->name.ptr;
}

const struct json_node *mapping_node(const struct mapping *mapping)
{
	return mapping->node;
}

size_t mapping_index(const struct mapping *mapping)
{
	return mapping->index;
}

enum mapping_action mapping_action(const struct mapping *mapping)
{
	return mapping->action;
}

bool mapping_is_http(const struct mapping *mapping)
{
	return mapping->action == MAPPING_FILES || mapping->respond.is_redirect ||
	       span_present(mapping->respond.file);
}

size_t mapping_bridge_index(const struct mapping *mapping)
{
	return mapping->action == MAPPING_SEND ? mapping->send.bridge : MAPPING_NO_BRIDGE;
}

const struct place *mapping_correlation(const struct mapping *mapping)
{
	return mapping->correlation;
}

enum answer_when mapping_when(const struct mapping *mapping)
{
	return mapping->answer.when;
}

const char *mapping_topic(const struct mapping *mapping)
{
	struct span text;
	return mapping->send.to_kafka && mapping->send.topic != NULL &&
			       template_is_constant(mapping->send.topic, &text)
		       ? text.ptr
		       : NULL;
}

bool mapping_tells_partition(const struct mapping *mapping)
{
	return mapping->send.reply_partition.len > 0;
}

bool mapping_needs(const struct mapping *mapping, const char *destination)
{
	const char *topic = mapping_topic(mapping);
	if (topic != NULL && strcmp(topic, destination) == 0) {
		return true;
	}
	for (unsigned i = 0; i < mapping->answer.binding_count; i++) {
		const char *exchange = mapping->answer.bindings[i].exchange;
		if (exchange != NULL && strcmp(exchange, destination) == 0) {
			return true;
		}
	}
	return false;
}

const struct mapping_binding *mapping_bindings(const struct mapping *mapping, unsigned *count)
{
	*count = mapping->answer.binding_count;
	return mapping->answer.bindings;
}

const char *mapping_reply_queue(const struct mapping *mapping)
{
	return mapping->answer.reply_queue;
}

int64_t mapping_timeout_ms(const struct mapping *mapping)
{
	return mapping->timeout_ms;
}

bool mapping_streams(const struct mapping *mapping)
{
	return mapping->answer.stream.used;
}

enum answer_parts mapping_parts(const struct mapping *mapping)
{
	return (enum answer_parts)mapping->answer.parts;
}

int64_t mapping_total_ms(const struct mapping *mapping)
{
	return mapping->answer.total_ms;
}

int64_t mapping_limit_body(const struct mapping *mapping)
{
	return mapping->limit_body;
}

int64_t mapping_limit_reply(const struct mapping *mapping)
{
	return mapping->limit_reply;
}

const struct cors_rule *mapping_cors(const struct mapping *mapping)
{
	return mapping->cors;
}

bool mapping_to_queue(const struct mapping *mapping)
{
	/* without an exchange, as over loopback, nobody else can have it either */
	return mapping->send.to_queue || mapping->send.exchange == NULL;
}

bool mapping_check_body(const struct mapping *mapping, struct variable_source *source)
{
	const struct request *request = source->request;
	if (mapping->limit_body > 0 && request->body.len > (uint64_t)mapping->limit_body) {
		*source->refusal = (struct refusal){
			.status = 413, .type = "too-large", .detail = "The body is too large."
		};
		return false;
	}
	return !mapping->match.json || (!request->has_body && request->body.len == 0) ||
	       variable_body_is_json(source);
}

int mapping_accepts_body(const struct mapping *mapping, bool has_body, struct refusal *refusal)
{
	if (mapping->match.body == MATCH_BODY_REQUIRED && !has_body) {
		*refusal = (struct refusal){
			.status = 411, .type = "length-required", .detail = "This needs a body."
		};
		return 411;
	}
	if (mapping->match.body == MATCH_BODY_NONE && has_body) {
		*refusal = (struct refusal){
			.status = 400, .type = "bad-request", .detail = "This takes no body."
		};
		return 400;
	}
	return 0;
}

void mapping_document(FILE *out)
{
	option_document(mapping_rows, "mappings[]", out);
}

void mapping_schema(struct buffer *out)
{
	option_schema(mapping_rows, out);
}
