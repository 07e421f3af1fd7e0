/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "message/accept.h"

#include "base/text.h"
#include "message/field_value.h"

/* 0 to 1 with at most three digits behind the point; ".2" for the sake of Java. */
static bool read_weight(struct span text, unsigned *weight)
{
	unsigned value = 0, unit = ACCEPT_WEIGHT_MAX;
	if (text.len > 0 && (text.ptr[0] == '0' || text.ptr[0] == '1')) {
		value = text.ptr[0] == '1' ? ACCEPT_WEIGHT_MAX : 0;
		text = span_skip(text, 1);
	} else if (text.len < 2) {
		return false;
	}
	if (text.len > 4 || (text.len > 0 && text.ptr[0] != '.')) {
		return false;
	}
	for (size_t i = 1; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9') {
			return false;
		}
		unit /= 10;
		value += (unsigned)(text.ptr[i] - '0') * unit;
	}
	*weight = value;
	return value <= ACCEPT_WEIGHT_MAX;
}

/* One behind its semicolon. Only behind a weight a name may stand alone (RFC 7231 5.3.2). */
static bool take_parameter(struct span *rest, bool *weighed, unsigned *weight)
{
	struct span value;
	struct span name = field_value_take_until(rest, "=,; \t");
	if (!text_is_token(name)) {
		return false;
	}
	if (rest->len == 0 || rest->ptr[0] != '=') {
		return *weighed;
	}
	*rest = span_skip(*rest, 1);
	if (!field_value_take(rest, ",; \t", &value)) {
		return false;
	}
	if (!span_equal_nocase(name, SPAN("q"))) {
		return true;
	}
	bool first = !*weighed;
	*weighed = true;
	return first && read_weight(value, weight);
}

static bool take_parameters(struct span *rest, unsigned *weight)
{
	bool weighed = false;
	for (;;) {
		*rest = field_value_skip_blanks(*rest);
		if (rest->len == 0 || rest->ptr[0] == ',') {
			return true;
		}
		if (rest->ptr[0] != ';') {
			return false;
		}
		*rest = field_value_skip_blanks(span_skip(*rest, 1));
		bool empty = rest->len == 0 || rest->ptr[0] == ';' || rest->ptr[0] == ',';
		if (!empty && !take_parameter(rest, &weighed, weight)) {
			return false;
		}
	}
}

enum accept_result accept_next(struct span *rest, struct accept_range *out)
{
	*rest = field_value_skip_blanks(*rest);
	while (rest->len > 0 && rest->ptr[0] == ',') {
		*rest = field_value_skip_blanks(span_skip(*rest, 1));
	}
	if (rest->len == 0) {
		return ACCEPT_END;
	}
	struct span range = field_value_take_until(rest, ",; \t");
	if (span_equal(range, SPAN("*"))) {
		range = SPAN("*/*");
	}
	out->weight = ACCEPT_WEIGHT_MAX;
	if (!media_range_parse(range, &out->range) || !take_parameters(rest, &out->weight)) {
		return ACCEPT_BROKEN;
	}
	return ACCEPT_RANGE;
}
