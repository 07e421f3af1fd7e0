/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/match_reason.h"

#include "mappings/form.h"
#include "mappings/path.h"

static bool has_entrance(const struct match_rule *rule, const struct request *request)
{
	struct path path;
	struct buffer scratch = { 0 };
	if (!span_present(request->path)) {
		return match_rule_op(rule, request->op);
	}
	bool fits = rule->has_path && path_split(request->path, &scratch, &path) == NULL &&
		    path_pattern_match(&rule->path, &path);
	buffer_finish(&scratch);
	return fits;
}

static void append_entrance(
	const struct match_rule *rule, const struct request *request, struct buffer *why)
{
	if (span_present(request->path)) {
		buffer_append_span(
			why, rule->has_path ? SPAN("the path is another") : SPAN("it has no path"));
	} else {
		buffer_append_span(
			why, rule->has_op ? SPAN("the op is another") : SPAN("it has no op"));
	}
}

/* "the header x-a is another", "… is missing", "… is there". */
static void append_field(const char *kind, const struct match_field *field, struct buffer *why)
{
	static const char *const tests[] = {
		[MATCH_TEST_IN] = "is missing or another",
		[MATCH_TEST_PRESENT] = "is missing",
		[MATCH_TEST_ABSENT] = "is there",
	};
	buffer_append_format(why, "the %s %.*s %s", kind, (int)field->name.len, field->name.ptr,
		tests[field->test]);
}

/* A mapping that would not be taken anyway is not 400 for its broken query, see match.c. */
static bool is_twice(
	const struct match_field *at, enum match_fit fit, const struct request *request)
{
	struct span raw;
	return fit == MATCH_FIT_NOT_QUERY && !form_find(request->query, at->name, &raw);
}

static void append_accept(
	const struct match_rule *rule, const struct match_probe *probe, struct buffer *why)
{
	buffer_append_literal(why, "Accept wants none of");
	for (unsigned i = 0; i < rule->accept_count; i++) {
		buffer_append_span(why, i > 0 ? SPAN(", ") : SPAN(" "));
		buffer_append_span(why, probe->accept_types->items[rule->accepts[i]].name);
	}
}

static void append_method(const struct match_rule *rule, struct buffer *why)
{
	buffer_append_literal(why, "the method is none of ");
	match_append_methods(rule->methods, why);
}

static void append_content(const struct match_rule *rule, enum match_fit fit, struct buffer *why)
{
	struct buffer list = { 0 };
	if (fit == MATCH_FIT_NOT_TYPE) {
		match_content_append_types(&rule->content, &list);
	} else {
		match_content_append_encodings(&rule->content, &list);
	}
	buffer_append_span(why, fit == MATCH_FIT_NOT_TYPE ? SPAN("the content type is none of ")
							  : SPAN("the encoding is none of "));
	buffer_append_span(why, buffer_span(&list));
	buffer_finish(&list);
}

enum match_fit match_reason(
	const struct match_rule *rule, struct match_probe *probe, struct buffer *why)
{
	const struct match_field *at = NULL;
	if (!has_entrance(rule, probe->request)) {
		append_entrance(rule, probe->request, why);
		return MATCH_FIT_NOT;
	}
	enum match_fit fit = match_rule_fit_slowly(rule, probe, &at);
	if (fit == MATCH_FIT_BROKEN || is_twice(at, fit, probe->request)) {
		buffer_append_format(why, "the query parameter %.*s comes twice", (int)at->name.len,
			at->name.ptr);
		return fit;
	}
	switch (fit) {
	case MATCH_FIT_NOT_HOST: buffer_append_literal(why, "the host is another"); break;
	case MATCH_FIT_NOT_HEADER: append_field("header", at, why); break;
	case MATCH_FIT_NOT_QUERY: append_field("query parameter", at, why); break;
	case MATCH_FIT_NOT_METHOD: append_method(rule, why); break;
	case MATCH_FIT_NOT_ACCEPT: append_accept(rule, probe, why); break;
	case MATCH_FIT_NOT_TYPE:
	case MATCH_FIT_NOT_ENCODING: append_content(rule, fit, why); break;
	case MATCH_FIT_BROKEN_ACCEPT: buffer_append_literal(why, "Accept is broken"); break;
	default: break;
	}
	return fit;
}
