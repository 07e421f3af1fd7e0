/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/part_format.h"

#include "base/json.h"
#include "base/utf8.h"
#include "message/accept.h"
#include "message/media_type.h"

struct span part_format_content_type(enum part_format format)
{
	switch (format) {
	case PART_FORMAT_NDJSON: return SPAN("application/x-ndjson");
	case PART_FORMAT_SSE: return SPAN("text/event-stream");
	case PART_FORMAT_ARRAY: break;
	}
	return SPAN("application/json");
}

/* What the most specific range says that a format is in. */
struct wish {
	enum media_range_kind kind;
	bool any;
	unsigned weight;
};

static void weigh(struct wish *wishes, const struct accept_range *accept)
{
	for (int format = PART_FORMAT_ARRAY; format <= PART_FORMAT_SSE; format++) {
		struct wish *wish = &wishes[format];
		bool nearer = !wish->any || accept->range.kind > wish->kind ||
			      (accept->range.kind == wish->kind && accept->weight > wish->weight);
		if (nearer && media_range_holds(&accept->range, part_format_content_type(format))) {
			*wish = (struct wish){ accept->range.kind, true, accept->weight };
		}
	}
}

static bool is_better(const struct wish *wish, const struct wish *best)
{
	return wish->weight > best->weight ||
	       (wish->weight == best->weight && wish->weight > 0 && wish->kind > best->kind);
}

enum part_format part_format_choose(const struct request_header *headers, unsigned count)
{
	struct wish wishes[PART_FORMAT_SSE + 1] = { 0 };
	for (unsigned i = 0; i < count; i++) {
		struct span rest = headers[i].value;
		struct accept_range accept;
		while (span_equal_nocase(headers[i].name, SPAN("accept")) &&
			accept_next(&rest, &accept) == ACCEPT_RANGE) {
			weigh(wishes, &accept);
		}
	}
	enum part_format best = PART_FORMAT_ARRAY;
	for (int format = PART_FORMAT_ARRAY; format <= PART_FORMAT_SSE; format++) {
		if (is_better(&wishes[format], &wishes[best])) {
			best = (enum part_format)format;
		}
	}
	return best;
}

/* Strict JSON has line breaks only between its tokens, where a space does as well. */
static void append_on_one_line(struct buffer *out, struct span json)
{
	size_t start = out->len;
	buffer_append_span(out, json);
	for (size_t i = start; !out->failed && i < out->len; i++) {
		if (out->data[i] == '\n' || out->data[i] == '\r') {
			out->data[i] = ' ';
		}
	}
}

void part_format_append_value(const struct part *part, struct buffer *out)
{
	bool may_be = part->content_type.len == 0 || media_type_is_json(part->content_type);
	if (part->body.len == 0) {
		buffer_append_literal(out, "null");
	} else if (part->is_json || (may_be && json_check(part->body, NULL))) {
		append_on_one_line(out, json_value(part->body));
	} else if (utf8_check(part->body)) {
		json_append_string(out, part->body);
	} else {
		buffer_append_char(out, '"');
		buffer_append_base64(out, part->body);
		buffer_append_char(out, '"');
	}
}

void part_format_append(
	enum part_format format, uint32_t position, const struct part *part, struct buffer *out)
{
	switch (format) {
	case PART_FORMAT_ARRAY:
		buffer_append_char(out, position == 0 ? '[' : ',');
		part_format_append_value(part, out);
		break;
	case PART_FORMAT_NDJSON:
		part_format_append_value(part, out);
		buffer_append_char(out, '\n');
		break;
	case PART_FORMAT_SSE:
		buffer_append_literal(out, "data: ");
		part_format_append_value(part, out);
		buffer_append_literal(out, "\n\n");
		break;
	}
}

void part_format_append_end(enum part_format format, uint32_t count, struct buffer *out)
{
	if (format == PART_FORMAT_ARRAY) {
		buffer_append_span(out, count == 0 ? SPAN("[]") : SPAN("]"));
	}
}

bool part_format_append_error(enum part_format format, struct span json, struct buffer *out)
{
	switch (format) {
	case PART_FORMAT_ARRAY: return false;
	case PART_FORMAT_NDJSON:
		buffer_append_literal(out, "{\"error\":");
		append_on_one_line(out, json);
		buffer_append_literal(out, "}\n");
		break;
	case PART_FORMAT_SSE:
		buffer_append_literal(out, "event: error\ndata: ");
		append_on_one_line(out, json);
		buffer_append_literal(out, "\n\n");
		break;
	}
	return true;
}
