/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/match.h"

#include "mappings/condition.h"
#include "mappings/layers.h"

#include <stddef.h>

/* Most frequent first. A mapping without a method serves any other, too. */
static const char *const method_names[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE",
	"OPTIONS", "QUERY", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
	"REPORT", "SEARCH", NULL };

#define METHOD_GET 1u
#define METHOD_HEAD 2u
#define METHOD_POST 4u
#define METHOD_OTHER (1u << 31)

static const char *const body_names[] = { [MATCH_BODY_OPTIONAL] = "optional",
	[MATCH_BODY_REQUIRED] = "required",
	[MATCH_BODY_NONE] = "none",
	NULL };

struct match_options {
	struct option_texts method;
	char *path;
	const struct json_node *op;
	int body;
	bool json;
	struct match_condition_options condition;
	struct match_content_options content;
	struct option_texts accept;
	char *layer;
};

struct op_options {
	char *name;
	const struct json_node *captures;
};

static const struct option op_rows[] = {
	{ .name = "name",
		.type = OPTION_TEXT,
		.offset = offsetof(struct op_options, name),
		.required = true,
		.help = "as the string" },
	{ .name = "captures",
		.type = OPTION_NODE,
		.schema = OPTION_IS("places_by_name"),
		.offset = offsetof(struct op_options, captures),
		.help = "name of a capture of `path` to a place in the payload, `body:/pointer`" },
	{ 0 },
};

const struct option match_rows[] = {
	{ .name = "method",
		.type = OPTION_TEXTS,
		.offset = offsetof(struct match_options, method),
		.help = "one or a list; none: any. A HEAD request finds GET mappings" },
	{ .name = "path",
		.type = OPTION_TEXT,
		.offset = offsetof(struct match_options, path),
		.help = "pattern: `:name` is one segment, a trailing `*rest` any number, `/?` an "
			"optional slash" },
	{ .name = "op",
		.type = OPTION_NODE,
		.schema = "{\"anyOf\":[{\"type\":\"string\"},%]}",
		.offset = offsetof(struct match_options, op),
		.rows = op_rows,
		.help = "operation of a WebSocket envelope, `orders.*` for a tail; or an "
			"object" },
	{ .name = "body",
		.type = OPTION_ENUM,
		.offset = offsetof(struct match_options, body),
		.names = body_names,
		.fallback = "optional",
		.help = "`required`: 411 without one; `none`: 400 with one" },
	{ .name = "json",
		.type = OPTION_BOOL,
		.offset = offsetof(struct match_options, json),
		.fallback = "false",
		.help = "the body must be strict JSON, else 400" },
	{ .name = "host",
		.type = OPTION_TEXTS,
		.offset = offsetof(struct match_options, condition.host),
		.help = "one or a list, without port: `api.example`, `:tenant.example` for one "
			"label that is captured, or `*.example` for one or more labels before it; "
			"over WebSocket the host of the handshake" },
	{ .name = "query",
		.type = OPTION_NODE,
		.schema = OPTION_IS("conditions_by_name"),
		.offset = offsetof(struct match_options, condition.query),
		.help = "object: parameter to a value, a list of values, true (present) or false "
			"(absent); one that comes twice: 400" },
	{ .name = "header",
		.type = OPTION_NODE,
		.schema = OPTION_IS("conditions_by_name"),
		.offset = offsetof(struct match_options, condition.header),
		.help = "the same of headers; over WebSocket those of the handshake" },
	{ .name = "content_types",
		.type = OPTION_TEXTS,
		.offset = offsetof(struct match_options, content.content_types),
		.help = "types of a body: `application/json`, `application/*+json`, `text/*`; "
			"another, or a charset other than UTF-8: 415" },
	{ .name = "encodings",
		.type = OPTION_TEXTS,
		.offset = offsetof(struct match_options, content.encodings),
		.help = "content encodings of a body that are passed on, like `gzip`; another: "
			"415" },
	{ .name = "accept",
		.type = OPTION_TEXTS,
		.offset = offsetof(struct match_options, accept),
		.help = "one or a list of names of `accept_types`, any of which the client must "
			"want; 406 when no mapping offers what is wanted" },
	{ .name = "layer",
		.type = OPTION_TEXT,
		.offset = offsetof(struct match_options, layer),
		.help = "one of `layers`; default the first" },
	{ 0 },
};

uint32_t match_method(struct span method)
{
	if (method.len == 4 && memcmp(method.ptr, "POST", 4) == 0) {
		return METHOD_POST;
	}
	if (method.len == 3 && memcmp(method.ptr, "GET", 3) == 0) {
		return METHOD_GET;
	}
	for (unsigned i = 0; method_names[i] != NULL && method.len > 0; i++) {
		const char *name = method_names[i];
		if (name[0] == method.ptr[0] && span_equal(method, span_from_text(name))) {
			return 1u << i;
		}
	}
	return METHOD_OTHER;
}

void match_append_methods(uint32_t methods, struct buffer *out)
{
	if (methods & METHOD_GET) {
		methods |= METHOD_HEAD;
	}
	size_t start = out->len;
	for (unsigned i = 0; method_names[i] != NULL; i++) {
		if (methods & 1u << i) {
			buffer_append_format(
				out, "%s%s", out->len > start ? ", " : "", method_names[i]);
		}
	}
}

static void compile_methods(const struct json_node *node, const struct option_texts *texts,
	struct match_rule *rule, struct problem_list *problems)
{
	rule->methods = texts->count == 0 ? UINT32_MAX : 0;
	for (size_t i = 0; i < texts->count; i++) {
		struct span method = span_from_text(texts->items[i]);
		uint32_t bit = match_method(method);
		if (bit == METHOD_OTHER) {
			const char *near = option_nearest_name(method, method_names);
			problem_list_error(problems, option_text_node(node, "method", i),
				near != NULL ? "unknown method '%s'; did you mean %s?"
					     : "unknown method '%s'; expected one like GET or POST",
				texts->items[i], near);
			continue;
		}
		rule->methods |= bit;
	}
}

static void compile_path(const struct json_node *node, const char *text, struct store *store,
	struct match_rule *rule, struct problem_list *problems)
{
	const char *why = path_pattern_parse(span_from_text(text), store, &rule->path);
	if (why != NULL) {
		problem_list_error(
			problems, json_node_member(node, SPAN("path")), "the pattern %s", why);
		return;
	}
	rule->has_path = true;
	for (unsigned i = 0; i < rule->path.capture_count; i++) {
		rule->captures[i] =
			(struct match_capture){ .name = rule->path.captures[i], .in_path = true };
	}
	rule->capture_count = rule->path.capture_count;
}

static void compile_op_capture(const struct json_node *node, struct store *store,
	struct match_rule *rule, struct problem_list *problems)
{
	struct place place;
	if (!condition_place(node, store, &place, problems)) {
		return;
	}
	if (place.kind != PLACE_BODY || !span_present(place.pointer)) {
		problem_list_error(
			problems, node, "expected a pointer into the payload, like body:/id");
		return;
	}
	unsigned index = match_rule_capture(rule, node->name);
	if (index == MATCH_CAPTURES_MAX) {
		if (rule->capture_count == MATCH_CAPTURES_MAX) {
			problem_list_error(problems, node, "more than 16 captures");
			return;
		}
		index = rule->capture_count++;
		rule->captures[index].name = store_copy(store, node->name);
	}
	rule->captures[index].in_op = true;
	rule->captures[index].place = place;
}

static void compile_op_captures(const struct json_node *node, struct store *store,
	struct match_rule *rule, struct problem_list *problems)
{
	if (node->type != JSON_OBJECT) {
		problem_list_error(problems, node, "expected an object: {\"id\": \"body:/id\"}");
		return;
	}
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		compile_op_capture(n, store, rule, problems);
	}
}

static void compile_op_name(const struct json_node *node, struct span name, struct store *store,
	struct match_rule *rule, struct problem_list *problems)
{
	const char *star = name.len > 0 ? memchr(name.ptr, '*', name.len) : NULL;
	if (name.len == 0 || (star != NULL && star != name.ptr + name.len - 1)) {
		problem_list_error(
			problems, node, "expected an operation like orders.create or orders.*");
		return;
	}
	rule->has_op = true;
	rule->op_tail = star != NULL;
	rule->op = store_copy(store, span_of(name.ptr, name.len - rule->op_tail));
}

static void compile_op(const struct json_node *node, struct store *store, struct match_rule *rule,
	struct problem_list *problems)
{
	if (node->type == JSON_STRING) {
		struct span name = store_take(store, option_expand(node, problems));
		if (span_present(name)) {
			compile_op_name(node, name, store, rule, problems);
		}
		return;
	}
	struct op_options options;
	if (node->type != JSON_OBJECT) {
		problem_list_error(
			problems, node, "expected a string or {\"name\": …, \"captures\": {…}}");
		return;
	}
	if (option_read(op_rows, node, &options, problems)) {
		compile_op_name(node, span_from_text(options.name), store, rule, problems);
		if (options.captures != NULL) {
			compile_op_captures(options.captures, store, rule, problems);
		}
	}
	option_finish(op_rows, &options);
}

struct undeclared {
	const char *where; /* names are declared */
	const char *name;
	const char *near; /* NULL: none is */
};

static void report_undeclared(
	const struct json_node *at, const struct undeclared *found, struct problem_list *problems)
{
	problem_list_error(problems, at, "\"%s\" does not declare '%s'%s%s%s", found->where,
		found->name, found->near != NULL ? "; did you mean '" : "",
		found->near != NULL ? found->near : "", found->near != NULL ? "'?" : "");
}

static void compile_accept(const struct json_node *node, const struct option_texts *texts,
	const struct mapping_context *context, struct store *store, struct match_rule *rule)
{
	const struct json_node *list = json_node_member(node, SPAN("accept"));
	if (list != NULL && list->type == JSON_ARRAY && list->first == NULL) {
		problem_list_error(context->problems, list, "expected at least one name");
	}
	uint8_t *accepts = store_new(store, texts->count, sizeof(*accepts));
	for (size_t i = 0; i < texts->count; i++) {
		struct span name = span_from_text(texts->items[i]);
		unsigned index = accept_types_find(context->accept_types, name);
		if (index == ACCEPT_TYPES_MAX) {
			const struct undeclared found = { "accept_types", texts->items[i],
				accept_types_nearest(context->accept_types, name) };
			report_undeclared(
				option_text_node(node, "accept", i), &found, context->problems);
		} else if ((rule->accept & UINT64_C(1) << index) == 0) {
			rule->accept |= UINT64_C(1) << index;
			accepts[rule->accept_count++] = (uint8_t)index;
		}
	}
	rule->accepts = accepts;
}

static void compile_layer(const struct json_node *node, const char *name,
	const struct mapping_context *context, struct match_rule *rule)
{
	if (name == NULL) {
		return;
	}
	struct span text = span_from_text(name);
	rule->layer = layers_find(context->layers, text);
	if (rule->layer == context->layers->count) {
		const struct undeclared found = { "layers", name,
			layers_nearest(context->layers, text) };
		report_undeclared(json_node_member(node, SPAN("layer")), &found, context->problems);
	}
}

static void compile_entrances(const struct json_node *node, const struct match_options *options,
	struct store *store, struct match_rule *rule, struct problem_list *problems)
{
	compile_methods(node, &options->method, rule, problems);
	if (options->path != NULL) {
		compile_path(node, options->path, store, rule, problems);
	}
	if (options->op != NULL) {
		compile_op(options->op, store, rule, problems);
	}
	if (json_node_member(node, SPAN("path")) == NULL && options->op == NULL) {
		problem_list_error(problems, node,
			"expected a path or an op; without either nothing can reach the mapping");
	}
}

void match_rule_compile(const struct json_node *node, const struct mapping_context *context,
	struct store *store, struct match_rule *rule)
{
	struct match_options options;
	struct problem_list *problems = context->problems;
	*rule = (struct match_rule){ .methods = UINT32_MAX };
	if (node->type != JSON_OBJECT) {
		problem_list_error(
			problems, node, "expected an object: {\"method\", \"path\"} or {\"op\"}");
		return;
	}
	option_read(match_rows, node, &options, problems);
	compile_entrances(node, &options, store, rule, problems);
	rule->body = options.body;
	rule->json = options.json;
	if (rule->json && rule->body == MATCH_BODY_NONE) {
		problem_list_error(problems, node, "body none cannot be json");
	}
	match_condition_compile(node, &options.condition, store, &rule->condition, problems);
	match_content_compile(node, &options.content, store, &rule->content, problems);
	compile_accept(node, &options.accept, context, store, rule);
	compile_layer(node, options.layer, context, rule);
	rule->is_choosy = !match_condition_is_empty(&rule->condition) ||
			  rule->content.type_count > 0 || rule->accept != 0;
	if (rule->json && rule->content.encoding_count > 0) {
		problem_list_warning(problems, json_node_member(node, SPAN("encodings")),
			"no encoded body is taken here: json looks into it");
	}
	option_finish(match_rows, &options);
}

unsigned match_rule_capture(const struct match_rule *rule, struct span name)
{
	for (unsigned i = 0; i < rule->capture_count; i++) {
		if (span_equal(rule->captures[i].name, name)) {
			return i;
		}
	}
	return MATCH_CAPTURES_MAX;
}

bool match_rule_op(const struct match_rule *rule, struct span op)
{
	if (!rule->has_op) {
		return false;
	}
	return rule->op_tail ? op.len > rule->op.len && span_starts_with(op, rule->op)
			     : span_equal(op, rule->op);
}

/* ---- a request ---- */

void match_probe_init(struct match_probe *probe, const struct request *request,
	const struct accept_types *accept_types)
{
	probe->request = request;
	probe->accept_types = accept_types;
	probe->methods = UINT32_MAX;
	probe->vary = 0;
	probe->accept = MATCH_ACCEPT_UNREAD;
	if (span_present(request->path)) {
		uint32_t bit = match_method(request->method);
		probe->methods = bit == METHOD_HEAD ? METHOD_HEAD | METHOD_GET : bit;
	}
}

static bool read_accept(struct match_probe *probe)
{
	if (probe->accept == MATCH_ACCEPT_UNREAD) {
		bool good =
			accept_types_weigh(probe->accept_types, probe->request, &probe->weights);
		probe->accept = good ? MATCH_ACCEPT_READ : MATCH_ACCEPT_BROKEN;
		probe->vary |= probe->request->websocket ? 0 : MATCH_VARY_ACCEPT;
	}
	return probe->accept == MATCH_ACCEPT_READ;
}

unsigned match_probe_weight(struct match_probe *probe, const struct match_rule *rule)
{
	unsigned most = 0;
	for (unsigned i = 0; read_accept(probe) && i < rule->accept_count; i++) {
		unsigned weight = probe->weights.of[rule->accepts[i]];
		most = weight > most ? weight : most;
	}
	return most;
}

struct span match_probe_accepted(const struct match_probe *probe, const struct match_rule *rule)
{
	unsigned best = 0;
	for (unsigned i = 1; i < rule->accept_count; i++) {
		if (probe->weights.of[rule->accepts[i]] > probe->weights.of[rule->accepts[best]]) {
			best = i;
		}
	}
	return probe->accept_types->items[rule->accepts[best]].name;
}

static enum match_fit fit_of_condition(
	const struct match_rule *rule, struct match_probe *probe, const struct match_field **at)
{
	enum match_condition_result result =
		match_condition_check(&rule->condition, probe->request, at);
	if (result != MATCH_CONDITION_OTHER_HOST) {
		probe->vary |= rule->vary;
	}
	switch (result) {
	case MATCH_CONDITION_OTHER_HOST: return MATCH_FIT_NOT_HOST;
	case MATCH_CONDITION_OTHER_HEADER: return MATCH_FIT_NOT_HEADER;
	case MATCH_CONDITION_OTHER_QUERY: return MATCH_FIT_NOT_QUERY;
	case MATCH_CONDITION_BROKEN: return MATCH_FIT_BROKEN;
	default: return MATCH_FIT;
	}
}

enum match_fit match_rule_fit_slowly(
	const struct match_rule *rule, struct match_probe *probe, const struct match_field **at)
{
	enum match_fit fit = fit_of_condition(rule, probe, at);
	if (fit < MATCH_FIT_NOT_METHOD) {
		return fit;
	}
	/* A broken query says nothing about a mapping that would not be taken anyway. */
	if ((rule->methods & probe->methods) == 0) {
		return fit == MATCH_FIT ? MATCH_FIT_NOT_METHOD : MATCH_FIT_NOT_QUERY;
	}
	if (rule->accept != 0) {
		if (!read_accept(probe)) {
			return MATCH_FIT_BROKEN_ACCEPT;
		}
		if (match_probe_weight(probe, rule) == 0) {
			return fit == MATCH_FIT ? MATCH_FIT_NOT_ACCEPT : MATCH_FIT_NOT_QUERY;
		}
	}
	if (fit != MATCH_FIT) {
		return fit;
	}
	if (!match_content_takes_type(&rule->content, probe->request)) {
		return MATCH_FIT_NOT_TYPE;
	}
	return match_content_takes_encoding(&rule->content, probe->request)
		       ? MATCH_FIT
		       : MATCH_FIT_NOT_ENCODING;
}

/* ---- two mappings ---- */

/* Of what fits an entrance of both, `rule` asks at least what `first` asks. */
static bool covers(const struct match_rule *first, const struct match_rule *rule)
{
	bool accept =
		first->accept == 0 || (rule->accept != 0 && (rule->accept & ~first->accept) == 0);
	return accept && match_condition_covers(&first->condition, &rule->condition) &&
	       match_content_covers(&first->content, &rule->content);
}

bool match_rule_hides_path(const struct match_rule *first, const struct match_rule *rule)
{
	uint32_t served = first->methods | (first->methods & METHOD_GET ? METHOD_HEAD : 0);
	return first->has_path && (rule->methods & ~served) == 0 &&
	       path_pattern_covers(&first->path, &rule->path) && covers(first, rule);
}

static bool hides_op_name(const struct match_rule *first, const struct match_rule *rule)
{
	if (!first->op_tail) {
		return !rule->op_tail && span_equal(first->op, rule->op);
	}
	/* "a.*" asks for something behind the dot, a plain "a." has nothing there. */
	return span_starts_with(rule->op, first->op) &&
	       (rule->op_tail || rule->op.len > first->op.len);
}

bool match_rule_hides_op(const struct match_rule *first, const struct match_rule *rule)
{
	return first->has_op && hides_op_name(first, rule) && covers(first, rule);
}
