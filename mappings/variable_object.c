/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Names are compared pair by pair, so their number is bounded: a thousand short query parameters
 * cost less than a millisecond, and who sends more gets 400.
 */

#include "mappings/variable_object.h"

#include "base/json.h"
#include "base/utf8.h"
#include "mappings/form.h"
#include "mappings/path.h"

#define PAIRS_MAX 1000

static const char twice[] = "The query has a parameter twice that may come once.";
static const char too_many[] = "The request has too many parameters.";
static const char broken_query[] = "The query has an escape that is broken or is not UTF-8.";

/* Query text as it is meant. `out` has room for it. */
static bool decode_query(struct span text, struct buffer *out, struct span *decoded)
{
	*decoded = text;
	if (text.len > 0 && (memchr(text.ptr, '%', text.len) != NULL ||
				    memchr(text.ptr, '+', text.len) != NULL)) {
		size_t start = out->len;
		if (!path_decode(text, true, out)) {
			out->len = start;
			return false;
		}
		*decoded = buffer_since(out, start);
	}
	return utf8_check(*decoded);
}

/* Bytes of an object in the worst case: every character escaped, every value in an array. */
static size_t object_bound(size_t text, size_t pairs)
{
	return 6 * text + 16 * pairs + 2;
}

/*
 * Decoded pairs stand in `out`, and behind them the object will: room for both is made before, so
 * that nothing moves.
 */
static const char *query_pairs(
	const struct request *request, struct buffer *out, struct form_pair *pairs, unsigned *count)
{
	struct span rest = request->query;
	struct form_pair pair;
	size_t pieces = 1;
	for (size_t i = 0; i < rest.len; i++) {
		pieces += rest.ptr[i] == '&';
	}
	buffer_reserve(out, rest.len + object_bound(rest.len, pieces));
	while (form_next(&rest, '&', &pair)) {
		if (*count == PAIRS_MAX) {
			return too_many;
		}
		if (!decode_query(pair.name, out, &pairs[*count].name) ||
			!decode_query(pair.value, out, &pairs[*count].value)) {
			return broken_query;
		}
		(*count)++;
	}
	return NULL;
}

static const char *header_pairs(
	const struct request *request, struct form_pair *pairs, unsigned *count)
{
	for (unsigned i = 0; i < request->header_count; i++) {
		if (*count == PAIRS_MAX) {
			return too_many;
		}
		pairs[*count].name = request->headers[i].name;
		pairs[(*count)++].value = request->headers[i].value;
	}
	return NULL;
}

static const char *cookie_pairs(
	const struct request *request, struct form_pair *pairs, unsigned *count)
{
	for (unsigned i = 0; i < request->header_count; i++) {
		struct span rest = request->headers[i].value;
		if (!span_equal_nocase(request->headers[i].name, SPAN("cookie"))) {
			continue;
		}
		struct form_pair pair;
		while (form_next(&rest, ';', &pair)) {
			if (*count == PAIRS_MAX) {
				return too_many;
			}
			pairs[(*count)++] = pair;
		}
	}
	return NULL;
}

static void append_name(struct span name, bool lower, struct buffer *out)
{
	size_t start = out->len;
	json_append_string(out, name);
	for (size_t i = start; lower && i < out->len; i++) {
		out->data[i] = span_lower(out->data[i]);
	}
	buffer_append_char(out, ':');
}

/* Appends what `first` and every later pair of its name hold, and marks those as written. */
static void append_values(
	struct form_pair *pairs, unsigned count, unsigned first, bool nocase, struct buffer *out)
{
	struct span name = pairs[first].name;
	size_t start = out->len;
	unsigned values = 0;
	for (unsigned i = first; i < count; i++) {
		bool same = span_present(pairs[i].name) &&
			    (nocase ? span_equal_nocase(pairs[i].name, name)
				    : span_equal(pairs[i].name, name));
		if (!same) {
			continue;
		}
		if (values++ > 0) {
			buffer_append_char(out, ',');
		}
		json_append_string(out, pairs[i].value);
		pairs[i].name = SPAN_ABSENT;
	}
	if (values > 1 && buffer_reserve(out, 2)) {
		memmove(out->data + start + 1, out->data + start, out->len - start);
		out->data[start] = '[';
		out->len++;
		buffer_append_char(out, ']');
	}
}

const char *variable_list_object(const struct request *request, enum variable_list list,
	struct buffer *out, struct span *object)
{
	struct form_pair pairs[PAIRS_MAX];
	unsigned count = 0;
	bool nocase = list == VARIABLE_LIST_HEADERS;
	buffer_clear(out);
	const char *why = list == VARIABLE_LIST_QUERY ? query_pairs(request, out, pairs, &count)
			  : nocase                    ? header_pairs(request, pairs, &count)
						      : cookie_pairs(request, pairs, &count);
	if (why != NULL) {
		return why;
	}
	size_t text = 0;
	for (unsigned i = 0; i < count; i++) {
		if (!utf8_check(pairs[i].name) || !utf8_check(pairs[i].value)) {
			return "The request has a name or value that is not UTF-8.";
		}
		text += pairs[i].name.len + pairs[i].value.len;
	}
	buffer_reserve(out, object_bound(text, count));
	size_t start = out->len;
	buffer_append_char(out, '{');
	for (unsigned i = 0; i < count && !out->failed; i++) {
		if (span_present(pairs[i].name)) {
			if (out->len > start + 1) {
				buffer_append_char(out, ',');
			}
			append_name(pairs[i].name, nocase, out);
			append_values(pairs, count, i, nocase, out);
		}
	}
	buffer_append_char(out, '}');
	*object = buffer_since(out, start);
	return NULL;
}

static const char *query_value(
	const struct request *request, struct span name, struct buffer *scratch, struct span *value)
{
	struct span raw;
	if (!form_find(request->query, name, &raw)) {
		return twice;
	}
	if (!span_present(raw)) {
		return NULL;
	}
	buffer_reserve(scratch, raw.len);
	return decode_query(raw, scratch, value) ? NULL : broken_query;
}

/* Lines of one name are one list (RFC 9110 5.3). */
static void header_value(
	const struct request *request, struct span name, struct buffer *scratch, struct span *value)
{
	size_t start = scratch->len;
	unsigned found = 0;
	for (unsigned i = 0; i < request->header_count; i++) {
		if (!span_equal_nocase(request->headers[i].name, name)) {
			continue;
		}
		if (found == 1) {
			buffer_append_span(scratch, *value);
		}
		if (found++ == 0) {
			*value = request->headers[i].value;
			continue;
		}
		bool cookie = span_equal_nocase(name, SPAN("cookie"));
		buffer_append_span(scratch, cookie ? SPAN("; ") : SPAN(", "));
		buffer_append_span(scratch, request->headers[i].value);
	}
	if (found > 1) {
		*value = buffer_since(scratch, start);
	}
}

static void cookie_value(const struct request *request, struct span name, struct span *value)
{
	for (unsigned i = 0; i < request->header_count; i++) {
		struct span rest = request->headers[i].value;
		struct form_pair pair;
		if (!span_equal_nocase(request->headers[i].name, SPAN("cookie"))) {
			continue;
		}
		while (form_next(&rest, ';', &pair)) {
			if (span_equal(pair.name, name)) {
				*value = pair.value;
				return;
			}
		}
	}
}

const char *variable_list_value(const struct request *request, enum variable_list list,
	struct span name, struct buffer *scratch, struct span *value)
{
	*value = SPAN_ABSENT;
	switch (list) {
	case VARIABLE_LIST_QUERY: return query_value(request, name, scratch, value);
	case VARIABLE_LIST_HEADERS: header_value(request, name, scratch, value); break;
	case VARIABLE_LIST_COOKIES: cookie_value(request, name, value); break;
	}
	return NULL;
}
