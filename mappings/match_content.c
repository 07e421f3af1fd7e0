/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/match_content.h"

#include "base/text.h"
#include "message/content_encoding.h"
#include "message/media_type.h"

/* ---- load ---- */

static void compile_types(const struct json_node *node, const struct option_texts *texts,
	struct store *store, struct match_content *content, struct problem_list *problems)
{
	const struct json_node *list = json_node_member(node, SPAN("content_types"));
	if (list != NULL && list->type == JSON_ARRAY && list->first == NULL) {
		problem_list_error(problems, list, "expected at least one content type");
	}
	struct media_range *types = store_new(store, texts->count, sizeof(*types));
	struct span *names = store_new(store, texts->count, sizeof(*names));
	for (size_t i = 0; i < texts->count; i++) {
		names[i] = store_copy(store, span_from_text(texts->items[i]));
		if (!media_range_parse(names[i], &types[i])) {
			problem_list_error(problems, option_text_node(node, "content_types", i),
				"expected a type or a range without parameters, like "
				"application/json, application/*+json or text/*");
		}
	}
	content->types = types;
	content->type_names = names;
	content->type_count = (unsigned)texts->count;
}

static void compile_encodings(const struct json_node *node, const struct option_texts *texts,
	struct store *store, struct match_content *content, struct problem_list *problems)
{
	struct span *encodings = store_new(store, texts->count, sizeof(*encodings));
	for (size_t i = 0; i < texts->count; i++) {
		encodings[i] = store_copy(store, span_from_text(texts->items[i]));
		if (!text_is_token(encodings[i]) || span_equal(encodings[i], SPAN("*"))) {
			problem_list_error(problems, option_text_node(node, "encodings", i),
				"expected a content encoding like gzip or br");
		}
	}
	content->encodings = encodings;
	content->encoding_count = (unsigned)texts->count;
}

void match_content_compile(const struct json_node *node,
	const struct match_content_options *options, struct store *store,
	struct match_content *content, struct problem_list *problems)
{
	*content = (struct match_content){ 0 };
	compile_types(node, &options->content_types, store, content, problems);
	compile_encodings(node, &options->encodings, store, content, problems);
}

/* ---- a request ---- */

bool match_content_takes_type(const struct match_content *content, const struct request *request)
{
	struct media_type type = { .name = SPAN("application/octet-stream") };
	if (content->type_count == 0 || !request->has_content) {
		return true;
	}
	if (span_present(request->content_type) &&
		(!media_type_read(request->content_type, &type) ||
			!media_type_is_utf8(request->content_type))) {
		return false;
	}
	for (unsigned i = 0; i < content->type_count; i++) {
		if (media_range_holds(&content->types[i], type.name)) {
			return true;
		}
	}
	return false;
}

static bool is_listed(const struct match_content *content, struct span encoding)
{
	for (unsigned i = 0; i < content->encoding_count; i++) {
		if (content_encoding_equal(encoding, content->encodings[i])) {
			return true;
		}
	}
	return content_encoding_equal(encoding, SPAN("identity"));
}

/* Only the first line is passed on with the body, so a second one would be lost. */
static bool has_two_lines(const struct request *request)
{
	unsigned lines = 0;
	for (unsigned i = 0; i < request->header_count && !request->websocket; i++) {
		lines += span_equal_nocase(request->headers[i].name, SPAN("content-encoding"));
	}
	return lines > 1;
}

bool match_content_takes_encoding(
	const struct match_content *content, const struct request *request)
{
	struct span rest = request->content_encoding;
	struct span encoding;
	if (rest.len == 0 || !request->has_content) {
		return true;
	}
	while (text_next_element(&rest, &encoding)) {
		if (!is_listed(content, encoding)) {
			return false;
		}
	}
	return !has_two_lines(request);
}

/* ---- two mappings ---- */

static bool types_cover(const struct match_content *a, const struct match_content *b)
{
	if (a->type_count == 0 || b->type_count == 0) {
		return a->type_count == 0;
	}
	for (unsigned i = 0; i < b->type_count; i++) {
		unsigned at = 0;
		while (at < a->type_count && !media_range_covers(&a->types[at], &b->types[i])) {
			at++;
		}
		if (at == a->type_count) {
			return false;
		}
	}
	return true;
}

bool match_content_covers(const struct match_content *a, const struct match_content *b)
{
	for (unsigned i = 0; i < b->encoding_count; i++) {
		if (!is_listed(a, b->encodings[i])) {
			return false;
		}
	}
	return types_cover(a, b);
}

/* ---- what would have been right ---- */

static void append_element(struct span element, struct buffer *list)
{
	struct span rest = buffer_span(list);
	struct span known;
	while (text_next_element(&rest, &known)) {
		if (span_equal_nocase(known, element)) {
			return;
		}
	}
	if (list->len > 0) {
		buffer_append_literal(list, ", ");
	}
	buffer_append_span(list, element);
}

void match_content_append_types(const struct match_content *content, struct buffer *list)
{
	for (unsigned i = 0; i < content->type_count; i++) {
		append_element(content->type_names[i], list);
	}
}

void match_content_append_encodings(const struct match_content *content, struct buffer *list)
{
	for (unsigned i = 0; i < content->encoding_count; i++) {
		append_element(content->encodings[i], list);
	}
	append_element(SPAN("identity"), list);
}
