/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Browsers serialise an origin in one way only: lower case, no default port, nothing behind it. So
 * a request needs no parsing: it is compared. What is written in another way would never fit, and
 * whoever wrote it would look for the reason in the wrong place; hence load brings it into that
 * form and refuses it when it was not in it.
 */
#include "mappings/origin.h"

#include "base/buffer.h"
#include "base/option.h"

#include <arpa/inet.h>

enum { HOST_MAX = 253 };

#define EXAMPLES "\"https://app.example\", \"http://localhost:3000\" or \"https://*.app.example\""

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* One label or more, of lower-case letters, digits, "-" and "_", none of them empty. */
static bool is_host_name(struct span host)
{
	char before = '.';
	for (size_t i = 0; i < host.len; i++) {
		char c = host.ptr[i];
		if (c == '.' ? before == '.' : !is_alphanumeric(c) && c != '-' && c != '_') {
			return false;
		}
		before = c;
	}
	return before != '.' && host.len <= HOST_MAX;
}

static void append_lower(struct buffer *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		buffer_append_char(out, span_lower(text.ptr[i]));
	}
}

/* Takes what stands before `end`, or all; the rest begins with it. */
static struct span take_until(struct span *rest, const char *ends)
{
	size_t len = 0;
	while (len < rest->len && (rest->ptr[len] == 0 || strchr(ends, rest->ptr[len]) == NULL)) {
		len++;
	}
	struct span taken = span_of(rest->ptr, len);
	*rest = span_skip(*rest, len);
	return taken;
}

static bool append_scheme(struct span *rest, struct buffer *out)
{
	struct span scheme = take_until(rest, ":");
	if (!span_starts_with(*rest, SPAN("://"))) {
		return false;
	}
	*rest = span_skip(*rest, 3);
	append_lower(out, scheme);
	for (size_t i = 0; i < out->len; i++) {
		char c = out->data[i];
		if (!is_alphanumeric(c) && (c == 0 || strchr("+-.", c) == NULL)) {
			return false;
		}
	}
	buffer_append_literal(out, "://");
	return out->data[0] >= 'a' && out->data[0] <= 'z';
}

/* "[::1]", in the shortest form. */
static bool append_address(struct span *rest, struct buffer *out)
{
	struct span address = take_until(rest, "]");
	char text[INET6_ADDRSTRLEN];
	struct in6_addr bytes;
	if (rest->len == 0 || address.len > sizeof(text)) {
		return false;
	}
	*rest = span_skip(*rest, 1);
	memcpy(text, address.ptr + 1, address.len - 1);
	text[address.len - 1] = '\0';
	if (inet_pton(AF_INET6, text, &bytes) != 1) {
		return false;
	}
	inet_ntop(AF_INET6, &bytes, text, sizeof(text));
	buffer_append_format(out, "[%s]", text);
	return true;
}

static bool append_host(struct span *rest, struct buffer *out)
{
	if (rest->len > 0 && rest->ptr[0] == '[') {
		return append_address(rest, out);
	}
	struct span host = take_until(rest, ":/?#");
	if (span_starts_with(host, SPAN("*."))) {
		buffer_append_literal(out, "*.");
		host = span_skip(host, 2);
	}
	size_t start = out->len;
	append_lower(out, host);
	return is_host_name(buffer_since(out, start));
}

static bool append_port(struct span *rest, struct buffer *out)
{
	if (rest->len == 0 || rest->ptr[0] != ':') {
		return true;
	}
	*rest = span_skip(*rest, 1);
	struct span digits = take_until(rest, "/?#");
	int64_t port = 0;
	if (digits.len > 0 && (!option_parse_integer(digits, &port) || port < 1 || port > 65535)) {
		return false;
	}
	bool own = (port == 80 && span_starts_with(buffer_span(out), SPAN("http://"))) ||
		   (port == 443 && span_starts_with(buffer_span(out), SPAN("https://")));
	if (port > 0 && !own) {
		buffer_append_format(out, ":%d", (int)port);
	}
	return true;
}

/* As a browser writes it; false when it is no origin at all. */
static bool append_origin(struct span text, struct buffer *out)
{
	struct span rest = text;
	return append_scheme(&rest, out) && append_host(&rest, out) && append_port(&rest, out) &&
	       (rest.len == 0 || strchr("/?#", rest.ptr[0]) != NULL);
}

/* A value that came from elsewhere may be a secret by mistake, and is not repeated. */
static void report_form(const struct json_node *node, struct span text, struct span right,
	struct problem_list *problems)
{
	if (span_equal(text, node->string)) {
		problem_list_error(problems, node, "browsers write this origin \"%.*s\"",
			(int)right.len, right.ptr);
	} else {
		problem_list_error(problems, node,
			"browsers write an origin in lower case, without a default port and "
			"without anything behind it");
	}
}

static void take_pattern(struct origin *origin, struct store *store)
{
	const char *star = memchr(origin->text.ptr, '*', origin->text.len);
	if (star != NULL) {
		size_t at = (size_t)(star - origin->text.ptr);
		origin->scheme = store_copy(store, span_of(origin->text.ptr, at));
		origin->suffix = span_skip(origin->text, at + 1);
	}
}

/* Everybody has a page below ".com". Only a warning: "localhost" is a single label too. */
static void warn_of_wide_pattern(
	const struct origin *origin, const struct json_node *node, struct problem_list *problems)
{
	if (span_present(origin->suffix) &&
		memchr(origin->suffix.ptr + 1, '.', origin->suffix.len - 1) == NULL) {
		problem_list_warning(problems, node, "this lets in every site below \"%.*s\"",
			(int)origin->suffix.len, origin->suffix.ptr);
	}
}

bool origin_compile(const struct json_node *node, struct span text, struct store *store,
	struct origin *origin, struct problem_list *problems)
{
	*origin = (struct origin){ .text = store_copy(store, text) };
	if (span_equal(text, SPAN("null"))) {
		problem_list_warning(problems, node,
			"any page can give itself the origin \"null\", by a sandboxed frame");
		return true;
	}
	struct buffer right = { 0 };
	bool good = append_origin(text, &right);
	bool same = good && span_equal(buffer_span(&right), text);
	if (!good) {
		problem_list_error(problems, node,
			"expected the origin of a page, such as " EXAMPLES
			"; other letters as \"xn--\"");
	} else if (!same) {
		report_form(node, text, buffer_span(&right), problems);
	} else {
		take_pattern(origin, store);
		warn_of_wide_pattern(origin, node, problems);
	}
	buffer_finish(&right);
	return same;
}

bool origin_fits(const struct origin *origin, struct span header)
{
	if (!span_present(origin->suffix)) {
		return span_equal(origin->text, header);
	}
	size_t around = origin->scheme.len + origin->suffix.len;
	if (header.len <= around || !span_starts_with(header, origin->scheme)) {
		return false;
	}
	struct span labels = span_of(header.ptr + origin->scheme.len, header.len - around);
	return span_equal(origin->suffix, span_skip(header, header.len - origin->suffix.len)) &&
	       is_host_name(labels);
}

/* ---- lists ---- */

void origin_list_compile(const struct json_node *object, const struct option_texts *texts,
	struct store *store, struct origin_list *list, struct problem_list *problems)
{
	const struct json_node *node = json_node_member(object, SPAN("origins"));
	*list = (struct origin_list){ 0 };
	for (size_t i = 0; i < texts->count; i++) {
		list->any = list->any || strcmp(texts->items[i], "*") == 0;
	}
	if (list->any && texts->count > 1) {
		problem_list_error(problems, node, "\"*\" lets all in: write it alone, or not");
	} else if (node != NULL && node->type == JSON_ARRAY && node->first == NULL) {
		problem_list_error(problems, node, "expected at least one origin");
	} else if (!list->any) {
		list->items = store_new(store, texts->count + 1, sizeof(*list->items));
		for (size_t i = 0; i < texts->count; i++) {
			list->count += origin_compile(option_text_node(object, "origins", i),
				span_from_text(texts->items[i]), store, &list->items[list->count],
				problems);
		}
	}
}

const struct origin *origin_list_find(const struct origin_list *list, struct span header)
{
	for (unsigned i = 0; i < list->count && span_present(header); i++) {
		if (origin_fits(&list->items[i], header)) {
			return &list->items[i];
		}
	}
	return NULL;
}
