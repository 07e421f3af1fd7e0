/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "mappings/header_name.h"

#include "base/text.h"

#include <stddef.h>

/* A trailing "*" stands for anything. */
static const char *const hop_by_hop[] = { "connection", "keep-alive", "te", "trailer",
	"transfer-encoding", "upgrade", "expect", "content-length", "proxy-connection",
	"proxy-authenticate", "http2-settings", NULL };
static const char *const private_names[] = { "authorization", "cookie", "x-death",
	"x-first-death-*", "x-last-death-*", "x-delay", "x-forwarded-*", "x-real-ip", "x-user*",
	"x-auth*", "x-api-key", NULL };
static const char *const reserved[] = { "reply_to", "correlation_id", "x-death", "cc", "bcc",
	"x-delay", NULL };
static const char *const gateways[] = { "date", "server", "content-type", "content-encoding",
	"proxy-authorization", NULL };

static bool listed(struct span name, const char *const *names)
{
	for (; *names != NULL; names++) {
		struct span own = span_from_text(*names);
		if (own.ptr[own.len - 1] == '*') {
			own.len--;
			if (name.len >= own.len &&
				span_equal_nocase(span_of(name.ptr, own.len), own)) {
				return true;
			}
		} else if (span_equal_nocase(name, own)) {
			return true;
		}
	}
	return false;
}

bool header_name_is_token(struct span name)
{
	return text_is_token(name);
}

bool header_name_is_hop_by_hop(struct span name)
{
	return listed(name, hop_by_hop);
}

bool header_name_is_private(struct span name)
{
	return listed(name, private_names);
}

unsigned header_name_secret(struct span name)
{
	return span_equal_nocase(name, SPAN("authorization"))         ? HEADER_AUTHORIZATION
	       : span_equal_nocase(name, SPAN("proxy-authorization")) ? HEADER_PROXY_AUTHORIZATION
	       : span_equal_nocase(name, SPAN("cookie"))              ? HEADER_COOKIE
								      : 0;
}

bool header_name_is_reserved(struct span name)
{
	return listed(name, reserved);
}

bool header_name_is_gateways(struct span name)
{
	return header_name_is_hop_by_hop(name) || listed(name, gateways);
}
