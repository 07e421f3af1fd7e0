/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/media_range.h"

#include "base/text.h"

static bool is_plain(struct span token)
{
	return text_is_token(token) && memchr(token.ptr, '*', token.len) == NULL;
}

/* "type/subtype" at its first slash; without one the subtype is absent. */
static void split(struct span name, struct span *type, struct span *subtype)
{
	const char *slash = name.len > 0 ? memchr(name.ptr, '/', name.len) : NULL;
	size_t len = slash != NULL ? (size_t)(slash - name.ptr) : name.len;
	*type = span_of(name.ptr, len);
	*subtype = slash != NULL ? span_skip(name, len + 1) : SPAN_ABSENT;
}

bool media_range_parse(struct span text, struct media_range *range)
{
	*range = (struct media_range){ 0 };
	split(text, &range->type, &range->subtype);
	bool all = span_equal(range->subtype, SPAN("*"));
	if (span_equal(range->type, SPAN("*"))) {
		range->kind = MEDIA_RANGE_ALL;
		return all;
	}
	if (!is_plain(range->type)) {
		return false;
	}
	if (all) {
		range->kind = MEDIA_RANGE_TYPE;
		return true;
	}
	range->kind = MEDIA_RANGE_ONE;
	if (span_starts_with(range->subtype, SPAN("*+"))) {
		range->kind = MEDIA_RANGE_SUFFIX;
		range->subtype = span_skip(range->subtype, 1);
		return range->subtype.len > 1 && is_plain(range->subtype);
	}
	return is_plain(range->subtype);
}

static bool ends_with(struct span text, struct span suffix)
{
	return text.len > suffix.len &&
	       span_equal_nocase(span_skip(text, text.len - suffix.len), suffix);
}

bool media_range_holds(const struct media_range *range, struct span name)
{
	struct span type, subtype;
	if (range->kind == MEDIA_RANGE_ALL) {
		return true;
	}
	split(name, &type, &subtype);
	if (!span_equal_nocase(range->type, type)) {
		return false;
	}
	switch (range->kind) {
	case MEDIA_RANGE_SUFFIX: return ends_with(subtype, range->subtype);
	case MEDIA_RANGE_ONE: return span_equal_nocase(range->subtype, subtype);
	default: return true;
	}
}

bool media_range_covers(const struct media_range *a, const struct media_range *b)
{
	if (a->kind == MEDIA_RANGE_ALL) {
		return true;
	}
	if (a->kind > b->kind || !span_equal_nocase(a->type, b->type)) {
		return false;
	}
	if (a->kind == MEDIA_RANGE_TYPE) {
		return true;
	}
	return (a->kind == b->kind && span_equal_nocase(a->subtype, b->subtype)) ||
	       (a->kind == MEDIA_RANGE_SUFFIX && ends_with(b->subtype, a->subtype));
}

bool media_range_overlaps(const struct media_range *a, const struct media_range *b)
{
	if (a->kind == MEDIA_RANGE_SUFFIX && b->kind == MEDIA_RANGE_SUFFIX) {
		const struct media_range *longer = a->subtype.len > b->subtype.len ? a : b;
		const struct media_range *other = longer == a ? b : a;
		size_t more = longer->subtype.len - other->subtype.len;
		return span_equal_nocase(a->type, b->type) &&
		       span_equal_nocase(span_skip(longer->subtype, more), other->subtype);
	}
	return media_range_covers(a, b) || media_range_covers(b, a);
}
