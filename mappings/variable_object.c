/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Names are compared pair by pair, so their number is bounded, and by their hashes first: a
 * thousand fields with names of a kilobyte cost less than a millisecond, and who sends more gets
 * 400.
 */

#include "mappings/variable_object.h"

#include "base/json.h"
#include "base/utf8.h"
#include "mappings/form.h"
#include "mappings/header_name.h"
#include "mappings/path.h"

#define PAIRS_MAX 1000

static const char twice[] = "The query has a parameter twice that may come once.";
static const char too_many[] = "The request has too many parameters.";
static const char broken_query[] = "The query has an escape that is broken or is not UTF-8.";
static const char broken_form[] = "The form has an escape that is broken or is not UTF-8.";

struct list {
	struct form_pair pairs[PAIRS_MAX + 1];
	uint32_t hashes[PAIRS_MAX]; /* of the names, in any case */
	unsigned count;
	unsigned hidden; /* enum header_secret */
	bool nocase;
};

/* Text of a query or a form as it is meant. `out` has room for it. */
static bool decode_text(struct span text, struct buffer *out, struct span *decoded)
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
	/* a body, unlike a target, may hold a NUL that nobody has escaped */
	return utf8_check(*decoded) &&
	       (decoded->len == 0 || memchr(decoded->ptr, '\0', decoded->len) == NULL);
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
static const char *decoded_pairs(struct span text, struct buffer *out, struct list *list)
{
	for (struct span rest = text; form_next(&rest, '&', &list->pairs[list->count]);) {
		if (++list->count > PAIRS_MAX) {
			return too_many;
		}
	}
	buffer_reserve(out, text.len + object_bound(text.len, list->count));
	for (unsigned i = 0; i < list->count; i++) {
		struct form_pair *pair = &list->pairs[i];
		if (!decode_text(pair->name, out, &pair->name) ||
			!decode_text(pair->value, out, &pair->value)) {
			return broken_query;
		}
	}
	return NULL;
}

static const char *form_pairs(const struct request *request, struct buffer *out, struct list *list)
{
	const char *why = decoded_pairs(request->body, out, list);
	return why == broken_query ? broken_form : why;
}

static const char *header_pairs(const struct request *request, struct list *list)
{
	list->nocase = true;
	for (unsigned i = 0; i < request->header_count; i++) {
		if (list->count == PAIRS_MAX) {
			return too_many;
		}
		if ((header_name_secret(request->headers[i].name) & list->hidden) != 0) {
			continue;
		}
		list->pairs[list->count++] = (struct form_pair){ .name = request->headers[i].name,
			.value = request->headers[i].value };
	}
	return NULL;
}

static const char *cookie_pairs(const struct request *request, struct list *list)
{
	for (unsigned i = 0; i < request->header_count; i++) {
		struct span rest = request->headers[i].value;
		if ((list->hidden & HEADER_COOKIE) != 0 ||
			!span_equal_nocase(request->headers[i].name, SPAN("cookie"))) {
			continue;
		}
		while (form_next(&rest, ';', &list->pairs[list->count])) {
			if (++list->count > PAIRS_MAX) {
				return too_many;
			}
		}
	}
	return NULL;
}

static const char *read_pairs(const struct request *request, enum variable_list which,
	struct buffer *out, struct list *list)
{
	switch (which) {
	case VARIABLE_LIST_QUERY: return decoded_pairs(request->query, out, list);
	case VARIABLE_LIST_FORM: return form_pairs(request, out, list);
	case VARIABLE_LIST_HEADERS: return header_pairs(request, list);
	default: return cookie_pairs(request, list);
	}
}

/* FNV-1a. */
static uint32_t hash_name(struct span name)
{
	uint32_t hash = 2166136261;
	for (size_t i = 0; i < name.len; i++) {
		hash = (hash ^ (unsigned char)span_lower(name.ptr[i])) * 16777619;
	}
	return hash;
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

static bool is_same_name(const struct list *list, unsigned first, unsigned other)
{
	struct span name = list->pairs[other].name;
	return list->hashes[first] == list->hashes[other] && span_present(name) &&
	       (list->nocase ? span_equal_nocase(list->pairs[first].name, name)
			     : span_equal(list->pairs[first].name, name));
}

/* Appends what `first` and every later pair of its name hold, and marks the later as written. */
static void append_values(struct list *list, unsigned first, struct buffer *out)
{
	size_t start = out->len;
	json_append_string(out, list->pairs[first].value);
	bool more = false;
	for (unsigned i = first + 1; i < list->count; i++) {
		if (is_same_name(list, first, i)) {
			buffer_append_char(out, ',');
			json_append_string(out, list->pairs[i].value);
			list->pairs[i].name = SPAN_ABSENT;
			more = true;
		}
	}
	if (more && buffer_reserve(out, 2)) {
		memmove(out->data + start + 1, out->data + start, out->len - start);
		out->data[start] = '[';
		out->len++;
		buffer_append_char(out, ']');
	}
}

const char *variable_list_object(const struct request *request, enum variable_list which,
	unsigned hidden, struct buffer *out, struct span *object)
{
	struct list list;
	list.count = 0;
	list.hidden = hidden;
	list.nocase = false;
	buffer_clear(out);
	const char *why = read_pairs(request, which, out, &list);
	if (why != NULL) {
		return why;
	}
	size_t text = 0;
	for (unsigned i = 0; i < list.count; i++) {
		const struct form_pair *pair = &list.pairs[i];
		if (!utf8_check(pair->name) || !utf8_check(pair->value)) {
			return "The request has a name or value that is not UTF-8.";
		}
		list.hashes[i] = hash_name(pair->name);
		text += pair->name.len + pair->value.len;
	}
	buffer_reserve(out, object_bound(text, list.count));
	size_t start = out->len;
	buffer_append_char(out, '{');
	for (unsigned i = 0; i < list.count && !out->failed; i++) {
		if (span_present(list.pairs[i].name)) {
			if (out->len > start + 1) {
				buffer_append_char(out, ',');
			}
			append_name(list.pairs[i].name, list.nocase, out);
			append_values(&list, i, out);
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
	return decode_text(raw, scratch, value) ? NULL : broken_query;
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
	default: cookie_value(request, name, value); break;
	}
	return NULL;
}
