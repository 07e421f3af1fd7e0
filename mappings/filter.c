/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/filter.h"

#include "base/text.h"
#include "base/utf8.h"

#define BIT(c) ((uint64_t)1 << ((c)&63))

const struct filter filter_destination = {
	.kind = FILTER_CLASS,
	.allowed = { (uint64_t)0x3ff << '0' | BIT('-'),
		(uint64_t)0x3ffffff << ('A' - 64) | (uint64_t)0x3ffffff << ('a' - 64) | BIT('_') },
	.min = 1,
	.max = 128,
};

const struct filter filter_segments = { .kind = FILTER_URI };
const struct filter filter_segment = { .kind = FILTER_URI_SEGMENT };

static const struct {
	struct span name;
	enum filter_kind kind;
} named[] = {
	{ { "base64", 6 }, FILTER_BASE64 },
	{ { "html", 4 }, FILTER_HTML },
	{ { "uri", 3 }, FILTER_URI },
};

/* One character of a class, maybe behind a backslash; -1 when there is none. */
static int take_class_char(struct span *text)
{
	if (text->len > 0 && text->ptr[0] == '\\') {
		*text = span_skip(*text, 1);
	}
	if (text->len == 0) {
		return -1;
	}
	unsigned char c = (unsigned char)text->ptr[0];
	*text = span_skip(*text, 1);
	return c;
}

static const char *parse_class(struct span *text, struct filter *filter)
{
	*text = span_skip(*text, 1);
	if (text->len > 0 && text->ptr[0] == '^') {
		return "a class lists what is allowed; [^…] is not supported";
	}
	while (text->len > 0 && text->ptr[0] != ']') {
		int from = take_class_char(text);
		int to = from;
		if (text->len >= 2 && text->ptr[0] == '-' && text->ptr[1] != ']') {
			*text = span_skip(*text, 1);
			to = take_class_char(text);
		}
		if (from < 0x20 || to < from || to > 0x7e) {
			return "a class holds printable ASCII characters and ranges like a-z";
		}
		for (int c = from; c <= to; c++) {
			filter->allowed[c >> 6] |= BIT(c);
		}
	}
	if (text->len == 0 || (filter->allowed[0] | filter->allowed[1]) == 0) {
		return "a class is written like [A-Za-z0-9_-]";
	}
	*text = span_skip(*text, 1);
	return NULL;
}

static bool take_number(struct span *text, size_t *number)
{
	size_t digits = 0;
	*number = 0;
	while (text->len > 0 && text->ptr[0] >= '0' && text->ptr[0] <= '9' && digits < 7) {
		*number = *number * 10 + (size_t)(text->ptr[0] - '0');
		*text = span_skip(*text, 1);
		digits++;
	}
	return digits > 0;
}

static bool take_char(struct span *text, char c)
{
	if (text->len == 0 || text->ptr[0] != c) {
		return false;
	}
	*text = span_skip(*text, 1);
	return true;
}

/* {n} or {m,n}; without it as for destinations. */
static const char *parse_length(struct span *text, struct filter *filter)
{
	filter->min = filter_destination.min;
	filter->max = filter_destination.max;
	if (!take_char(text, '{')) {
		return NULL;
	}
	bool good = take_number(text, &filter->min);
	filter->max = filter->min;
	if (good && take_char(text, ',')) {
		good = take_number(text, &filter->max);
	}
	if (!good || !take_char(text, '}') || filter->max < filter->min) {
		return "a length is written like {1,64}";
	}
	return NULL;
}

const char *filter_parse(struct span *text, struct filter *filter)
{
	*filter = (struct filter){ .kind = FILTER_CLASS };
	if (text->len > 0 && text->ptr[0] == '[') {
		const char *why = parse_class(text, filter);
		return why != NULL ? why : parse_length(text, filter);
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (span_starts_with(*text, named[i].name)) {
			filter->kind = named[i].kind;
			*text = span_skip(*text, named[i].name.len);
			return NULL;
		}
	}
	return "a filter is base64, html, uri or a class like [A-Za-z0-9_-]{1,64}";
}

static bool class_has(const struct filter *filter, unsigned char c)
{
	return c < 0x80 && (filter->allowed[c >> 6] & BIT(c)) != 0;
}

bool filter_fits(const struct filter *filter, struct span text)
{
	if (text.len < filter->min || text.len > filter->max) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (!class_has(filter, (unsigned char)text.ptr[i])) {
			return false;
		}
	}
	return true;
}

static void append_html(struct span text, struct buffer *out)
{
	for (size_t i = 0; i < text.len; i++) {
		switch (text.ptr[i]) {
		case '&': buffer_append_literal(out, "&amp;"); break;
		case '<': buffer_append_literal(out, "&lt;"); break;
		case '>': buffer_append_literal(out, "&gt;"); break;
		case '"': buffer_append_literal(out, "&quot;"); break;
		case '\'': buffer_append_literal(out, "&#39;"); break;
		default: buffer_append_char(out, text.ptr[i]);
		}
	}
}

bool filter_keeps_out(const struct filter *filter, const char *characters)
{
	for (; *characters != '\0'; characters++) {
		if (class_has(filter, (unsigned char)*characters)) {
			return false;
		}
	}
	return true;
}

/* RFC 3986 unreserved characters stay; so may a slash, which separates segments. */
static void append_uri(struct span text, bool slashes, struct buffer *out)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (class_has(&filter_destination, c) || c == '.' || c == '~' ||
			(slashes && c == '/')) {
			buffer_append_char(out, (char)c);
		} else {
			char escaped[3] = { '%', digits[c >> 4], digits[c & 15] };
			buffer_append(out, escaped, sizeof(escaped));
		}
	}
}

void filter_append(const struct filter *filter, struct span text, struct buffer *out)
{
	switch (filter->kind) {
	case FILTER_BASE64: buffer_append_base64(out, text); break;
	case FILTER_HTML: append_html(text, out); break;
	case FILTER_URI: append_uri(text, true, out); break;
	case FILTER_URI_SEGMENT: append_uri(text, false, out); break;
	case FILTER_CLASS: break;
	}
}

bool filter_is_uri(struct span text)
{
	return text_is_printable(text) &&
	       (text.len == 0 || memchr(text.ptr, ' ', text.len) == NULL);
}

bool filter_is_plain_text(struct span text)
{
	return text_is_printable(text) ||
	       (text_find_control(text, 0) == text.len && utf8_check(text));
}
