/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/host_pattern.h"

static bool is_label_char(char c)
{
	char lower = span_lower(c);
	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool ends_with(struct span text, struct span suffix)
{
	return text.len >= suffix.len &&
	       span_equal_nocase(span_skip(text, text.len - suffix.len), suffix);
}

/* Labels with single dots between them. */
static bool is_name(struct span name)
{
	bool label = false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '.' ? !label : !is_label_char(name.ptr[i])) {
			return false;
		}
		label = name.ptr[i] != '.';
	}
	return label;
}

static bool is_ipv6(struct span name)
{
	for (size_t i = 1; i + 1 < name.len; i++) {
		char lower = span_lower(name.ptr[i]);
		if (!(lower >= 'a' && lower <= 'f') && !(lower >= '0' && lower <= '9') &&
			lower != ':' && lower != '.') {
			return false;
		}
	}
	return name.len > 3 && name.ptr[name.len - 1] == ']';
}

static const char *explain(struct span name)
{
	bool bracket = name.ptr[0] == '[';
	if (memchr(name.ptr, '*', name.len) != NULL) {
		return "only a first label may be *, as in *.example.org";
	}
	if (memchr(name.ptr, '/', name.len) != NULL) {
		return "expected a host alone, as in api.example.org";
	}
	if (bracket ? memmem(name.ptr, name.len, "]:", 2) != NULL
		    : memchr(name.ptr, ':', name.len) != NULL) {
		return "expected a host without its port; a capture is a whole label that begins "
		       "with a letter, as in :tenant.example.org";
	}
	return "expected a host like api.example.org, :tenant.example.org, *.example.org or [::1], "
	       "in ASCII (xn--…)";
}

/* Takes the last label off; "" has none left. */
static struct span take_label(struct span *name)
{
	size_t start = name->len;
	while (start > 0 && name->ptr[start - 1] != '.') {
		start--;
	}
	struct span label = span_skip(*name, start);
	name->len = start > 0 ? start - 1 : 0;
	return label;
}

static bool is_capture(struct span label)
{
	char first = label.len > 1 && label.ptr[0] == ':' ? span_lower(label.ptr[1]) : 0;
	return first >= 'a' && first <= 'z' && is_name(span_skip(label, 1));
}

static bool has_twice(struct span name)
{
	while (name.len > 0) {
		struct span label = take_label(&name);
		struct span rest = name;
		while (is_capture(label) && rest.len > 0) {
			if (span_equal(label, take_label(&rest))) {
				return true;
			}
		}
	}
	return false;
}

static bool is_pattern(struct span name)
{
	if (name.ptr[0] == '.') {
		return false;
	}
	while (name.len > 0) {
		struct span label = take_label(&name);
		if (!is_name(label) && !is_capture(label)) {
			return false;
		}
	}
	return true;
}

/* Behind the last capture or the star; a name without either is its own suffix. */
static void find_suffix(struct host_pattern *pattern)
{
	struct span rest = pattern->name;
	pattern->suffix = pattern->name;
	while (rest.len > 0) {
		struct span label = take_label(&rest);
		if (is_capture(label)) {
			const char *end = label.ptr + label.len;
			pattern->suffix =
				span_skip(pattern->name, (size_t)(end - pattern->name.ptr));
			pattern->captures = true;
			return;
		}
	}
}

const char *host_pattern_parse(struct span text, struct store *store, struct host_pattern *pattern)
{
	bool tail = text.len > 2 && span_starts_with(text, SPAN("*."));
	struct span name = tail ? span_skip(text, 2) : text;
	*pattern = (struct host_pattern){ .tail = tail };
	if (name.len == 0) {
		return "expected a host";
	}
	if (name.len > 1 && name.ptr[name.len - 1] == '.') {
		name.len--;
	}
	if (!is_pattern(name) && (tail || name.ptr[0] != '[' || !is_ipv6(name))) {
		return explain(name);
	}
	if (has_twice(name)) {
		return "captures a name twice";
	}
	pattern->name = store_copy(store, tail ? span_of(name.ptr - 1, name.len + 1) : name);
	find_suffix(pattern);
	return NULL;
}

static struct span without_dot(struct span host)
{
	if (host.len > 0 && host.ptr[host.len - 1] == '.') {
		host.len--;
	}
	return host;
}

/* Label by label from the end. */
static bool match_labels(const struct host_pattern *pattern, struct span host)
{
	struct span name = pattern->tail ? span_skip(pattern->name, 1) : pattern->name;
	if (host.len == 0 || host.ptr[0] == '.') {
		return false;
	}
	while (name.len > 0) {
		struct span own = take_label(&name);
		struct span label = take_label(&host);
		if (is_capture(own) ? !is_name(label) : !span_equal_nocase(own, label)) {
			return false;
		}
	}
	return pattern->tail ? is_name(host) : host.len == 0;
}

bool host_pattern_match(const struct host_pattern *pattern, struct span host)
{
	host = without_dot(host);
	if (pattern->captures) {
		return match_labels(pattern, host);
	}
	if (!pattern->tail) {
		return span_equal_nocase(host, pattern->name);
	}
	return host.len > pattern->name.len && ends_with(host, pattern->name) &&
	       is_name(span_of(host.ptr, host.len - pattern->name.len));
}

struct span host_pattern_capture(
	const struct host_pattern *pattern, struct span host, struct span name)
{
	struct span rest = pattern->captures ? pattern->name : SPAN("");
	host = without_dot(host);
	while (rest.len > 0) {
		struct span own = take_label(&rest);
		struct span label = take_label(&host);
		if (is_capture(own) && span_equal(span_skip(own, 1), name)) {
			return label;
		}
	}
	return SPAN_ABSENT;
}

bool host_pattern_has(const struct host_pattern *pattern, struct span name)
{
	/* any host will do: a pattern taken for one has as many labels */
	return span_present(host_pattern_capture(pattern, pattern->name, name));
}

struct span host_pattern_capture_name(const struct host_pattern *pattern, unsigned index)
{
	struct span rest = pattern->name;
	while (rest.len > 0) {
		size_t len = 0;
		while (len < rest.len && rest.ptr[len] != '.') {
			len++;
		}
		struct span label = span_of(rest.ptr, len);
		if (is_capture(label) && index-- == 0) {
			return span_skip(label, 1);
		}
		rest = span_skip(rest, len < rest.len ? len + 1 : len);
	}
	return SPAN_ABSENT;
}

bool host_pattern_covers(const struct host_pattern *a, const struct host_pattern *b)
{
	struct span x = a->tail ? span_skip(a->name, 1) : a->name;
	struct span y = b->tail ? span_skip(b->name, 1) : b->name;
	if (y.ptr[0] == '[') {
		return span_equal_nocase(x, y); /* an address has no labels */
	}
	while (x.len > 0) {
		if (y.len == 0) {
			return false;
		}
		struct span own = take_label(&x);
		struct span other = take_label(&y);
		if (!is_capture(own) && !span_equal_nocase(own, other)) {
			return false;
		}
	}
	return a->tail ? y.len > 0 || b->tail : y.len == 0 && !b->tail;
}
