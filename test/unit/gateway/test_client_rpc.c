/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/client_rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_request(
	const char *op, struct span params, bool notification, const char *expected)
{
	struct buffer out = { 0 };

	client_rpc_write(span_from_text(op), params, notification, &out);
	assert_true(span_equal(buffer_span(&out), span_from_text(expected)));
	buffer_finish(&out);
}

static void a_request_has_its_params_as_they_are(void **state)
{
	(void)state;
	expect_request("a\"b", SPAN(" [1e400] "), false,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\\"b\",\"params\": [1e400] }");
	expect_request("a", SPAN_ABSENT, false, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\"}");
	expect_request("a", SPAN_ABSENT, true, "{\"jsonrpc\":\"2.0\",\"method\":\"a\"}");
}

static void expect_answer(
	const char *message, enum client_rpc_kind kind, const char *value, int status)
{
	struct client_rpc_answer answer = client_rpc_read(span_from_text(message));

	assert_int_equal(answer.kind, kind);
	if (kind == CLIENT_RPC_RESULT || kind == CLIENT_RPC_ERROR) {
		assert_true(span_equal(answer.value, span_from_text(value)));
		assert_int_equal(answer.status, status);
	}
}

static void a_result_is_a_span_of_the_message(void **state)
{
	(void)state;
	expect_answer(" {\"id\" : 1, \"result\": { \"a\":1.0 } }", CLIENT_RPC_RESULT,
		"{ \"a\":1.0 }", 200);
	expect_answer("{\"id\":1,\"result\":null}", CLIENT_RPC_RESULT, "null", 200);
	struct client_rpc_answer answer =
		client_rpc_read(SPAN("{\"id\":1,\"result\":\"QQ==\",\"encoding\":\"base64\"}"));
	assert_true(answer.base64);
}

static void an_error_has_the_status_that_it_names_or_that_of_its_code(void **state)
{
	(void)state;
	expect_answer("{\"id\":1,\"error\":{\"code\":-32601}}", CLIENT_RPC_ERROR,
		"{\"code\":-32601}", 404);
	expect_answer("{\"id\":null,\"error\":{\"code\":-32700}}", CLIENT_RPC_ERROR,
		"{\"code\":-32700}", 400);
	expect_answer("{\"id\":1,\"error\":{\"code\":-32003}}", CLIENT_RPC_ERROR,
		"{\"code\":-32003}", 500);
	expect_answer("{\"id\":1,\"error\":{\"code\":-32000,\"data\":{\"status\":409}}}",
		CLIENT_RPC_ERROR, "{\"code\":-32000,\"data\":{\"status\":409}}", 409);
	expect_answer("{\"id\":1,\"error\":{\"code\":-32602,\"data\":{\"status\":\"x\"}}}",
		CLIENT_RPC_ERROR, "{\"code\":-32602,\"data\":{\"status\":\"x\"}}", 400);
	expect_answer("{\"id\":1,\"error\":7}", CLIENT_RPC_ERROR, "7", 500);
}

static void other_messages_are_told_apart(void **state)
{
	(void)state;
	expect_answer("{\"id\":2,\"result\":1}", CLIENT_RPC_OTHER, NULL, 0);
	expect_answer("{\"id\":\"1\",\"result\":1}", CLIENT_RPC_OTHER, NULL, 0);
	expect_answer("{\"method\":\"$/part\"}", CLIENT_RPC_OTHER, NULL, 0);
	expect_answer("{\"id\":1}", CLIENT_RPC_OTHER, NULL, 0);
	expect_answer("[]", CLIENT_RPC_BROKEN, NULL, 0);
	expect_answer("", CLIENT_RPC_BROKEN, NULL, 0);
	expect_answer("{\"id\":1,\"result\":01}", CLIENT_RPC_BROKEN, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_its_params_as_they_are),
		cmocka_unit_test(a_result_is_a_span_of_the_message),
		cmocka_unit_test(an_error_has_the_status_that_it_names_or_that_of_its_code),
		cmocka_unit_test(other_messages_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
