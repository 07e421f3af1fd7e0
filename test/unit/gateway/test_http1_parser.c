/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/http1_parser.h"

#include "test/unit/gateway/http1_heads.h"

/* ---- hazards 1 to 9: the host and the length ---- */

static void a_length_is_said_once_and_in_digits(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(400, POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
		ROW(400, POST "Content-Length: 5\r\nContent-Length: 10\r\n\r\n"),
		ROW(400, POST "Content-Length: 5\r\ncontent-length: 5\r\n\r\n"),
		ROW(400, POST "Content-Length: 5, 10\r\n\r\n"),
		ROW(400, POST "Content-Length: 5, 5\r\n\r\n"),
		ROW(400, POST "Content-Length: -1\r\n\r\n"),
		ROW(400, POST "Content-Length: -0\r\n\r\n"),
		ROW(400, POST "Content-Length: +5\r\n\r\n"),
		ROW(400, POST "Content-Length: 0x5\r\n\r\n"),
		ROW(400, POST "Content-Length: 0o5\r\n\r\n"),
		ROW(400, POST "Content-Length: 05\r\n\r\n"),
		ROW(400, POST "Content-Length: 0000000000005\r\n\r\n"),
		ROW(400, POST "Content-Length: 1_0\r\n\r\n"),
		ROW(400, POST "Content-Length: 5 5\r\n\r\n"),
		ROW(400, POST "Content-Length:\r\n\r\n"),
		ROW(400, POST "Content-Length: \r\n\r\n"),
		ROW(400, POST "Content-Length: 10000000000000000000\r\n\r\n"),
		ROW(400, POST "Content-Length: 9223372036854775808\r\n\r\n"),
		ROW(400, POST "Content-Length: 99999999999999999999\r\n\r\n"),
		ROW(400, POST "Content-Length: 5x\r\n\r\n"),
		ROW(400, POST "Content-Length: 5;\r\n\r\n"),
		ROW(400, POST "Content-Length: abc\r\n\r\n"),
		ROW(400, POST "Content-Length: 5\v\r\n\r\n"),
		ROW(0, POST "Content-Length: 5 \r\n\r\n"),
		ROW(0, POST "Content-Length:\t5\r\n\r\n"),
		ROW(0, POST "Content-Length: 9223372036854775807\r\n\r\n"),
		ROW(0, POST "Content_Length: 5\r\n\r\n"),
		ROW(0, POST "\r\n"),
	};
	EXPECT_ROWS(rows);
}

static void only_chunked_is_a_transfer_coding(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(400, POST "Transfer-Encoding: xchunked\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: identity\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: gzip\r\n\r\n"),
		ROW(501, POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
		ROW(501, POST "Transfer-Encoding: identity, chunked\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: chunked, gzip\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: chunked, chunked\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: chunked;a=b\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: \"chunked\"\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding:\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: ,\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: \vchunked\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: \fchunked\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding: chunked\0\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding:\r\n chunked\r\n\r\n"),
		ROW(400, POST "Transfer-Encoding : chunked\r\n\r\n"),
		ROW(400, "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n"),
		ROW(0, POST "Transfer-Encoding: chunked\r\n\r\n"),
		ROW(0, POST "tRANSFER-eNCODING: ChUnKeD \r\n\r\n"),
		ROW(0, POST "Transfer-Encoding: , chunked,\r\n\r\n"),
	};
	EXPECT_ROWS(rows);
}

/* ---- hazards 16 to 22: lines, names, values, the request line ---- */

static void lines_end_in_crlf_and_are_never_folded(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(400, "GET / HTTP/1.1\n" H "\r\n"),
		ROW(400, GET "Host: a\n\r\n"),
		ROW(400, GET "Host: a\nX: b\r\n\r\n"),
		ROW(400, GET H "\n"),
		ROW(400, "GET / HTTP/1.1\r" H "\r\n"),
		ROW(400, GET "Host: a\rX: b\r\n\r\n"),
		ROW(400, GET H "\rX: b\r\n\r\n"),
		ROW(400, GET H "\r\r\n\r\n"),
		ROW(400, GET H "X: b\r\r\n\r\n"),
		ROW(400, GET H "X: a\r\n b\r\n\r\n"),
		ROW(400, GET H "X: a\r\n\tb\r\n\r\n"),
		ROW(400, GET H "X: a\r\n \r\n\r\n"),
		ROW(400, GET " " H "\r\n"),
		ROW(400, GET " \r\n" H "\r\n"),
		ROW(400, GET "\tX: b\r\n" H "\r\n"),
	};
	EXPECT_ROWS(rows);
}

static void a_header_name_is_a_token_with_its_colon(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(400, GET H "Name : v\r\n\r\n"),
		ROW(400, GET H "Name\t: v\r\n\r\n"),
		ROW(400, GET H "Na[me: v\r\n\r\n"),
		ROW(400, GET H "Na me: v\r\n\r\n"),
		ROW(400, GET H "Na(me: v\r\n\r\n"),
		ROW(400, GET H "Na\"me: v\r\n\r\n"),
		ROW(400, GET H ": v\r\n\r\n"),
		ROW(400, GET H "Name\r\n\r\n"),
		ROW(400, GET H "N\xc3\xa9: v\r\n\r\n"),
		ROW(400, GET H "N\x7f: v\r\n\r\n"),
		ROW(400, GET H "N\0: v\r\n\r\n"),
		ROW(0, GET H "!#$%&'*+-.^_`|~09azAZ: v\r\n\r\n"),
		ROW(0, GET H "Name:v\r\n\r\n"),
		ROW(0, GET H "Name:\r\n\r\n"),
	};
	EXPECT_ROWS(rows);
}

static void a_header_value_has_no_control_characters(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		for (size_t at = 0; at < 20; at++) {
			char text[] = GET H "X: aaaaaaaaaaaaaaaaaaaa\r\n\r\n";
			size_t start = sizeof(GET H "X: ") - 1;
			bool good = (c >= 0x20 && c != 0x7f) || c == '\t';
			text[start + at] = (char)c;
			struct row row = { good ? 0 : 400, text, sizeof(text) - 1 };
			static struct http1_head head;
			enum http1_result result = feed(&head, &row, row.len, 1, &usual);
			assert_int_equal(result, good ? HTTP1_DONE : HTTP1_ERROR);
			assert_int_equal(head.status, row.status);
			if (at == 9) {
				expect_row(&row, &usual);
			}
		}
	}
}

static void the_version_is_spelled_exactly(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(505, "GET / HTTP/9.9\r\n" H "\r\n"),
		ROW(505, "GET / HTTP/2.0\r\n" H "\r\n"),
		ROW(505, "GET / HTTP/0.9\r\n" H "\r\n"),
		ROW(400, "GET / HTTP/1\r\n" H "\r\n"),
		ROW(400, "GET / http/1.1\r\n" H "\r\n"),
		ROW(400, "GET / HTTP/01.01\r\n" H "\r\n"),
		ROW(400, "GET / HTTP/1.10\r\n" H "\r\n"),
		ROW(400, "GET / HTTP/ 1.1\r\n" H "\r\n"),
		ROW(400, "GET / HTTP/1.1 \r\n" H "\r\n"),
		ROW(400, "GET / HTTP/1,1\r\n" H "\r\n"),
		ROW(400, "GET / HTTQ/1.1\r\n" H "\r\n"),
		ROW(400, "GET / \r\n" H "\r\n"),
		ROW(400, "GET /\r\n" H "\r\n"),
		ROW(400, "GET /\r\n"),
		ROW(400, "GET / HTTP/1\r\n"),
		ROW(400, "GET\r\n"),
		ROW(0, "GET / HTTP/1.2\r\n" H "\r\n"),
	};
	EXPECT_ROWS(rows);
	parse_good("GET / HTTP/1.9\r\n" H "\r\n");
	assert_int_equal(parsed.minor, 1);
	parse_good("GET / HTTP/1.0\r\n" H "\r\n");
	assert_int_equal(parsed.minor, 0);
}

static void garbage_is_refused_at_its_first_byte(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(400, "\x16\x03\x01\x02"),
		ROW(400, "\0"),
		ROW(400, "\xff\xfe"),
		ROW(400, " \r\n\r\n"),
		ROW(400, "\n"),
		ROW(400, "\rG"),
		ROW(400, "\r\n\r\n"),
		ROW(400, "G\x01"),
		ROW(400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		ROW(0, "\r\n" GET H "\r\n"),
		ROW(400, "\r\n\r\n" GET H "\r\n"),
	};
	EXPECT_ROWS(rows);
	parse_good("\r\n" GET H "\r\nnext");
	assert_int_equal(parsed.size, strlen("\r\n" GET H "\r\n"));
}

static void a_control_character_is_refused_before_its_line_ends(void **state)
{
	(void)state;
	static const char text[] = GET H "X-Long: aaaaaaaaaaaaaaaa\x01";
	http1_head_init(&parsed);
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		assert_int_equal(http1_head_parse(&parsed, text, len, &usual), HTTP1_MORE);
	}
	assert_int_equal(http1_head_parse(&parsed, text, sizeof(text) - 1, &usual), HTTP1_ERROR);
	assert_int_equal(parsed.status, 400);
}

/* ---- hazards 26 to 31: methods, limits, expectations ---- */

/* A text with `count` times `fill` in the middle. */
static struct row stretched(const char *before, char fill, size_t count, const char *after)
{
	static char text[200000];
	size_t len = strlen(before);
	memcpy(text, before, len);
	memset(text + len, fill, count);
	memcpy(text + len + count, after, strlen(after) + 1);
	return (struct row){ 0, text, len + count + strlen(after) };
}

static void expect_stretched(struct row row, int status)
{
	row.status = status;
	expect_row(&row, &usual);
}

static void sizes_up_to_the_limits_pass_and_one_more_does_not(void **state)
{
	(void)state;
	size_t line = 8192 - strlen("GET / HTTP/1.1");
	expect_stretched(stretched("GET /", 'a', line, " HTTP/1.1\r\n" H "\r\n"), 0);
	expect_stretched(stretched("GET /", 'a', line + 1, " HTTP/1.1\r\n" H "\r\n"), 414);
	expect_stretched(stretched("GET /?", 'a', 100000, " HTTP/1.1\r\n" H "\r\n"), 414);
	expect_stretched(stretched("", 'A', 100000, " / HTTP/1.1\r\n" H "\r\n"), 400);
	size_t value = 8192 - strlen("X: ");
	expect_stretched(stretched(GET H "X: ", 'a', value, "\r\n\r\n"), 0);
	expect_stretched(stretched(GET H "X: ", 'a', value + 1, "\r\n\r\n"), 431);
	expect_stretched(stretched(GET H "X: ", 'a', 100000, "\r\n\r\n"), 431);
	expect_stretched(stretched(GET H, 'a', 100000, ": v\r\n\r\n"), 431);
	expect_stretched(stretched(GET H "X:", ' ', 100000, "v\r\n\r\n"), 431);
}

static void an_endless_line_is_refused_without_its_end(void **state)
{
	(void)state;
	expect_stretched(stretched("GET /", 'a', 8300, ""), 414);
	expect_stretched(stretched(GET H "X: ", 'a', 8300, ""), 431);
	expect_stretched(stretched(GET H, 'a', 8300, ""), 431);
}

/* Headers of 10 bytes a line, 9 without a name of two digits. */
static struct row with_headers(unsigned count, size_t padding)
{
	static char text[200000];
	size_t len = (size_t)snprintf(text, sizeof(text), GET H);
	for (unsigned i = 1; i < count; i++) {
		len += (size_t)snprintf(text + len, 16, "X%02u: ", i % 100);
		memset(text + len, 'a', padding);
		len += padding;
		len += (size_t)snprintf(text + len, 3, "\r\n");
	}
	len += (size_t)snprintf(text + len, 3, "\r\n");
	return (struct row){ 0, text, len };
}

static void headers_are_limited_in_number_and_in_all(void **state)
{
	(void)state;
	expect_stretched(with_headers(100, 1), 0);
	expect_stretched(with_headers(101, 1), 431);
	expect_stretched(with_headers(10000, 1), 431);
	/* 4 + 9 + n * (5 + 2 + padding) + 2 bytes of headers */
	size_t fits = 32768 - strlen(H) - 2;
	struct row exact = with_headers(2 + 31, fits / 32 - 7);
	assert_true(exact.len - strlen(GET) <= 32768);
	expect_stretched(exact, 0);
	expect_stretched(with_headers(2 + 31, fits / 32 - 6), 431);
}

static void without_limits_only_the_array_bounds_the_headers(void **state)
{
	(void)state;
	static const struct http1_limits none = { 0 };
	struct row row = with_headers(HTTP1_HEADERS_MAX, 1);
	expect_row(&row, &none);
	row = with_headers(HTTP1_HEADERS_MAX + 1, 1);
	row.status = 431;
	expect_row(&row, &none);
	row = stretched("GET /", 'a', 100000, " HTTP/1.1\r\n" H "\r\n");
	http1_head_init(&parsed);
	assert_int_equal(http1_head_parse(&parsed, row.text, row.len, &none), HTTP1_DONE);
	assert_int_equal(parsed.path.len, 100001);
}

static void only_100_continue_can_be_expected(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(417, POST "Expect: x\r\n\r\n"),
		ROW(417, POST "Expect: 200-ok\r\n\r\n"),
		ROW(417, POST "Expect: 100-continue, x\r\n\r\n"),
		ROW(0, POST "Expect: 100-Continue\r\n\r\n"),
	};
	EXPECT_ROWS(rows);
	parse_good(POST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
	assert_true(parsed.expect_continue);
	parse_good(POST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
	assert_true(parsed.expect_continue);
	parse_good(POST "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n");
	assert_false(parsed.expect_continue);
	parse_good(POST "Expect: 100-continue\r\n\r\n");
	assert_false(parsed.expect_continue);
	parse_good("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
	assert_false(parsed.expect_continue);
}

static void two_content_types_are_refused(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(400, POST "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n"),
		ROW(0, POST "Cookie: a\r\nCookie: b\r\n\r\n"),
	};
	EXPECT_ROWS(rows);
}

/* ---- results ---- */

static void methods_are_known_by_their_exact_name(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum http1_method method;
	} rows[] = {
		{ "GET", HTTP1_GET },
		{ "HEAD", HTTP1_HEAD },
		{ "POST", HTTP1_POST },
		{ "PUT", HTTP1_PUT },
		{ "PATCH", HTTP1_PATCH },
		{ "DELETE", HTTP1_DELETE },
		{ "OPTIONS", HTTP1_OPTIONS },
		{ "TRACE", HTTP1_TRACE },
		{ "PROPFIND", HTTP1_METHOD_OTHER },
		{ "QUERY", HTTP1_METHOD_OTHER },
		{ "get", HTTP1_METHOD_UNKNOWN },
		{ "GETX", HTTP1_METHOD_UNKNOWN },
		{ "GE", HTTP1_METHOD_UNKNOWN },
		{ "FOOBAR", HTTP1_METHOD_UNKNOWN },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "%s / HTTP/1.1\r\n" H "\r\n", rows[i].text);
		parse_good(text);
		assert_int_equal(parsed.method_id, rows[i].method);
		assert_int_equal(parsed.method.off, 0);
		assert_int_equal(parsed.method.len, strlen(rows[i].text));
	}
}

static void the_parts_of_a_request_are_found(void **state)
{
	(void)state;
	static const char text[] =
		"POST /a/b?x=1&y HTTP/1.1\r\nHost:  example.org:8080\t\r\nContent-Length: 12\r\n"
		"Content-Type: application/json\r\nX-Request-ID: r1\r\nTraceparent: t\r\n"
		"tracestate: s1\r\ntracestate: s2\r\nOrigin: https://o\r\n"
		"Content-Encoding: gzip\r\nX-Empty:\r\n\r\nbody";
	parse_good(text);
	expect_place(text, parsed.target, "/a/b?x=1&y");
	expect_place(text, parsed.uri, "/a/b?x=1&y");
	expect_place(text, parsed.path, "/a/b");
	expect_place(text, parsed.query, "x=1&y");
	expect_place(text, parsed.host, "example.org");
	expect_place(text, parsed.port, "8080");
	expect_place(text, parsed.fields[HTTP1_FIELD_HOST], "example.org:8080");
	expect_place(text, parsed.fields[HTTP1_FIELD_CONTENT_TYPE], "application/json");
	expect_place(text, parsed.fields[HTTP1_FIELD_X_REQUEST_ID], "r1");
	expect_place(text, parsed.fields[HTTP1_FIELD_TRACEPARENT], "t");
	expect_place(text, parsed.fields[HTTP1_FIELD_TRACESTATE], "s1");
	expect_place(text, parsed.fields[HTTP1_FIELD_ORIGIN], "https://o");
	expect_place(text, parsed.fields[HTTP1_FIELD_CONTENT_ENCODING], "gzip");
	expect_place(text, parsed.fields[HTTP1_FIELD_UPGRADE], NULL);
	assert_int_equal(parsed.field_counts[HTTP1_FIELD_TRACESTATE], 2);
	assert_int_equal(parsed.field_counts[HTTP1_FIELD_TRACEPARENT], 1);
	assert_int_equal(parsed.field_counts[HTTP1_FIELD_UPGRADE], 0);
	assert_int_equal(parsed.content_length, 12);
	assert_int_equal(parsed.size, sizeof(text) - 1 - 4);
	assert_int_equal(parsed.header_count, 10);
	expect_place(text, parsed.headers[0].name, "Host");
	expect_place(text, parsed.headers[9].name, "X-Empty");
	expect_place(text, parsed.headers[9].value, "");
	assert_true(parsed.keep_alive);
	assert_false(parsed.chunked);
	assert_int_equal(http1_head_used(&parsed),
		(size_t)((const char *)&parsed.headers[10] - (const char *)&parsed));
}

static void connection_options_are_a_list_over_several_headers(void **state)
{
	(void)state;
	static const struct {
		const char *headers;
		bool keep_alive;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n" H, true },
		{ "GET / HTTP/1.1\r\n" H "Connection: close\r\n", false },
		{ "GET / HTTP/1.1\r\n" H "Connection: CLOSE\r\n", false },
		{ "GET / HTTP/1.1\r\n" H "Connection: foo, Close ,bar\r\n", false },
		{ "GET / HTTP/1.1\r\n" H "Connection: foo\r\nconnection:,,close\r\n", false },
		{ "GET / HTTP/1.1\r\n" H "Connection: keep-alive, close\r\n", false },
		{ "GET / HTTP/1.1\r\n" H "Connection: closed\r\n", true },
		{ "GET / HTTP/1.0\r\n" H, false },
		{ "GET / HTTP/1.0\r\n" H "Connection: Keep-Alive\r\n", true },
		{ "GET / HTTP/1.0\r\n" H "Connection: close, keep-alive\r\n", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		snprintf(text, sizeof(text), "%s\r\n", rows[i].headers);
		parse_good(text);
		assert_int_equal(parsed.keep_alive, rows[i].keep_alive);
	}
}

static void a_websocket_upgrade_needs_both_headers(void **state)
{
	(void)state;
	static const char text[] =
		GET H "Connection: keep-alive, Upgrade\r\nUpgrade: foo/1, WebSocket\r\n"
		      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a\r\n"
		      "Sec-WebSocket-Protocol: b\r\n"
		      "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
	parse_good(text);
	assert_true(parsed.websocket);
	expect_place(text, parsed.fields[HTTP1_FIELD_WEBSOCKET_KEY], "dGhlIHNhbXBsZSBub25jZQ==");
	expect_place(text, parsed.fields[HTTP1_FIELD_WEBSOCKET_VERSION], "13");
	expect_place(text, parsed.fields[HTTP1_FIELD_WEBSOCKET_PROTOCOL], "a");
	expect_place(text, parsed.fields[HTTP1_FIELD_WEBSOCKET_EXTENSIONS], "permessage-deflate");
	assert_int_equal(parsed.field_counts[HTTP1_FIELD_WEBSOCKET_PROTOCOL], 2);
	assert_int_equal(parsed.field_counts[HTTP1_FIELD_WEBSOCKET_KEY], 1);
	parse_good(GET H "Upgrade: websocket\r\n\r\n");
	assert_false(parsed.websocket);
	parse_good(GET H "Connection: Upgrade\r\n\r\n");
	assert_false(parsed.websocket);
	parse_good(GET H "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
	assert_false(parsed.websocket);
	parse_good(GET H "Connection: Upgrade\r\nUpgrade: websocket2\r\n\r\n");
	assert_false(parsed.websocket);
}

static void an_unfinished_head_waits_for_more(void **state)
{
	(void)state;
	static const char text[] = "\r\nPOST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n";
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		http1_head_init(&parsed);
		assert_int_equal(parse_prefix(&parsed, text, len, &usual), HTTP1_MORE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_length_is_said_once_and_in_digits),
		cmocka_unit_test(only_chunked_is_a_transfer_coding),
		cmocka_unit_test(lines_end_in_crlf_and_are_never_folded),
		cmocka_unit_test(a_header_name_is_a_token_with_its_colon),
		cmocka_unit_test(a_header_value_has_no_control_characters),
		cmocka_unit_test(the_version_is_spelled_exactly),
		cmocka_unit_test(garbage_is_refused_at_its_first_byte),
		cmocka_unit_test(a_control_character_is_refused_before_its_line_ends),
		cmocka_unit_test(sizes_up_to_the_limits_pass_and_one_more_does_not),
		cmocka_unit_test(an_endless_line_is_refused_without_its_end),
		cmocka_unit_test(headers_are_limited_in_number_and_in_all),
		cmocka_unit_test(without_limits_only_the_array_bounds_the_headers),
		cmocka_unit_test(only_100_continue_can_be_expected),
		cmocka_unit_test(two_content_types_are_refused),
		cmocka_unit_test(methods_are_known_by_their_exact_name),
		cmocka_unit_test(the_parts_of_a_request_are_found),
		cmocka_unit_test(connection_options_are_a_list_over_several_headers),
		cmocka_unit_test(a_websocket_upgrade_needs_both_headers),
		cmocka_unit_test(an_unfinished_head_waits_for_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
