/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * In the order of RFC 9110 section 13.2.2. A date that is none, or comes twice, is as good as
 * absent: the whole answer is never wrong.
 */
#include "mappings/precondition.h"

#include "message/byte_range.h"
#include "message/entity_tag.h"
#include "message/http_date.h"

#include <stdbool.h>

/* The header that comes once; absent otherwise. */
static struct span single(const struct request *request, struct span name)
{
	struct span found = SPAN_ABSENT;
	for (unsigned i = 0; i < request->header_count; i++) {
		if (!span_equal_nocase(request->headers[i].name, name)) {
			continue;
		}
		if (span_present(found)) {
			return SPAN_ABSENT;
		}
		found = request->headers[i].value;
	}
	return found;
}

/* Lines of one name are one list. */
static bool is_listed(const struct request *request, struct span name, struct span tag,
	enum entity_tag_comparison comparison, bool *is_there)
{
	bool listed = false;
	*is_there = false;
	for (unsigned i = 0; i < request->header_count; i++) {
		const struct request_header *header = &request->headers[i];
		if (span_equal_nocase(header->name, name)) {
			*is_there = true;
			listed = listed || entity_tag_is_listed(header->value, tag, comparison);
		}
	}
	return listed;
}

static bool read_date(const struct request *request, struct span name,
	const struct precondition_facts *facts, int64_t *seconds)
{
	struct span text = single(request, name);
	return span_present(text) && http_date_parse(text, facts->now_s, seconds);
}

static bool has_failed(const struct request *request, const struct precondition_facts *facts)
{
	bool is_there;
	int64_t since;
	bool listed =
		is_listed(request, SPAN("if-match"), facts->tag, ENTITY_TAG_STRONG, &is_there);
	if (is_there) {
		return !listed;
	}
	return read_date(request, SPAN("if-unmodified-since"), facts, &since) &&
	       facts->modified_s > since;
}

static bool is_not_modified(const struct request *request, const struct precondition_facts *facts)
{
	bool is_there;
	int64_t since;
	bool listed =
		is_listed(request, SPAN("if-none-match"), facts->tag, ENTITY_TAG_WEAK, &is_there);
	if (is_there) {
		return listed;
	}
	return read_date(request, SPAN("if-modified-since"), facts, &since) &&
	       facts->modified_s <= since;
}

/* A part is of use only to whoever has the rest of the very same. A date tells that from the second
 * after it on (section 8.8.2.2). */
static bool has_same(const struct request *request, const struct precondition_facts *facts)
{
	bool is_there;
	int64_t since;
	struct span given = single(request, SPAN("if-range"));
	if (!span_present(given)) {
		is_listed(request, SPAN("if-range"), facts->tag, ENTITY_TAG_STRONG, &is_there);
		return !is_there;
	}
	if (span_equal(given, facts->tag)) {
		return true;
	}
	return http_date_parse(given, facts->now_s, &since) && since == facts->modified_s &&
	       facts->now_s > facts->modified_s;
}

enum precondition precondition_check(const struct request *request,
	const struct precondition_facts *facts, uint64_t *first, uint64_t *len)
{
	if (has_failed(request, facts)) {
		return PRECONDITION_FAILED;
	}
	if (is_not_modified(request, facts)) {
		return PRECONDITION_NOT_MODIFIED;
	}
	struct span range = single(request, SPAN("range"));
	if (!span_present(range) || !span_equal(request->method, SPAN("GET")) ||
		!has_same(request, facts)) {
		return PRECONDITION_WHOLE;
	}
	switch (byte_range_parse(range, facts->size, first, len)) {
	case BYTE_RANGE_PART: return PRECONDITION_PART;
	case BYTE_RANGE_BEYOND: return PRECONDITION_BEYOND;
	default: return PRECONDITION_WHOLE;
	}
}
