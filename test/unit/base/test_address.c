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

static void a_unix_socket_has_no_address(void **state)
{
	(void)state;
	struct sockaddr_storage socket = { .ss_family = AF_UNIX };
	struct address address = address_from_socket(&socket);
	struct buffer out = { 0 };
	address_append(&address, &out);
	assert_int_equal(out.len, 0);
	buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_written_as_people_write_it),
		cmocka_unit_test(a_unix_socket_has_no_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
