/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void expect(rd_kafka_resp_err_t error, const char *text, const char *expected)
{
	char out[192];
	kafka_fault_describe(error, text, out, sizeof(out));
	assert_string_equal(out, expected);
}

static void the_same_failure_reads_the_same(void **state)
{
	(void)state;
	expect(RD_KAFKA_RESP_ERR__TRANSPORT,
		"a:1/1: Connect to ipv4#1.2.3.4:1 failed: Connection refused (after 3ms in state "
		"CONNECT, 4 identical error(s) suppressed)",
		"a:1/1: Connect to ipv4#1.2.3.4:1 failed: Connection refused");
	expect(RD_KAFKA_RESP_ERR__TRANSPORT, "broken", "broken");
	expect(RD_KAFKA_RESP_ERR__TRANSPORT, "", "");
}

static void the_kind_of_failure_comes_first(void **state)
{
	(void)state;
	expect(RD_KAFKA_RESP_ERR__AUTHENTICATION, "x: Invalid password (after 3ms in state A)",
		"authentication failed: x: Invalid password");
	expect(RD_KAFKA_RESP_ERR__SSL,
		"x: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: "
		"broker certificate (after 1ms in state B)",
		"TLS failed: x: SSL handshake failed: certificate verify failed: broker "
		"certificate");
	expect(RD_KAFKA_RESP_ERR__SSL, "x: error:1 (after 1ms): y::z", "TLS failed: x: error:1");
}

static void scram_that_cannot_work_is_not_blamed_on_the_password(void **state)
{
	(void)state;
	char out[192];
	kafka_fault_describe(RD_KAFKA_RESP_ERR__AUTHENTICATION, "SCRAM-SHA-256", out, sizeof(out));
	assert_int_equal(strstr(out, "cannot do SCRAM") != NULL,
		rd_kafka_version() < KAFKA_SCRAM_WORKS_FROM);
}

static void a_text_that_is_too_long_is_cut(void **state)
{
	(void)state;
	char out[8];
	kafka_fault_describe(RD_KAFKA_RESP_ERR__TRANSPORT, "0123456789", out, sizeof(out));
	assert_string_equal(out, "0123456");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_failure_reads_the_same),
		cmocka_unit_test(the_kind_of_failure_comes_first),
		cmocka_unit_test(scram_that_cannot_work_is_not_blamed_on_the_password),
		cmocka_unit_test(a_text_that_is_too_long_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
