/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Whatever a client sends: each request of it can be answered, and the answer is JSON. */
#include "gateway/envelope.h"

#include "base/json.h"
#include "test/fuzz/fuzz.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const configurations[] = { "\"jsonrpc\"", "\"pathfinder\"",
	"{\"id\":\"body:/id\",\"op\":\"body:/op\",\"path\":\"body:/url\",\"method\":\"body:/m\","
	"\"body\":\"body:/params\",\"answer\":{\"id\":\"${request_id}\",\"a\":\"${answer.body}\"},"
	"\"error\":[\"${request_id}\",\"is ${answer.status}\",\"${problem}\"]}",
	"\"raw\"" };

/* Splicing adds a level or three: what is nearly too deep before is too deep after. */
static bool is_deep(struct span text)
{
	size_t opened = 0;
	for (size_t i = 0; i < text.len; i++) {
		opened += text.ptr[i] == '[' || text.ptr[i] == '{';
	}
	return opened > JSON_DEPTH_MAX - 4;
}

static void answer(const struct envelope *envelope, const struct envelope_call *call, bool deep)
{
	const struct envelope_result results[] = {
		{ .id = call->id, .status = 200, .body = call->op, .content_type = SPAN("a/b") },
		{ .id = call->id,
			.status = 200,
			.body = call->body,
			.body_is_json = call->body_is_json },
		{ .id = call->id,
			.status = 404,
			.error_code = call->error_code,
			.problem = SPAN("{\"type\":\"not-found\"}"),
			.problem_title = SPAN("t") },
		{ .id = call->id, .status = 409, .worker_error = true, .body = call->uri },
	};
	struct buffer out = { 0 };
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		buffer_clear(&out);
		envelope_write(envelope, &results[i], &out);
		require(envelope_is_raw(envelope) || deep || json_check(buffer_span(&out), NULL));
	}
	buffer_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problem_list *problems = problem_list_create();
	struct span text = span_from_text(configurations[size % 4]);
	struct json_tree *tree = json_tree_create("fuzz", text, NULL);
	struct envelope *envelope = envelope_create(json_tree_root(tree), problems);
	struct envelope_cursor cursor = { 0 };
	struct envelope_call call;
	struct span message = span_of((const char *)data, size);
	envelope_open(envelope, message, false, &cursor);
	while (envelope_next(&cursor, &call)) {
		require((call.error_code != 0) == (call.error != NULL));
		require(!call.body_is_json || json_check(call.body, NULL));
		require(!span_present(call.id) || json_check(call.id, NULL));
		answer(envelope, &call, is_deep(message));
	}
	buffer_finish(&cursor.scratch);
	envelope_destroy(envelope);
	json_tree_destroy(tree);
	problem_list_destroy(problems);
	return 0;
}
