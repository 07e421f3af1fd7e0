/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The contract by example, and a back end for trying mappings out. Every message waits in one list
 * ordered by the time at which something is due; one timer stands on the head of the list.
 *
 *     send ──▶ [ due now ] ──confirm──▶ [ due after `delay` ] ──reply──▶ gone
 *                  └─ refuse, drop, dead and close act when they are due and end there
 *
 * Nothing happens within send(): the earliest event comes in the next turn of the loop, as with a
 * real broker. `close` loses the session the way a broken broker would, and it comes back by
 * itself.
 */
#include "bridges/loopback.h"

#include "base/memory.h"
#include "bridges/dead_letter.h"
#include "bridges/kept_message.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define WAITING_MAX 65536
#define BYTES_MAX (64u << 20)
#define COMES_BACK_AFTER 0.1 /* seconds */

struct loopback_shared {
	char nothing; /* the kind has no keys of its own */
};

struct waiting {
	struct waiting *next, *previous;
	double due; /* seconds, clock of the loop */
	struct leg leg;
	bool confirmed;
	struct kept_message request;
};

struct bridge_session {
	struct bridge_host *host;
	ev_timer timer;    /* the head of the list is due */
	ev_timer comeback; /* the session comes up */
	struct waiting *first, *last;
	size_t count, bytes;
	bool up;
	char reply_to[48];
};

static void handle_due(struct ev_loop *loop, ev_timer *timer, int events);
static void handle_comeback(struct ev_loop *loop, ev_timer *timer, int events);

static bool open_shared(void *shared, const struct json_node *at, struct problem_list *problems)
{
	(void)shared;
	(void)at;
	(void)problems;
	return true;
}

static void close_shared(void *shared)
{
	(void)shared;
}

static struct bridge_session *create(const void *shared, struct bridge_host *host)
{
	(void)shared;
	struct bridge_session *session = memory_new(1, sizeof(*session));
	session->host = host;
	snprintf(session->reply_to, sizeof(session->reply_to), "loopback.%u", host->shard);
	ev_init(&session->timer, handle_due);
	session->timer.data = session;
	ev_timer_init(&session->comeback, handle_comeback, 0., 0.);
	session->comeback.data = session;
	ev_timer_start(host->loop, &session->comeback);
	return session;
}

static void set_state(struct bridge_session *session, enum bridge_state state, const char *why)
{
	session->up = state == BRIDGE_STATE_UP;
	session->host->events->on_state(session->host, state, why);
}

static void handle_comeback(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	set_state(timer->data, BRIDGE_STATE_UP, "loopback");
}

static void watch_head(struct bridge_session *session)
{
	struct ev_loop *loop = session->host->loop;
	ev_timer_stop(loop, &session->timer);
	if (session->first != NULL) {
		double after = session->first->due - ev_now(loop);
		ev_timer_set(&session->timer, after > 0 ? after : 0., 0.);
		ev_timer_start(loop, &session->timer);
	}
}

/* Delays of one mapping are alike, so the right place is nearly always the end. */
static void insert(struct bridge_session *session, struct waiting *waiting)
{
	struct waiting *before = session->last;
	while (before != NULL && before->due > waiting->due) {
		before = before->previous;
	}
	waiting->previous = before;
	waiting->next = before != NULL ? before->next : session->first;
	*(before != NULL ? &before->next : &session->first) = waiting;
	*(waiting->next != NULL ? &waiting->next->previous : &session->last) = waiting;
	session->count++;
	session->bytes += waiting->request.memory.cap;
	if (session->first == waiting) {
		watch_head(session);
	}
}

static void take_out(struct bridge_session *session, struct waiting *waiting)
{
	*(waiting->previous != NULL ? &waiting->previous->next : &session->first) = waiting->next;
	*(waiting->next != NULL ? &waiting->next->previous : &session->last) = waiting->previous;
	session->count--;
	session->bytes -= waiting->request.memory.cap;
}

static void waiting_free(struct waiting *waiting)
{
	kept_message_finish(&waiting->request);
	free(waiting);
}

static enum bridge_verdict send_message(
	struct bridge_session *session, const struct message *message, struct leg leg)
{
	if (!session->up) {
		return BRIDGE_DOWN;
	}
	if (session->count >= WAITING_MAX || session->bytes >= BYTES_MAX) {
		return BRIDGE_FULL;
	}
	struct waiting *waiting = memory_new(1, sizeof(*waiting));
	if (!kept_message_copy(&waiting->request, message)) {
		free(waiting);
		return BRIDGE_FULL;
	}
	waiting->leg = leg;
	waiting->due = ev_now(session->host->loop);
	if (message->behave != BEHAVE_ECHO) {
		waiting->due += message->delay_ms / 1000.;
	}
	insert(session, waiting);
	return BRIDGE_ACCEPTED;
}

static void confirm(
	struct bridge_session *session, struct waiting *waiting, enum bridge_outcome outcome)
{
	waiting->confirmed = true;
	session->host->events->on_confirm(session->host, waiting->leg, outcome);
}

static void echo(struct bridge_session *session, const struct message *request)
{
	struct message reply = {
		.routing_key = span_from_text(session->reply_to),
		.headers = request->headers,
		.header_count = request->header_count,
		.body = request->body,
	};
	static const enum message_property kept[] = { PROPERTY_CONTENT_TYPE,
		PROPERTY_CONTENT_ENCODING, PROPERTY_CORRELATION_ID };
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		reply.properties[kept[i]] = request->properties[kept[i]];
	}
	struct bridge_host *host = session->host;
	if (host->reply_max > 0 && reply.body.len > host->reply_max) {
		reply.body = SPAN_ABSENT;
		host->events->on_oversized(host, &reply);
	} else {
		host->events->on_reply(host, &reply);
	}
}

/* As a worker that fails does by way of a dead letter exchange. */
static void give_back(struct bridge_session *session, const struct message *request)
{
	struct dead_letter letter;
	dead_letter_read(request, &letter);
	letter.reason = SPAN("rejected");
	session->host->events->on_dead(session->host, &letter);
}

static void lose_session(struct bridge_session *session)
{
	session->up = false;
	ev_timer_stop(session->host->loop, &session->timer);
	while (session->first != NULL) {
		struct waiting *waiting = session->first;
		take_out(session, waiting);
		if (!waiting->confirmed) {
			confirm(session, waiting, BRIDGE_UNKNOWN);
		}
		waiting_free(waiting);
	}
	session->host->events->on_session_lost(session->host);
	set_state(session, BRIDGE_STATE_DOWN, "closed by a message that asked for it");
	ev_timer_set(&session->comeback, COMES_BACK_AFTER, 0.);
	ev_timer_start(session->host->loop, &session->comeback);
}

/* Acts on one message that is due and taken out; puts it back while its reply is still to come. */
static void act(struct bridge_session *session, struct waiting *waiting)
{
	const struct message *request = &waiting->request.message;
	switch (request->behave) {
	case BEHAVE_REFUSE: confirm(session, waiting, BRIDGE_REFUSED); break;
	case BEHAVE_DROP: confirm(session, waiting, BRIDGE_CONFIRMED); break;
	case BEHAVE_DEAD:
		confirm(session, waiting, BRIDGE_CONFIRMED);
		give_back(session, request);
		break;
	case BEHAVE_CLOSE:
		confirm(session, waiting, BRIDGE_CONFIRMED);
		lose_session(session);
		break;
	case BEHAVE_ECHO:
		if (!waiting->confirmed) {
			confirm(session, waiting, BRIDGE_CONFIRMED);
			if (request->wants_reply && request->delay_ms > 0) {
				waiting->due += request->delay_ms / 1000.;
				insert(session, waiting);
				return;
			}
		}
		if (request->wants_reply) {
			echo(session, request);
		}
		break;
	}
	waiting_free(waiting);
}

static void handle_due(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct bridge_session *session = timer->data;
	(void)events;
	double now = ev_now(loop);
	/* What is sent from within these events waits for the next turn. */
	for (size_t left = session->count; left > 0 && session->first != NULL; left--) {
		struct waiting *waiting = session->first;
		if (waiting->due > now) {
			break;
		}
		take_out(session, waiting);
		act(session, waiting);
	}
	watch_head(session);
}

static struct span reply_to(struct bridge_session *session)
{
	return session->up ? span_from_text(session->reply_to) : SPAN("");
}

/* Nothing to save: the host ignores what comes for a leg that it has given up. */
static void cancel(struct bridge_session *session, struct leg leg)
{
	(void)session;
	(void)leg;
}

static void flush(struct bridge_session *session)
{
	(void)session;
}

static bool drained(struct bridge_session *session)
{
	for (const struct waiting *waiting = session->first; waiting != NULL;
		waiting = waiting->next) {
		if (!waiting->confirmed) {
			return false;
		}
	}
	return true;
}

static void destroy(struct bridge_session *session)
{
	if (session == NULL) {
		return;
	}
	while (session->first != NULL) {
		struct waiting *waiting = session->first;
		take_out(session, waiting);
		waiting_free(waiting);
	}
	assert(session->count == 0 && session->bytes == 0);
	ev_timer_stop(session->host->loop, &session->timer);
	ev_timer_stop(session->host->loop, &session->comeback);
	free(session);
}

static const struct option rows[] = { { 0 } };

static bool confirms(const void *shared)
{
	(void)shared;
	return true;
}

const struct bridge_kind loopback_bridge = {
	.type = "loopback",
	.rows = rows,
	.shared_size = sizeof(struct loopback_shared),
	.open = open_shared,
	.confirms = confirms,
	.close = close_shared,
	.create = create,
	.send = send_message,
	.reply_to = reply_to,
	.cancel = cancel,
	.flush = flush,
	.drained = drained,
	.destroy = destroy,
};
