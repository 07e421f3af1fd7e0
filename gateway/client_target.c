/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/client_target.h"

#include "base/memory.h"
#include "base/span.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool read_scheme(struct client_target *target, const char **at, const char **fault)
{
	static const struct {
		const char *prefix;
		bool websocket;
		bool tls;
	} schemes[] = {
		{ "http://", false, false },
		{ "ws://", true, false },
		{ "https://", false, true },
		{ "wss://", true, true },
	};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i].prefix);
		if (strncasecmp(*at, schemes[i].prefix, len) != 0) {
			continue;
		}
		if (schemes[i].tls) {
			*fault = "TLS is not available yet: use http:// or ws://";
			return false;
		}
		target->websocket = schemes[i].websocket;
		*at += len;
		return true;
	}
	*fault = "the URL must begin with http:// or ws://";
	return false;
}

static bool read_port(struct client_target *target, struct span digits, const char **fault)
{
	unsigned port = 0;

	for (size_t i = 0; i < digits.len && port <= 65535; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9') {
			port = 0;
			break;
		}
		port = port * 10 + (unsigned)(digits.ptr[i] - '0');
	}
	if (port == 0 || port > 65535) {
		*fault = "the port of the URL must be a number from 1 to 65535";
		return false;
	}
	target->port = port;
	return true;
}

static bool read_authority(struct client_target *target, struct span authority, const char **fault)
{
	struct span host = authority;
	const char *colon = memrchr(authority.ptr, ':', authority.len);
	const char *bracket = memchr(authority.ptr, ']', authority.len);

	target->port = 80;
	if (memchr(authority.ptr, '@', authority.len) != NULL) {
		*fault = "a user name in the URL is not supported: give the header with -H";
		return false;
	}
	if (colon != NULL && (bracket == NULL || bracket < colon)) {
		host.len = (size_t)(colon - authority.ptr);
		if (!read_port(target, span_skip(authority, host.len + 1), fault)) {
			return false;
		}
	}
	if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
		host = span_of(host.ptr + 1, host.len - 2);
	}
	if (host.len == 0 || host.len > 255) {
		*fault = "the URL has no usable host name";
		return false;
	}
	target->host = memory_text(host);
	target->authority = memory_text(authority);
	return true;
}

static void read_path(struct client_target *target, const char *rest)
{
	struct span path = span_of(rest, strcspn(rest, "#"));
	size_t slash = path.len == 0 || path.ptr[0] == '?';

	/* "http://host?x" asks for "/?x". */
	target->path = memory_new(path.len + slash + 1, 1);
	memcpy(target->path, "/", slash);
	memcpy(target->path + slash, path.ptr, path.len);
}

bool client_target_init(struct client_target *target, const char *url, const char **fault)
{
	*target = (struct client_target){ 0 };
	for (const char *c = url; *c != '\0'; c++) {
		if ((unsigned char)*c <= ' ' || *c == 0x7f) {
			*fault = "the URL holds a space or a control character: percent-encode it";
			return false;
		}
	}
	if (!read_scheme(target, &url, fault)) {
		return false;
	}
	struct span authority = span_of(url, strcspn(url, "/?#"));
	if (!read_authority(target, authority, fault)) {
		return false;
	}
	read_path(target, url + authority.len);
	return true;
}

void client_target_finish(struct client_target *target)
{
	free(target->host);
	free(target->authority);
	free(target->path);
	*target = (struct client_target){ 0 };
}
