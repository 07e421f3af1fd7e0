/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The entity tag is made of size and time, which change with every write that anybody could tell
 * apart. Conditions and ranges are for answers that are 200 to a GET or HEAD; a page that a mapping
 * gives with another status is always given whole.
 */
#include "mappings/files.h"

#include "mappings/filter.h"
#include "mappings/mapping_parts.h"
#include "mappings/precondition.h"
#include "message/file_type.h"
#include "message/http_date.h"

#include <assert.h>

#define SECOND INT64_C(1000000000)

/* All that files_finish() writes: it must not move. */
enum { TEXT_MAX = 512 };

struct span files_root(const struct mapping *mapping)
{
	return mapping->files.root;
}

/* Names that begin with a dot are nobody's business. */
static bool is_hidden(struct span name)
{
	bool first = true;
	for (size_t i = 0; i < name.len; i++) {
		if (first && name.ptr[i] == '.') {
			return true;
		}
		first = name.ptr[i] == '/';
	}
	return false;
}

bool files_name(const struct match *match, struct buffer *out)
{
	const struct span index = match->mapping->files.index;
	struct span rest = match->captures[match->capture_count - 1];
	bool folder = match->path.ptr[match->path.len - 1] == '/';
	if (is_hidden(rest) || (folder && index.len == 0)) {
		return false;
	}
	buffer_append_span(out, rest);
	if (folder) {
		buffer_append_span(out, index);
	}
	buffer_append_char(out, '\0');
	return !out->failed;
}

void files_append_address(
	const struct request *request, const struct match *match, struct buffer *out)
{
	filter_append(&filter_segments, match->path, out);
	buffer_append_char(out, '/');
	if (request->query.len > 0) {
		buffer_append_char(out, '?');
		buffer_append_span(out, request->query);
	}
}

/* ---- the answer ---- */

void files_begin(struct span name, struct answer *answer)
{
	answer->status = 200;
	answer->error = answer->body_is_json = false;
	answer->body = SPAN("");
	answer->content_type = file_type_of_name(name);
	answer->content_encoding = SPAN_ABSENT;
	answer->bad_reply = NULL;
	answer->header_count = answer->headers_dropped = 0;
}

static void add_header(struct answer *answer, struct span name, struct span value)
{
	for (unsigned i = 0; i < answer->header_count; i++) {
		if (span_equal_nocase(answer->headers[i].name, name)) {
			return;
		}
	}
	if (answer->header_count < MESSAGE_HEADERS_MAX) {
		answer->headers[answer->header_count++] = (struct message_header){
			.name = name, .value = value, .type = MESSAGE_TEXT
		};
	}
}

static struct span make_tag(const struct files_facts *facts, struct buffer *text)
{
	size_t start = text->len;
	buffer_append_format(text, "\"%llx-%llx\"", (unsigned long long)facts->modified_ns,
		(unsigned long long)facts->size);
	return buffer_since(text, start);
}

/* Nothing has been changed in the future (RFC 9110 section 8.8.2.1). */
static int64_t modified_s(const struct files_facts *facts)
{
	int64_t seconds = facts->modified_ns / SECOND - (facts->modified_ns % SECOND < 0);
	return seconds < facts->now_ms / 1000 ? seconds : facts->now_ms / 1000;
}

static struct span make_date(int64_t seconds, struct buffer *text)
{
	char date[HTTP_DATE_SIZE];
	size_t start = text->len;
	http_date_write(seconds, date);
	buffer_append(text, date, sizeof(date));
	return buffer_since(text, start);
}

static void add_age(const struct files_rule *rule, struct answer *answer, struct buffer *text)
{
	size_t start = text->len;
	if (span_present(rule->root) && rule->max_age_s >= 0) {
		buffer_append_format(text, "max-age=%lld", (long long)rule->max_age_s);
		add_header(answer, SPAN("Cache-Control"), buffer_since(text, start));
	}
}

static struct span make_range(
	const struct files_facts *facts, const struct files_part *part, struct buffer *text)
{
	size_t start = text->len;
	buffer_append_literal(text, "bytes ");
	if (part != NULL) {
		buffer_append_number(text, part->offset);
		buffer_append_char(text, '-');
		buffer_append_number(text, part->offset + part->len - 1);
	} else {
		buffer_append_char(text, '*');
	}
	buffer_append_char(text, '/');
	buffer_append_number(text, facts->size);
	return buffer_since(text, start);
}

static void refuse_range(
	const struct files_facts *facts, struct buffer *text, struct refusal *refusal)
{
	*refusal = (struct refusal){ .status = 416,
		.type = "range-not-satisfiable",
		.detail = "The file has no such range.",
		.offer = OFFER_CONTENT_RANGE,
		.offered = make_range(facts, NULL, text) };
}

static bool is_conditional(const struct request *request, const struct answer *answer)
{
	return answer->status == 200 && (span_equal(request->method, SPAN("GET")) ||
						span_equal(request->method, SPAN("HEAD")));
}

bool files_finish(const struct files_input *input, struct answer *answer, struct files_part *part,
	struct refusal *refusal)
{
	const struct files_facts *facts = input->facts;
	struct buffer *text = input->text;
	*part = (struct files_part){ 0, facts->size };
	buffer_clear(text);
	if (!is_conditional(input->request, answer)) {
		return true;
	}
	if (!buffer_reserve(text, TEXT_MAX)) {
		*refusal = (struct refusal){ .status = 503,
			.type = "overloaded",
			.detail = "There is no memory for the answer." };
		return false;
	}
	const struct precondition_facts now = { .tag = make_tag(facts, text),
		.modified_s = modified_s(facts),
		.now_s = facts->now_ms / 1000,
		.size = facts->size };
	enum precondition found =
		precondition_check(input->request, &now, &part->offset, &part->len);
	if (found == PRECONDITION_FAILED) {
		*refusal = (struct refusal){ .status = 412,
			.type = "precondition-failed",
			.detail = "The file is another one by now." };
		return false;
	}
	if (found == PRECONDITION_BEYOND) {
		refuse_range(facts, text, refusal);
		return false;
	}
	add_header(answer, SPAN("ETag"), now.tag);
	add_header(answer, SPAN("Last-Modified"), make_date(now.modified_s, text));
	add_age(&input->mapping->files, answer, text);
	if (found == PRECONDITION_NOT_MODIFIED) {
		answer->status = 304;
		return true;
	}
	add_header(answer, SPAN("Accept-Ranges"), SPAN("bytes"));
	if (found == PRECONDITION_PART) {
		answer->status = 206;
		add_header(answer, SPAN("Content-Range"), make_range(facts, part, text));
	}
	assert(text->len <= TEXT_MAX);
	return true;
}
