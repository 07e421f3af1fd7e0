/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Compiling flattens a template:
 *
 *     {"a": 1, "b": "${query.b?}", "c": "x-${id}"}
 *
 *     LITERAL {"a":1      MARK      LITERAL ,"b":      WHOLE query.b (omitted: go on at *)
 *   * LITERAL ,"c":"x-    ESCAPED id                  LITERAL "}
 *
 * MARK remembers where the output stood; a variable that is to be left out cuts the output back to
 * there and goes on behind its member. Only leaves are optional, so one mark is enough. Where every
 * member so far may be left out, COMMA looks whether one was written.
 */

#include "mappings/template.h"

#include "base/json.h"
#include "base/memory.h"
#include "mappings/filter.h"
#include "mappings/store.h"
#include "mappings/template_string.h"

#include <stdlib.h>

struct template
{
	enum template_form form;
	struct template_pieces pieces;
	bool constant;
	struct span text; /* of a constant one */
	uint64_t uses;    /* a bit for each kind of variable */
	struct store store;
};

struct compiler {
	struct template *template;
	const struct variable_context *context;
	struct problem_list *problems;
	struct buffer literal;
	bool good;
};

static void flush_literal(struct compiler *compiler)
{
	if (compiler->literal.len > 0) {
		struct template_piece piece = { .kind = TEMPLATE_LITERAL,
			.text = store_copy(
				&compiler->template->store, buffer_span(&compiler->literal)) };
		template_pieces_add(&compiler->template->pieces, &piece);
		buffer_clear(&compiler->literal);
	}
}

static void add_piece(struct compiler *compiler, const struct template_piece *piece)
{
	flush_literal(compiler);
	template_pieces_add(&compiler->template->pieces, piece);
}

static void add_bare_piece(struct compiler *compiler, enum template_piece_kind kind)
{
	add_piece(compiler, &(struct template_piece){ .kind = kind });
}

static bool is_variable(const struct template_piece *piece)
{
	return piece->kind >= TEMPLATE_PLAIN;
}

static bool is_optional(const struct template_pieces *pieces)
{
	for (unsigned i = 0; i < pieces->count; i++) {
		if (is_variable(&pieces->items[i]) &&
			pieces->items[i].absence == TEMPLATE_ABSENCE_OMITTED) {
			return true;
		}
	}
	return false;
}

/* Made here of letters, digits and hyphens: a JSON string holds it as it is. */
static bool is_bare_id(const struct template_piece *piece)
{
	return piece->use.kind == VARIABLE_ID && piece->filter_count == 0 &&
	       piece->absence != TEMPLATE_ABSENCE_DEFAULT;
}

/* ${op} where it is known at load; what holds a NUL is refused when it is read. */
static bool is_known_op(const struct compiler *compiler, const struct template_piece *piece)
{
	struct span op = compiler->context->op;
	return piece->use.kind == VARIABLE_OP && piece->filter_count == 0 && span_present(op) &&
	       memmem(op.ptr, op.len, "\\u0000", 6) == NULL;
}

static void append_op_text(struct compiler *compiler)
{
	struct span op = compiler->context->op;
	struct buffer decoded = { 0 };
	if (json_type_of(op) == JSON_STRING) {
		op = json_string_text(op, &decoded);
	}
	json_append_escaped(&compiler->literal, op);
	buffer_finish(&decoded);
}

/* A variable as a JSON value of its own; with a filter it is text. */
static void add_whole(struct compiler *compiler, const struct template_piece *part)
{
	struct template_piece piece = *part;
	if (is_known_op(compiler, part)) {
		buffer_append_span(&compiler->literal, compiler->context->op);
		return;
	}
	piece.kind = is_bare_id(part) ? TEMPLATE_QUOTED : TEMPLATE_WHOLE;
	if (piece.want != VARIABLE_WANT_BYTES) {
		piece.want = piece.filter_count > 0 ? VARIABLE_WANT_STRING : VARIABLE_WANT_JSON;
	}
	add_piece(compiler, &piece);
}

/* A variable among the text of a JSON string. */
static void add_inside(struct compiler *compiler, const struct template_piece *part)
{
	struct template_piece piece = *part;
	if (is_known_op(compiler, part)) {
		append_op_text(compiler);
		return;
	}
	piece.kind = is_bare_id(part) ? TEMPLATE_PLAIN : TEMPLATE_ESCAPED;
	if (piece.want == VARIABLE_WANT_TEXT) {
		piece.want = VARIABLE_WANT_STRING;
	}
	add_piece(compiler, &piece);
}

static void add_string(struct compiler *compiler, const struct template_pieces *parts)
{
	if (parts->count == 1 && is_variable(&parts->items[0])) {
		add_whole(compiler, &parts->items[0]);
		return;
	}
	buffer_append_char(&compiler->literal, '"');
	for (unsigned i = 0; i < parts->count; i++) {
		const struct template_piece *part = &parts->items[i];
		if (is_variable(part)) {
			add_inside(compiler, part);
		} else {
			json_append_escaped(&compiler->literal, part->text);
		}
	}
	buffer_append_char(&compiler->literal, '"');
}

static bool parse_string(
	struct compiler *compiler, const struct json_node *node, struct template_pieces *parts)
{
	const struct template_string_context context = { .form = compiler->template->form,
		.variables = compiler->context,
		.store = &compiler->template->store,
		.problems = compiler->problems };
	bool good = template_string_parse(node, &context, parts);
	compiler->good = compiler->good && good;
	return good;
}

static void compile_value(struct compiler *compiler, const struct json_node *node);

struct container {
	bool sure;  /* a member that is always there has been written */
	bool maybe; /* any member has */
};

/* Comma and name, before a member or element. */
static void compile_prefix(
	struct compiler *compiler, const struct json_node *node, const struct container *container)
{
	if (container->sure) {
		buffer_append_char(&compiler->literal, ',');
	} else if (container->maybe) {
		add_bare_piece(compiler, TEMPLATE_COMMA);
	}
	if (span_present(node->name)) {
		json_append_string(&compiler->literal, node->name);
		buffer_append_char(&compiler->literal, ':');
	}
}

static void compile_optional(struct compiler *compiler, const struct json_node *node,
	const struct container *container, const struct template_pieces *parts)
{
	add_bare_piece(compiler, TEMPLATE_MARK);
	unsigned first = compiler->template->pieces.count;
	compile_prefix(compiler, node, container);
	add_string(compiler, parts);
	flush_literal(compiler);
	struct template_pieces *pieces = &compiler->template->pieces;
	for (unsigned i = first; i < pieces->count; i++) {
		pieces->items[i].resume = pieces->count;
	}
}

static void compile_member(
	struct compiler *compiler, const struct json_node *node, struct container *container)
{
	struct template_pieces parts = { 0 };
	bool string = node->type == JSON_STRING;
	if (string && !parse_string(compiler, node, &parts)) {
		free(parts.items);
		return;
	}
	if (is_optional(&parts)) {
		compile_optional(compiler, node, container, &parts);
	} else {
		compile_prefix(compiler, node, container);
		if (string) {
			add_string(compiler, &parts);
		} else {
			compile_value(compiler, node);
		}
		container->sure = true;
	}
	container->maybe = true;
	free(parts.items);
}

static void compile_container(struct compiler *compiler, const struct json_node *node)
{
	bool object = node->type == JSON_OBJECT;
	struct container container = { 0 };
	buffer_append_char(&compiler->literal, object ? '{' : '[');
	for (const struct json_node *n = node->first; n != NULL; n = n->next) {
		compile_member(compiler, n, &container);
	}
	buffer_append_char(&compiler->literal, object ? '}' : ']');
}

static void compile_value(struct compiler *compiler, const struct json_node *node)
{
	struct template_pieces parts = { 0 };
	if (node->type == JSON_OBJECT || node->type == JSON_ARRAY) {
		compile_container(compiler, node);
	} else if (node->type != JSON_STRING) {
		buffer_append_span(&compiler->literal, node->text);
	} else if (parse_string(compiler, node, &parts)) {
		add_string(compiler, &parts);
	}
	free(parts.items);
}

static void compile_text(struct compiler *compiler, const struct json_node *node)
{
	bool scalar =
		node->type == JSON_NUMBER || node->type == JSON_TRUE || node->type == JSON_FALSE;
	if (node->type == JSON_STRING) {
		parse_string(compiler, node, &compiler->template->pieces);
	} else if (scalar && compiler->template->form == TEMPLATE_VALUE) {
		buffer_append_span(&compiler->literal, node->text);
	} else {
		problem_list_error(compiler->problems, node, "expected a string");
		compiler->good = false;
	}
}

struct template *template_create(const struct json_node *node, enum template_form form,
	const struct variable_context *context, struct problem_list *problems)
{
	struct template *template = memory_new(1, sizeof(*template));
	struct compiler compiler = {
		.template = template, .context = context, .problems = problems, .good = true
	};
	template->form = form;
	if (form == TEMPLATE_JSON) {
		compile_value(&compiler, node);
	} else {
		compile_text(&compiler, node);
	}
	flush_literal(&compiler);
	buffer_finish(&compiler.literal);
	if (!compiler.good) {
		template_destroy(template);
		return NULL;
	}
	struct template_pieces *pieces = &template->pieces;
	template->constant =
		pieces->count == 0 || (pieces->count == 1 && !is_variable(&pieces->items[0]));
	template->text = pieces->count == 0 ? SPAN("") : pieces->items[0].text;
	for (unsigned i = 0; i < pieces->count; i++) {
		if (is_variable(&pieces->items[i])) {
			template->uses |= (uint64_t)1 << pieces->items[i].use.kind;
		}
	}
	return template;
}

void template_destroy(struct template *template)
{
	if (template != NULL) {
		free(template->pieces.items);
		store_finish(&template->store);
		free(template);
	}
}

bool template_is_constant(const struct template *template, struct span *text)
{
	if (template->constant && text != NULL) {
		*text = template->text;
	}
	return template->constant;
}

bool template_is(const struct template *template, enum variable_kind kind)
{
	const struct template_piece *piece = template->pieces.items;
	return template->pieces.count == 1 && is_variable(piece) && piece->use.kind == kind &&
	       piece->filter_count == 0 && piece->absence != TEMPLATE_ABSENCE_DEFAULT;
}

bool template_uses(const struct template *template, enum variable_kind kind)
{
	return (template->uses & (uint64_t)1 << kind) != 0;
}

bool template_part_at(const struct template *template, unsigned index, struct template_part *part)
{
	const struct template_pieces *pieces = &template->pieces;
	unsigned at = 0;
	for (unsigned left = index; at < pieces->count; at++) {
		bool bare = pieces->items[at].kind == TEMPLATE_MARK ||
			    pieces->items[at].kind == TEMPLATE_COMMA;
		if (!bare && left-- == 0) {
			break;
		}
	}
	if (at == pieces->count) {
		return false;
	}
	const struct template_piece *piece = &pieces->items[at];
	bool fallback = is_variable(piece) && piece->absence == TEMPLATE_ABSENCE_DEFAULT;
	*part = (struct template_part){
		.literal = is_variable(piece) ? SPAN_ABSENT : piece->text,
		.use = piece->use,
		.filters = piece->filters,
		.filter_count = piece->filter_count,
		.fallback = fallback ? piece->text : SPAN_ABSENT,
		.optional = is_variable(piece) && piece->absence == TEMPLATE_ABSENCE_OMITTED,
	};
	return true;
}

static enum template_result refuse(struct variable_source *source, const char *detail)
{
	*source->refusal =
		(struct refusal){ .status = 400, .type = "bad-request", .detail = detail };
	return TEMPLATE_REFUSED;
}

/* Runs the text through one filter that changes it; the result stands in the scratch. */
static struct span change(const struct filter *filter, struct span text, struct buffer *scratch)
{
	bool inside = scratch->data != NULL && text.ptr >= scratch->data &&
		      text.ptr < scratch->data + scratch->len;
	size_t offset = inside ? (size_t)(text.ptr - scratch->data) : 0;
	buffer_reserve(scratch, 6 * text.len + 4);
	if (inside) {
		text.ptr = scratch->data + offset;
	}
	size_t start = scratch->len;
	filter_append(filter, text, scratch);
	return buffer_since(scratch, start);
}

/*
 * Into a URI. What is part of one already stays as it is; a slash of what was a path stays, one of
 * anything else would begin a segment that nobody has written.
 */
static struct span encode(enum variable_kind kind, struct span text, struct buffer *scratch)
{
	switch (kind) {
	case VARIABLE_URI:
	case VARIABLE_SCHEME:
	case VARIABLE_HOST:
	case VARIABLE_PORT: return text;
	case VARIABLE_PATH:
	case VARIABLE_CAPTURE: return change(&filter_segments, text, scratch);
	default: return change(&filter_segment, text, scratch);
	}
}

/* The value as its place wants it. False: a character or the length is not allowed. */
static bool refine(const struct template_piece *piece, enum template_form form,
	struct variable_source *source, struct span *text)
{
	bool client =
		piece->use.client && (piece->use.kind != VARIABLE_OP || source->op_from_client);
	bool classed = false;
	for (unsigned i = 0; i < piece->filter_count; i++) {
		const struct filter *filter = &piece->filters[i];
		if (filter->kind != FILTER_CLASS) {
			*text = change(filter, *text, source->scratch);
			continue;
		}
		classed = true;
		if (!filter_fits(filter, *text)) {
			return false;
		}
	}
	if (form == TEMPLATE_DESTINATION && client && !classed) {
		return filter_fits(&filter_destination, *text);
	}
	if (form == TEMPLATE_URI && piece->filter_count == 0) {
		*text = encode(piece->use.kind, *text, source->scratch);
	}
	return !piece->checked || filter_is_plain_text(*text);
}

static enum template_result append_absent(
	const struct template_piece *piece, struct variable_source *source, struct buffer *out)
{
	switch (piece->absence) {
	case TEMPLATE_ABSENCE_OMITTED: return TEMPLATE_OMITTED;
	case TEMPLATE_ABSENCE_REFUSED: return refuse(source, piece->missing);
	case TEMPLATE_ABSENCE_NULL:
		if (piece->kind == TEMPLATE_WHOLE) {
			buffer_append_literal(out, "null");
		}
		break;
	case TEMPLATE_ABSENCE_DEFAULT:
		if (piece->kind == TEMPLATE_ESCAPED) {
			json_append_escaped(out, piece->text);
		} else if (piece->kind == TEMPLATE_WHOLE && !piece->text_is_json) {
			json_append_string(out, piece->text);
		} else {
			buffer_append_span(out, piece->text);
		}
	}
	return TEMPLATE_DONE;
}

/* What has nothing to escape. */
static void append_quoted(struct span text, struct buffer *out)
{
	if (buffer_reserve(out, text.len + 2)) {
		char *at = out->data + out->len;
		at[0] = '"';
		memcpy(at + 1, text.ptr, text.len);
		at[text.len + 1] = '"';
		out->len += text.len + 2;
	}
}

static enum template_result append_variable(const struct template *template,
	const struct template_piece *piece, struct variable_source *source, struct buffer *out)
{
	struct variable_value value;
	if (!variable_read(&piece->use, source, piece->want, &value)) {
		return TEMPLATE_REFUSED;
	}
	if (!span_present(value.text)) {
		return append_absent(piece, source, out);
	}
	if (piece->kind == TEMPLATE_QUOTED) {
		append_quoted(value.text, out);
		return TEMPLATE_DONE;
	}
	if (!value.json && !refine(piece, template->form, source, &value.text)) {
		return refuse(source, piece->unfit);
	}
	if (source->scratch->failed) {
		*source->refusal = (struct refusal){ .status = 503,
			.type = "overloaded",
			.detail = "There is no memory for the request." };
		return TEMPLATE_REFUSED;
	}
	if (piece->kind == TEMPLATE_PLAIN || value.json) {
		buffer_append_span(out, value.text);
		return TEMPLATE_DONE;
	}
	bool good = piece->kind == TEMPLATE_WHOLE ? json_append_string(out, value.text)
						  : json_append_escaped(out, value.text);
	return good ? TEMPLATE_DONE : refuse(source, piece->unfit);
}

static void append_comma(size_t start, struct buffer *out)
{
	char last = out->len > start ? out->data[out->len - 1] : '{';
	if (last != '{' && last != '[') {
		buffer_append_char(out, ',');
	}
}

static enum template_result append_pieces(
	const struct template *template, struct variable_source *source, struct buffer *out)
{
	const struct template_pieces *pieces = &template->pieces;
	size_t start = out->len;
	size_t mark = start;
	const struct template_piece *piece = pieces->items;
	for (const struct template_piece *end = piece + pieces->count; piece < end; piece++) {
		switch (piece->kind) {
		case TEMPLATE_LITERAL: buffer_append_span(out, piece->text); continue;
		case TEMPLATE_MARK: mark = out->len; continue;
		case TEMPLATE_COMMA: append_comma(start, out); continue;
		default: break;
		}
		enum template_result result = append_variable(template, piece, source, out);
		if (result == TEMPLATE_OMITTED && piece->resume != TEMPLATE_END) {
			out->len = mark;
			piece = &pieces->items[piece->resume - 1];
		} else if (result != TEMPLATE_DONE) {
			return result;
		}
	}
	return TEMPLATE_DONE;
}

enum template_result template_evaluate(const struct template *template,
	struct variable_source *source, struct buffer *out, struct span *result)
{
	if (template->constant) {
		*result = template->text;
		return TEMPLATE_DONE;
	}
	size_t start = out->len;
	enum template_result done = append_pieces(template, source, out);
	size_t len = out->len - start;
	if (done == TEMPLATE_DONE && template->form == TEMPLATE_VALUE && len > TEMPLATE_VALUE_MAX) {
		done = refuse(source, "A value is longer than 1024 bytes.");
	}
	if (done == TEMPLATE_DONE && template->form == TEMPLATE_DESTINATION &&
		len > TEMPLATE_DESTINATION_MAX) {
		done = refuse(source, "A value is too long.");
	}
	if (done == TEMPLATE_DONE && template->form == TEMPLATE_URI &&
		(len > TEMPLATE_URI_MAX || !filter_is_uri(buffer_since(out, start)))) {
		done = refuse(source, "A value is too long or cannot stand in an address.");
	}
	if (done != TEMPLATE_DONE) {
		out->len = start;
		return done;
	}
	*result = buffer_since(out, start);
	return TEMPLATE_DONE;
}
