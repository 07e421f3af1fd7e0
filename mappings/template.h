/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A template: text or a JSON value with ${variables} in it. Compiled at load to a flat list of
 * pieces, immutable, evaluated by any thread without allocating in steady state.
 *
 *     struct variable_context context = { .scope = VARIABLE_SCOPE_ENVELOPE };
 *     struct template *answer = template_create(node, TEMPLATE_JSON, &context, problems);
 *     …
 *     struct variable_source source = { .answer = &values, .scratch = &scratch,
 *         .refusal = &refusal };
 *     if (template_evaluate(answer, &source, out, &text) == TEMPLATE_DONE) { … }
 */
#pragma once

#include "base/buffer.h"
#include "base/json_tree.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "mappings/variable.h"

#include <stdbool.h>
#include <stddef.h>

enum template_form {
	TEMPLATE_JSON,        /* any JSON value, gives JSON text */
	TEMPLATE_TEXT,        /* a string, gives any bytes */
	TEMPLATE_VALUE,       /* a string or number, gives UTF-8 without control characters */
	TEMPLATE_DESTINATION, /* a string; client text keeps to [A-Za-z0-9_-]{1,128} or its class */
	TEMPLATE_URI,         /* a string, gives a URI reference; values are percent-encoded */
};

#define TEMPLATE_VALUE_MAX 1024      /* bytes of a header value or key */
#define TEMPLATE_DESTINATION_MAX 255 /* bytes of an AMQP short string */
#define TEMPLATE_URI_MAX 8192

enum template_result {
	TEMPLATE_DONE,
	TEMPLATE_OMITTED, /* a ${x?} is absent: leave out the member, header or property */
	TEMPLATE_REFUSED, /* source->refusal says why */
};

struct filter;
struct template;

/*
 * Compiles `node`; its tree and `context->match` must outlive the template. NULL and problems when
 * it is wrong.
 */
struct template *template_create(const struct json_node *node, enum template_form form,
	const struct variable_context *context, struct problem_list *problems);
/* NULL is accepted. */
void template_destroy(struct template *template);

/* It holds no variable; `text` is what it always gives. */
bool template_is_constant(const struct template *template, struct span *text);
/* It is exactly one variable of that kind, without filter or default. */
bool template_is(const struct template *template, enum variable_kind kind);
bool template_uses(const struct template *template, enum variable_kind kind);

/* A piece of a template, for whoever checks more of it at load. */
struct template_part {
	struct span literal; /* absent: a variable */
	struct variable_use use;
	const struct filter *filters;
	unsigned filter_count;
	struct span fallback; /* the default of an absent value; absent: none */
	bool optional;
};

/* The pieces in order; false behind the last one. */
bool template_part_at(const struct template *template, unsigned index, struct template_part *part);

/*
 * `result` is what was appended to `out`, or the constant without copying. Unless DONE, `out` is as
 * it was.
 */
enum template_result template_evaluate(const struct template *template,
	struct variable_source *source, struct buffer *out, struct span *result);
