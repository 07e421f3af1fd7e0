/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/option_value.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void integers_fit_or_are_refused(void **state)
{
	(void)state;
	int64_t value;
	assert_true(option_parse_integer(SPAN("9223372036854775807"), &value));
	assert_int_equal(value, INT64_MAX);
	assert_true(option_parse_integer(SPAN("-9223372036854775808"), &value));
	assert_true(value == INT64_MIN);
	assert_false(option_parse_integer(SPAN("-9223372036854775809"), &value));
	assert_false(option_parse_integer(SPAN(""), &value));
	assert_false(option_parse_integer(SPAN("-"), &value));
	assert_false(option_parse_integer(SPAN("+1"), &value));
}

static void durations_have_a_unit(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
	} cases[] = {
		{ "0s", 0 },
		{ "1ms", 1 },
		{ "250ms", 250 },
		{ "5s", 5000 },
		{ "2m", 120000 },
		{ "1h", 3600000 },
		{ "2562047788015h", 2562047788015 * 3600000 },
		{ "2562047788016h", -1 },
		{ "99999999999999999999ms", -1 },
		{ "0", -1 },
		{ "5", -1 },
		{ "", -1 },
		{ "s", -1 },
		{ "1.5s", -1 },
		{ "-1s", -1 },
		{ "+1s", -1 },
		{ "1 s", -1 },
		{ " 1s", -1 },
		{ "1s ", -1 },
		{ "1S", -1 },
		{ "1sec", -1 },
		{ "1h30m", -1 },
		{ "1d", -1 },
		{ "0x1s", -1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ms = 0;
		bool good = option_parse_duration(span_from_text(cases[i].text), &ms);
		if (good != (cases[i].ms >= 0) || (good && ms != cases[i].ms)) {
			fail_msg("%s", cases[i].text);
		}
	}
}

static void sizes_have_a_unit(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t bytes; /* -1: refused */
	} cases[] = {
		{ "0B", 0 },
		{ "100B", 100 },
		{ "64KiB", 65536 },
		{ "1MiB", 1048576 },
		{ "1GiB", 1073741824 },
		{ "8589934591GiB", 8589934591 << 30 },
		{ "8589934592GiB", -1 },
		{ "1", -1 },
		{ "1KB", -1 },
		{ "1kib", -1 },
		{ "1M", -1 },
		{ "-1B", -1 },
		{ "0.5MiB", -1 },
		{ "1 MiB", -1 },
		{ "", -1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t bytes = 0;
		bool good = option_parse_size(span_from_text(cases[i].text), &bytes);
		if (good != (cases[i].bytes >= 0) || (good && bytes != cases[i].bytes)) {
			fail_msg("%s", cases[i].text);
		}
	}
}

static void a_wrong_address_comes_with_a_hint(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "it is empty" },
		{ "localhost:8080", "write the number: 127.0.0.1:PORT or [::1]:PORT" },
		{ "*:8080", "for every interface write 0.0.0.0:PORT or [::]:PORT" },
		{ ":8080", "for every interface write 0.0.0.0:PORT or [::]:PORT" },
		{ "8080", "the address is missing; write 127.0.0.1:PORT" },
		{ "127.0.0.1", "the port is missing" },
		{ "127.0.0.1:", "the port must be a number from 0 to 65535" },
		{ "127.0.0.1:65536", "the port must be a number from 0 to 65535" },
		{ "127.0.0.1:-1", "the port must be a number from 0 to 65535" },
		{ "127.0.0.1:http", "the port must be a number from 0 to 65535" },
		{ "127.0.0.1:000080", "the port must be a number from 0 to 65535" },
		{ "127.0.0.1 :80",
			"names are not looked up; write the number, as in 127.0.0.1:8080" },
		{ "127.1:80", "names are not looked up; write the number, as in 127.0.0.1:8080" },
		{ "example.com:80",
			"names are not looked up; write the number, as in 127.0.0.1:8080" },
		{ "::1:8080", "an IPv6 address needs brackets, as in [::1]:8080" },
		{ "[::1:8080", "the closing ']' is missing" },
		{ "[::1]", "behind the brackets must be a port from 0 to 65535, as in [::1]:8080" },
		{ "[::1]8080",
			"behind the brackets must be a port from 0 to 65535, as in [::1]:8080" },
		{ "[::1]:",
			"behind the brackets must be a port from 0 to 65535, as in [::1]:8080" },
		{ "[]:80", "between the brackets must be a numeric IPv6 address" },
		{ "[127.0.0.1]:80", "between the brackets must be a numeric IPv6 address" },
		{ "unix:", "the path behind unix: must be absolute" },
		{ "unix:x.sock", "the path behind unix: must be absolute" },
		{ "unix:/0123456789012345678901234567890123456789012345678901234567890123456789"
		  "01234567890123456789012345678901234567",
			"the path behind unix: must be shorter than 108 bytes" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct option_address address;
		const char *why = option_parse_address(span_from_text(cases[i].text), &address);
		if (why == NULL) {
			fail_msg("accepted: %s", cases[i].text);
		}
		assert_string_equal(why, cases[i].why);
	}
}

static void addresses_are_numeric(void **state)
{
	(void)state;
	struct option_address address;
	assert_null(option_parse_address(SPAN("127.0.0.1:8080"), &address));
	assert_true(option_address_is_local(&address));
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address.socket;
	assert_int_equal(ipv4->sin_family, AF_INET);
	assert_int_equal(ntohs(ipv4->sin_port), 8080);
	assert_int_equal(ntohl(ipv4->sin_addr.s_addr), INADDR_LOOPBACK);
	assert_int_equal(address.len, sizeof(*ipv4));
	assert_null(option_parse_address(SPAN("0.0.0.0:0"), &address));
	assert_false(option_address_is_local(&address));
	assert_int_equal(ipv4->sin_port, 0);
	assert_null(option_parse_address(SPAN("[::1]:65535"), &address));
	assert_true(option_address_is_local(&address));
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address.socket;
	assert_int_equal(ipv6->sin6_family, AF_INET6);
	assert_int_equal(ntohs(ipv6->sin6_port), 65535);
	assert_memory_equal(&ipv6->sin6_addr, &in6addr_loopback, 16);
	assert_null(option_parse_address(SPAN("[::]:8080"), &address));
	assert_false(option_address_is_local(&address));
	assert_int_equal(address.len, sizeof(*ipv6));
	assert_null(option_parse_address(SPAN("unix:/run/x.sock"), &address));
	struct sockaddr_un *local = (struct sockaddr_un *)&address.socket;
	assert_int_equal(local->sun_family, AF_UNIX);
	assert_string_equal(local->sun_path, "/run/x.sock");
	assert_int_equal(
		address.len, offsetof(struct sockaddr_un, sun_path) + sizeof("/run/x.sock"));
}

static void values_are_written_in_the_largest_unit(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	option_value_append_duration(&out, 3600000);
	buffer_append_literal(&out, " ");
	option_value_append_duration(&out, 90000);
	buffer_append_literal(&out, " ");
	option_value_append_duration(&out, 1001);
	buffer_append_literal(&out, " ");
	option_value_append_size(&out, 1 << 20);
	buffer_append_literal(&out, " ");
	option_value_append_size(&out, 1000);
	assert_true(span_equal(buffer_span(&out), SPAN("1h 90s 1001ms 1MiB 1000B")));
	buffer_finish(&out);
}

static void a_range_may_have_no_end(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	struct option row = { .type = OPTION_DURATION, .min = 1000, .max = INT64_MAX };
	assert_true(option_value_is_bounded(&row));
	option_value_append_range(&out, &row);
	assert_true(span_equal(buffer_span(&out), SPAN("of at least 1s")));
	buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_fit_or_are_refused),
		cmocka_unit_test(durations_have_a_unit),
		cmocka_unit_test(sizes_have_a_unit),
		cmocka_unit_test(a_wrong_address_comes_with_a_hint),
		cmocka_unit_test(addresses_are_numeric),
		cmocka_unit_test(values_are_written_in_the_largest_unit),
		cmocka_unit_test(a_range_may_have_no_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
