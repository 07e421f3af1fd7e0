/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/form.h"

#include "base/text.h"
#include "mappings/path.h"

/* Takes what stands before `separator` off the front. False at the end. */
static bool take_until(struct span *rest, char separator, struct span *part)
{
	if (!span_present(*rest)) {
		return false;
	}
	const char *at = rest->len > 0 ? memchr(rest->ptr, separator, rest->len) : NULL;
	*part = span_of(rest->ptr, at != NULL ? (size_t)(at - rest->ptr) : rest->len);
	*rest = at != NULL ? span_skip(*rest, part->len + 1) : SPAN_ABSENT;
	return true;
}

/* "a=b" at its first "="; without one the value is empty. */
static struct form_pair split_pair(struct span part)
{
	struct span rest = part;
	struct form_pair pair = { 0 };
	take_until(&rest, '=', &pair.name);
	pair.value = span_present(rest) ? rest : SPAN("");
	return pair;
}

bool form_next(struct span *rest, char separator, struct form_pair *pair)
{
	struct span part;
	while (take_until(rest, separator, &part)) {
		part = text_trim(part);
		if (part.len > 0) {
			*pair = split_pair(part);
			return true;
		}
	}
	return false;
}

bool form_text_is(struct span text, struct span plain)
{
	size_t at = 0;
	for (size_t i = 0; i < text.len; i++, at++) {
		int byte = (unsigned char)text.ptr[i];
		if (byte == '%') {
			byte = path_escaped_byte(text, i);
			i += 2;
		} else if (byte == '+') {
			byte = ' ';
		}
		if (byte <= 0 || at == plain.len || byte != (unsigned char)plain.ptr[at]) {
			return false;
		}
	}
	return at == plain.len;
}

bool form_find(struct span query, struct span name, struct span *value)
{
	struct form_pair pair;
	*value = SPAN_ABSENT;
	while (form_next(&query, '&', &pair)) {
		if (!form_text_is(pair.name, name)) {
			continue;
		}
		if (span_present(*value)) {
			return false;
		}
		*value = pair.value;
	}
	return true;
}
