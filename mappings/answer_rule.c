/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/answer_rule.h"

#include "mappings/answer_binding.h"
#include "mappings/answer_headers.h"
#include "mappings/convention.h"
#include "mappings/filter.h"
#include "mappings/header_name.h"

#include <stddef.h>

#define TIMEOUT_MAX_MS (24 * 3600 * (int64_t)1000)

static const char *const when_names[] = {
	[WHEN_REPLIED] = "replied", [WHEN_CONFIRMED] = "confirmed", [WHEN_SENT] = "sent", NULL
};

static const char *const parts_names[] = { [PARTS_BY_ACCEPT] = "accept",
	[PARTS_ARRAY] = "array",
	[PARTS_NDJSON] = "ndjson",
	[PARTS_SSE] = "sse",
	NULL };

struct answer_options {
	int when;
	int64_t timeout_ms;
	int64_t total_ms;
	int parts;
	const struct json_node *skip, *stream;
	const struct json_node *correlation, *body, *content_type, *status_map, *status, *error;
	const struct json_node *error_body, *headers, *encoding, *dead, *bind, *reply_queue;
};

#define NODE_ROW(name_, member, schema_, help_)                                   \
	{                                                                         \
		.name = name_, .type = OPTION_NODE,                               \
		.offset = offsetof(struct answer_options, member), .help = help_, \
		.schema = schema_                                                 \
	}

/* A name, a place, or places by name. */
#define HEADER "{\"anyOf\":[{\"type\":\"string\"}," OPTION_IS("places_by_name") "]}"

struct map_options {
	const struct json_node *at, *map;
};

static const struct option map_rows[] = {
	{ .name = "at",
		.type = OPTION_NODE,
		.offset = offsetof(struct map_options, at),
		.schema = OPTION_IS("places"),
		.required = true,
		.help = "place or list of places" },
	{ .name = "map",
		.type = OPTION_NODE,
		.offset = offsetof(struct map_options, map),
		.schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\","
			  "\"minimum\":200,\"maximum\":599}}",
		.required = true,
		.help = "value to status; the first place whose value is in it decides" },
	{ 0 },
};

struct stream_options {
	const struct json_node *end, *more, *empty;
};

static const struct option stream_rows[] = {
	{ .name = "end",
		.type = OPTION_NODE,
		.offset = offsetof(struct stream_options, end),
		.required = true,
		.schema = OPTION_IS("condition"),
		.help = "the last reply" },
	{ .name = "more",
		.type = OPTION_NODE,
		.offset = offsetof(struct stream_options, more),
		.schema = OPTION_IS("condition"),
		.help = "a reply that others follow; without it each that is not the last" },
	{ .name = "empty",
		.type = OPTION_NODE,
		.offset = offsetof(struct stream_options, empty),
		.schema = OPTION_IS("condition"),
		.help = "a reply that brings no part" },
	{ 0 },
};

const struct option answer_rows[] = {
	{ .name = "when",
		.type = OPTION_ENUM,
		.offset = offsetof(struct answer_options, when),
		.names = when_names,
		.fallback = "replied",
		.help = "`confirmed`: 202 once the broker has it; `sent`: 202 at once" },
	{ .name = "timeout",
		.type = OPTION_DURATION,
		.offset = offsetof(struct answer_options, timeout_ms),
		.min = 1,
		.max = TIMEOUT_MAX_MS,
		.help = "from the last byte of the request; without it `defaults.timeout`" },
	NODE_ROW("correlation", correlation, OPTION_IS("place"),
		"place of the correlation id in the reply; without it `prop:correlation_id`, with "
		"Kafka `header:correlation_id`"),
	NODE_ROW("body", body, OPTION_IS("place"),
		"place of the payload in the reply; without it `body:`"),
	NODE_ROW("content_type", content_type, OPTION_IS("names"),
		"place or constant, or a list of constants for replies that give none: the first "
		"that fits the body; without it the reply's own, `application/json` where `body` "
		"is a pointer"),
	NODE_ROW("encoding", encoding, OPTION_IS("place"),
		"place of `base64` or nothing: a string that `body` finds is text then, or bytes "
		"in base64, and no JSON"),
	{ .name = "status_map",
		.type = OPTION_NODE,
		.offset = offsetof(struct answer_options, status_map),
		.rows = map_rows,
		.help = "asked before `status`" },
	NODE_ROW("status", status, OPTION_IS("places"),
		"places; the first integer from 200 to 599 wins; without it `header:status`"),
	NODE_ROW("error", error, OPTION_IS("condition"),
		"condition that makes a reply an error: its status, else 502"),
	NODE_ROW("error_body", error_body, OPTION_IS("places"),
		"place of what the client may see of an error, or a list of places that give an "
		"object"),
	NODE_ROW("headers", headers, "{\"anyOf\":[" HEADER "," OPTION_LIST_OF(HEADER) "]}",
		"names of reply headers that pass to the client; `{NAME: PLACE}` takes one from "
		"another place, a PLACE all members of an object"),
	NODE_ROW("dead", dead, OPTION_IS("condition"),
		"condition that makes a reply our own request come back: expired is 504, else 502"),
	NODE_ROW("bind", bind,
		"{\"anyOf\":[" OPTION_IS("binding") "," OPTION_LIST_OF(OPTION_IS("binding")) "]}",
		"AMQP: `{\"exchange\", \"key\", \"arguments\"}` or a list: bindings of the reply "
		"queue, whose name is `${reply_to}`"),
	NODE_ROW("reply_queue", reply_queue, OPTION_IS("template"),
		"AMQP: a second queue for replies, with `${reply_to}` in its name"),
	NODE_ROW("skip", skip, OPTION_IS("condition"),
		"condition that makes a reply no answer yet, like a progress report"),
	{ .name = "stream",
		.type = OPTION_NODE,
		.offset = offsetof(struct answer_options, stream),
		.rows = stream_rows,
		.help = "several replies to one call: conditions that tell them apart" },
	{ .name = "parts",
		.type = OPTION_ENUM,
		.offset = offsetof(struct answer_options, parts),
		.names = parts_names,
		.fallback = "accept",
		.help = "how several replies go over HTTP; `accept`: as the client asks, else "
			"`array`" },
	{ .name = "total",
		.type = OPTION_DURATION,
		.offset = offsetof(struct answer_options, total_ms),
		.max = TIMEOUT_MAX_MS,
		.help = "for all parts together, while `timeout` is the longest gap; 0: no end" },
	{ 0 },
};

static unsigned count_members(const struct json_node *node)
{
	unsigned count = 0;
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		count++;
	}
	return count;
}

/* One place, or an array of them. */
static void compile_places(const struct json_node *node, struct store *store,
	struct answer_places *places, struct problem_list *problems)
{
	bool list = node->type == JSON_ARRAY;
	unsigned count = list ? count_members(node) : 1;
	places->items = store_new(store, count + 1, sizeof(*places->items));
	for (const struct json_node *n = list ? node->first : node; n != NULL;
		n = list ? n->next : NULL) {
		if (condition_place(n, store, &places->items[places->count], problems)) {
			places->count++;
		}
	}
	if (count == 0) {
		problem_list_error(problems, node, "expected a place, like \"header:status\"");
	}
}

static void compile_map(const struct json_node *node, struct store *store, struct answer_rule *rule,
	struct problem_list *problems)
{
	struct map_options options;
	if (node->type != JSON_OBJECT) {
		problem_list_error(
			problems, node, "expected {\"at\": PLACE, \"map\": {\"NotFound\": 404}}");
		return;
	}
	if (!option_read(map_rows, node, &options, problems)) {
		return;
	}
	compile_places(options.at, store, &rule->map_places, problems);
	if (options.map->type != JSON_OBJECT) {
		problem_list_error(
			problems, options.map, "expected an object: {\"NotFound\": 404}");
		return;
	}
	rule->map = store_new(store, count_members(options.map) + 1, sizeof(*rule->map));
	for (const struct json_node *n = options.map->first; n != NULL; n = n->next) {
		int64_t status = 0;
		if (n->type != JSON_NUMBER || !option_parse_integer(n->text, &status) ||
			status < 200 || status > 599) {
			problem_list_error(problems, n, "expected a status from 200 to 599");
			continue;
		}
		rule->map[rule->map_count++] =
			(struct answer_status){ .value = n->name, .status = (int)status };
	}
}

static bool is_content_type(struct span text)
{
	const char *slash = text.len > 0 ? memchr(text.ptr, '/', text.len) : NULL;
	const char *end = text.len > 0 ? memchr(text.ptr, ';', text.len) : NULL;
	if (slash == NULL || !filter_is_plain_text(text)) {
		return false;
	}
	size_t type = (size_t)(slash - text.ptr);
	struct span subtype = span_skip(text, type + 1);
	if (end != NULL && end > slash) {
		subtype.len = (size_t)(end - slash) - 1;
	}
	return header_name_is_token(span_of(text.ptr, type)) && header_name_is_token(subtype);
}

static void compile_content_types(const struct json_node *node, struct store *store,
	struct answer_rule *rule, struct problem_list *problems)
{
	rule->content_types =
		store_new(store, count_members(node) + 1, sizeof(*rule->content_types));
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		struct span text = SPAN_ABSENT;
		if (n->type == JSON_STRING) {
			text = store_take(store, option_expand(n, problems));
		}
		if (is_content_type(text)) {
			rule->content_types[rule->content_type_count++] = text;
		} else {
			problem_list_error(
				problems, n, "expected a content type like \"text/plain\"");
		}
	}
}

/* "text/plain" is a constant, "header:ct" a place. */
static void compile_content_type(const struct json_node *node, struct store *store,
	struct answer_rule *rule, struct problem_list *problems)
{
	struct span text = SPAN_ABSENT;
	if (node->type == JSON_ARRAY) {
		compile_content_types(node, store, rule, problems);
		return;
	}
	if (node->type == JSON_STRING) {
		text = store_take(store, option_expand(node, problems));
	}
	if (span_present(text) && place_parse(text, &rule->content_type)) {
		return;
	}
	rule->content_type = (struct place){ .kind = PLACE_NONE };
	rule->content_type_text = text;
	if (!is_content_type(text)) {
		problem_list_error(problems, node,
			"expected a content type like \"text/plain\", or a place like "
			"\"header:content-type\"");
	}
}

static void compile_stream(const struct json_node *node, struct store *store,
	struct answer_stream *stream, struct problem_list *problems)
{
	struct stream_options options;
	if (node->type != JSON_OBJECT) {
		problem_list_error(problems, node,
			"expected {\"end\": CONDITION}, and maybe \"more\" and \"empty\"");
		return;
	}
	if (!option_read(stream_rows, node, &options, problems)) {
		return;
	}
	stream->used = true;
	condition_list_compile(options.end, store, &stream->end, problems);
	if (options.more != NULL) {
		condition_list_compile(options.more, store, &stream->more, problems);
	}
	if (options.empty != NULL) {
		condition_list_compile(options.empty, store, &stream->empty, problems);
	}
}

bool answer_rule_hides(struct span name)
{
	static const struct span hidden[] = { { "stack", 5 }, { "traceback", 9 },
		{ "stacktrace", 10 }, { "stack_trace", 11 } };
	for (unsigned i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (span_equal_nocase(name, hidden[i])) {
			return true;
		}
	}
	return false;
}

static void compile_error_body(const struct json_node *node, struct store *store,
	struct answer_rule *rule, struct problem_list *problems)
{
	compile_places(node, store, &rule->error_body, problems);
	rule->error_body_is_object = node->type == JSON_ARRAY;
	for (unsigned i = 0; i < rule->error_body.count; i++) {
		struct span token = place_token(&rule->error_body.items[i]);
		if (answer_rule_hides(token)) {
			problem_list_error(problems, node,
				"'%.*s' is for your log: stacks and tracebacks never reach a "
				"client",
				(int)token.len, token.ptr);
		} else if (rule->error_body_is_object && token.len == 0) {
			problem_list_error(problems, node,
				"a list of places gives an object: each needs a name at its end, "
				"like body:/error/message");
		}
	}
}

static void set_defaults(struct answer_rule *rule, struct store *store)
{
	*rule = (struct answer_rule){ .when = WHEN_REPLIED };
	place_parse(SPAN("prop:correlation_id"), &rule->correlation);
	place_parse(SPAN("body:"), &rule->body);
	rule->status.items = store_new(store, 1, sizeof(*rule->status.items));
	rule->status.count = 1;
	place_parse(SPAN("header:status"), rule->status.items);
}

/* What the mapping does not set, its convention may. */
static void take_preset(struct answer_options *options, const struct json_node *preset)
{
	for (const struct option *row = answer_rows; preset != NULL && row->name != NULL; row++) {
		if (row->type == OPTION_NODE) {
			const struct json_node **knob =
				(const struct json_node **)((char *)options + row->offset);
			*knob = convention_knob(*knob, preset, span_from_text(row->name));
		}
	}
}

void answer_rule_compile(const struct json_node *node, const struct json_node *preset,
	struct store *store, struct answer_rule *rule, struct problem_list *problems)
{
	struct answer_options options;
	set_defaults(rule, store);
	if (node != NULL && node->type != JSON_OBJECT) {
		problem_list_error(problems, node, "expected an object");
		return;
	}
	option_read(answer_rows, node, &options, problems);
	take_preset(&options, preset);
	rule->when = options.when;
	rule->timeout_ms = options.timeout_ms;
	rule->total_ms = options.total_ms;
	rule->parts = options.parts;
	rule->own_correlation = options.correlation != NULL;
	if (options.correlation != NULL) {
		condition_place(options.correlation, store, &rule->correlation, problems);
	}
	if (options.body != NULL) {
		condition_place(options.body, store, &rule->body, problems);
	}
	if (options.content_type != NULL) {
		compile_content_type(options.content_type, store, rule, problems);
	}
	if (options.status_map != NULL) {
		compile_map(options.status_map, store, rule, problems);
	}
	if (options.status != NULL) {
		rule->status.count = 0;
		compile_places(options.status, store, &rule->status, problems);
	}
	if (options.error != NULL) {
		condition_list_compile(options.error, store, &rule->error, problems);
	}
	if (options.error_body != NULL) {
		compile_error_body(options.error_body, store, rule, problems);
	}
	if (options.skip != NULL) {
		condition_list_compile(options.skip, store, &rule->skip, problems);
	}
	if (options.stream != NULL) {
		compile_stream(options.stream, store, &rule->stream, problems);
	}
	if (options.headers != NULL) {
		answer_headers_compile(options.headers, store, rule, problems);
	}
	if (options.encoding != NULL) {
		condition_place(options.encoding, store, &rule->encoding, problems);
	}
	if (options.dead != NULL) {
		condition_list_compile(options.dead, store, &rule->dead, problems);
	}
	if (options.bind != NULL) {
		answer_binding_compile(options.bind, store, rule, problems);
	}
	if (options.reply_queue != NULL) {
		answer_binding_compile_queue(options.reply_queue, store, rule, problems);
	}
	rule->has_kinds =
		rule->error.count + rule->dead.count + rule->skip.count > 0 || rule->stream.used;
	option_finish(answer_rows, &options);
}

void answer_rule_check_preset(const struct json_node *node, struct problem_list *problems)
{
	struct store store = { 0 };
	struct answer_rule rule;
	for (const struct option *row = answer_rows; row->name != NULL; row++) {
		const struct json_node *at = json_node_member(node, span_from_text(row->name));
		if (at != NULL && row->type != OPTION_NODE && row->type != OPTION_LATER) {
			problem_list_error_name(
				problems, at, "this is for a mapping to say, not for a convention");
		}
	}
	answer_rule_compile(node, NULL, &store, &rule, problems);
	store_finish(&store);
}
