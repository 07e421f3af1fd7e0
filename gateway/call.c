/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *   READ ─▶ MATCHED ─▶ SENT ─▶ (CONFIRMED) ─▶ (STREAMING) ─▶ ANSWERED    the last reply; or the
 *     │        │         │          │              │                      confirm, if that is asked
 *     └────────┴─────────┤          │              │
 *           REFUSED      │          │              │   4xx and 503: nothing was sent, or it was
 *                        │          │              │                given back
 *                        └─ EXPIRED ┴──────────────┘   504: the deadline, or the way back is lost
 *   any ─▶ ABANDONED                     the client left
 *
 *   call_begin    READ: the slot is taken, the id made
 *   call_send     MATCHED, then SENT once the bridge has accepted it; or ANSWERED by the mapping
 *   call_confirm  CONFIRMED, ANSWERED (202), REFUSED or EXPIRED by what the broker says
 *   call_reply    ANSWERED; STREAMING where it is a part, and more are to come
 *   call_dead     ANSWERED (502), or EXPIRED where the message did
 *   call_expire   EXPIRED
 *   end           the one way out: answer, access line, counters, slot
 *
 * The slot is in the table before the message is written, so no worker is faster than it.
 */
#include "gateway/call.h"

#include "gateway/connection.h"
#include "gateway/listener.h"
#include "gateway/local_answer.h"
#include "gateway/quota.h"
#include "gateway/shard.h"

enum {
	RETRY_AFTER_S = 1,
	NOTE_KEPT = 512, /* bytes of client ids whose memory stays with a slot */
};

static struct shard *shard_of(const struct call *call)
{
	return call->connection->shard;
}

struct span call_id(const struct call *call)
{
	return span_of(call->id, CALL_ID_LEN);
}

struct span call_request_id(const struct call *call)
{
	return call->request_id_len > 0 ? span_of(call->note.data, call->request_id_len)
					: SPAN_ABSENT;
}

struct span call_envelope_id(const struct call *call)
{
	struct span id = buffer_since(&call->note, call->request_id_len);
	return id.len > 0 ? id : SPAN_ABSENT;
}

static struct leg leg_of(const struct call *call)
{
	return (struct leg){ call->slot, call->generation };
}

static void log_state(struct log *log, const struct call *call, enum call_state state)
{
	static const char *const names[CALL_STATES] = {
		[CALL_FREE] = "-",
		[CALL_READ] = "read",
		[CALL_MATCHED] = "matched",
		[CALL_SENT] = "sent",
		[CALL_CONFIRMED] = "confirmed",
		[CALL_STREAMING] = "streaming",
		[CALL_ANSWERED] = "answered",
		[CALL_REFUSED] = "refused",
		[CALL_EXPIRED] = "expired",
		[CALL_ABANDONED] = "abandoned",
	};
	if (log_begin(log, LOG_DEBUG, "state")) {
		log_plain(log, "call", call_id(call));
		log_plain(log, "from", span_from_text(names[call->state]));
		log_plain(log, "to", span_from_text(names[state]));
		log_end(log);
	}
}

/* Every change of state comes through here, so a debug log shows the whole life. */
static void enter(struct call *call, enum call_state state)
{
	struct shard *shard = shard_of(call);
	if (shard->log_states) {
		log_state(shard->log, call, state);
	}
	call->state = (uint8_t)state;
}

/* ---- begin ---- */

static void link_to_connection(struct call *call, struct connection *connection)
{
	call->connection = connection;
	call->next = NULL;
	call->previous = connection->last_call;
	if (call->previous != NULL) {
		call->previous->next = call;
	} else {
		connection->first_call = call;
	}
	connection->last_call = call;
	connection->call_count++;
}

static void unlink_from_connection(struct call *call)
{
	struct connection *connection = call->connection;
	if (call->previous != NULL) {
		call->previous->next = call->next;
	} else {
		connection->first_call = call->next;
	}
	if (call->next != NULL) {
		call->next->previous = call->previous;
	} else {
		connection->last_call = call->previous;
	}
	connection->call_count--;
	call->next = call->previous = NULL;
}

struct call *call_begin(
	struct connection *connection, const struct request *request, struct span envelope_id)
{
	struct shard *shard = connection->shard;
	if (!quota_call(connection->listener->quota, &connection->client)) {
		shard_reject(shard, REJECT_CALLS_PER_ADDRESS, connection);
		return NULL;
	}
	struct call *call = call_table_take(&shard->calls);
	if (call == NULL) {
		quota_call_end(connection->listener->quota, &connection->client);
		return NULL;
	}
	link_to_connection(call, connection);
	call->state = CALL_FREE;
	call->published = PUBLISHED_NO;
	call->timer = (struct wheel_node){ .kind = TIMER_CALL };
	call->mapping = NULL;
	call->session = NULL;
	call->origin = (struct call_origin){ 0 };
	call->began_us = shard->now_us;
	call->matched_us = call->sent_us = call->confirmed_us = 0;
	call->parts = 0;
	buffer_clear(&call->note);
	buffer_append_span(&call->note, request->request_id);
	call->request_id_len = (uint32_t)call->note.len;
	buffer_append_span(&call->note, envelope_id);
	shard->metrics.calls_in_flight++;
	enter(call, CALL_READ);
	return call;
}

/* ---- end ---- */

/*
 * The one way out. `answer` NULL: nobody is there to get one. The call leaves its connection before
 * the answer is written, since behind the answer the next request may already begin; its slot is
 * free only after it.
 */
static void end(struct call *call, enum call_state state, const struct call_answer *answer)
{
	struct shard *shard = shard_of(call);
	struct connection *connection = call->connection;
	int status = answer != NULL ? answer->status : 0;
	size_t row = call->mapping != NULL ? mapping_index(call->mapping)
					   : mapping_table_count(shard->config->mappings);
	wheel_disarm(&call->timer);
	if (call->session != NULL && state != CALL_ANSWERED) {
		session_cancel(call->session, leg_of(call));
	}
	enter(call, state);
	access_log_write(&shard->access, call, answer, shard->now_us);
	metrics_call(&shard->metrics, row, status, shard->now_us - call->began_us);
	shard->metrics.calls_in_flight--;
	quota_call_end(connection->listener->quota, &connection->client);
	unlink_from_connection(call);
	if (answer != NULL && !connection->dead && !connection->closing) {
		connection->codec->answer(connection, call, answer);
	}
	buffer_trim(&call->note, NOTE_KEPT);
	call_table_give(&shard->calls, call);
}

static void end_with_problem(
	struct call *call, enum call_state state, const struct refusal *refusal)
{
	const struct problem problem = {
		.status = refusal->status,
		.type = refusal->type != NULL ? refusal->type
					      : problem_type_of_status(refusal->status),
		.detail = refusal->detail != NULL ? refusal->detail : "",
		.call = call_id(call),
		.published = call->published,
	};
	const struct call_answer answer = {
		.status = refusal->status,
		.problem = &problem,
		.offer = refusal->offer,
		.offered = refusal->offered,
		.retry_after_s = refusal->status == 503 ? RETRY_AFTER_S : 0,
	};
	end(call, state, &answer);
}

/* The client's own doing, not the state of what is behind us? */
static bool is_rejection(int status)
{
	return status < 500 || status == 501;
}

void call_refuse(struct call *call, const struct refusal *refusal)
{
	if (is_rejection(refusal->status)) {
		shard_reject(shard_of(call), metrics_reject_of_status(refusal->status),
			call->connection);
	}
	end_with_problem(call, CALL_REFUSED, refusal);
}

void call_answer_here(struct call *call, const struct call_answer *answer)
{
	end(call, CALL_ANSWERED, answer);
}

void call_abandon(struct call *call)
{
	end(call, CALL_ABANDONED, NULL);
}

static void expire(struct call *call, const char *type, const char *detail)
{
	const struct refusal refusal = { .status = 504, .type = type, .detail = detail };
	end_with_problem(call, CALL_EXPIRED, &refusal);
}

void call_expire(struct call *call)
{
	if (call->published == PUBLISHED_NO) {
		call->published = PUBLISHED_UNKNOWN;
	}
	expire(call, "timeout", "No answer came in time.");
}

static void accept_one_way(struct call *call)
{
	const struct call_answer answer = { .status = 202 };
	end(call, CALL_ANSWERED, &answer);
}

/* ---- send ---- */

static void refuse_with(struct call *call, const char *type, const char *detail)
{
	const struct refusal refusal = { .status = 503, .type = type, .detail = detail };
	call_refuse(call, &refusal);
}

static void refuse_too_large(struct call *call)
{
	const struct refusal refusal = { .status = 413,
		.type = "too-large",
		.detail = "The request is larger than the service takes." };
	call_refuse(call, &refusal);
}

static enum answer_when when_of(const struct call *call)
{
	return call->origin.one_way ? WHEN_SENT : mapping_when(call->mapping);
}

/* `from_ms`: when the client began to wait for what comes next. */
static void await_reply(struct call *call, uint64_t from_ms)
{
	uint64_t due = from_ms + (uint64_t)mapping_timeout_ms(call->mapping);
	int64_t total = mapping_total_ms(call->mapping);
	uint64_t last = call->began_us / 1000 + (uint64_t)total;
	wheel_arm(shard_of(call)->wheel, &call->timer, total > 0 && last < due ? last : due);
}

static void handle_accepted(struct call *call)
{
	struct shard *shard = shard_of(call);
	call->sent_us = shard->now_us;
	enter(call, CALL_SENT);
	if (when_of(call) == WHEN_SENT) {
		call->published = PUBLISHED_UNKNOWN;
		accept_one_way(call);
		return;
	}
	await_reply(call, call->began_us / 1000);
}

static void hand_over(struct call *call, const struct message *message)
{
	switch (session_send(call->session, message, leg_of(call))) {
	case BRIDGE_ACCEPTED: handle_accepted(call); break;
	case BRIDGE_FULL:
		refuse_with(call, "overloaded", "The service takes no more just now.");
		break;
	case BRIDGE_DOWN:
		refuse_with(call, "bridge-down", "The service cannot be reached just now.");
		break;
	case BRIDGE_REJECTED:
		refuse_with(call, "unroutable", "Nobody is there to take this request.");
		break;
	case BRIDGE_TOO_LARGE: refuse_too_large(call); break;
	}
}

void call_send(struct call *call, const struct request *request, const struct match *match)
{
	struct shard *shard = shard_of(call);
	call->mapping = match->mapping;
	call->matched_us = shard->now_us;
	enter(call, CALL_MATCHED);
	if (mapping_action(match->mapping) != MAPPING_SEND) {
		local_answer_give(call, request, match);
		return;
	}
	call->session = &shard->sessions[mapping_bridge_index(match->mapping)];
	const struct send_facts facts = {
		.id = call_id(call),
		.reply_to = session_reply_to(call->session),
		.deadline_ms = mapping_timeout_ms(match->mapping),
		.wall_ms = (int64_t)shard->wall_ms,
		.instance = span_from_text(shard->config->instance),
		.reply_partition = session_reply_partition(call->session),
		.one_way = call->origin.one_way,
	};
	struct refusal refusal = { 0 };
	if (!send_compose(request, match, &facts, &shard->scratch.room, &refusal)) {
		call_refuse(call, &refusal);
		return;
	}
	hand_over(call, &shard->scratch.room.message);
}

/* ---- what the bridge says ---- */

/* It may have been published, and no confirm will come. A reply still proves it. */
static void lose_confirm(struct call *call)
{
	call->published = PUBLISHED_UNKNOWN;
	if (when_of(call) == WHEN_CONFIRMED) {
		expire(call, "bridge-down", "Whether the service has it cannot be known.");
	}
}

void call_confirm(struct call *call, enum bridge_outcome outcome)
{
	switch (outcome) {
	case BRIDGE_CONFIRMED:
		call->published = PUBLISHED_YES;
		call->confirmed_us = shard_of(call)->now_us;
		enter(call, CALL_CONFIRMED);
		if (when_of(call) == WHEN_CONFIRMED) {
			accept_one_way(call);
		}
		break;
	case BRIDGE_UNROUTABLE:
		refuse_with(call, "unroutable", "Nobody is there to take this request.");
		break;
	case BRIDGE_REFUSED:
		if (mapping_to_queue(call->mapping)) {
			refuse_with(call, "refused", "The service refused to take this request.");
		} else {
			lose_confirm(call);
		}
		break;
	case BRIDGE_UNKNOWN: lose_confirm(call); break;
	case BRIDGE_OVERSIZED: refuse_too_large(call); break;
	}
}

void call_session_lost(struct call *call)
{
	if (!call_wants_reply(call)) {
		return;
	}
	if (call->published == PUBLISHED_NO) {
		call->published = PUBLISHED_UNKNOWN;
	}
	expire(call, "bridge-down", "The way back for the answer was lost.");
}

bool call_wants_reply(const struct call *call)
{
	return when_of(call) == WHEN_REPLIED && call->sent_us != 0;
}

void call_dead(struct call *call, bool expired)
{
	call->published = PUBLISHED_YES;
	if (expired) {
		expire(call, "dead-letter", "Nobody took the request in time.");
		return;
	}
	const struct refusal refusal = { .status = 502,
		.type = "dead-letter",
		.detail = "The service could not handle the request." };
	session_cancel(call->session, leg_of(call)); /* no reply comes, although it is answered */
	end_with_problem(call, CALL_ANSWERED, &refusal);
}

static void fail_reply(struct call *call, const char *detail)
{
	const struct refusal refusal = { .status = 502, .type = "bad-reply", .detail = detail };
	call->published = PUBLISHED_YES;
	end_with_problem(call, CALL_ANSWERED, &refusal);
}

void call_reply_oversized(struct call *call)
{
	fail_reply(call, "The service's answer is too large.");
}

static bool reply_is_too_large(const struct call *call, size_t size)
{
	int64_t limit = call->connection->listener->options->limits.reply;
	int64_t own = mapping_limit_reply(call->mapping);
	if (own > 0 && (limit == 0 || own < limit)) {
		limit = own;
	}
	return limit > 0 && size > (size_t)limit;
}

static void end_parts(struct call *call)
{
	const struct call_answer answer = { .status = call->status, .end = true };
	end(call, CALL_ANSWERED, &answer);
}

/* False: the call is over. The client may be gone, or have all it wants. */
static bool give_part(struct call *call, const struct answer *read)
{
	struct connection *connection = call->connection;
	const struct call_answer part = { .status = read->status, .reply = read };
	if (call->parts++ == 0) {
		call->status = (uint16_t)read->status;
	}
	shard_of(call)->metrics.parts++;
	bool wants_more = connection->codec->part(connection, call, &part);
	if (connection->dead || connection->closing) {
		return false; /* it has taken its calls along */
	}
	if (!wants_more) {
		end_parts(call);
	}
	return wants_more;
}

static void take_part(struct call *call, const struct answer *read)
{
	await_reply(call, shard_now_ms(shard_of(call)));
	if (call->state != CALL_STREAMING) {
		enter(call, CALL_STREAMING);
	}
	if (!read->no_part) {
		give_part(call, read);
	}
}

/* A reply that none follow, behind others. */
static void take_last_part(struct call *call, const struct answer *read)
{
	if (read->no_part || give_part(call, read)) {
		end_parts(call);
	}
}

/* Ends the call with the one reply to it, or with an error behind some. */
static void take_whole(struct call *call, struct answer *read)
{
	if (read->error && !span_present(read->body)) {
		const struct refusal refusal = { .status = read->status,
			.type = "worker-error",
			.detail = "The service reported an error." };
		end_with_problem(call, CALL_ANSWERED, &refusal);
		return;
	}
	if (read->no_part) {
		read->body = SPAN("null");
		read->body_is_json = true;
		read->content_type = SPAN("application/json");
	}
	const struct call_answer answer = { .status = read->status, .reply = read };
	end(call, CALL_ANSWERED, &answer);
}

void call_reply(struct call *call, const struct message *reply)
{
	struct shard *shard = shard_of(call);
	struct answer *read = &shard->scratch.answer;
	if (reply_is_too_large(call, reply->body.len)) {
		shard_drop_reply(shard, DROP_OVERSIZED, 1);
		call_reply_oversized(call);
		return;
	}
	answer_read(call->mapping, reply, &shard->scratch.reply, read);
	shard_drop_reply(shard, DROP_HEADER, read->headers_dropped);
	if (read->dead) {
		call_dead(call, read->expired);
		return;
	}
	if (read->bad_reply != NULL) {
		shard_drop_reply(shard, DROP_MALFORMED, 1);
		fail_reply(call, read->bad_reply);
		return;
	}
	call->published = PUBLISHED_YES;
	bool behind_parts = call->parts > 0 && !read->error;
	if (read->kind == ANSWER_PART) {
		take_part(call, read);
	} else if (read->kind != ANSWER_NOT_YET && behind_parts) {
		take_last_part(call, read);
	} else if (read->kind != ANSWER_NOT_YET) {
		take_whole(call, read);
	}
}
