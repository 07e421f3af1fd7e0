/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/proxy_protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FOUR "\xc0\0\2\7\xc6\x33\x64\1\xc0\0\1\xbb" /* 192.0.2.7 198.51.100.1 49152 443 */
#define SIX                                                                    \
	"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7\x20\1\x0d\xb8\0\0\0\0\0\0\0\0" \
	"\0\0\0\1\xc0\0\1\xbb"
#define BYTES(literal) span_of("" literal, sizeof(literal) - 1)

/* In a block of its own, so that a sanitizer sees every step behind the end. */
static enum proxy_protocol_result read_copy(struct span bytes, struct proxy_protocol *header)
{
	char *copy = malloc(bytes.len + (bytes.len == 0));
	memcpy(copy, bytes.ptr, bytes.len);
	enum proxy_protocol_result result = proxy_protocol_read(span_of(copy, bytes.len), header);
	free(copy);
	return result;
}

/* However it is cut, and whatever follows it. `source` NULL: it does not tell. */
static void expect(struct span bytes, const char *source)
{
	struct proxy_protocol header;
	for (size_t len = 0; len < bytes.len; len++) {
		if (read_copy(span_of(bytes.ptr, len), &header) != PROXY_PROTOCOL_MORE) {
			fail_msg("%zu of %zu bytes were enough", len, bytes.len);
		}
	}
	char *more = malloc(bytes.len + 1000);
	memset(more, 'x', bytes.len + 1000);
	memcpy(more, bytes.ptr, bytes.len);
	for (size_t behind = 0; behind <= 1000; behind += 500) {
		struct span input = span_of(more, bytes.len + behind);
		assert_int_equal(read_copy(input, &header), PROXY_PROTOCOL_DONE);
		assert_int_equal(header.size, bytes.len);
		assert_int_equal(header.tells, source != NULL);
		if (source != NULL) {
			struct address address;
			assert_true(address_parse(span_from_text(source), &address));
			assert_true(address_equal(&header.source, &address));
		}
	}
	free(more);
}

/* Refused, at the latest by its last byte, also byte by byte. */
static void expect_refused(struct span bytes)
{
	struct proxy_protocol header;
	if (read_copy(bytes, &header) != PROXY_PROTOCOL_ERROR) {
		fail_msg("\"%.*s\" was taken", (int)bytes.len, bytes.ptr);
	}
	assert_non_null(header.reason);
	for (size_t len = 0; len < bytes.len; len++) {
		assert_int_not_equal(
			read_copy(span_of(bytes.ptr, len), &header), PROXY_PROTOCOL_DONE);
	}
}

/* ---- version 1 ---- */

static void a_line_tells_the_client(void **state)
{
	(void)state;
	expect(SPAN("PROXY TCP4 192.0.2.7 198.51.100.1 49152 443\r\n"), "192.0.2.7");
	expect(SPAN("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
		"255.255.255.255");
	expect(SPAN("PROXY TCP4 192.0.2.7 198.51.100.1 0 0\r\n"), "192.0.2.7");
	expect(SPAN("PROXY TCP6 2001:db8::7 2001:db8::1 49152 443\r\n"), "2001:db8::7");
	expect(SPAN("PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 1 2\r\n"), "192.0.2.7");
	expect(SPAN("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void an_unknown_client_is_not_told(void **state)
{
	(void)state;
	expect(SPAN("PROXY UNKNOWN\r\n"), NULL);
	expect(SPAN("PROXY UNKNOWN \r\n"), NULL);
	expect(SPAN("PROXY UNKNOWN 192.0.2.7 what is this\n?\r\n"), NULL);
	expect(SPAN("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
		NULL);
	expect(SPAN("PROXY TCP6 :: :: 0 0\r\n"), NULL);
}

static void a_line_that_is_not_exactly_right_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"PROXY \r\n",
		"PROXY TCP4\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 49152\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 49152 \r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 49152 443 \r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 49152 443 1\r\n",
		"PROXY TCP4  192.0.2.7 198.51.100.1 49152 443\r\n",
		"PROXY  TCP4 192.0.2.7 198.51.100.1 49152 443\r\n",
		"PROXY\tTCP4 192.0.2.7 198.51.100.1 49152 443\r\n",
		"PROXY TCP4 192.0.2.7\t198.51.100.1 49152 443\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 49152 65536\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 049152 443\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 +1 443\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 0x1 443\r\n",
		"PROXY TCP4 192.0.2.07 198.51.100.1 49152 443\r\n",
		"PROXY TCP4 192.0.2 198.51.100.1 49152 443\r\n",
		"PROXY TCP4 192.0.2.256 198.51.100.1 49152 443\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.256 49152 443\r\n",
		"PROXY TCP4 2001:db8::7 2001:db8::1 49152 443\r\n",
		"PROXY TCP4 ::ffff:192.0.2.7 198.51.100.1 49152 443\r\n",
		"PROXY TCP6 192.0.2.7 198.51.100.1 49152 443\r\n",
		"PROXY TCP6 [2001:db8::7] 2001:db8::1 49152 443\r\n",
		"PROXY TCP6 fe80::7%lo 2001:db8::1 49152 443\r\n",
		"PROXY TCP5 192.0.2.7 198.51.100.1 49152 443\r\n",
		"PROXY UDP4 192.0.2.7 198.51.100.1 49152 443\r\n",
		"PROXY tcp4 192.0.2.7 198.51.100.1 49152 443\r\n",
		"PROXY UNKNOWNS\r\n",
		"PROXY unknown\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 49152 443\rx",
		"PROXY UNKNOWN\r\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 49152 443\n\r\n",
		"PROXY TCP4 localhost localhost 49152 443\r\n",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		expect_refused(span_from_text(wrong[i]));
	}
	expect_refused(BYTES("PROXY TCP4 192.0.2.7\0 198.51.100.1 49152 443\r\n"));
}

static void a_line_has_at_most_107_bytes(void **state)
{
	(void)state;
	char line[PROXY_PROTOCOL_V1_MAX + 1];
	struct proxy_protocol header;
	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY UNKNOWN ", 14);
	memcpy(line + PROXY_PROTOCOL_V1_MAX - 2, "\r\n", 2);
	expect(span_of(line, PROXY_PROTOCOL_V1_MAX), NULL);
	memcpy(line + PROXY_PROTOCOL_V1_MAX - 2, "x\r\n", 3);
	assert_int_equal(
		read_copy(span_of(line, PROXY_PROTOCOL_V1_MAX - 1), &header), PROXY_PROTOCOL_MORE);
	expect_refused(span_of(line, PROXY_PROTOCOL_V1_MAX));
	expect_refused(span_of(line, PROXY_PROTOCOL_V1_MAX + 1));
	memset(line + 14, 'x', sizeof(line) - 14);
	expect_refused(span_of(line, PROXY_PROTOCOL_V1_MAX));
}

/* ---- version 2 ---- */

static void a_block_tells_the_client(void **state)
{
	(void)state;
	expect(BYTES(SIGNATURE "\x21\x11\0\x0c" FOUR), "192.0.2.7");
	expect(BYTES(SIGNATURE "\x21\x21\0\x24" SIX), "2001:db8::7");
}

static void what_follows_the_addresses_is_skipped(void **state)
{
	(void)state;
	expect(BYTES(SIGNATURE "\x21\x11\0\x0f" FOUR "\4\0\0"), "192.0.2.7");
	expect(BYTES(SIGNATURE "\x21\x11\0\x16" FOUR "\xea\0\4\1vpc\5\0\0"), "192.0.2.7");
	expect(BYTES(SIGNATURE "\x21\x21\0\x2b" SIX "\1\0\4http"), "2001:db8::7");
}

static void a_local_connection_is_the_proxys_own(void **state)
{
	(void)state;
	expect(BYTES(SIGNATURE "\x20\0\0\0"), NULL);
	expect(BYTES(SIGNATURE "\x20\x11\0\x0c" FOUR), NULL);
	expect(BYTES(SIGNATURE "\x20\xff\0\3abc"), NULL);
}

static void a_family_without_addresses_of_ip_is_not_told(void **state)
{
	(void)state;
	char unix_sockets[16 + 216] = SIGNATURE "\x21\x31\0\xd8/run/a";
	expect(BYTES(SIGNATURE "\x21\0\0\0"), NULL);
	expect(BYTES(SIGNATURE "\x21\1\0\3abc"), NULL);
	expect(BYTES(SIGNATURE "\x21\x10\0\x0c" FOUR), NULL);
	expect(BYTES(SIGNATURE "\x21\x12\0\x0c" FOUR), NULL); /* datagrams */
	expect(span_of(unix_sockets, sizeof(unix_sockets)), NULL);
	char none[16 + 36] = SIGNATURE "\x21\x21\0\x24";
	expect(span_of(none, sizeof(none)), NULL);
}

static void a_block_that_is_not_exactly_right_is_refused(void **state)
{
	(void)state;
	expect_refused(BYTES(SIGNATURE "\x11\x11\0\x0c" FOUR));
	expect_refused(BYTES(SIGNATURE "\x31\x11\0\x0c" FOUR));
	expect_refused(BYTES(SIGNATURE "\x22"));
	expect_refused(BYTES(SIGNATURE "\x2f"));
	expect_refused(BYTES(SIGNATURE "\x21\x41\0\x0c" FOUR));
	expect_refused(BYTES(SIGNATURE "\x21\x13\0\x0c" FOUR));
	expect_refused(BYTES(SIGNATURE "\x21\x11\0\x0b\xc0\0\2\7\xc6\x33\x64\1\xc0\0\1"));
	expect_refused(BYTES(SIGNATURE "\x21\x21\0\x0c" FOUR));
	expect_refused(BYTES(SIGNATURE "\x21\x31\0\x0c" FOUR));
	expect_refused(BYTES(SIGNATURE "\x21\x11\0\0"));
	expect_refused(BYTES("\r\n\r\n\0\r\nQUIT\r"));
	expect_refused(BYTES("\r\n\r\nG"));
}

static void damaged_extras_are_refused(void **state)
{
	(void)state;
	expect_refused(BYTES(SIGNATURE "\x21\x11\0\x0d" FOUR "\4"));
	expect_refused(BYTES(SIGNATURE "\x21\x11\0\x0e" FOUR "\4\0"));
	expect_refused(BYTES(SIGNATURE "\x21\x11\0\x0f" FOUR "\4\0\1"));
	expect_refused(BYTES(SIGNATURE "\x21\x11\0\x10" FOUR "\4\xff\xff"
				       "a"));
}

static void a_checksum_must_be_right(void **state)
{
	(void)state;
	/* made by another implementation, bit by bit, over the header with four zeros in it */
	char good[] = SIGNATURE "\x21\x11\0\x13" FOUR "\3\0\4"
				"\xd0\x52\xb7\x3b";
	struct proxy_protocol header;
	struct span bytes = span_of(good, sizeof(good) - 1);
	expect(bytes, "192.0.2.7");
	for (size_t i = 16; i < bytes.len; i++) {
		if (i >= 28 && i < 31) {
			continue; /* then it is another extra, or none */
		}
		good[i] ^= 1;
		assert_int_equal(read_copy(bytes, &header), PROXY_PROTOCOL_ERROR);
		good[i] ^= 1;
	}
	expect_refused(BYTES(SIGNATURE "\x21\x11\0\x12" FOUR "\3\0\3abc"));
	expect_refused(BYTES(SIGNATURE "\x21\x11\0\x0f" FOUR "\3\0\0"));
}

static void a_block_has_a_bound(void **state)
{
	(void)state;
	char *large = calloc(1, PROXY_PROTOCOL_V2_MAX);
	size_t rest = PROXY_PROTOCOL_V2_MAX - 16, extra = rest - 12 - 3;
	memcpy(large, SIGNATURE "\x21\x11\0\0" FOUR "\4", 29);
	large[14] = (char)(rest >> 8), large[15] = (char)rest;
	large[29] = (char)(extra >> 8), large[30] = (char)extra;
	expect(span_of(large, PROXY_PROTOCOL_V2_MAX), "192.0.2.7");
	large[15]++;
	expect_refused(span_of(large, 16));
	free(large);
	expect_refused(BYTES(SIGNATURE "\x20\0\xff\xff"));
}

static void what_begins_otherwise_is_refused_at_once(void **state)
{
	(void)state;
	static const char *const wrong[] = { "G", "POST", "PROXX", "PROXY:", "proxy", "\n", "\r\r",
		"\x16\x03\x01", " PROXY TCP4" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		expect_refused(span_from_text(wrong[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_tells_the_client),
		cmocka_unit_test(an_unknown_client_is_not_told),
		cmocka_unit_test(a_line_that_is_not_exactly_right_is_refused),
		cmocka_unit_test(a_line_has_at_most_107_bytes),
		cmocka_unit_test(a_block_tells_the_client),
		cmocka_unit_test(what_follows_the_addresses_is_skipped),
		cmocka_unit_test(a_local_connection_is_the_proxys_own),
		cmocka_unit_test(a_family_without_addresses_of_ip_is_not_told),
		cmocka_unit_test(a_block_that_is_not_exactly_right_is_refused),
		cmocka_unit_test(damaged_extras_are_refused),
		cmocka_unit_test(a_checksum_must_be_right),
		cmocka_unit_test(a_block_has_a_bound),
		cmocka_unit_test(what_begins_otherwise_is_refused_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
