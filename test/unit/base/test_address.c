/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect(int family, const char *text, bool four)
{
	struct sockaddr_storage socket = { .ss_family = (sa_family_t)family };
	struct buffer out = { 0 };
	void *ip = family == AF_INET ? (void *)&((struct sockaddr_in *)&socket)->sin_addr
				     : (void *)&((struct sockaddr_in6 *)&socket)->sin6_addr;
	assert_int_equal(inet_pton(family, text, ip), 1);
	struct address address = address_from_socket(&socket);
	assert_int_equal(address_is_four(&address), four);
	address_append(&address, &out);
	assert_true(span_equal(buffer_span(&out), span_from_text(text)));
	buffer_finish(&out);
}

static void an_address_is_written_as_people_write_it(void **state)
{
	(void)state;
	expect(AF_INET, "192.0.2.7", true);
	expect(AF_INET, "255.255.255.255", true);
	expect(AF_INET6, "2001:db8::1", false);
	expect(AF_INET6, "fe80::aaaa:1", false);
}

static void expect_parsed(const char *text, const char *written)
{
	struct address address;
	char out[ADDRESS_TEXT_MAX];
	assert_true(address_parse(span_from_text(text), &address));
	size_t len = address_write(&address, out);
	assert_true(span_equal(span_of(out, len), span_from_text(written)));
}

static void an_address_is_read_as_people_write_it(void **state)
{
	(void)state;
	expect_parsed("0.0.0.0", "0.0.0.0");
	expect_parsed("10.99.100.255", "10.99.100.255");
	expect_parsed("2001:DB8::1", "2001:db8::1");
	expect_parsed("2001:db8:0:0:0:0:0:1", "2001:db8::1");
	expect_parsed("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8");
	expect_parsed("64:ff9b::192.0.2.33", "64:ff9b::c000:221");
	expect_parsed("::1", "::1");
}

static void a_mapped_address_is_the_one_it_maps(void **state)
{
	(void)state;
	struct address mapped, plain;
	assert_true(address_parse(SPAN("::ffff:192.0.2.7"), &mapped));
	assert_true(address_parse(SPAN("192.0.2.7"), &plain));
	assert_true(address_equal(&mapped, &plain));
	assert_true(address_parse(SPAN("::ffff:c000:207"), &mapped));
	assert_true(address_equal(&mapped, &plain));
	assert_true(address_is_four(&mapped));
}

static void what_is_not_exactly_an_address_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = { "", " ", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
		"1.2.3.4 ", " 1.2.3.4", "1.2.3.04", "+1.2.3.4", "1.2.3.4:80", "0x7f.0.0.1", "1",
		"2130706433", "[::1]", "::1%lo", "::g", ":::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7",
		"12345::", "::1.2.3", "localhost", "unknown", "_hidden",
		"0000:0000:0000:0000:0000:0000:255.255.255.2555", "1.2.3.4\n" };
	struct address address;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (address_parse(span_from_text(wrong[i]), &address)) {
			fail_msg("\"%s\" was read", wrong[i]);
		}
	}
	assert_false(address_parse(span_of("1.2.3.4\0", 8), &address));
	assert_false(address_parse(SPAN_ABSENT, &address));
}

static void a_unix_socket_has_no_address(void **state)
{
	(void)state;
	struct sockaddr_storage socket = { .ss_family = AF_UNIX };
	struct address address = address_from_socket(&socket);
	struct buffer out = { 0 };
	address_append(&address, &out);
	assert_int_equal(out.len, 0);
	assert_true(address_is_none(&address));
	buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_written_as_people_write_it),
		cmocka_unit_test(an_address_is_read_as_people_write_it),
		cmocka_unit_test(a_mapped_address_is_the_one_it_maps),
		cmocka_unit_test(what_is_not_exactly_an_address_is_refused),
		cmocka_unit_test(a_unix_socket_has_no_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
