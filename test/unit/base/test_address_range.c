/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/address_range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct address address_of(const char *text)
{
	struct address address;
	assert_true(address_parse(span_from_text(text), &address));
	return address;
}

static bool contains(const char *text, const char *ip)
{
	struct address_range range;
	struct address address = address_of(ip);
	assert_int_equal(address_range_parse(span_from_text(text), &range), ADDRESS_RANGE_OK);
	return address_range_contains(&range, &address);
}

static void a_range_holds_what_begins_with_its_bits(void **state)
{
	(void)state;
	assert_true(contains("10.0.0.0/8", "10.0.0.0"));
	assert_true(contains("10.0.0.0/8", "10.255.255.255"));
	assert_false(contains("10.0.0.0/8", "11.0.0.0"));
	assert_false(contains("10.0.0.0/8", "9.255.255.255"));
	assert_true(contains("172.16.0.0/12", "172.31.255.255"));
	assert_false(contains("172.16.0.0/12", "172.32.0.0"));
	assert_true(contains("192.0.2.128/25", "192.0.2.129"));
	assert_false(contains("192.0.2.128/25", "192.0.2.127"));
	assert_true(contains("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(contains("2001:db8::/33", "2001:db8:8000::1"));
}

static void one_address_is_a_range(void **state)
{
	(void)state;
	assert_true(contains("192.0.2.7", "192.0.2.7"));
	assert_false(contains("192.0.2.7", "192.0.2.6"));
	assert_true(contains("192.0.2.7/32", "192.0.2.7"));
	assert_true(contains("::1/128", "::1"));
	assert_true(contains("::1", "::1"));
	assert_false(contains("::1", "::2"));
}

static void a_mapped_address_is_in_the_ranges_of_ipv4(void **state)
{
	(void)state;
	assert_true(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
	assert_true(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
	assert_false(contains("::ffff:10.0.0.0/104", "11.1.2.3"));
	assert_true(contains("::ffff:0:0/96", "10.1.2.3"));
}

static void all_of_one_family_is_none_of_the_other(void **state)
{
	(void)state;
	assert_true(contains("0.0.0.0/0", "203.0.113.9"));
	assert_false(contains("0.0.0.0/0", "2001:db8::1"));
	assert_true(contains("::/0", "2001:db8::1"));
	assert_false(contains("::/0", "203.0.113.9"));
	assert_false(contains("::/80", "203.0.113.9"));
}

static void expect(const char *text, enum address_range_result result, const char *written)
{
	struct address_range range;
	struct buffer out = { 0 };
	assert_int_equal(address_range_parse(span_from_text(text), &range), result);
	address_range_append(&range, &out);
	assert_true(span_equal(buffer_span(&out), span_from_text(written)));
	buffer_finish(&out);
}

static void bits_behind_the_prefix_are_told_and_taken_away(void **state)
{
	(void)state;
	expect("10.0.0.1/8", ADDRESS_RANGE_HOST_BITS, "10.0.0.0/8");
	expect("192.0.2.1/31", ADDRESS_RANGE_HOST_BITS, "192.0.2.0/31");
	expect("1.2.3.4/0", ADDRESS_RANGE_HOST_BITS, "0.0.0.0/0");
	expect("2001:db8::1/64", ADDRESS_RANGE_HOST_BITS, "2001:db8::/64");
	expect("::1/0", ADDRESS_RANGE_HOST_BITS, "::/0");
	expect("::ffff:10.0.0.1/104", ADDRESS_RANGE_HOST_BITS, "10.0.0.0/8");
	expect("10.0.0.0/8", ADDRESS_RANGE_OK, "10.0.0.0/8");
	expect("192.0.2.7/32", ADDRESS_RANGE_OK, "192.0.2.7");
	expect("::/0", ADDRESS_RANGE_OK, "::/0");
}

static void what_is_no_range_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = { "", "/", "/8", "10/8", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0.0/8 ",
		"10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "::/129", "::/1000", "::/0x10", "[::]/0",
		"fe80::%eth0/64", "10.*", "10.0.0.0-10.0.0.9", "localhost", "unix" };
	struct address_range range;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (address_range_parse(span_from_text(wrong[i]), &range) !=
			ADDRESS_RANGE_MALFORMED) {
			fail_msg("\"%s\" was read", wrong[i]);
		}
	}
}

static void all_addresses_of_a_family_are_recognised(void **state)
{
	(void)state;
	static const char *const all[] = { "0.0.0.0/0", "::/0", "::ffff:0:0/96" };
	static const char *const some[] = { "0.0.0.0/1", "::/1", "10.0.0.0/8", "::/96" };
	struct address_range range;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		address_range_parse(span_from_text(all[i]), &range);
		assert_true(address_range_is_all(&range));
	}
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		address_range_parse(span_from_text(some[i]), &range);
		assert_false(address_range_is_all(&range));
	}
}

static void a_unix_socket_is_in_no_range_but_has_its_own_word(void **state)
{
	(void)state;
	struct address nobody = { { 0 } }, inside = address_of("10.1.2.3"),
		       outside = address_of("192.0.2.1");
	struct address_range items[2];
	struct address_ranges ranges = { items, 2, false };
	address_range_parse(SPAN("::/0"), &items[0]);
	address_range_parse(SPAN("10.0.0.0/8"), &items[1]);
	assert_false(address_ranges_contain(&ranges, &nobody));
	assert_true(address_ranges_contain(&ranges, &inside));
	assert_false(address_ranges_contain(&ranges, &outside));
	ranges.unix_sockets = true;
	assert_true(address_ranges_contain(&ranges, &nobody));
	assert_false(address_ranges_contain(&ranges, &outside));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_holds_what_begins_with_its_bits),
		cmocka_unit_test(one_address_is_a_range),
		cmocka_unit_test(a_mapped_address_is_in_the_ranges_of_ipv4),
		cmocka_unit_test(all_of_one_family_is_none_of_the_other),
		cmocka_unit_test(bits_behind_the_prefix_are_told_and_taken_away),
		cmocka_unit_test(what_is_no_range_is_refused),
		cmocka_unit_test(all_addresses_of_a_family_are_recognised),
		cmocka_unit_test(a_unix_socket_is_in_no_range_but_has_its_own_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
