/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     IDLE ─first byte─▶ HEAD ─▶ (BODY) ─last byte─▶ WAITING ─answered─▶ IDLE
 *
 * What can be decided by the head is decided by it: a request that will be refused is refused
 * before its body is read, unless the body is short enough to be read and thrown away, which saves
 * the connection. A request that stands whole in the input is never copied; one that does not is
 * parked by the connection, and `pending` remembers how far it was parsed.
 */
#include "gateway/http1.h"

#include "gateway/admin.h"
#include "gateway/connection.h"
#include "gateway/file_search.h"
#include "gateway/http1_answer.h"
#include "gateway/http1_file.h"
#include "gateway/http1_forwarded.h"
#include "gateway/http1_parser.h"
#include "gateway/http1_pending.h"
#include "gateway/http1_request.h"
#include "gateway/http1_stream.h"
#include "gateway/listener.h"
#include "gateway/part_format.h"
#include "gateway/quota.h"
#include "gateway/shard.h"
#include "mappings/match.h"

#include <stddef.h>
#include <stdlib.h>

enum { BODY_THROWN_AWAY_MAX = 65536 }; /* of a refused request, to keep its connection */

/* One pass over the input of a connection. */
struct step {
	struct connection *connection;
	struct input *input; /* begins with the request */
	struct http1_head *head;
	struct request request;
	struct match match;
	struct refusal refusal; /* status 0: none so far */
	bool matched;           /* request and match are of this pass */
};

static const struct limits *limits_of(const struct connection *connection)
{
	return &connection->listener->options->limits;
}

static void forget_pending(struct connection *connection)
{
	free(connection->http1.pending);
	connection->http1.pending = NULL;
}

/* Remembers how far the request was parsed. */
static struct http1_pending *remember(struct step *step)
{
	struct http1 *http1 = &step->connection->http1;
	if (http1->pending == NULL) {
		http1->pending = http1_pending_create(step->head);
		step->head = &http1->pending->head;
	}
	return http1->pending;
}

static void enter_phase(struct step *step, enum http1_phase phase, int64_t timeout_ms)
{
	struct http1 *http1 = &step->connection->http1;
	if (http1->phase != phase && !step->connection->dead) {
		http1->phase = phase;
		remember(step)->began_ms = shard_now_ms(step->connection->shard);
		connection_deadline_after(step->connection, timeout_ms);
	}
}

/* ---- refusing ---- */

/* Even the answer to a broken HEAD has no body. */
static void reject_bytes(struct step *step, int status, const char *reason)
{
	struct connection *connection = step->connection;
	const struct problem problem = {
		.status = status, .type = problem_type_of_status(status), .detail = reason
	};
	connection->http1.is_head = step->head->method_id == HTTP1_HEAD;
	shard_reject(connection->shard, metrics_reject_of_status(status), connection);
	forget_pending(connection);
	http1_answer_problem(connection, &problem, true);
}

/* Says what would have been right, where that is known: Allow, Accept, Accept-Encoding. */
static void offer_better(struct step *step)
{
	struct shard *shard = step->connection->shard;
	struct refusal *refusal = &step->refusal;
	if (refusal->offer != OFFER_NOTHING && !span_present(refusal->offered)) {
		buffer_clear(&shard->scratch.offer);
		mapping_table_offer(shard->config->mappings, &step->request, refusal->offer,
			&shard->scratch.offer);
		refusal->offered = buffer_span(&shard->scratch.offer);
	}
}

static void refuse_without_call(struct connection *connection, bool close)
{
	const struct problem problem = {
		.status = 503, .type = "overloaded", .detail = "Too many calls are under way."
	};
	http1_answer_problem(connection, &problem, close);
}

/* Ends the request as a call that was refused; `rest_unread`: its body will not be looked at. */
static void refuse(struct step *step, bool rest_unread)
{
	struct connection *connection = step->connection;
	offer_better(step);
	if (rest_unread) {
		connection->http1.keep_alive = false;
	}
	struct call *call = call_begin(connection, &step->request, SPAN_ABSENT);
	if (call == NULL) {
		refuse_without_call(connection, rest_unread);
		return;
	}
	call->mapping = step->match.mapping;
	call_refuse(call, &step->refusal);
}

static bool has_body(const struct http1_head *head)
{
	return head->chunked || head->content_length > 0;
}

/* ---- the head is complete ---- */

static void find_mapping(struct step *step)
{
	struct shard *shard = step->connection->shard;
	http1_request_make(step->connection, step->head, step->input->data, &step->request);
	buffer_clear(&shard->scratch.match);
	step->match.mapping = NULL;
	step->match.vary = 0;
	step->match.scratch = &shard->scratch.match;
	step->refusal = (struct refusal){ 0 };
	step->matched = true;
	if (step->head->method_id == HTTP1_METHOD_UNKNOWN) {
		step->refusal = (struct refusal){ .status = 501,
			.type = "not-implemented",
			.detail = "This method is not known here." };
	} else if (step->head->method_id == HTTP1_TRACE) {
		step->refusal = (struct refusal){ .status = 405,
			.type = "method-not-allowed",
			.detail = "TRACE is not allowed.",
			.offer = OFFER_ALLOW };
	} else {
		file_search_match(&shard->scratch.search, shard->config->mappings, &step->request,
			&step->match, &step->refusal);
	}
	step->connection->http1.vary = step->match.vary;
	cors_note_take(step->connection, step->head, step->input->data, step->match.mapping);
	if (step->refusal.status == 0) {
		bool announced = step->head->chunked || step->head->content_length >= 0;
		mapping_accepts_body(step->match.mapping, announced, &step->refusal);
	}
}

static int64_t body_limit(const struct step *step)
{
	int64_t limit = limits_of(step->connection)->body;
	const struct mapping *mapping = step->match.mapping;
	int64_t own = mapping != NULL ? mapping_limit_body(mapping) : 0;
	return own > 0 && (limit == 0 || own < limit) ? own : limit;
}

static bool body_is_too_large(struct step *step, int64_t size, int64_t limit)
{
	if (limit == 0 || size <= limit) {
		return false;
	}
	step->refusal = (struct refusal){
		.status = 413, .type = "too-large", .detail = "The body is too large."
	};
	return true;
}

/* The rest of the body would need memory. True: what all clients together may hold is used up, and
 * the request is over. */
static bool refuse_for_memory(struct step *step)
{
	if (!quota_memory_is_short(step->connection->listener->quota) || step->connection->dead) {
		return false;
	}
	const struct problem problem = { .status = 503,
		.type = "overloaded",
		.detail = "Too much is being received just now." };
	shard_reject(step->connection->shard, REJECT_MEMORY, step->connection);
	http1_answer_problem(step->connection, &problem, true);
	return true;
}

/* What the head alone can refuse. True: it did, and the request is over. */
static bool refuse_by_head(struct step *step)
{
	const struct http1_head *head = step->head;
	if (step->refusal.status == 0 &&
		!body_is_too_large(step, head->content_length, body_limit(step))) {
		return false;
	}
	if (!has_body(head)) {
		refuse(step, false);
		return true;
	}
	bool short_body = !head->chunked && head->content_length <= BODY_THROWN_AWAY_MAX &&
			  !head->expect_continue && step->refusal.status != 413;
	if (!short_body) {
		refuse(step, true);
	}
	return !short_body;
}

/* OPTIONS * asks the server as a whole (RFC 9110 section 9.3.7). */
static void answer_asterisk(struct connection *connection)
{
	const struct http1_line allow = { "Allow",
		SPAN("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS") };
	const struct http1_page page = { .status = 204, .lines = &allow, .line_count = 1 };
	http1_answer_page(connection, &page);
}

/* A WebSocket's entrance. A body there is not read, so nothing behind it may be. */
static bool refused_or_upgraded(struct step *step)
{
	struct connection *connection = step->connection;
	bool keep_alive = connection->http1.keep_alive;
	if (connection->listener->options->websocket_count == 0 ||
		(!step->head->websocket && step->head->method_id != HTTP1_GET)) {
		return false;
	}
	connection->http1.keep_alive = keep_alive && !has_body(step->head);
	if (websocket_handshake(connection, step->head, step->input->data)) {
		return true;
	}
	connection->http1.keep_alive = keep_alive;
	return false;
}

/* Nobody can say for whom this request is. */
static void refuse_contradiction(struct step *step)
{
	struct connection *connection = step->connection;
	const struct problem problem = { .status = 400,
		.type = "bad-request",
		.detail = "The headers about the client contradict each other." };
	cors_note_take(connection, step->head, step->input->data, NULL);
	shard_reject(connection->shard, REJECT_FORWARDED, connection);
	http1_answer_problem(connection, &problem, true);
}

/* True: the head was all there is to this request, and it has been answered. */
static bool handle_head(struct step *step)
{
	struct connection *connection = step->connection;
	const struct http1_head *head = step->head;
	connection->http1.keep_alive = head->keep_alive && !connection->shard->draining;
	connection->http1.minor = head->minor;
	connection->http1.is_head = head->method_id == HTTP1_HEAD;
	bool alone = head->asterisk || connection->listener->admin != NULL;
	if (alone && has_body(head)) {
		connection->http1.keep_alive = false;
	}
	if (head->asterisk) {
		answer_asterisk(connection);
		return true;
	}
	if (connection->listener->admin != NULL) {
		admin_request(connection, head, step->input->data);
		return true;
	}
	if (connection->trusted && !http1_forwarded_read(connection, head, step->input->data)) {
		refuse_contradiction(step);
		return true;
	}
	if (refused_or_upgraded(step)) {
		return true;
	}
	if (head->method_id == HTTP1_OPTIONS &&
		cors_preflight(connection, head, step->input->data)) {
		return true;
	}
	find_mapping(step);
	return refuse_by_head(step);
}

static void write_continue(struct step *step)
{
	struct http1_pending *pending = remember(step);
	if (step->head->expect_continue && !pending->continued) {
		pending->continued = true;
		buffer_append_literal(
			connection_write(step->connection), "HTTP/1.1 100 Continue\r\n\r\n");
		connection_written(step->connection);
	}
}

/* ---- the body ---- */

/* How its answer goes if it comes in parts. */
static void choose_parts(struct step *step)
{
	static const enum part_format formats[] = {
		[PARTS_ARRAY] = PART_FORMAT_ARRAY,
		[PARTS_NDJSON] = PART_FORMAT_NDJSON,
		[PARTS_SSE] = PART_FORMAT_SSE,
	};
	struct http1 *http1 = &step->connection->http1;
	enum answer_parts parts = mapping_parts(step->match.mapping);
	if (parts != PARTS_BY_ACCEPT) {
		http1->parts = formats[parts];
	} else {
		http1->parts =
			part_format_choose(step->request.headers, step->request.header_count);
		http1->vary |= MATCH_VARY_ACCEPT;
	}
}

/* The request is complete: `body_len` bytes behind the head are its body. */
static void handle_complete(struct step *step, size_t body_len)
{
	struct connection *connection = step->connection;
	if (!step->matched) {
		find_mapping(step);
	}
	connection->http1.phase = HTTP1_PHASE_WAITING;
	connection_deadline(connection, 0);
	step->request.has_body = step->head->chunked || step->head->content_length >= 0;
	step->request.body = span_of(step->input->data + step->head->size, body_len);
	if (step->refusal.status != 0) {
		refuse(step, false);
		return;
	}
	struct call *call = call_begin(connection, &step->request, SPAN_ABSENT);
	if (call == NULL) {
		refuse_without_call(connection, false);
	} else {
		if (mapping_streams(step->match.mapping)) {
			choose_parts(step);
		}
		call_send(call, &step->request, &step->match);
	}
}

static size_t step_length_body(struct step *step)
{
	const struct http1_head *head = step->head;
	size_t length = head->content_length > 0 ? (size_t)head->content_length : 0;
	if (step->input->len - head->size < length) {
		if (refuse_for_memory(step)) {
			return step->input->len;
		}
		if (step->input->len == head->size) {
			write_continue(step);
		}
		enter_phase(step, HTTP1_PHASE_BODY,
			http1_pending_first_check(limits_of(step->connection)));
		return 0;
	}
	size_t used = head->size + length;
	handle_complete(step, length);
	return used;
}

/* Found out in the middle of the body; the request is made again for its access line. */
static void refuse_too_large(struct step *step)
{
	const struct refusal refusal = step->refusal;
	if (!step->matched) {
		find_mapping(step);
	}
	step->refusal = refusal;
	refuse(step, true);
}

static size_t step_chunked_body(struct step *step)
{
	struct connection *connection = step->connection;
	struct http1_pending *pending = remember(step);
	enum http1_result result =
		http1_pending_decode(pending, step->input->data, &step->input->len);
	if (result == HTTP1_ERROR) {
		reject_bytes(step, pending->chunked.status, pending->chunked.reason);
		return step->input->len;
	}
	if (step->matched) {
		pending->body_limit = body_limit(step);
	}
	uint64_t size = pending->decoded + http1_chunked_announced(&pending->chunked);
	if (body_is_too_large(step, (int64_t)size, pending->body_limit)) {
		refuse_too_large(step);
		return step->input->len;
	}
	if (result == HTTP1_MORE) {
		if (refuse_for_memory(step)) {
			return step->input->len;
		}
		if (pending->decoded == 0) {
			write_continue(step);
		}
		enter_phase(
			step, HTTP1_PHASE_BODY, http1_pending_first_check(limits_of(connection)));
		return 0;
	}
	size_t used = step->head->size + pending->decoded;
	handle_complete(step, pending->decoded);
	return used;
}

/* ---- one request ---- */

static size_t step_request(struct step *step)
{
	struct connection *connection = step->connection;
	if (connection->http1.phase != HTTP1_PHASE_BODY) {
		switch (http1_head_parse(step->head, step->input->data, step->input->len,
			&connection->listener->http1_limits)) {
		case HTTP1_MORE:
			remember(step);
			enter_phase(
				step, HTTP1_PHASE_HEAD, limits_of(connection)->header_timeout_ms);
			return 0;
		case HTTP1_ERROR:
			cors_note_take(connection, NULL, NULL, NULL);
			reject_bytes(step, step->head->status, step->head->reason);
			return step->input->len;
		case HTTP1_DONE: break;
		}
		connection->http1.phase = HTTP1_PHASE_WAITING;
		connection_deadline(connection, 0);
		if (handle_head(step)) {
			return step->head->size;
		}
	}
	return step->head->chunked ? step_chunked_body(step) : step_length_body(step);
}

static bool may_take_more(const struct connection *connection)
{
	return !connection->dead && !connection->closing && connection->first_call == NULL &&
	       connection->output == NULL && connection->codec == &http1_codec;
}

/* While an answer is due (an admin page is made later) nothing behind the request is looked at. */
static bool is_waiting(const struct connection *connection)
{
	return connection->http1.phase == HTTP1_PHASE_WAITING;
}

static size_t handle_input(struct connection *connection, struct input *input)
{
	size_t used = 0;
	unsigned share = CONNECTION_SHARE;
	while (used < input->len && may_take_more(connection) && !is_waiting(connection)) {
		if (share-- == 0) {
			connection_defer(connection);
			break;
		}
		struct http1_pending *pending = connection->http1.pending;
		struct input rest = { input->data + used, input->len - used };
		struct step step; /* request and match are large, and made where they are needed */
		step.connection = connection;
		step.input = &rest;
		step.head = pending != NULL ? &pending->head : &connection->shard->scratch.head;
		step.matched = false;
		if (pending == NULL) {
			http1_head_init(step.head);
			if (connection->trusted) {
				http1_forwarded_forget(connection);
			}
		}
		size_t took = step_request(&step);
		file_search_close(&connection->shard->scratch.search);
		input->len = used + rest.len;
		if (took == 0) {
			break;
		}
		used += took;
		if (connection->codec == &http1_codec) {
			forget_pending(connection);
		} else {
			free(pending); /* the WebSocket has taken its place */
		}
	}
	return used;
}

/* ---- time and end ---- */

static void handle_body_deadline(struct connection *connection)
{
	const struct http1_pending *pending = connection->http1.pending;
	size_t held = connection_held(connection);
	size_t got = held > pending->head.size ? held - pending->head.size : 0;
	uint64_t next_ms = 0;
	enum http1_pace pace = http1_pending_pace(
		pending, limits_of(connection), got, shard_now_ms(connection->shard), &next_ms);
	if (pace == HTTP1_PACE_GOOD) {
		connection_deadline(connection, next_ms);
		return;
	}
	const struct problem problem = { .status = 408,
		.type = "request-timeout",
		.detail = "The body took too long to arrive." };
	shard_reject(connection->shard,
		pace == HTTP1_PACE_SLOW ? REJECT_BODY_RATE : REJECT_BODY_TIMEOUT, connection);
	http1_answer_problem(connection, &problem, true);
}

static void handle_deadline(struct connection *connection)
{
	switch (connection->http1.phase) {
	case HTTP1_PHASE_HEAD: {
		connection->http1.is_head = connection->http1.pending->head.method_id == HTTP1_HEAD;
		shard_reject(connection->shard, REJECT_HEADER_TIMEOUT, connection);
		const struct problem problem = { .status = 408,
			.type = "request-timeout",
			.detail = "The request's head took too long to arrive." };
		cors_note_take(connection, NULL, NULL, NULL);
		http1_answer_problem(connection, &problem, true);
		break;
	}
	case HTTP1_PHASE_BODY: handle_body_deadline(connection); break;
	case HTTP1_PHASE_WAITING: http1_stream_beat(connection); break; /* nothing else sets one */
	default: connection_close(connection); break;
	}
}

static void handle_answer(
	struct connection *connection, struct call *call, const struct call_answer *answer)
{
	if (call->parts > 0) {
		http1_stream_end(connection, call, answer);
	} else {
		http1_answer_call(connection, call, answer);
	}
}

static void handle_writable(struct connection *connection)
{
	if (connection->http1.file != NULL) {
		http1_file_go_on(connection);
	} else {
		connection_resume(connection);
	}
}

static void handle_drain(struct connection *connection)
{
	connection->http1.keep_alive = false;
	if (connection->http1.phase == HTTP1_PHASE_IDLE && !connection->deferred) {
		connection_close(connection);
	}
}

static void handle_finish(struct connection *connection)
{
	cors_note_forget(&connection->http1.cors);
	forget_pending(connection);
	http1_file_destroy(connection->http1.file);
}

const struct codec http1_codec = {
	.input = handle_input,
	.answer = handle_answer,
	.part = http1_stream_part,
	.deadline = handle_deadline,
	.writable = handle_writable,
	.drain = handle_drain,
	.finish = handle_finish,
};
