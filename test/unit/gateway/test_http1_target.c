/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/http1_target.h"

#include "test/unit/gateway/http1_heads.h"

static void a_request_has_exactly_one_valid_host(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(400, GET "\r\n"),
		ROW(400, "GET http://a/ HTTP/1.1\r\n\r\n"),
		ROW(0, "GET / HTTP/1.0\r\n\r\n"),
		ROW(400, "GET / HTTP/1.0\r\nHost: a b\r\n\r\n"),
		ROW(400, GET H H "\r\n"),
		ROW(400, GET H "host: b\r\n\r\n"),
		ROW(400, GET "Host: a,b\r\n\r\n"),
		ROW(400, GET "Host: a, b\r\n\r\n"),
		ROW(400, GET "Host: user@a\r\n\r\n"),
		ROW(400, GET "Host: user:secret@a\r\n\r\n"),
		ROW(400, GET "Host: a/path\r\n\r\n"),
		ROW(400, GET "Host: a?q\r\n\r\n"),
		ROW(400, GET "Host: a#f\r\n\r\n"),
		ROW(400, GET "Host: a\\b\r\n\r\n"),
		ROW(400, GET "Host: http://a\r\n\r\n"),
		ROW(400, GET "Host:\r\n\r\n"),
		ROW(400, GET "Host:  \t \r\n\r\n"),
		ROW(400, GET "Host: :80\r\n\r\n"),
		ROW(400, GET "Host: a:0\r\n\r\n"),
		ROW(400, GET "Host: a:65536\r\n\r\n"),
		ROW(400, GET "Host: a:99999999999999999999\r\n\r\n"),
		ROW(400, GET "Host: a:8o\r\n\r\n"),
		ROW(400, GET "Host: a:80:80\r\n\r\n"),
		ROW(400, GET "Host: a:-1\r\n\r\n"),
		ROW(400, GET "Host: a%2\r\n\r\n"),
		ROW(400, GET "Host: a%zz\r\n\r\n"),
		ROW(400, GET "Host: \xc3\xa9\r\n\r\n"),
		ROW(400, GET "Host: [::1\r\n\r\n"),
		ROW(400, GET "Host: [\r\n\r\n"),
		ROW(400, GET "Host: []\r\n\r\n"),
		ROW(400, GET "Host: [::g]\r\n\r\n"),
		ROW(400, GET "Host: [::1]a\r\n\r\n"),
		ROW(400, GET "Host: [::1]:a\r\n\r\n"),
		ROW(400, GET "Host: [fe80::1%25eth0]\r\n\r\n"),
		ROW(400,
			GET "Host: [11111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1]\r\n\r\n"),
		ROW(400, GET "Host: ::1\r\n\r\n"),
		ROW(0, GET "Host: a:\r\n\r\n"),
		ROW(0, GET "Host: a:65535\r\n\r\n"),
		ROW(0, GET "Host: [::1]:8080\r\n\r\n"),
		ROW(0, GET "Host: xn--bcher-kva.example\r\n\r\n"),
		ROW(0, GET "Host: a_b.c-d.~e%20f!$&'()*+;=\r\n\r\n"),
	};
	EXPECT_ROWS(rows);
}

static void a_target_has_one_of_the_forms_of_the_standard(void **state)
{
	(void)state;
	static const struct row rows[] = {
		ROW(400, "GET  / HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /  HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET\t/ HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /a b HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /a\tb HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET a HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET ?a HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET * HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET *a HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "OPTIONS ** HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /a#b HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /a?b#c HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /\0a HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /\x7f HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /?\xc3\xa9 HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /\xc0\xaf HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /a\\b HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /a\"b HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET /<a> HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET a:80 HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET ftp://a/ HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET http:/a/ HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET http:// HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET http:///a HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET http://u@b/ HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET http://b:99999/ HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET http://[::1/ HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET http://b/ HTTP/1.1\r\nHost: a b\r\n\r\n"),
		ROW(400, "GET http://b/ HTTP/1.1\r\n" H H "\r\n"),
		ROW(501, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
		ROW(501, "CONNECT / HTTP/1.1\r\n" H "\r\n"),
		ROW(0, "OPTIONS * HTTP/1.1\r\n" H "\r\n"),
		ROW(0, "GET http://b/ HTTP/1.1\r\n" H "\r\n"),
		ROW(0, "GET HTTPS://b HTTP/1.1\r\n" H "\r\n"),
		ROW(0, "GET //a/../%2e%2e%2f%00?%zz{}|^`[]\\ HTTP/1.1\r\n" H "\r\n"),
		ROW(0, "GET /-._~!$&'()*+,;=:@/%20[]|?/? HTTP/1.1\r\n" H "\r\n"),
	};
	EXPECT_ROWS(rows);
}

static void an_absolute_target_names_the_host(void **state)
{
	(void)state;
	const char *text = "GET http://b:81/p?q HTTP/1.1\r\n" H "\r\n";
	parse_good(text);
	expect_place(text, parsed.host, "b");
	expect_place(text, parsed.port, "81");
	expect_place(text, parsed.path, "/p");
	expect_place(text, parsed.query, "q");
	expect_place(text, parsed.uri, "/p?q");
	expect_place(text, parsed.target, "http://b:81/p?q");
	text = "GET http://b HTTP/1.1\r\nHost: a:99\r\n\r\n";
	parse_good(text);
	expect_place(text, parsed.host, "b");
	expect_place(text, parsed.port, NULL);
	expect_place(text, parsed.path, "/");
	expect_place(text, parsed.uri, "/");
	expect_place(text, parsed.query, NULL);
	assert_false(parsed.asterisk);
	text = "GET http://b?q/r HTTP/1.1\r\n" H "\r\n";
	parse_good(text);
	expect_place(text, parsed.host, "b");
	expect_place(text, parsed.path, "/");
	expect_place(text, parsed.query, "q/r");
	text = "OPTIONS http://[::1]:80 HTTP/1.1\r\n" H "\r\n";
	parse_good(text);
	expect_place(text, parsed.host, "[::1]");
	expect_place(text, parsed.port, "80");
	assert_true(parsed.asterisk);
}

static void an_asterisk_and_an_empty_query_are_told_apart_from_nothing(void **state)
{
	(void)state;
	const char *text = "OPTIONS * HTTP/1.1\r\n" H "\r\n";
	parse_good(text);
	assert_true(parsed.asterisk);
	expect_place(text, parsed.path, "*");
	text = "GET /? HTTP/1.1\r\n" H "\r\n";
	parse_good(text);
	expect_place(text, parsed.query, "");
	expect_place(text, parsed.path, "/");
	text = GET H "\r\n";
	parse_good(text);
	expect_place(text, parsed.query, NULL);
	assert_int_equal(parsed.content_length, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_exactly_one_valid_host),
		cmocka_unit_test(a_target_has_one_of_the_forms_of_the_standard),
		cmocka_unit_test(an_absolute_target_names_the_host),
		cmocka_unit_test(an_asterisk_and_an_empty_query_are_told_apart_from_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
