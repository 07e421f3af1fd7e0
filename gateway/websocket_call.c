/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *   message ─▶ envelope ─▶ requests, each ─▶ mapping ─▶ call ─▶ …
 *   frame   ◀─ envelope ◀─ answer ◀───────────────────── call ◀─ …
 *
 * Whatever an envelope can carry is answered in it: errors too. A request that is refused is a call
 * that was refused; only what is no request at all is answered without one.
 */
#include "gateway/websocket_call.h"

#include "base/utf8.h"
#include "gateway/connection.h"
#include "gateway/envelope.h"
#include "gateway/file_search.h"
#include "gateway/http1_request.h"
#include "gateway/listener.h"
#include "gateway/shard.h"
#include "gateway/websocket_order.h"
#include "gateway/websocket_target.h"

#include <assert.h>

/* Of a client's own id, as its text stands in the message. */
enum { ID_MAX = 1024 };

/* One request of a message on its way to becoming a call. */
struct arrival {
	struct connection *connection;
	const struct envelope_call *item;
	struct batch *batch;
	bool binary;
	struct request request;
	struct match match;
	struct refusal refusal; /* status 0: none */
};

static const struct websocket_options *options_of(const struct connection *connection)
{
	return connection->websocket.options;
}

/* ---- answers ---- */

static void put_out(struct connection *connection, const struct call_origin *origin,
	const struct websocket_output *output)
{
	if (origin->batch != NULL) {
		websocket_batch_add(connection, origin->batch, output->bytes);
	} else if (envelope_is_raw(options_of(connection)->envelope)) {
		websocket_turn_end(connection, origin->turn, output);
	} else if (!output->nothing) {
		websocket_send(connection, output->opcode, output->bytes);
	}
}

static struct span write_problem(struct shard *shard, const struct problem *problem)
{
	buffer_clear(&shard->scratch.problem);
	problem_write(problem, &shard->scratch.problem);
	return buffer_span(&shard->scratch.problem);
}

/* What goes to the client for `bytes`, which were made of `result`. */
static struct websocket_output output_of(const struct connection *connection,
	const struct call_origin *origin, const struct envelope_result *result, struct span bytes)
{
	const struct websocket_options *options = options_of(connection);
	bool raw = envelope_is_raw(options->envelope);
	bool ours = span_present(result->problem);
	struct websocket_output output = { .bytes = bytes, .opcode = WEBSOCKET_TEXT };
	/* an empty reply is an answer where the reply is all there is */
	bool told = raw && result->published == NULL && !result->end;
	output.nothing = bytes.len == 0 && !told;
	if (raw && ours && options->errors == ERRORS_CLOSE) {
		output.close_code =
			result->status == 503 ? WEBSOCKET_CODE_TRY_LATER : WEBSOCKET_CODE_INTERNAL;
	} else if (raw && !ours && (origin->binary || !utf8_check(output.bytes))) {
		output.opcode = WEBSOCKET_BINARY;
	}
	return output;
}

static void write_result(struct connection *connection, const struct call_origin *origin,
	const struct envelope_result *result)
{
	struct buffer *out = &connection->shard->scratch.envelope;
	buffer_clear(out);
	envelope_write(options_of(connection)->envelope, result, out);
	struct websocket_output output = output_of(connection, origin, result, buffer_span(out));
	put_out(connection, origin, &output);
}

/* Parts do not wait for the other answers of a batch. */
static void write_part(struct connection *connection, const struct call_origin *origin,
	const struct envelope_result *result)
{
	struct buffer *out = &connection->shard->scratch.envelope;
	const struct envelope *envelope = options_of(connection)->envelope;
	buffer_clear(out);
	envelope_write_part(envelope, result, out);
	struct websocket_output output = output_of(connection, origin, result, buffer_span(out));
	if (envelope_is_raw(envelope)) {
		websocket_turn_part(connection, origin->turn, &output);
	} else {
		websocket_send(connection, output.opcode, output.bytes);
	}
}

/* `raw` with text frames only cannot carry a reply that is no text. */
static bool cannot_carry(const struct connection *connection, const struct call_answer *answer)
{
	const struct websocket_options *options = options_of(connection);
	return answer->reply != NULL && envelope_is_raw(options->envelope) &&
	       options->frames == FRAMES_TEXT && !utf8_check(answer->reply->body);
}

static struct envelope_result result_of(
	struct connection *connection, const struct call *call, const struct call_answer *answer)
{
	struct envelope_result result = {
		.id = call_envelope_id(call),
		.status = answer->status,
		.parts = call->parts,
		.end = answer->end,
	};
	if (answer->problem != NULL) {
		result.problem = write_problem(connection->shard, answer->problem);
		result.problem_title = span_from_text(problem_title(answer->problem->type));
	} else if (answer->reply != NULL) {
		result.body = answer->reply->body;
		result.body_is_json = answer->reply->body_is_json;
		result.content_type = answer->reply->content_type;
		result.worker_error = answer->reply->error;
	} else if (!answer->end) {
		result.published = published_name(call->published);
	}
	return result;
}

/* The answer, or what is said instead of one that cannot be carried. */
static struct envelope_result fitting_result_of(
	struct connection *connection, const struct call *call, const struct call_answer *answer)
{
	const struct problem bad = { .status = 502,
		.type = "bad-reply",
		.detail = "The service's answer is no text.",
		.call = call_id(call),
		.published = PUBLISHED_YES };
	const struct call_answer unusable = { .status = 502, .problem = &bad };
	return result_of(connection, call, cannot_carry(connection, answer) ? &unusable : answer);
}

bool websocket_call_part(
	struct connection *connection, struct call *call, const struct call_answer *part)
{
	struct envelope_result result = fitting_result_of(connection, call, part);
	write_part(connection, &call->origin, &result);
	return !connection->dead && !connection->closing && !span_present(result.problem);
}

void websocket_call_answer(
	struct connection *connection, struct call *call, const struct call_answer *answer)
{
	if (!call->origin.one_way) {
		struct envelope_result result = fitting_result_of(connection, call, answer);
		write_result(connection, &call->origin, &result);
	}
	if (connection->first_call == NULL) {
		websocket_answered(connection);
	}
}

/* ---- what is no request ---- */

static struct envelope_result result_of_refusal(
	const struct arrival *arrival, const struct refusal *refusal)
{
	const struct problem problem = {
		.status = refusal->status, .type = refusal->type, .detail = refusal->detail
	};
	return (struct envelope_result){
		.id = arrival->item->id,
		.status = refusal->status,
		.problem = write_problem(arrival->connection->shard, &problem),
		.problem_title = span_from_text(problem_title(refusal->type)),
	};
}

static void answer_without_call(struct arrival *arrival, const struct refusal *refusal, int code)
{
	struct connection *connection = arrival->connection;
	struct envelope_result result = result_of_refusal(arrival, refusal);
	result.error_code = code;
	struct call_origin origin = { .batch = arrival->batch, .binary = arrival->binary };
	if (arrival->batch != NULL) {
		websocket_batch_expect(arrival->batch);
	} else if (envelope_is_raw(options_of(connection)->envelope)) {
		origin.turn = websocket_turn_take(connection);
	}
	write_result(connection, &origin, &result);
}

static void answer_unusable(struct arrival *arrival, int code, const char *detail)
{
	const struct refusal refusal = { .status = 400, .type = "bad-request", .detail = detail };
	shard_reject(arrival->connection->shard, REJECT_BAD_REQUEST, arrival->connection);
	answer_without_call(arrival, &refusal, code);
}

/* ---- the request ---- */

static void refuse(struct arrival *arrival, int status, const char *detail)
{
	arrival->refusal = (struct refusal){
		.status = status, .type = problem_type_of_status(status), .detail = detail
	};
}

static void refuse_target(struct arrival *arrival)
{
	refuse(arrival, 400, "The path has characters that a path cannot have.");
}

static void take_op(struct arrival *arrival)
{
	const struct envelope_call *item = arrival->item;
	struct connection *connection = arrival->connection;
	struct request *request = &arrival->request;
	enum websocket_target target = options_of(connection)->paths
					       ? websocket_target_of_op(request, item->op)
					       : WEBSOCKET_TARGET_NONE;
	if (target == WEBSOCKET_TARGET_BROKEN) {
		refuse_target(arrival);
	} else if (target == WEBSOCKET_TARGET_NONE) {
		request->op = item->op;
		request->op_json = item->op_json;
		websocket_target_take_query(request, websocket_uri(&connection->websocket));
	}
}

static void take_target(struct arrival *arrival)
{
	const struct envelope_call *item = arrival->item;
	struct request *request = &arrival->request;
	struct connection *connection = arrival->connection;
	if (envelope_is_raw(options_of(connection)->envelope)) {
		request->method = SPAN("POST");
		websocket_target_take(request, websocket_uri(&connection->websocket));
	} else if (span_present(item->uri)) {
		request->method = span_present(item->method) ? item->method : SPAN("POST");
		if (!websocket_target_is_method(request->method) ||
			!websocket_target_take(request, item->uri)) {
			refuse_target(arrival);
		}
	} else if (!span_present(item->op)) {
		refuse(arrival, 400, "The message does not name what is asked for.");
	} else {
		take_op(arrival);
	}
}

/* The id as others may see it: a plain word or number. */
static struct span plain_id(struct span id)
{
	if (id.len >= 2 && id.ptr[0] == '"') {
		id = span_of(id.ptr + 1, id.len - 2);
	}
	return http1_request_id_is_valid(id) ? id : SPAN_ABSENT;
}

static void make_request(struct arrival *arrival)
{
	struct connection *connection = arrival->connection;
	const struct envelope_call *item = arrival->item;
	struct request_header *headers = connection->shard->scratch.headers;
	arrival->request = (struct request){
		.websocket = true,
		.headers = headers,
		.header_count = websocket_headers(&connection->websocket, headers),
		.body = item->body,
		.has_body = true,
		.has_content = item->body.len > 0,
		.body_is_json = item->body_is_json,
		.scheme = connection->secure ? SPAN("wss") : SPAN("ws"),
		.host = websocket_host(&connection->websocket),
		.port = websocket_port(&connection->websocket),
		.request_id = plain_id(item->id),
		.token = item->token,
	};
	if (item->body_is_json) {
		arrival->request.content_type = SPAN("application/json");
	}
	http1_request_common(connection, &arrival->request);
	take_target(arrival);
}

/* ---- checks ---- */

static bool id_is_in_flight(const struct connection *connection, struct span id)
{
	for (const struct call *call = connection->first_call; call != NULL; call = call->next) {
		if (span_present(call_envelope_id(call)) &&
			span_equal(call_envelope_id(call), id)) {
			return true;
		}
	}
	return false;
}

static bool is_too_large(const struct arrival *arrival)
{
	int64_t limit = mapping_limit_body(arrival->match.mapping);
	return limit > 0 && arrival->request.body.len > (size_t)limit;
}

static void find_mapping(struct arrival *arrival)
{
	struct shard *shard = arrival->connection->shard;
	buffer_clear(&shard->scratch.match);
	arrival->match = (struct match){ .scratch = &shard->scratch.match };
	if (arrival->refusal.status != 0) {
		return;
	}
	if (shard->draining) {
		arrival->refusal = (struct refusal){ .status = 503,
			.type = "shutting-down",
			.detail = "The gateway is shutting down." };
		return;
	}
	if (file_search_match(&shard->scratch.search, shard->config->mappings, &arrival->request,
		    &arrival->match, &arrival->refusal) != 0) {
		return;
	}
	mapping_accepts_body(
		arrival->match.mapping, arrival->request.body.len > 0, &arrival->refusal);
	if (arrival->refusal.status == 0 && is_too_large(arrival)) {
		refuse(arrival, 413, "The body is too large.");
	}
}

/* ---- the call ---- */

static void begin_call(struct arrival *arrival)
{
	struct connection *connection = arrival->connection;
	struct call *call = call_begin(connection, &arrival->request, arrival->item->id);
	if (call == NULL) {
		const struct refusal overload = { .status = 503,
			.type = "overloaded",
			.detail = "Too many calls are under way." };
		if (!arrival->item->notification) {
			answer_without_call(arrival, &overload, 0);
		}
		return;
	}
	call->origin.batch = arrival->item->notification ? NULL : arrival->batch;
	call->origin.binary = arrival->binary;
	call->origin.one_way = arrival->item->notification;
	if (call->origin.batch != NULL) {
		websocket_batch_expect(call->origin.batch);
	} else if (envelope_is_raw(options_of(connection)->envelope)) {
		call->origin.turn = websocket_turn_take(connection);
	}
	if (arrival->refusal.status != 0) {
		call->mapping = arrival->match.mapping;
		call_refuse(call, &arrival->refusal);
	} else {
		call_send(call, &arrival->request, &arrival->match);
	}
}

/* ---- floods ---- */

struct flood {
	enum reject why;
	struct refusal refusal;
	const char *reason; /* of the close */
};

static const struct flood too_many = { .why = REJECT_CALLS_IN_FLIGHT,
	.refusal = { .status = 503,
		.type = "overloaded",
		.detail = "Too many calls of this connection are under way." },
	.reason = "too many calls" };

static const struct flood too_fast = { .why = REJECT_MESSAGE_RATE,
	.refusal = { .status = 429,
		.type = "too-many-requests",
		.detail = "Messages come too fast." },
	.reason = "too many messages" };

/* The client is told at once, past batch and turn, and then that it cannot go on like this. */
static void end_flood(struct arrival *arrival, const struct flood *flood)
{
	struct connection *connection = arrival->connection;
	const struct websocket_options *options = options_of(connection);
	struct buffer *out = &connection->shard->scratch.envelope;
	shard_reject(connection->shard, flood->why, connection);
	if (!arrival->item->notification && options->errors != ERRORS_CLOSE) {
		const struct envelope_result result = result_of_refusal(arrival, &flood->refusal);
		buffer_clear(out);
		envelope_write(options->envelope, &result, out);
		websocket_send(connection, WEBSOCKET_TEXT, buffer_span(out));
	}
	websocket_close(connection, WEBSOCKET_CODE_POLICY, flood->reason);
}

/* The request at `position` of its message; NULL: it is not one too many. */
static const struct flood *find_flood(struct connection *connection, int64_t position)
{
	int64_t limit = connection->listener->options->limits.calls_in_flight;
	if (!websocket_count_request(connection)) {
		return &too_fast;
	}
	bool full = limit > 0 && (position >= limit || connection->call_count >= limit);
	return full ? &too_many : NULL;
}

static void handle_item(struct arrival *arrival)
{
	const struct envelope_call *item = arrival->item;
	if (item->error_code != 0) {
		answer_unusable(arrival, item->error_code, item->error);
	} else if (item->id.len > ID_MAX) {
		answer_unusable(arrival, -32600, "The id is longer than 1 KiB.");
	} else if (span_present(item->id) && !item->notification &&
		   envelope_ids_are_unique(options_of(arrival->connection)->envelope) &&
		   id_is_in_flight(arrival->connection, item->id)) {
		answer_unusable(arrival, -32600, "A call with this id is under way.");
	} else {
		make_request(arrival);
		find_mapping(arrival);
		begin_call(arrival);
	}
}

void websocket_call_message(struct connection *connection, struct span payload, bool binary)
{
	struct shard *shard = connection->shard;
	struct envelope_cursor cursor = { .scratch = shard->scratch.cursor };
	struct batch *batch = NULL;
	struct envelope_call item;
	int64_t position = 0;
	envelope_open(options_of(connection)->envelope, payload, binary, &cursor);
	while (!connection->dead && !connection->closing && envelope_next(&cursor, &item)) {
		if (item.in_batch && batch == NULL) {
			batch = websocket_batch_open(connection);
		}
		struct arrival arrival = {
			.connection = connection, .item = &item, .batch = batch, .binary = binary
		};
		const struct flood *flood = find_flood(connection, position++);
		if (flood != NULL) {
			end_flood(&arrival, flood);
		} else {
			handle_item(&arrival);
		}
	}
	if (batch != NULL) {
		websocket_batch_close(connection, batch);
	}
	shard->scratch.cursor = cursor.scratch;
}

void websocket_call_finish(struct connection *connection)
{
	websocket_order_finish(connection);
}
