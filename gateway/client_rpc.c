/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/client_rpc.h"

#include "base/json.h"

#include <stdlib.h>

void client_rpc_write(struct span op, struct span params, bool notification, struct buffer *out)
{
	buffer_append_literal(out, "{\"jsonrpc\":\"2.0\",");
	if (!notification) {
		buffer_append_literal(out, "\"id\":1,");
	}
	buffer_append_literal(out, "\"method\":");
	json_append_string(out, op);
	if (span_present(params)) {
		buffer_append_literal(out, ",\"params\":");
		buffer_append_span(out, params);
	}
	buffer_append_literal(out, "}");
}

static long read_integer(struct span number)
{
	char digits[16] = "";

	if (number.len < sizeof(digits)) {
		memcpy(digits, number.ptr, number.len);
	}
	return strtol(digits, NULL, 10);
}

/* Errors that are the caller's fault (design: all 4xx) against those of the server. */
static int status_of_code(long code)
{
	switch (code) {
	case -32700:
	case -32600:
	case -32602: return 400;
	case -32601: return 404;
	case -32029: return 429;
	default: return 500;
	}
}

static int status_of_error(struct span error)
{
	struct span found;
	long status;

	if (json_pointer(error, SPAN("/data/status"), &found) &&
		json_type_of(found) == JSON_NUMBER) {
		status = read_integer(found);
		if (status >= 400 && status <= 599) {
			return (int)status;
		}
	}
	if (json_pointer(error, SPAN("/code"), &found) && json_type_of(found) == JSON_NUMBER) {
		return status_of_code(read_integer(found));
	}
	return 500;
}

struct client_rpc_answer client_rpc_read(struct span message)
{
	struct client_rpc_answer answer = { .kind = CLIENT_RPC_BROKEN };
	struct span id, found;

	if (!json_check(message, NULL)) {
		return answer;
	}
	message = json_value(message);
	if (json_type_of(message) != JSON_OBJECT) {
		return answer;
	}
	answer.kind = CLIENT_RPC_OTHER;
	if (!json_pointer(message, SPAN("/id"), &id)) {
		return answer;
	}
	if (json_pointer(message, SPAN("/error"), &answer.value)) {
		/* An answer to what could not be read as a request has no id to give back. */
		if (span_equal(id, SPAN("1")) || json_type_of(id) == JSON_NULL) {
			answer.kind = CLIENT_RPC_ERROR;
			answer.status = status_of_error(answer.value);
		}
	} else if (span_equal(id, SPAN("1")) &&
		   json_pointer(message, SPAN("/result"), &answer.value)) {
		answer.kind = CLIENT_RPC_RESULT;
		answer.status = 200;
		answer.base64 = json_pointer(message, SPAN("/encoding"), &found) &&
				json_type_of(found) == JSON_STRING &&
				json_string_equal(found, SPAN("base64"));
	}
	return answer;
}
