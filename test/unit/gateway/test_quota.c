/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/quota.h"

#include "gateway/connection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct address four(uint8_t last)
{
	return (struct address){ .ip = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2,
					 last } };
}

static struct address six(uint8_t network, uint8_t host)
{
	return (struct address){ .ip = { 0x20, 1, 0x0d, 0xb8, 0, 0, 0, network, 0, 0, 0, 0, 0, 0, 0,
					 host } };
}

static void connections_are_limited_in_all(void **state)
{
	(void)state;
	struct limits limits = { .connections = 2 };
	struct quota *quota = quota_create(&limits);
	struct address client = four(1);
	assert_int_equal(quota_connect(quota, &client), QUOTA_OK);
	assert_int_equal(quota_connect(quota, &client), QUOTA_OK);
	assert_int_equal(quota_connect(quota, &client), QUOTA_CONNECTIONS);
	quota_disconnect(quota, &client);
	assert_int_equal(quota_connect(quota, &client), QUOTA_OK);
	quota_destroy(quota);
}

static void an_address_has_its_own_limit(void **state)
{
	(void)state;
	struct limits limits = { .connections_per_address = 1 };
	struct quota *quota = quota_create(&limits);
	struct address one = four(1), other = four(2);
	assert_int_equal(quota_connect(quota, &one), QUOTA_OK);
	assert_int_equal(quota_connect(quota, &one), QUOTA_ADDRESS);
	assert_int_equal(quota_connect(quota, &other), QUOTA_OK);
	quota_disconnect(quota, &one);
	assert_int_equal(quota_connect(quota, &one), QUOTA_OK);
	quota_destroy(quota);
}

static void a_connection_may_be_counted_before_its_client_is_known(void **state)
{
	(void)state;
	struct limits limits = { .connections = 3, .connections_per_address = 1 };
	struct quota *quota = quota_create(&limits);
	struct address one = four(1), other = four(2);
	assert_int_equal(quota_connect(quota, NULL), QUOTA_OK);
	assert_int_equal(quota_connect(quota, NULL), QUOTA_OK);
	assert_true(quota_claim(quota, &one));
	assert_false(quota_claim(quota, &one));
	assert_int_equal(quota_connect(quota, &one), QUOTA_ADDRESS);
	assert_int_equal(quota_connect(quota, &other), QUOTA_OK);
	assert_int_equal(quota_connect(quota, NULL), QUOTA_CONNECTIONS);
	quota_disconnect(quota, NULL);
	assert_false(quota_claim(quota, &one));
	quota_disconnect(quota, &one);
	assert_true(quota_claim(quota, &one));
	quota_destroy(quota);
}

static void ipv6_is_counted_by_its_64(void **state)
{
	(void)state;
	struct limits limits = { .connections_per_address = 1, .calls_in_flight_per_address = 1 };
	struct quota *quota = quota_create(&limits);
	struct address one = six(1, 1), neighbour = six(1, 2), other = six(2, 1);
	assert_int_equal(quota_connect(quota, &one), QUOTA_OK);
	assert_int_equal(quota_connect(quota, &neighbour), QUOTA_ADDRESS);
	assert_int_equal(quota_connect(quota, &other), QUOTA_OK);
	assert_true(quota_call(quota, &one));
	assert_false(quota_call(quota, &neighbour));
	quota_call_end(quota, &one);
	assert_true(quota_call(quota, &neighbour));
	quota_destroy(quota);
}

static void memory_is_over_only_above_its_limit(void **state)
{
	(void)state;
	struct limits limits = { .memory = 100 };
	struct quota *quota = quota_create(&limits);
	quota_memory(quota, 100);
	assert_false(quota_memory_is_over(quota));
	quota_memory(quota, 1);
	assert_true(quota_memory_is_over(quota));
	quota_memory(quota, -1);
	assert_false(quota_memory_is_over(quota));
	quota_destroy(quota);
}

static void memory_is_low_again_below_three_quarters(void **state)
{
	(void)state;
	struct limits limits = { .memory = 100 }, none = { 0 };
	struct quota *quota = quota_create(&limits), *boundless = quota_create(&none);
	quota_memory(quota, 76);
	assert_false(quota_memory_is_over(quota) || quota_memory_is_low(quota));
	quota_memory(quota, -1);
	assert_true(quota_memory_is_low(quota));
	quota_memory(boundless, INT64_C(1) << 40);
	assert_true(quota_memory_is_low(boundless) && !quota_memory_is_over(boundless));
	quota_destroy(quota);
	quota_destroy(boundless);
}

static void memory_is_short_from_over_until_low(void **state)
{
	(void)state;
	struct limits limits = { .memory = 100 };
	struct quota *quota = quota_create(&limits);
	quota_memory(quota, 100);
	assert_false(quota_memory_is_short(quota));
	quota_memory(quota, 1);
	assert_true(quota_memory_is_short(quota));
	quota_memory(quota, -25);
	assert_true(quota_memory_is_short(quota));
	quota_memory(quota, -1);
	assert_false(quota_memory_is_short(quota));
	quota_memory(quota, 1);
	assert_false(quota_memory_is_short(quota));
	quota_destroy(quota);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_are_limited_in_all),
		cmocka_unit_test(an_address_has_its_own_limit),
		cmocka_unit_test(a_connection_may_be_counted_before_its_client_is_known),
		cmocka_unit_test(ipv6_is_counted_by_its_64),
		cmocka_unit_test(memory_is_over_only_above_its_limit),
		cmocka_unit_test(memory_is_low_again_below_three_quarters),
		cmocka_unit_test(memory_is_short_from_over_until_low),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
