/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/http1_target.h"

#include "base/text.h"
#include "gateway/http1_text.h"

#include <arpa/inet.h>
#include <string.h>

/* The end of a registered name, with its %XX, as far as it is one. */
static const unsigned char *skip_name(
	const unsigned char *at, const unsigned char *end, const unsigned char *limit)
{
	at = http1_skip_ordinary_host(at, limit);
	for (;;) {
		at = http1_skip_bytes(at, end, HTTP1_HOST);
		if (end - at < 3 || *at != '%' || !http1_is(at[1], HTTP1_HEX) ||
			!http1_is(at[2], HTTP1_HEX)) {
			return at;
		}
		at += 3;
	}
}

static bool is_ipv6_literal(const unsigned char *start, const unsigned char *end)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t len = (size_t)(end - start);
	if (len < 4 || len - 2 >= sizeof(text)) {
		return false;
	}
	memcpy(text, start + 1, len - 2);
	text[len - 2] = '\0';
	return strlen(text) == len - 2 && inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_port(const unsigned char *at, const unsigned char *end)
{
	uint64_t port = 0;
	if (at == end) {
		return true; /* "host:" is allowed and says nothing */
	}
	while (end - at > 8 && *at == '0') {
		at++;
	}
	size_t len = (size_t)(end - at);
	return len <= 8 && text_read_digits((const char *)end, len, &port) && port >= 1 &&
	       port <= 65535;
}

/* The end of the host, before any port; `start` if there is none. */
static const unsigned char *skip_host(
	const unsigned char *start, const unsigned char *end, const unsigned char *limit)
{
	if (start == end || *start != '[') {
		return skip_name(start, end, limit);
	}
	const unsigned char *bracket = memchr(start, ']', (size_t)(end - start));
	return bracket != NULL && is_ipv6_literal(start, bracket + 1) ? bracket + 1 : start;
}

bool http1_target_host(struct http1_head *head, const unsigned char *base, struct http1_span host,
	const unsigned char *limit)
{
	const unsigned char *start = base + host.off;
	const unsigned char *end = start + host.len;
	const unsigned char *port = skip_host(start, end, limit);
	if (port == start || (port < end && (*port != ':' || !is_port(port + 1, end)))) {
		return false;
	}
	if (head->host.off == 0) {
		head->host = http1_place(base, start, port);
		if (port + 1 < end) {
			head->port = http1_place(base, port + 1, end);
		}
	}
	return true;
}

/* http://authority/path?query: RFC 9112 3.2.2 wants it from every server. */
static bool read_absolute(
	struct http1_head *head, const unsigned char *base, const unsigned char *mark)
{
	const unsigned char *target = base + head->target.off;
	const unsigned char *end = target + head->target.len;
	const unsigned char *host;
	if (head->target.len > 7 && http1_folds_to(target, "http://", 7)) {
		host = target + 7;
	} else if (head->target.len > 8 && http1_folds_to(target, "https://", 8)) {
		host = target + 8;
	} else {
		return http1_fail(head, 400, "The request target is not a path.");
	}
	const unsigned char *path_end = mark != NULL ? mark : end;
	const unsigned char *path = host;
	while (path < path_end && *path != '/') {
		path++;
	}
	if (!http1_target_host(head, base, http1_place(base, host, path), end)) {
		return http1_fail(head, 400, "The host in the request target is not valid.");
	}
	if (path < path_end) {
		head->path = http1_place(base, path, path_end);
		head->uri = http1_place(base, path, end);
	} else {
		head->path = http1_place(base, host - 1, host); /* "/", borrowed from "://" */
		head->uri = mark != NULL ? http1_place(base, mark, end) : head->path;
		head->asterisk = head->method_id == HTTP1_OPTIONS && mark == NULL;
	}
	return true;
}

bool http1_target_read(
	struct http1_head *head, const unsigned char *base, const unsigned char *mark)
{
	const unsigned char *target = base + head->target.off;
	const unsigned char *end = target + head->target.len;
	if (head->method_id == HTTP1_CONNECT) {
		return http1_fail(head, 501, "This server opens no tunnels.");
	}
	if (*target == '/') {
		http1_target_origin(head, base, mark);
		return true;
	}
	if (mark != NULL) {
		head->query = http1_place(base, mark + 1, end);
	}
	if (*target == '*' && head->target.len == 1) {
		head->asterisk = true;
		head->path = head->uri = head->target;
		return head->method_id == HTTP1_OPTIONS ||
		       http1_fail(head, 400, "Only OPTIONS may have * as its target.");
	}
	return read_absolute(head, base, mark);
}
