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
	if (name.ptr[0] == ':' || memmem(name.ptr, name.len, ".:", 2) != NULL) {
		return "a label that is captured is not available yet";
	}
	if (bracket ? memmem(name.ptr, name.len, "]:", 2) != NULL
		    : memchr(name.ptr, ':', name.len) != NULL) {
		return "expected a host without its port";
	}
	return "expected a host like api.example.org, *.example.org or [::1], in ASCII (xn--…)";
}

const char *host_pattern_parse(struct span text, struct store *store, struct host_pattern *pattern)
{
	bool tail = text.len > 2 && span_starts_with(text, SPAN("*."));
	struct span name = tail ? span_skip(text, 2) : text;
	if (name.len == 0) {
		return "expected a host";
	}
	if (name.len > 1 && name.ptr[name.len - 1] == '.') {
		name.len--;
	}
	bool good = is_name(name) || (!tail && name.ptr[0] == '[' && is_ipv6(name));
	if (!good) {
		return explain(name);
	}
	name = store_copy(store, tail ? span_of(name.ptr - 1, name.len + 1) : name);
	*pattern = (struct host_pattern){ .name = name, .tail = tail };
	return NULL;
}

bool host_pattern_match(const struct host_pattern *pattern, struct span host)
{
	if (host.len > 0 && host.ptr[host.len - 1] == '.') {
		host.len--;
	}
	if (!pattern->tail) {
		return span_equal_nocase(host, pattern->name);
	}
	return host.len > pattern->name.len && ends_with(host, pattern->name) &&
	       is_name(span_of(host.ptr, host.len - pattern->name.len));
}

bool host_pattern_covers(const struct host_pattern *a, const struct host_pattern *b)
{
	if (!a->tail) {
		return !b->tail && span_equal_nocase(a->name, b->name);
	}
	return ends_with(b->name, a->name) && (b->tail || b->name.len > a->name.len);
}
