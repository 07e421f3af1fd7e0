/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What a client sent may stand in an answer, and a browser takes the answer for the site's own. So
 * load looks at where it stands: control characters never get into a header (template.h), and a
 * page of HTML or XML that has a client's text in it without `|html` is warned about.
 */
#include "mappings/respond_rule.h"

#include "mappings/filter.h"
#include "mappings/header_name.h"
#include "message/file_type.h"
#include "message/media_type.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADERS_MAX = 64 };

struct respond_options {
	int64_t status;
	const struct json_node *headers, *body;
	char *file;
};

const struct option respond_rows[] = {
	{ .name = "status",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct respond_options, status),
		.fallback = "200",
		.min = 200,
		.max = 599,
		.help = "of the answer" },
	{ .name = "headers",
		.type = OPTION_NODE,
		.offset = offsetof(struct respond_options, headers),
		.schema = OPTION_IS("templates"),
		.help = "header lines (templates); an array gives one line for each element" },
	{ .name = "body",
		.type = OPTION_NODE,
		.offset = offsetof(struct respond_options, body),
		.help = "template; a string is `text/plain; charset=utf-8`, another JSON value "
			"`application/json`, unless `headers` says otherwise" },
	{ .name = "file",
		.type = OPTION_TEXT,
		.offset = offsetof(struct respond_options, file),
		.help = "instead of `body`, over HTTP: a file, relative to this one; its "
			"extension says the type" },
	{ 0 },
};

struct compiler {
	const struct json_node *node;
	const struct respond_context *context;
	struct respond_rule *rule;
};

/* ---- templates ---- */

/* What a message would have: nothing is sent. */
static bool names_message(const struct template *template)
{
	return template_uses(template, VARIABLE_REPLY_TO) ||
	       template_uses(template, VARIABLE_DEADLINE_MS) ||
	       template_uses(template, VARIABLE_DEADLINE_ISO);
}

struct template *respond_rule_template(const struct json_node *node, enum template_form form,
	const struct respond_context *context, struct respond_rule *rule)
{
	const struct variable_context variables = { .scope = VARIABLE_SCOPE_SEND,
		.match = context->match };
	struct template *template = template_create(node, form, &variables, context->problems);
	if (template == NULL) {
		return NULL;
	}
	if (names_message(template)) {
		problem_list_error(context->problems, node,
			"nothing is sent here, so there is no reply address and no deadline");
	}
	rule->reads_headers = rule->reads_headers || template_uses(template, VARIABLE_HEADERS) ||
			      template_uses(template, VARIABLE_HEADER_VALUE) ||
			      template_uses(template, VARIABLE_COOKIES) ||
			      template_uses(template, VARIABLE_COOKIE_VALUE);
	return template;
}

/* The text of the configuration is checked here, that of a request when it comes. */
static bool is_one_line(const struct template *template)
{
	struct template_part part;
	for (unsigned i = 0; template_part_at(template, i, &part); i++) {
		if (!filter_is_plain_text(part.literal) || !filter_is_plain_text(part.fallback)) {
			return false;
		}
	}
	return true;
}

/* ---- headers ---- */

static bool may_be_set(struct compiler *compiler, const struct json_node *node)
{
	struct span name = node->name;
	bool content = span_equal_nocase(name, SPAN("content-type")) ||
		       span_equal_nocase(name, SPAN("content-encoding"));
	if (!header_name_is_token(name)) {
		problem_list_error_name(
			compiler->context->problems, node, "expected the name of a header");
		return false;
	}
	if ((header_name_is_gateways(name) && !content) ||
		span_equal_nocase(name, SPAN("x-request-id"))) {
		problem_list_error_name(compiler->context->problems, node,
			"'%.*s' is written by the gateway; a mapping cannot set it", (int)name.len,
			name.ptr);
		return false;
	}
	return true;
}

static void add_header(struct compiler *compiler, struct span name, const struct json_node *value)
{
	struct respond_rule *rule = compiler->rule;
	struct problem_list *problems = compiler->context->problems;
	if (rule->header_count == HEADERS_MAX) {
		problem_list_error(problems, value, "expected at most 64 headers");
		return;
	}
	struct template *template =
		respond_rule_template(value, TEMPLATE_VALUE, compiler->context, rule);
	if (template == NULL) {
		return;
	}
	if (!is_one_line(template)) {
		problem_list_error(problems, value, "a header has no control characters");
	}
	if (!span_equal_nocase(name, SPAN("content-type"))) {
		rule->headers[rule->header_count++] = (struct respond_header){ name, template };
	} else if (rule->content_type == NULL) {
		rule->content_type = template;
	} else {
		problem_list_error(problems, value, "an answer has one content type");
		template_destroy(template);
	}
}

static void compile_headers(struct compiler *compiler, const struct json_node *node)
{
	if (node->type != JSON_OBJECT) {
		problem_list_error(compiler->context->problems, node,
			"expected an object: {\"cache-control\": \"no-store\"}");
		return;
	}
	compiler->rule->headers =
		store_new(compiler->context->store, HEADERS_MAX, sizeof(*compiler->rule->headers));
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		if (n->type == JSON_NULL || !may_be_set(compiler, n)) {
			continue;
		}
		if (n->type != JSON_ARRAY) {
			add_header(compiler, n->name, n);
			continue;
		}
		for (const struct json_node *e = n->first; e != NULL; e = e->next) {
			add_header(compiler, n->name, e);
		}
	}
}

/* ---- body ---- */

static void compile_body(struct compiler *compiler, const struct json_node *node)
{
	struct respond_rule *rule = compiler->rule;
	bool text = node->type == JSON_STRING;
	rule->body = respond_rule_template(
		node, text ? TEMPLATE_TEXT : TEMPLATE_JSON, compiler->context, rule);
	rule->body_is_json = !text;
	rule->body_type = text ? SPAN("text/plain; charset=utf-8") : SPAN("application/json");
}

/* What can be said at load: it may be gone or another one when it is asked for. */
static void compile_file(struct compiler *compiler, const char *name)
{
	const struct json_node *node = json_node_member(compiler->node, SPAN("file"));
	struct respond_rule *rule = compiler->rule;
	struct stat facts;
	rule->file = store_take(compiler->context->store, option_beside(node, name));
	rule->body_type = file_type_of_name(rule->file);
	const char *why = NULL;
	if (stat(rule->file.ptr, &facts) != 0 || access(rule->file.ptr, R_OK) != 0) {
		why = strerror(errno);
	} else if (!S_ISREG(facts.st_mode)) {
		why = "it is no regular file";
	}
	if (why != NULL) {
		problem_list_error(compiler->context->problems, node, "cannot use file %s: %s",
			rule->file.ptr, why);
	}
	if (compiler->context->match->has_op) {
		problem_list_error(compiler->context->problems, node,
			"a file goes over HTTP only; a mapping with an op takes \"body\"");
	}
}

static bool is_markup(struct span content_type)
{
	struct media_type type;
	if (!media_type_read(content_type, &type)) {
		return false;
	}
	struct span name = type.name;
	struct span end = name.len > 4 ? span_skip(name, name.len - 4) : SPAN("");
	return span_equal_nocase(name, SPAN("text/html")) || span_equal_nocase(end, SPAN("/xml")) ||
	       span_equal_nocase(end, SPAN("+xml"));
}

/* Whether a client's text comes through as it is. A class without `<` and `&` holds no markup. */
static bool is_raw(const struct template_part *part)
{
	for (unsigned i = 0; i < part->filter_count; i++) {
		const struct filter *filter = &part->filters[i];
		if (filter->kind != FILTER_CLASS || filter_keeps_out(filter, "<>&\"'")) {
			return false;
		}
	}
	return part->use.client;
}

/* A content type that is not known before may be any. */
static void check_markup(struct compiler *compiler, const struct json_node *body)
{
	const struct respond_rule *rule = compiler->rule;
	struct span type = rule->body_type;
	struct template_part part;
	bool known = rule->content_type == NULL || template_is_constant(rule->content_type, &type);
	for (unsigned i = 0; rule->body != NULL && template_part_at(rule->body, i, &part); i++) {
		if (!span_present(part.literal) && is_raw(&part) && (!known || is_markup(type))) {
			problem_list_warning(compiler->context->problems, body,
				"text of the client stands in this page as it came; write |html "
				"behind the variable");
			return;
		}
	}
}

static void check_content(struct compiler *compiler, const struct respond_options *options)
{
	const struct respond_rule *rule = compiler->rule;
	struct problem_list *problems = compiler->context->problems;
	if (options->body != NULL && options->file != NULL) {
		problem_list_error(problems, compiler->node, "a body or a file, not both");
	}
	if (span_present(rule->body_type) &&
		(rule->status == 204 || rule->status == 205 || rule->status == 304)) {
		problem_list_error(problems, compiler->node,
			"an answer with status %d has no content", rule->status);
	}
	if (options->body != NULL) {
		check_markup(compiler, options->body);
	}
}

void respond_rule_compile(const struct json_node *node, const struct respond_context *context,
	struct respond_rule *rule)
{
	struct respond_options options;
	struct compiler compiler = { node, context, rule };
	*rule = (struct respond_rule){ 0 };
	if (node->type != JSON_OBJECT) {
		problem_list_error(context->problems, node,
			"expected an object: {\"status\", \"headers\", \"body\"}");
		return;
	}
	option_read(respond_rows, node, &options, context->problems);
	rule->status = (int)options.status;
	if (options.headers != NULL) {
		compile_headers(&compiler, options.headers);
	}
	if (options.body != NULL) {
		compile_body(&compiler, options.body);
	} else if (options.file != NULL) {
		compile_file(&compiler, options.file);
	}
	check_content(&compiler, &options);
	option_finish(respond_rows, &options);
}

void respond_rule_finish(struct respond_rule *rule)
{
	template_destroy(rule->content_type);
	template_destroy(rule->body);
	for (unsigned i = 0; i < rule->header_count; i++) {
		template_destroy(rule->headers[i].template);
	}
}
