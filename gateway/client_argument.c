/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/client_argument.h"

#include "base/json.h"
#include "base/option.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

bool client_argument_complain(const char *format, ...)
{
	va_list args;

	fputs("bridgehead: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\n", stderr);
	return false;
}

/* A token of RFC 9110: what names and methods are made of. */
static bool is_token(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool alphanumeric =
			(c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (!alphanumeric && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
			return false;
		}
	}
	return text.len > 0;
}

bool client_argument_method(const char *text)
{
	return is_token(span_from_text(text)) ||
	       client_argument_complain("-X: a method is made of letters, digits and dashes");
}

/* Fields that say where a message ends or what the connection is: ours to write. */
static bool is_ours(struct span name)
{
	static const char *const names[] = { "connection", "content-length", "keep-alive",
		"transfer-encoding", "trailer", "upgrade" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (span_equal_nocase(name, span_from_text(names[i]))) {
			return true;
		}
	}
	return name.len > 14 && span_equal_nocase(span_of(name.ptr, 14), SPAN("sec-websocket-"));
}

static bool is_value(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if ((c < ' ' && c != '\t') || c == 0x7f) {
			return false;
		}
	}
	return true;
}

bool client_argument_header(const char *text, struct buffer *headers, struct buffer *host)
{
	const char *colon = strchr(text, ':');
	struct span name = span_of(text, colon != NULL ? (size_t)(colon - text) : 0);

	if (!is_token(name)) {
		return client_argument_complain("-H: expected 'Name: value'");
	}
	struct span value = span_from_text(colon + 1);
	while (value.len > 0 && value.ptr[0] == ' ') {
		value = span_skip(value, 1);
	}
	if (!is_value(value)) {
		return client_argument_complain(
			"-H: the value of %.*s holds a line break or a control character",
			(int)name.len, name.ptr);
	}
	if (is_ours(name)) {
		return client_argument_complain(
			"-H: %.*s cannot be set, the client writes it", (int)name.len, name.ptr);
	}
	if (span_equal_nocase(name, SPAN("host"))) {
		buffer_clear(host);
		buffer_append_span(host, value);
		return true;
	}
	buffer_append_span(headers, name);
	buffer_append_literal(headers, ": ");
	buffer_append_span(headers, value);
	buffer_append_literal(headers, "\r\n");
	return !headers->failed || client_argument_complain("-H: out of memory");
}

bool client_argument_timeout(const char *text, int64_t *ms)
{
	return (option_parse_duration(span_from_text(text), ms) && *ms >= 1 &&
		       *ms <= 24 * 3600 * 1000) ||
	       client_argument_complain("-t: expected a duration such as 500ms, 30s or 2m");
}

static bool read_stream(FILE *stream, struct buffer *data)
{
	size_t got;

	do {
		if (!buffer_reserve(data, 64 * 1024)) {
			return false;
		}
		got = fread(data->data + data->len, 1, data->cap - data->len, stream);
		data->len += got;
	} while (got > 0);
	return ferror(stream) == 0;
}

static bool read_data(const char *text, struct buffer *data)
{
	if (text[0] != '@') {
		buffer_append_span(data, span_from_text(text));
		return !data->failed || client_argument_complain("out of memory");
	}
	bool is_stdin = strcmp(text, "@-") == 0;
	FILE *stream = is_stdin ? stdin : fopen(text + 1, "rbe");
	if (stream == NULL) {
		return client_argument_complain("cannot open %s: %s", text + 1, strerror(errno));
	}
	errno = 0;
	bool good = read_stream(stream, data);
	if (!good) {
		client_argument_complain("cannot read %s: %s",
			is_stdin ? "standard input" : text + 1,
			strerror(errno != 0 ? errno : ENOMEM));
	}
	if (!is_stdin) {
		fclose(stream);
	}
	return good;
}

bool client_argument_data(const char *text, bool further, struct buffer *data)
{
	if (further) {
		buffer_append_char(data, '&');
	}
	return read_data(text, data);
}

bool client_argument_json(const char *name, struct span text)
{
	struct json_fault fault;

	return json_check(text, &fault) ||
	       client_argument_complain(
		       "%s is not JSON at byte %zu: %s", name, fault.offset + 1, fault.reason);
}
