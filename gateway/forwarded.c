/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Lists are cut from their end, quoted strings too, and not from their beginning: the beginning is
 * the client's, and a quote that it leaves open would swallow what the proxies appended. What
 * trusted proxies wrote is well-formed, so from the right it is cut where they meant it.
 */
#include "gateway/forwarded.h"

#include "base/text.h"
#include "gateway/http1_text.h"

#include <stdint.h>

struct forwarded forwarded_from(const struct address_ranges *trusted, const struct address *peer)
{
	return (struct forwarded){ .trusted = trusted, .client = *peer };
}

static size_t token_len(struct span text)
{
	const unsigned char *start = (const unsigned char *)text.ptr;
	return (size_t)(http1_skip_bytes(start, start + text.len, HTTP1_TOKEN) - start);
}

/* ---- an address and perhaps a port ---- */

/* Nothing, or a port: digits, or what RFC 7239 section 6.3 lets stand for it. */
static bool is_port(struct span text)
{
	unsigned port;
	if (text.len == 0) {
		return true;
	}
	text = span_skip(text, 1);
	return text_read_small(text, UINT16_MAX, &port) ||
	       (text.len > 1 && text.ptr[0] == '_' && token_len(text) == text.len);
}

/* "192.0.2.7", "192.0.2.7:80", "[2001:db8::7]", "[2001:db8::7]:80". */
static bool read_node(struct span text, struct address *address)
{
	bool bracket = text.len > 0 && text.ptr[0] == '[';
	const char *end = text.len > 0 ? memchr(text.ptr, bracket ? ']' : ':', text.len) : NULL;
	if (end == NULL) {
		return !bracket && address_parse(text, address);
	}
	struct span ip = span_of(text.ptr + bracket, (size_t)(end - text.ptr) - bracket);
	struct span rest = span_skip(text, (size_t)(end - text.ptr) + bracket);
	bool six = ip.len > 0 && memchr(ip.ptr, ':', ip.len) != NULL;
	return six == bracket && (rest.len == 0 || rest.ptr[0] == ':') && is_port(rest) &&
	       address_parse(ip, address);
}

/* One hop outwards. */
static void go_to(struct forwarded *walk, const struct address *address)
{
	walk->ended = address_is_none(address);
	if (!walk->ended) {
		walk->client = *address;
		walk->ended = !address_ranges_contain(walk->trusted, address);
	}
}

/* ---- X-Forwarded-For ---- */

/* Cuts off what stands behind the last comma that no quoted string holds. */
static struct span cut_last(struct span *list, bool quotes)
{
	bool inside = false;
	size_t at = list->len;
	while (at > 0 && (inside || list->ptr[at - 1] != ',')) {
		at--;
		if (quotes && list->ptr[at] == '"') {
			size_t before = at;
			while (before > 0 && list->ptr[before - 1] == '\\') {
				before--;
			}
			inside ^= (at - before) % 2 == 0; /* else it is escaped */
		}
	}
	struct span last = span_skip(*list, at);
	list->len = at > 0 ? at - 1 : 0;
	return text_trim(last);
}

void forwarded_take_list(struct forwarded *walk, struct span value)
{
	walk->told = true;
	while (!walk->ended && value.len > 0) {
		struct address address;
		struct span last = cut_last(&value, false);
		if (last.len == 0) {
			continue; /* RFC 9110 section 5.6.1: empty elements count for nothing */
		}
		if (read_node(last, &address) || address_parse(last, &address)) {
			go_to(walk, &address);
		} else {
			walk->ended = true;
		}
	}
}

/* ---- Forwarded ---- */

/* What matters of one element; absent where it is not said. */
struct element {
	struct span node, proto;
};

/* Where a token or quoted string at the beginning ends; 0: there is none. */
static size_t value_end(struct span text)
{
	if (text.len == 0 || text.ptr[0] != '"') {
		return token_len(text);
	}
	size_t at = 1;
	while (at < text.len && text.ptr[at] != '"') {
		at += text.ptr[at] == '\\' ? 2 : 1;
	}
	return at < text.len ? at + 1 : 0;
}

/* Of a quoted string what is inside. Escapes stay: no address or scheme has one. */
static struct span unquote(struct span value)
{
	return value.ptr[0] == '"' ? span_of(value.ptr + 1, value.len - 2) : value;
}

/* Takes "name=value" off the front. False when there is none, or one that was there before. */
static bool take_pair(struct span *text, struct element *element)
{
	struct span name = span_of(text->ptr, token_len(*text));
	if (name.len == 0 || name.len == text->len || text->ptr[name.len] != '=') {
		return false;
	}
	struct span rest = span_skip(*text, name.len + 1);
	size_t end = value_end(rest);
	if (end == 0) {
		return false;
	}
	struct span *place = span_equal_nocase(name, SPAN("for"))     ? &element->node
			     : span_equal_nocase(name, SPAN("proto")) ? &element->proto
								      : NULL;
	if (place != NULL && span_present(*place)) {
		return false;
	}
	if (place != NULL) {
		*place = unquote(span_of(rest.ptr, end));
	}
	*text = span_skip(rest, end);
	return true;
}

/* Pairs with semicolons between them; blanks around those are not allowed, but seen. */
static bool read_element(struct span text, struct element *element)
{
	*element = (struct element){ SPAN_ABSENT, SPAN_ABSENT };
	while (text.len > 0) {
		if (text.ptr[0] != ';' && !take_pair(&text, element)) {
			return false;
		}
		text = text_trim(text);
		if (text.len > 0 && text.ptr[0] != ';') {
			return false;
		}
		text = text.len > 0 ? text_trim(span_skip(text, 1)) : text;
	}
	return true;
}

void forwarded_take_elements(struct forwarded *walk, struct span value)
{
	walk->told = true;
	while (!walk->ended && value.len > 0) {
		struct element element;
		struct address address;
		struct span last = cut_last(&value, true);
		if (last.len == 0) {
			continue;
		}
		bool good = read_element(last, &element);
		walk->scheme =
			good ? (uint8_t)forwarded_scheme_of(element.proto) : FORWARDED_NOTHING;
		if (good && read_node(element.node, &address)) {
			go_to(walk, &address);
		} else {
			walk->ended = true;
		}
	}
}

enum forwarded_scheme forwarded_scheme_of(struct span text)
{
	if (span_equal_nocase(text, SPAN("https")) || span_equal_nocase(text, SPAN("wss"))) {
		return FORWARDED_SECURE;
	}
	if (span_equal_nocase(text, SPAN("http")) || span_equal_nocase(text, SPAN("ws"))) {
		return FORWARDED_PLAIN;
	}
	return FORWARDED_NOTHING;
}
