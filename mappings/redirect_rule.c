/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A redirect that a client can aim is a way to send people who trust this site to another one. What
 * the client names is percent-encoded (template.h), which leaves holes that load closes: text of
 * the client where the address begins; at the end of a host, which it would lengthen; and a slash
 * that it brings along behind one of ours, for two slashes begin a host. Load sees them in an
 * outline of the address that has a mark for each variable.
 */
#include "mappings/respond_rule.h"

#include "base/buffer.h"
#include "mappings/filter.h"

#include <stddef.h>

struct redirect_options {
	const struct json_node *to;
	int64_t status;
};

const struct option redirect_rows[] = {
	{ .name = "to",
		.type = OPTION_NODE,
		.offset = offsetof(struct redirect_options, to),
		.schema = OPTION_IS("template"),
		.required = true,
		.help = "where to (template); values are percent-encoded, captures segment by "
			"segment" },
	{ .name = "status",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct redirect_options, status),
		.fallback = "308",
		.min = 301,
		.max = 308,
		.help = "301, 302, 303, 307 or 308, which keeps method and body" },
	{ 0 },
};

enum {
	MARK_SAFE = 1,   /* nothing that the client is free to choose */
	MARK_CLIENT = 2, /* encoded: no slash, at least not in front */
	MARK_FREE = 3, /* the mapping's own filter lets something through that divides addresses */
	MARK_PATH = 4, /* begins with a slash */
};

static bool is_free(const struct template_part *part)
{
	for (unsigned i = 0; i < part->filter_count; i++) {
		const struct filter *filter = &part->filters[i];
		if (filter->kind == FILTER_CLASS && filter_keeps_out(filter, "/?#\\:@")) {
			return false;
		}
	}
	return part->filter_count > 0;
}

static char mark_of(const struct template_part *part)
{
	switch (part->use.kind) {
	case VARIABLE_PATH:
	case VARIABLE_URI: return part->filter_count == 0 ? MARK_PATH : MARK_FREE;
	case VARIABLE_SCHEME:
	case VARIABLE_HOST:
	case VARIABLE_PORT: return MARK_SAFE;
	default: break;
	}
	if (!part->use.client) {
		return MARK_SAFE;
	}
	return is_free(part) ? MARK_FREE : MARK_CLIENT;
}

/* The target with a mark for each variable. What is wrong with its own text, or NULL. */
static const char *make_outline(const struct template *template, struct buffer *outline)
{
	struct template_part part;
	for (unsigned i = 0; template_part_at(template, i, &part); i++) {
		if (!filter_is_uri(part.literal) || !filter_is_uri(part.fallback)) {
			return "an address has no blanks and no characters beyond ASCII; write "
			       "them percent-encoded";
		}
		if (part.optional) {
			return "a redirect needs all of its address; write :-default instead of ?";
		}
		if (span_present(part.literal)) {
			buffer_append_span(outline, part.literal);
		} else {
			buffer_append_char(outline, mark_of(&part));
		}
	}
	return outline->len > 0 ? NULL : "expected an address";
}

/* Behind the two slashes. Text of the client may be part of a host, but not its end. */
static const char *check_host(struct span rest)
{
	bool client = false;
	for (size_t i = 0; i < rest.len && strchr("/?#\\\004", rest.ptr[i]) == NULL; i++) {
		client = rest.ptr[i] == MARK_CLIENT;
		if (rest.ptr[i] == MARK_FREE) {
			client = true;
			break;
		}
	}
	return client ? "a client could choose the host that this leads to" : NULL;
}

static const char *check_outline(struct span outline)
{
	char second = outline.len > 1 ? outline.ptr[1] : 0;
	const char *colon = memchr(outline.ptr, ':', outline.len);
	if (outline.ptr[0] == MARK_CLIENT || outline.ptr[0] == MARK_FREE) {
		return "a client could choose where this leads to; begin with / or https://";
	}
	if (outline.ptr[0] == '/' && (second == MARK_PATH || second == MARK_FREE)) {
		return "two slashes at the front begin a host; ${path} and ${uri} bring their own "
		       "slash along";
	}
	if (outline.ptr[0] == '/' && second == '/') {
		return check_host(span_skip(outline, 2));
	}
	if (colon != NULL) {
		struct span rest = span_skip(outline, (size_t)(colon - outline.ptr) + 1);
		if (span_starts_with(rest, SPAN("//"))) {
			return check_host(span_skip(rest, 2));
		}
	}
	return NULL;
}

static void compile_target(const struct json_node *node, const struct respond_context *context,
	struct respond_rule *rule)
{
	struct buffer outline = { 0 };
	struct template *template = respond_rule_template(node, TEMPLATE_URI, context, rule);
	if (template == NULL) {
		return;
	}
	const char *why = make_outline(template, &outline);
	if (why == NULL) {
		why = check_outline(buffer_span(&outline));
	}
	if (why != NULL) {
		problem_list_error(context->problems, node, "%s", why);
	}
	buffer_finish(&outline);
	rule->headers = store_new(context->store, 1, sizeof(*rule->headers));
	rule->headers[rule->header_count++] = (struct respond_header){ SPAN("Location"), template };
}

void redirect_rule_compile(const struct json_node *node, const struct respond_context *context,
	struct respond_rule *rule)
{
	struct redirect_options options;
	*rule = (struct respond_rule){ .is_redirect = true };
	if (node->type != JSON_OBJECT) {
		problem_list_error(
			context->problems, node, "expected an object: {\"to\", \"status\"}");
		return;
	}
	option_read(redirect_rows, node, &options, context->problems);
	rule->status = (int)options.status;
	if (rule->status > 303 && rule->status < 307) {
		problem_list_error(context->problems, json_node_member(node, SPAN("status")),
			"expected 301, 302, 303, 307 or 308");
	}
	if (options.to != NULL) {
		compile_target(options.to, context, rule);
	}
	if (context->match->has_op || !context->match->has_path) {
		problem_list_error(context->problems, node,
			"a redirect goes over HTTP only: match.path without match.op");
	}
	option_finish(redirect_rows, &options);
}
