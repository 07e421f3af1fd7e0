/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/field_value.h"

#include "base/text.h"

#include <string.h>

struct span field_value_skip_blanks(struct span text)
{
	while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
		text = span_skip(text, 1);
	}
	return text;
}

static struct span take(struct span *rest, size_t len)
{
	struct span taken = span_of(rest->ptr, len);
	*rest = span_skip(*rest, len);
	return taken;
}

struct span field_value_take_until(struct span *rest, const char *ends)
{
	size_t len = 0;
	while (len < rest->len && (rest->ptr[len] == 0 || strchr(ends, rest->ptr[len]) == NULL)) {
		len++;
	}
	return take(rest, len);
}

static bool take_quoted(struct span *rest, struct span *value)
{
	for (size_t i = 1; i < rest->len; i++) {
		if (rest->ptr[i] == '"') {
			*value = take(rest, i + 1);
			return true;
		}
		i += rest->ptr[i] == '\\';
	}
	return false;
}

bool field_value_take(struct span *rest, const char *ends, struct span *value)
{
	if (rest->len > 0 && rest->ptr[0] == '"') {
		return take_quoted(rest, value);
	}
	*value = field_value_take_until(rest, ends);
	return text_is_token(*value);
}
