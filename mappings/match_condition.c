/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Two readers of one request must not see two different values. So a query parameter that comes
 * twice is refused where a mapping asks for it, and the lines of one header are one value, joined
 * as ${header.x} joins them.
 */

#include "mappings/match_condition.h"

#include "mappings/form.h"
#include "mappings/header_name.h"

static const char expected_test[] =
	"expected a string, a list of strings, true (present) or false (absent)";

/* ---- load ---- */

static void compile_hosts(const struct json_node *node, const struct option_texts *texts,
	struct store *store, struct match_condition *condition, struct problem_list *problems)
{
	const struct json_node *list = json_node_member(node, SPAN("host"));
	if (list != NULL && list->type == JSON_ARRAY && list->first == NULL) {
		problem_list_error(problems, list, "expected at least one host");
	}
	struct host_pattern *hosts = store_new(store, texts->count, sizeof(*hosts));
	for (size_t i = 0; i < texts->count; i++) {
		const char *why =
			host_pattern_parse(span_from_text(texts->items[i]), store, &hosts[i]);
		if (why != NULL) {
			problem_list_error(problems, option_text_node(node, "host", i), "%s", why);
		}
	}
	condition->hosts = hosts;
	condition->host_count = (unsigned)texts->count;
}

static bool compile_value(const struct json_node *node, struct store *store, struct span *value,
	struct problem_list *problems)
{
	if (node->type != JSON_STRING) {
		problem_list_error(problems, node, "%s", expected_test);
		return false;
	}
	*value = store_take(store, option_expand(node, problems));
	return span_present(*value);
}

static void compile_values(const struct json_node *node, struct store *store,
	struct match_field *field, struct problem_list *problems)
{
	bool lone = node->type != JSON_ARRAY;
	const struct json_node *first = lone ? node : node->first;
	unsigned count = 0;
	for (const struct json_node *n = first; n != NULL; n = lone ? NULL : n->next) {
		count++;
	}
	if (count == 0) {
		problem_list_error(problems, node, "expected at least one value");
	}
	struct span *values = store_new(store, count, sizeof(*values));
	for (const struct json_node *n = first; n != NULL; n = lone ? NULL : n->next) {
		field->value_count +=
			compile_value(n, store, &values[field->value_count], problems);
	}
	field->values = values;
}

static void compile_field(const struct json_node *node, struct store *store,
	struct match_field *field, struct problem_list *problems)
{
	field->name = store_copy(store, node->name);
	if (node->type == JSON_TRUE || node->type == JSON_FALSE) {
		field->test = node->type == JSON_TRUE ? MATCH_TEST_PRESENT : MATCH_TEST_ABSENT;
	} else {
		compile_values(node, store, field, problems);
	}
}

static void compile_fields(const struct json_node *node, struct store *store,
	struct match_fields *fields, struct problem_list *problems)
{
	if (node == NULL) {
		return;
	}
	if (node->type != JSON_OBJECT || node->first == NULL) {
		problem_list_error(problems, node, "expected an object: {\"name\": \"value\"}");
		return;
	}
	unsigned count = 0;
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		count++;
	}
	struct match_field *items = store_new(store, count, sizeof(*items));
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		compile_field(n, store, &items[fields->count++], problems);
	}
	fields->items = items;
}

static void check_header_names(const struct json_node *node, struct problem_list *problems)
{
	if (node == NULL || node->type != JSON_OBJECT) {
		return;
	}
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		if (!header_name_is_token(n->name)) {
			problem_list_error_name(problems, n, "this is no name of a header");
		} else if (span_equal_nocase(n->name, SPAN("host"))) {
			problem_list_error_name(problems, n,
				"use match.host, which knows ports and absolute targets");
		}
	}
}

void match_condition_compile(const struct json_node *node,
	const struct match_condition_options *options, struct store *store,
	struct match_condition *condition, struct problem_list *problems)
{
	*condition = (struct match_condition){ 0 };
	compile_hosts(node, &options->host, store, condition, problems);
	compile_fields(options->query, store, &condition->query, problems);
	compile_fields(options->header, store, &condition->headers, problems);
	check_header_names(options->header, problems);
}

bool match_condition_is_empty(const struct match_condition *condition)
{
	return condition->host_count + condition->query.count + condition->headers.count == 0;
}

/* ---- a request ---- */

static const struct host_pattern *find_host(
	const struct match_condition *condition, struct span host)
{
	for (unsigned i = 0; i < condition->host_count; i++) {
		if (host_pattern_match(&condition->hosts[i], host)) {
			return &condition->hosts[i];
		}
	}
	return NULL;
}

bool match_condition_has_capture(const struct match_condition *condition, struct span name)
{
	for (unsigned i = 0; i < condition->host_count; i++) {
		if (host_pattern_has(&condition->hosts[i], name)) {
			return true;
		}
	}
	return false;
}

struct span match_condition_capture(
	const struct match_condition *condition, struct span host, struct span name)
{
	const struct host_pattern *pattern = find_host(condition, host);
	return pattern != NULL ? host_pattern_capture(pattern, host, name) : SPAN_ABSENT;
}

static bool query_value_fits(const struct match_field *field, struct span raw)
{
	if (field->test != MATCH_TEST_IN) {
		return span_present(raw) == (field->test == MATCH_TEST_PRESENT);
	}
	for (unsigned i = 0; i < field->value_count && span_present(raw); i++) {
		if (form_text_is(raw, field->values[i])) {
			return true;
		}
	}
	return false;
}

static enum match_condition_result check_query(
	const struct match_fields *fields, struct span query, const struct match_field **at)
{
	enum match_condition_result result = MATCH_CONDITION_HOLDS;
	for (unsigned i = 0; i < fields->count; i++) {
		const struct match_field *field = &fields->items[i];
		struct span raw;
		if (!form_find(query, field->name, &raw)) {
			*at = field;
			return MATCH_CONDITION_BROKEN;
		}
		if (result == MATCH_CONDITION_HOLDS && !query_value_fits(field, raw)) {
			*at = field;
			result = MATCH_CONDITION_OTHER_QUERY;
		}
	}
	return result;
}

static unsigned find_header(const struct request *request, struct span name, unsigned from)
{
	while (from < request->header_count &&
		!span_equal_nocase(request->headers[from].name, name)) {
		from++;
	}
	return from;
}

/* All lines of the header that stands first at `at`, joined, are `value`. */
static bool header_is(const struct request *request, unsigned at, struct span value)
{
	const struct span name = request->headers[at].name;
	const struct span joint = span_equal_nocase(name, SPAN("cookie")) ? SPAN("; ") : SPAN(", ");
	for (;;) {
		struct span line = request->headers[at].value;
		if (!span_starts_with(value, line)) {
			return false;
		}
		value = span_skip(value, line.len);
		at = find_header(request, name, at + 1);
		if (at == request->header_count) {
			return value.len == 0;
		}
		if (!span_starts_with(value, joint)) {
			return false;
		}
		value = span_skip(value, joint.len);
	}
}

static bool header_fits(const struct match_field *field, const struct request *request)
{
	unsigned at = find_header(request, field->name, 0);
	bool present = at < request->header_count;
	if (field->test != MATCH_TEST_IN) {
		return present == (field->test == MATCH_TEST_PRESENT);
	}
	for (unsigned i = 0; i < field->value_count && present; i++) {
		if (header_is(request, at, field->values[i])) {
			return true;
		}
	}
	return false;
}

enum match_condition_result match_condition_check(const struct match_condition *condition,
	const struct request *request, const struct match_field **at)
{
	const struct match_field *none;
	at = at != NULL ? at : &none;
	*at = NULL;
	if (condition->host_count > 0 && find_host(condition, request->host) == NULL) {
		return MATCH_CONDITION_OTHER_HOST;
	}
	for (unsigned i = 0; i < condition->headers.count && !request->preflight; i++) {
		if (!header_fits(&condition->headers.items[i], request)) {
			*at = &condition->headers.items[i];
			return MATCH_CONDITION_OTHER_HEADER;
		}
	}
	return check_query(&condition->query, request->query, at);
}

/* ---- two mappings ---- */

static bool hosts_cover(const struct match_condition *a, const struct match_condition *b)
{
	if (a->host_count == 0 || b->host_count == 0) {
		return a->host_count == 0;
	}
	for (unsigned i = 0; i < b->host_count; i++) {
		unsigned at = 0;
		while (at < a->host_count && !host_pattern_covers(&a->hosts[at], &b->hosts[i])) {
			at++;
		}
		if (at == a->host_count) {
			return false;
		}
	}
	return true;
}

static bool value_is_listed(struct span value, const struct match_field *field)
{
	for (unsigned i = 0; i < field->value_count; i++) {
		if (span_equal(value, field->values[i])) {
			return true;
		}
	}
	return false;
}

static bool field_covers(const struct match_field *a, const struct match_field *b)
{
	if (a->test != MATCH_TEST_IN || b->test != MATCH_TEST_IN) {
		return a->test == b->test ||
		       (a->test == MATCH_TEST_PRESENT && b->test == MATCH_TEST_IN);
	}
	for (unsigned i = 0; i < b->value_count; i++) {
		if (!value_is_listed(b->values[i], a)) {
			return false;
		}
	}
	return true;
}

static bool fields_cover(const struct match_fields *a, const struct match_fields *b,
	bool (*same)(struct span, struct span))
{
	for (unsigned i = 0; i < a->count; i++) {
		unsigned at = 0;
		while (at < b->count && !same(a->items[i].name, b->items[at].name)) {
			at++;
		}
		if (at == b->count || !field_covers(&a->items[i], &b->items[at])) {
			return false;
		}
	}
	return true;
}

bool match_condition_covers(const struct match_condition *a, const struct match_condition *b)
{
	return hosts_cover(a, b) && fields_cover(&a->query, &b->query, span_equal) &&
	       fields_cover(&a->headers, &b->headers, span_equal_nocase);
}
