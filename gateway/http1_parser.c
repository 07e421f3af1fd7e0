/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Strict means: whatever another HTTP implementation could read in a second way is refused, because
 * a request that two machines cut differently is how requests are smuggled. Lines end in CRLF,
 * nothing is folded, a body's length is said once, and a refused head ends its connection.
 *
 * The unit of progress is a line. A line is parsed in place as soon as it arrives; if its end has
 * not come, the parse is thrown away and only new bytes are looked at until a line end (or any
 * other control character, which is an error to be told at once) shows up. A head that arrives
 * whole, as nearly all do, is thus read exactly once, and one that arrives byte by byte costs three
 * looks at each byte.
 *
 *     CRLF?  ->  request line  ->  header line ...  ->  empty line  ->  rules across headers
 */
#include "gateway/http1_parser.h"

#include "base/text.h"
#include "gateway/http1_target.h"
#include "gateway/http1_text.h"

#include <string.h>

enum stage { STAGE_START, STAGE_REQUEST_LINE, STAGE_HEADERS };

/* What became of one line. */
enum line { LINE_DONE, LINE_MORE, LINE_EMPTY, LINE_ERROR };

/* What is visible of the request. `cap` is where the limits end the current line, at most `end`. */
struct input {
	const unsigned char *base;
	const unsigned char *end;
	const unsigned char *cap;
	const unsigned char *stop; /* end, or where the headers become too long in all */
	ptrdiff_t line_max;
	uint32_t count_max;
	const struct http1_limits *limits;
};

static enum line fail_line(struct http1_head *head, uint16_t status, const char *reason)
{
	http1_fail(head, status, reason);
	return LINE_ERROR;
}

static void set_cap(struct input *in, const unsigned char *line)
{
	in->cap = in->stop - line > in->line_max ? line + in->line_max : in->stop;
}

/* ---- the request line ---- */

static enum http1_method method_of(const unsigned char *name, size_t len)
{
	static const struct {
		const char *name;
		enum http1_method method;
	} methods[] = {
		{ "PUT", HTTP1_PUT },
		{ "HEAD", HTTP1_HEAD },
		{ "PATCH", HTTP1_PATCH },
		{ "DELETE", HTTP1_DELETE },
		{ "OPTIONS", HTTP1_OPTIONS },
		{ "TRACE", HTTP1_TRACE },
		{ "CONNECT", HTTP1_CONNECT },
		{ "COPY", HTTP1_METHOD_OTHER },
		{ "LINK", HTTP1_METHOD_OTHER },
		{ "LOCK", HTTP1_METHOD_OTHER },
		{ "MKCOL", HTTP1_METHOD_OTHER },
		{ "MOVE", HTTP1_METHOD_OTHER },
		{ "PROPFIND", HTTP1_METHOD_OTHER },
		{ "PROPPATCH", HTTP1_METHOD_OTHER },
		{ "PURGE", HTTP1_METHOD_OTHER },
		{ "QUERY", HTTP1_METHOD_OTHER },
		{ "REPORT", HTTP1_METHOD_OTHER },
		{ "SEARCH", HTTP1_METHOD_OTHER },
		{ "UNLINK", HTTP1_METHOD_OTHER },
		{ "UNLOCK", HTTP1_METHOD_OTHER },
	};
	if (len == 3 && memcmp(name, "GET", 3) == 0) {
		return HTTP1_GET;
	}
	if (len == 4 && memcmp(name, "POST", 4) == 0) {
		return HTTP1_POST;
	}
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		const char *known = methods[i].name;
		if (known[0] == name[0] && strlen(known) == len && memcmp(known, name, len) == 0) {
			return methods[i].method;
		}
	}
	return HTTP1_METHOD_UNKNOWN;
}

/* "HTTP/1.1" CRLF. Nothing else is that long, so a line that ends early is a wrong one. */
static enum line version(struct http1_head *head, const struct input *in, const unsigned char *at)
{
	if (in->cap - at >= 10 && memcmp(at, "HTTP/1.1\r\n", 10) == 0) {
		head->minor = 1;
		return LINE_DONE;
	}
	if (in->cap - at < 10) {
		return memchr(at, '\n', (size_t)(in->cap - at)) == NULL
			       ? LINE_MORE
			       : fail_line(head, 400, "The request line has no HTTP version.");
	}
	if (memcmp(at, "HTTP/", 5) != 0 || !http1_is(at[5], HTTP1_DIGIT) || at[6] != '.' ||
		!http1_is(at[7], HTTP1_DIGIT) || at[8] != '\r' || at[9] != '\n') {
		return fail_line(head, 400, "The request line does not end in an HTTP version.");
	}
	head->minor = at[7] != '0';
	return LINE_DONE;
}

/* The end of the method. The two that nearly all requests have cost no search. */
static const unsigned char *skip_method(const unsigned char *at, const unsigned char *cap)
{
	if (cap - at >= 5 && memcmp(at, "POST ", 5) == 0) {
		return at + 4;
	}
	if (cap - at >= 4 && memcmp(at, "GET ", 4) == 0) {
		return at + 3;
	}
	return http1_skip_bytes(at, cap, HTTP1_TOKEN);
}

static enum line request_line(struct http1_head *head, const struct input *in)
{
	const unsigned char *start = in->base + head->line;
	const unsigned char *target = skip_method(start, in->cap);
	if (target == in->cap) {
		return LINE_MORE;
	}
	if (target == start || *target != ' ') {
		return fail_line(head, 400, "The request does not begin with a method.");
	}
	const unsigned char *method_end = target++;
	const unsigned char *mark = NULL;
	const unsigned char *end = http1_skip_target(target, in->cap, HTTP1_PATH);
	if (end < in->cap && *end == '?') {
		mark = end;
		end = http1_skip_target(end, in->cap, HTTP1_QUERY);
	}
	if (end == in->cap) {
		return LINE_MORE;
	}
	if (end == target || *end != ' ') {
		return fail_line(head, 400, "The request target is not valid.");
	}
	enum line line = version(head, in, end + 1);
	if (line != LINE_DONE) {
		return line;
	}
	head->method = http1_place(in->base, start, method_end);
	head->method_id = (uint8_t)method_of(start, head->method.len);
	head->target = http1_place(in->base, target, end);
	if (*target == '/' && head->method_id != HTTP1_CONNECT) {
		http1_target_origin(head, in->base, mark);
	} else if (!http1_target_read(head, in->base, mark)) {
		return LINE_ERROR;
	}
	if (end[6] != '1') {
		return fail_line(head, 505, "This HTTP version is not spoken here.");
	}
	head->line = head->headers_start = (uint32_t)(end + 11 - in->base);
	return LINE_DONE;
}

/* ---- headers ---- */

static enum http1_field field_of(const unsigned char *name, size_t len)
{
	switch (len) {
	case 4: return HTTP1_IS(name, len, "host") ? HTTP1_FIELD_HOST : HTTP1_FIELD_NONE;
	case 6:
		return HTTP1_IS(name, len, "origin")   ? HTTP1_FIELD_ORIGIN
		       : HTTP1_IS(name, len, "expect") ? HTTP1_FIELD_EXPECT
						       : HTTP1_FIELD_NONE;
	case 7: return HTTP1_IS(name, len, "upgrade") ? HTTP1_FIELD_UPGRADE : HTTP1_FIELD_NONE;
	case 10:
		return HTTP1_IS(name, len, "connection")   ? HTTP1_FIELD_CONNECTION
		       : HTTP1_IS(name, len, "tracestate") ? HTTP1_FIELD_TRACESTATE
							   : HTTP1_FIELD_NONE;
	case 11:
		return HTTP1_IS(name, len, "traceparent") ? HTTP1_FIELD_TRACEPARENT
							  : HTTP1_FIELD_NONE;
	case 12:
		return HTTP1_IS(name, len, "content-type")   ? HTTP1_FIELD_CONTENT_TYPE
		       : HTTP1_IS(name, len, "x-request-id") ? HTTP1_FIELD_X_REQUEST_ID
							     : HTTP1_FIELD_NONE;
	case 14:
		return HTTP1_IS(name, len, "content-length") ? HTTP1_FIELD_CONTENT_LENGTH
							     : HTTP1_FIELD_NONE;
	case 16:
		return HTTP1_IS(name, len, "content-encoding") ? HTTP1_FIELD_CONTENT_ENCODING
							       : HTTP1_FIELD_NONE;
	case 17:
		return HTTP1_IS(name, len, "transfer-encoding")   ? HTTP1_FIELD_TRANSFER_ENCODING
		       : HTTP1_IS(name, len, "sec-websocket-key") ? HTTP1_FIELD_WEBSOCKET_KEY
								  : HTTP1_FIELD_NONE;
	case 21:
		return HTTP1_IS(name, len, "sec-websocket-version") ? HTTP1_FIELD_WEBSOCKET_VERSION
								    : HTTP1_FIELD_NONE;
	case 22:
		return HTTP1_IS(name, len, "sec-websocket-protocol")
			       ? HTTP1_FIELD_WEBSOCKET_PROTOCOL
			       : HTTP1_FIELD_NONE;
	case 24:
		return HTTP1_IS(name, len, "sec-websocket-extensions")
			       ? HTTP1_FIELD_WEBSOCKET_EXTENSIONS
			       : HTTP1_FIELD_NONE;
	default: return HTTP1_FIELD_NONE;
	}
}

static bool content_length(
	struct http1_head *head, const unsigned char *at, const unsigned char *end)
{
	size_t len = (size_t)(end - at);
	uint64_t value = 0;                                           /* takes any 19 digits */
	bool good = len > 0 && len <= 19 && (*at != '0' || len == 1); /* else octal to some */
	if (good && len <= 8) {
		good = text_read_digits((const char *)end, len, &value);
		at = end;
	}
	for (; good && at < end; at++) {
		unsigned digit = *at - (unsigned)'0';
		value = value * 10 + digit;
		good = digit <= 9;
	}
	if (!good || value > INT64_MAX) {
		return http1_fail(head, 400, "Content-Length is not a number.");
	}
	head->content_length = (int64_t)value;
	return true;
}

/* RFC 9112 6.3: without "chunked" at the end the length is unknown, 400; else 501 what else is
 * there. */
static bool transfer_encoding(
	struct http1_head *head, const unsigned char *at, const unsigned char *end)
{
	const unsigned char *coding;
	size_t len;
	bool unknown = false;
	while (http1_next_element(&at, end, &coding, &len)) {
		if (head->chunked) {
			return http1_fail(
				head, 400, "Transfer-Encoding has something behind chunked.");
		}
		head->chunked = HTTP1_IS(coding, len, "chunked");
		unknown |= !head->chunked;
	}
	if (!head->chunked) {
		return http1_fail(head, 400, "Transfer-Encoding does not end in chunked.");
	}
	return !unknown || http1_fail(head, 501, "Only the transfer coding chunked is known.");
}

static bool expect(struct http1_head *head, const unsigned char *at, const unsigned char *end)
{
	const unsigned char *what;
	size_t len;
	while (http1_next_element(&at, end, &what, &len)) {
		if (!HTTP1_IS(what, len, "100-continue")) {
			return http1_fail(head, 417, "Nothing but 100-continue can be expected.");
		}
		head->expect_continue = true;
	}
	return true;
}

static void connection(struct http1_head *head, const unsigned char *at, const unsigned char *end)
{
	const unsigned char *option;
	size_t len = (size_t)(end - at);
	if (HTTP1_IS(at, len, "keep-alive")) { /* what nearly all clients say */
		head->connection_keep_alive = true;
		return;
	}
	while (http1_next_element(&at, end, &option, &len)) {
		if (HTTP1_IS(option, len, "keep-alive")) {
			head->connection_keep_alive = true;
		} else if (HTTP1_IS(option, len, "close")) {
			head->connection_close = true;
		} else if (HTTP1_IS(option, len, "upgrade")) {
			head->connection_upgrade = true;
		}
	}
}

static void upgrade(struct http1_head *head, const unsigned char *at, const unsigned char *end)
{
	const unsigned char *protocol;
	size_t len;
	while (http1_next_element(&at, end, &protocol, &len)) {
		head->upgrade_websocket |= HTTP1_IS(protocol, len, "websocket");
	}
}

/* A header that means something to the protocol itself. */
static bool known_header(struct http1_head *head, const struct input *in, enum http1_field field,
	const unsigned char *value, const unsigned char *end)
{
	if (head->field_counts[field] < UINT8_MAX) {
		head->field_counts[field]++;
	}
	bool first = head->field_counts[field] == 1;
	if (first) {
		head->fields[field] = http1_place(in->base, value, end);
	}
	switch (field) {
	case HTTP1_FIELD_HOST:
		return (first && http1_target_host(head, in->base, head->fields[field], in->cap)) ||
		       http1_fail(head, 400,
			       first ? "Host is not a valid host." : "There are two Host headers.");
	case HTTP1_FIELD_CONTENT_LENGTH:
		return first ? content_length(head, value, end)
			     : http1_fail(head, 400, "There are two Content-Length headers.");
	case HTTP1_FIELD_TRANSFER_ENCODING:
		return first ? transfer_encoding(head, value, end)
			     : http1_fail(head, 400, "There are two Transfer-Encoding headers.");
	case HTTP1_FIELD_CONTENT_TYPE:
		return first || http1_fail(head, 400, "There are two Content-Type headers.");
	case HTTP1_FIELD_EXPECT: return expect(head, value, end);
	case HTTP1_FIELD_CONNECTION: connection(head, value, end); return true;
	case HTTP1_FIELD_UPGRADE: upgrade(head, value, end); return true;
	default: return true;
	}
}

/* The line that ends the head. */
static enum line empty_line(struct http1_head *head, const unsigned char *at,
	const unsigned char *cap, const unsigned char **line)
{
	if (at + 1 == cap) {
		return LINE_MORE;
	}
	*line = at + 2;
	return at[1] == '\n' ? LINE_EMPTY : fail_line(head, 400, "A line does not end in CRLF.");
}

/* Reads the header line at `*line` and goes on to the next one, or behind the empty one. */
static enum line header_line(
	struct http1_head *head, const struct input *in, const unsigned char **line)
{
	const unsigned char *name = *line;
	const unsigned char *cap = in->cap;
	if (name < cap && *name == '\r') {
		return empty_line(head, name, cap, line);
	}
	const unsigned char *colon = http1_skip_token(name, cap);
	if (colon == cap) {
		return LINE_MORE;
	}
	if (*colon != ':' || colon == name) {
		return fail_line(head, 400, "A header line is malformed.");
	}
	const unsigned char *value = colon + 1;
	if (value < cap && *value == ' ') {
		value++; /* nearly always exactly one */
	}
	if (value < cap && *value <= ' ') {
		value = http1_skip_blanks(value, cap);
	}
	const unsigned char *line_end = http1_skip_text(value, cap);
	if (cap - line_end < 2 || memcmp(line_end, "\r\n", 2) != 0) {
		if (line_end == cap || (*line_end == '\r' && line_end + 1 == cap)) {
			return LINE_MORE;
		}
		return fail_line(head, 400, "A header has a character that is not allowed.");
	}
	const unsigned char *end = line_end;
	if (end[-1] <= ' ') {
		end = http1_trim_blanks(value, end);
	}
	if (head->header_count == in->count_max) {
		return fail_line(head, 431, "There are too many headers.");
	}
	struct http1_header *header = &head->headers[head->header_count++];
	header->name = http1_place(in->base, name, colon);
	header->value = http1_place(in->base, value, end);
	enum http1_field field = field_of(name, (size_t)(colon - name));
	if (field != HTTP1_FIELD_NONE && !known_header(head, in, field, value, end)) {
		return LINE_ERROR;
	}
	*line = line_end + 2;
	return LINE_DONE;
}

static enum line header_lines(struct http1_head *head, struct input *in)
{
	const unsigned char *at = in->base + head->line;
	enum line line;
	do {
		set_cap(in, at);
		line = header_line(head, in, &at);
	} while (line == LINE_DONE);
	head->line = (uint32_t)(at - in->base);
	return line;
}

/* ---- the whole ---- */

/* Rules that need all headers. */
static enum http1_result finish(struct http1_head *head)
{
	bool valid = true;
	if (head->minor > 0 && head->field_counts[HTTP1_FIELD_HOST] == 0) {
		valid = http1_fail(head, 400, "There is no Host header.");
	} else if (head->chunked && head->minor == 0) {
		valid = http1_fail(head, 400, "Transfer-Encoding does not exist in HTTP/1.0.");
	} else if (head->chunked && head->content_length >= 0) {
		valid = http1_fail(
			head, 400, "There are both Content-Length and Transfer-Encoding.");
	}
	head->keep_alive =
		!head->connection_close && (head->minor > 0 || head->connection_keep_alive);
	head->expect_continue &= head->minor > 0 && (head->chunked || head->content_length > 0);
	head->websocket = head->connection_upgrade && head->upgrade_websocket;
	head->size = head->line;
	return valid ? HTTP1_DONE : HTTP1_ERROR;
}

/* One empty line before a request is ignored (RFC 9112 2.2). False: more bytes are needed. */
static bool skip_empty_line(struct http1_head *head, const struct input *in)
{
	if (in->base == in->end) {
		return false;
	}
	if (in->base[0] == '\r') {
		if (in->end - in->base < 2) {
			return false;
		}
		head->line = in->base[1] == '\n' ? 2 : 0;
	}
	head->stage = STAGE_REQUEST_LINE;
	return true;
}

static ptrdiff_t line_max(uint32_t limit)
{
	return limit == 0 ? PTRDIFF_MAX : (ptrdiff_t)limit + 2;
}

static void set_header_limits(const struct http1_head *head, struct input *in)
{
	uint32_t all = in->limits->headers;
	uint32_t count = in->limits->header_count;
	in->line_max = line_max(in->limits->header);
	in->count_max = count == 0 || count > HTTP1_HEADERS_MAX ? HTTP1_HEADERS_MAX : count;
	if (all != 0 && in->end - in->base - head->headers_start > (ptrdiff_t)all) {
		in->stop = in->base + head->headers_start + all;
	}
}

/* Is parsing the line worth it: has its end come, or an error that can be told, or the limit? */
static bool line_ready(struct http1_head *head, const struct input *in)
{
	const unsigned char *at = http1_skip_text(in->base + head->scanned, in->cap);
	head->scanned = (uint32_t)(at - in->base);
	return in->cap < in->end || (at < in->cap && !(*at == '\r' && at + 1 == in->cap));
}

static enum http1_result pause_line(struct http1_head *head, const struct input *in)
{
	if (in->cap == in->end) {
		size_t len = (size_t)(in->cap - in->base);
		bool cr = len > head->line && in->cap[-1] == '\r';
		head->scanned = (uint32_t)(cr ? len - 1 : len);
		return HTTP1_MORE;
	}
	const unsigned char *line = in->base + head->line;
	if (head->stage == STAGE_HEADERS) {
		http1_fail(head, 431, "The headers are too long.");
	} else if (memchr(line, ' ', (size_t)(in->cap - line)) == NULL) {
		http1_fail(head, 400, "The method is too long.");
	} else {
		http1_fail(head, 414, "The request target is too long.");
	}
	return HTTP1_ERROR;
}

void http1_head_init(struct http1_head *head)
{
	memset(head, 0, offsetof(struct http1_head, headers));
	head->content_length = -1;
}

size_t http1_head_used(const struct http1_head *head)
{
	return offsetof(struct http1_head, headers) +
	       head->header_count * sizeof(struct http1_header);
}

enum http1_result http1_head_parse(
	struct http1_head *head, const char *bytes, size_t len, const struct http1_limits *limits)
{
	const unsigned char *base = (const unsigned char *)bytes;
	struct input in = { .base = base, .end = base + len, .stop = base + len, .limits = limits };
	if (head->stage == STAGE_START && !skip_empty_line(head, &in)) {
		return HTTP1_MORE;
	}
	if (head->stage == STAGE_HEADERS) {
		set_header_limits(head, &in);
	} else {
		in.line_max = line_max(limits->request_line);
	}
	set_cap(&in, base + head->line);
	if (head->scanned > head->line && !line_ready(head, &in)) {
		return HTTP1_MORE;
	}
	enum line line = LINE_DONE;
	if (head->stage == STAGE_REQUEST_LINE) {
		line = request_line(head, &in);
		if (line == LINE_DONE) {
			head->stage = STAGE_HEADERS;
			set_header_limits(head, &in);
		}
	}
	if (line == LINE_DONE) {
		line = header_lines(head, &in);
	}
	if (line == LINE_MORE) {
		return pause_line(head, &in);
	}
	return line == LINE_EMPTY ? finish(head) : HTTP1_ERROR;
}
