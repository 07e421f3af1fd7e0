/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     ${ NAME  { "|" FILTER }  [ "?" | ":-" DEFAULT ] }        $${ is a literal ${
 *
 * A name ends at "|", "?", "}" or ":-". Braces in a default come in pairs. "?" may also stand
 * before the filters. ${env:…} and ${file:…} become literal text that is not scanned again.
 */

#include "mappings/template_string.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/option.h"
#include "mappings/match.h"

#include <stdlib.h>

#define FILTERS_MAX 4

struct parser {
	const struct json_node *node;
	const struct template_string_context *context;
	struct template_pieces *pieces;
	struct buffer literal;
	bool good;
};

void template_pieces_add(struct template_pieces *pieces, const struct template_piece *piece)
{
	if ((pieces->count & (pieces->count - 1)) == 0) {
		unsigned room = pieces->count > 0 ? 2 * pieces->count : 1;
		pieces->items = memory_resize(pieces->items, room, sizeof(*pieces->items));
	}
	pieces->items[pieces->count++] = *piece;
}

static void flush_literal(struct parser *parser)
{
	if (parser->literal.len > 0) {
		struct template_piece piece = { .kind = TEMPLATE_LITERAL,
			.text = store_copy(parser->context->store, buffer_span(&parser->literal)) };
		template_pieces_add(parser->pieces, &piece);
		buffer_clear(&parser->literal);
	}
}

static bool fail(struct parser *parser, const char *why)
{
	problem_list_error(parser->context->problems, parser->node, "%s", why);
	parser->good = false;
	return false;
}

static bool starts_with_char(struct span text, char c)
{
	return text.len > 0 && text.ptr[0] == c;
}

/* Length of the name at the front of `text`. */
static size_t name_length(struct span text)
{
	size_t len = 0;
	while (len < text.len && strchr("|?}", text.ptr[len]) == NULL &&
		!span_starts_with(span_skip(text, len), SPAN(":-"))) {
		len++;
	}
	return len;
}

/* ${env:NAME} and ${file:PATH}. */
static bool take_reference(struct parser *parser, struct span *rest)
{
	if (!span_starts_with(*rest, SPAN("env:")) && !span_starts_with(*rest, SPAN("file:"))) {
		return false;
	}
	const char *end = memchr(rest->ptr, '}', rest->len);
	if (end == NULL) {
		fail(parser, "${ without its }");
		*rest = SPAN("");
		return true;
	}
	struct span reference = span_of(rest->ptr, (size_t)(end - rest->ptr));
	char *value = option_resolve(reference, parser->node, parser->context->problems);
	if (value != NULL) {
		buffer_append_span(&parser->literal, span_from_text(value));
	}
	parser->good = parser->good && value != NULL;
	free(value);
	*rest = span_skip(*rest, reference.len + 1);
	return true;
}

static bool take_filters(struct parser *parser, struct span *rest, struct template_piece *piece)
{
	struct filter filters[FILTERS_MAX];
	while (starts_with_char(*rest, '|')) {
		*rest = span_skip(*rest, 1);
		if (piece->filter_count == FILTERS_MAX) {
			return fail(parser, "a variable takes at most four filters");
		}
		const char *why = filter_parse(rest, &filters[piece->filter_count++]);
		if (why != NULL) {
			return fail(parser, why);
		}
	}
	struct filter *kept =
		store_new(parser->context->store, piece->filter_count + 1u, sizeof(*kept));
	memcpy(kept, filters, piece->filter_count * sizeof(*kept));
	piece->filters = kept;
	return true;
}

/* Length of the default at the front of `text`; its own length: no brace ends it. */
static size_t default_length(struct span text)
{
	size_t len = 0, open = 0;
	while (len < text.len && (open > 0 || text.ptr[len] != '}')) {
		open += text.ptr[len] == '{';
		open -= text.ptr[len] == '}';
		len++;
	}
	return len;
}

/* "?" or ":-default". */
static bool take_absence(struct parser *parser, struct span *rest, struct template_piece *piece)
{
	if (starts_with_char(*rest, '?')) {
		piece->absence = TEMPLATE_ABSENCE_OMITTED;
		*rest = span_skip(*rest, 1);
	}
	if (!span_starts_with(*rest, SPAN(":-"))) {
		return true;
	}
	*rest = span_skip(*rest, 2);
	struct span text = span_of(rest->ptr, default_length(*rest));
	if (text.len == rest->len || piece->absence == TEMPLATE_ABSENCE_OMITTED) {
		return fail(parser, text.len == rest->len
					    ? "${ without its }"
					    : "a variable has ? or :-default, not both");
	}
	piece->absence = TEMPLATE_ABSENCE_DEFAULT;
	piece->text = store_copy(parser->context->store, text);
	*rest = span_skip(*rest, text.len);
	return true;
}

/* A mapping with two entrances: a capture that only one of them gives needs ? or a default. */
static bool check_entrances(
	struct parser *parser, struct span name, const struct template_piece *piece)
{
	const struct match_rule *match = parser->context->variables->match;
	if (piece->use.kind != VARIABLE_CAPTURE || piece->absence != TEMPLATE_ABSENCE_REFUSED) {
		return true;
	}
	const struct match_capture *capture = &match->captures[piece->use.index];
	const char *lacking = match->has_op && !capture->in_op       ? "op"
			      : match->has_path && !capture->in_path ? "path"
								     : NULL;
	if (lacking == NULL) {
		return true;
	}
	problem_list_error(parser->context->problems, parser->node,
		"${%.*s} is not there when match.%s picks the mapping; %s", (int)name.len, name.ptr,
		lacking,
		capture->in_op ? "add the capture to match.path, or write a ? behind it"
			       : "take it from the payload in match.op.captures, or write a ? "
				 "behind it");
	parser->good = false;
	return false;
}

static bool is_json_valued(enum variable_kind kind)
{
	return kind == VARIABLE_BODY || kind == VARIABLE_BODY_POINTER || kind == VARIABLE_OP;
}

static void finish_piece(struct parser *parser, struct span name, struct template_piece *piece)
{
	bool encoded = piece->filter_count > 0 && piece->filters[0].kind == FILTER_BASE64;
	enum variable_kind kind = piece->use.kind;
	bool may_be_nothing = kind == VARIABLE_BODY || kind == VARIABLE_BODY_ANY ||
			      kind == VARIABLE_ANSWER_BODY || kind == VARIABLE_ANSWER_REQUEST_ID ||
			      kind == VARIABLE_ANSWER_PROBLEM;
	piece->kind = TEMPLATE_PLAIN;
	piece->use.for_replies =
		(kind == VARIABLE_ID || kind == VARIABLE_REPLY_TO || kind == VARIABLE_DEADLINE_MS ||
			kind == VARIABLE_DEADLINE_ISO) &&
		piece->absence != TEMPLATE_ABSENCE_REFUSED;
	piece->want = encoded ? VARIABLE_WANT_BYTES : VARIABLE_WANT_TEXT;
	if (may_be_nothing && piece->absence == TEMPLATE_ABSENCE_REFUSED) {
		piece->absence = TEMPLATE_ABSENCE_NULL;
	}
	if (piece->absence == TEMPLATE_ABSENCE_DEFAULT && is_json_valued(kind)) {
		piece->text_is_json = json_check(piece->text, NULL);
	}
	piece->checked = parser->context->form == TEMPLATE_VALUE ||
			 parser->context->form == TEMPLATE_DESTINATION;
	piece->missing = store_format(
		parser->context->store, "The request has no %.*s.", (int)name.len, name.ptr);
	piece->unfit = store_format(parser->context->store,
		"The value of %.*s is too long or has characters that are not allowed here.",
		(int)name.len, name.ptr);
}

/* Behind "${". */
static bool parse_variable(struct parser *parser, struct span *rest)
{
	struct template_piece piece = { .resume = TEMPLATE_END };
	struct span name = span_of(rest->ptr, name_length(*rest));
	char why[240];
	if (!variable_resolve(name, parser->context->variables, &piece.use, why, sizeof(why))) {
		return fail(parser, why);
	}
	*rest = span_skip(*rest, name.len);
	if (starts_with_char(*rest, '?')) {
		piece.absence = TEMPLATE_ABSENCE_OMITTED;
		*rest = span_skip(*rest, 1);
	}
	if (!take_filters(parser, rest, &piece) || !take_absence(parser, rest, &piece)) {
		return false;
	}
	if (!starts_with_char(*rest, '}')) {
		return fail(parser, rest->len == 0 ? "${ without its }"
						   : "expected |filter, ?, :-default or } behind "
						     "the name of a variable");
	}
	*rest = span_skip(*rest, 1);
	if (!check_entrances(parser, name, &piece)) {
		return false;
	}
	piece.use.name = store_copy(parser->context->store, piece.use.name);
	finish_piece(parser, name, &piece);
	flush_literal(parser);
	template_pieces_add(parser->pieces, &piece);
	return true;
}

bool template_string_parse(const struct json_node *node,
	const struct template_string_context *context, struct template_pieces *pieces)
{
	struct parser parser = { .node = node, .context = context, .pieces = pieces, .good = true };
	struct span rest = node->string;
	while (rest.len > 0 && parser.good) {
		if (span_starts_with(rest, SPAN("$${"))) {
			buffer_append_literal(&parser.literal, "${");
			rest = span_skip(rest, 3);
		} else if (span_starts_with(rest, SPAN("${"))) {
			rest = span_skip(rest, 2);
			if (!take_reference(&parser, &rest)) {
				parse_variable(&parser, &rest);
			}
		} else {
			buffer_append_char(&parser.literal, rest.ptr[0]);
			rest = span_skip(rest, 1);
		}
	}
	flush_literal(&parser);
	buffer_finish(&parser.literal);
	return parser.good;
}
