/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/respond.h"

#include "mappings/mapping_parts.h"
#include "mappings/template.h"

struct composer {
	const struct respond_rule *rule;
	struct send_room *room;
	struct variable_source source;
	struct answer *answer;
};

/* An omitted value is absent. */
static bool evaluate(struct composer *composer, const struct template *template, struct span *value)
{
	*value = SPAN_ABSENT;
	return template_evaluate(template, &composer->source, &composer->room->text, value) !=
	       TEMPLATE_REFUSED;
}

static bool compose_headers(struct composer *composer)
{
	const struct respond_rule *rule = composer->rule;
	struct answer *answer = composer->answer;
	for (unsigned i = 0; i < rule->header_count; i++) {
		struct message_header *header = &answer->headers[answer->header_count];
		header->name = rule->headers[i].name;
		header->type = MESSAGE_TEXT;
		if (!evaluate(composer, rule->headers[i].template, &header->value)) {
			return false;
		}
		answer->header_count += span_present(header->value);
	}
	return true;
}

static bool compose_content(struct composer *composer)
{
	const struct respond_rule *rule = composer->rule;
	struct answer *answer = composer->answer;
	struct span own = SPAN_ABSENT;
	if (rule->content_type != NULL && !evaluate(composer, rule->content_type, &own)) {
		return false;
	}
	answer->content_type = span_present(own) ? own : rule->body_type;
	return rule->body == NULL || evaluate(composer, rule->body, &answer->body);
}

static bool compose(struct composer *composer, const struct mapping *mapping)
{
	struct answer *answer = composer->answer;
	buffer_clear(&composer->room->text);
	answer->status = composer->rule->status;
	answer->error = answer->status >= 400;
	answer->body = SPAN("");
	answer->body_is_json = composer->rule->body_is_json;
	answer->content_encoding = SPAN_ABSENT;
	answer->bad_reply = NULL;
	answer->header_count = answer->headers_dropped = 0;
	variable_source_name_op(&composer->source, mapping->name);
	return mapping_check_body(mapping, &composer->source) && compose_headers(composer) &&
	       compose_content(composer);
}

/* Composed again when the text had to grow, as in send.c: until then no span into it is read. */
bool respond_compose(
	const struct respond_input *input, struct answer *answer, struct refusal *refusal)
{
	const struct mapping *mapping = input->match->mapping;
	struct buffer *text = &input->room->text;
	struct composer composer = { .rule = &mapping->respond,
		.room = input->room,
		.source = { .request = input->request,
			.match = input->match,
			.rule = &mapping->match,
			.facts = input->facts,
			.scratch = &input->room->scratch,
			.refusal = refusal },
		.answer = answer };
	for (;;) {
		size_t cap = text->cap;
		bool composed = compose(&composer, mapping);
		if (text->failed) {
			*refusal = (struct refusal){ .status = 503,
				.type = "overloaded",
				.detail = "There is no memory for the answer." };
			return false;
		}
		if (text->cap == cap) {
			return composed;
		}
	}
}

struct span respond_file(const struct mapping *mapping)
{
	return mapping->respond.file;
}
