/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/entity_tag.h"

#include "base/text.h"

static bool is_tag_char(char c)
{
	return c != '"' && c != ' ' && !text_is_control((unsigned char)c);
}

/* Takes a tag off the front, its quotes with it. */
static bool take_tag(struct span *list, bool *weak, struct span *tag)
{
	*weak = span_starts_with(*list, SPAN("W/"));
	if (*weak) {
		*list = span_skip(*list, 2);
	}
	if (list->len == 0 || list->ptr[0] != '"') {
		return false;
	}
	size_t end = 1;
	while (end < list->len && is_tag_char(list->ptr[end])) {
		end++;
	}
	if (end == list->len || list->ptr[end] != '"') {
		return false;
	}
	*tag = span_of(list->ptr, end + 1);
	*list = span_skip(*list, end + 1);
	return true;
}

/* Blanks and commas in front; false: two tags stand side by side. */
static bool take_comma(struct span *list, bool first)
{
	bool comma = false;
	while (list->len > 0 &&
		(list->ptr[0] == ' ' || list->ptr[0] == '\t' || list->ptr[0] == ',')) {
		comma = comma || list->ptr[0] == ',';
		*list = span_skip(*list, 1);
	}
	return comma || first || list->len == 0;
}

bool entity_tag_is_listed(struct span list, struct span tag, enum entity_tag_comparison comparison)
{
	bool found = false;
	if (span_equal(text_trim(list), SPAN("*"))) {
		return true;
	}
	for (bool first = true; list.len > 0; first = false) {
		bool weak;
		struct span one;
		if (!take_comma(&list, first)) {
			return false;
		}
		if (list.len == 0) {
			break;
		}
		if (!take_tag(&list, &weak, &one)) {
			return false;
		}
		found = found || (span_equal(one, tag) && (!weak || comparison == ENTITY_TAG_WEAK));
	}
	return found;
}
