/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A session has a publishing and a consuming half, each on a link of its own, because a broker that
 * blocks publishers stops reading their connection, and replies should keep coming then. With
 * `reply.via` direct the broker wants both on one channel, and both halves share one link.
 *
 *                    ┌─ publisher ── link 0 ──▶
 *     send ─▶ session┤                            broker
 *   events ◀─        └─ consumer ─── link 1 ◀──
 *
 * The session is UP while both halves are ready, and says so in one place: update_state().
 */
#include "bridges/amqp.h"

#include "base/memory.h"
#include "bridges/amqp_binder.h"
#include "bridges/amqp_consumer.h"
#include "bridges/amqp_dead_letter.h"
#include "bridges/amqp_publisher.h"

#include <stdio.h>
#include <stdlib.h>

enum reply_via { REPLY_QUEUE, REPLY_DIRECT };

struct amqp_shared {
	char *url, *user, *password;
	int64_t heartbeat_ms;
	bool confirms;
	int64_t backlog;
	int64_t max_message;
	int reply_via;
	char *dead_exchange;
	/* Made by open_shared() */
	char *url_parts; /* what `target` points into */
	struct amqp_target target;
};

struct bridge_session {
	const struct amqp_shared *shared;
	struct bridge_host *host;
	unsigned link_count;
	struct amqp_link links[2];
	struct amqp_publisher publisher;
	struct amqp_consumer consumer;
	struct amqp_binder binder;
	struct amqp_dead_letter dead;
	enum bridge_state state;
	char why[192];
};

/* Configuration */

static bool parse_url(
	struct amqp_shared *shared, const struct json_node *at, struct problem_list *problems)
{
	struct amqp_connection_info info;
	struct span url = span_from_text(shared->url);
	if (span_starts_with(url, SPAN("amqps:"))) {
		problem_list_error(problems, at, "amqps (TLS to the broker) is not available yet");
		return false;
	}
	shared->url_parts = memory_text(url);
	if (amqp_parse_url(shared->url_parts, &info) != AMQP_STATUS_OK || info.host[0] == '\0') {
		problem_list_error(problems, at,
			"expected \"amqp://USER:PASSWORD@HOST:PORT/VHOST\", all but HOST optional");
		return false;
	}
	shared->target = (struct amqp_target){
		.host = info.host,
		.port = info.port,
		/* "amqp://host/" means the default virtual host to everybody who writes it. */
		.vhost = info.vhost[0] != '\0' ? info.vhost : "/",
		.user = shared->user != NULL ? shared->user : info.user,
		.password = shared->password != NULL ? shared->password : info.password,
		.heartbeat_s = (int)((shared->heartbeat_ms + 999) / 1000),
	};
	return true;
}

static bool open_shared(void *shared, const struct json_node *at, struct problem_list *problems)
{
	const struct json_node *url = json_node_member(at, SPAN("url"));
	const struct json_node *dead = json_node_member(at, SPAN("dead_letter"));
	const struct amqp_shared *amqp = shared;
	if (amqp->dead_exchange != NULL &&
		(amqp->dead_exchange[0] == '\0' || strlen(amqp->dead_exchange) > 255)) {
		problem_list_error(problems, json_node_member(dead, SPAN("exchange")),
			"expected the name of an exchange, of 255 bytes at most; nothing can be "
			"bound to the default one");
		return false;
	}
	return parse_url(shared, url != NULL ? url : at, problems);
}

static void close_shared(void *shared)
{
	struct amqp_shared *amqp = shared;
	free(amqp->url_parts);
	amqp->url_parts = NULL;
}

/* State */

static void set_state(struct bridge_session *session, enum bridge_state state, const char *why)
{
	if (session->state == state && strcmp(session->why, why) == 0) {
		return;
	}
	session->state = state;
	snprintf(session->why, sizeof(session->why), "%s", why);
	session->host->events->on_state(session->host, state, session->why);
}

static void update_state(struct bridge_session *session)
{
	enum bridge_state state = BRIDGE_STATE_DOWN;
	if (session->publisher.ready && session->consumer.ready &&
		amqp_dead_letter_is_settled(&session->dead) && session->binder.ready) {
		state = session->publisher.blocked ? BRIDGE_STATE_BLOCKED : BRIDGE_STATE_UP;
	}
	/* DOWN is told with its cause, by handle_lost(). */
	if (state == session->state || state == BRIDGE_STATE_DOWN) {
		return;
	}
	char why[192];
	const struct amqp_target *target = &session->shared->target;
	snprintf(why, sizeof(why), "%s %.100s:%d",
		state == BRIDGE_STATE_UP ? "connected to" : "publishing is blocked by",
		target->host, target->port);
	set_state(session, state, why);
}

/* Links */

static void handle_open(struct amqp_link *link)
{
	struct bridge_session *session = link->owner;
	if (link == session->consumer.link) {
		/* The publisher may have channels beside it, from the other end. */
		int last = amqp_get_channel_max(link->connection);
		amqp_dead_letter_open(&session->dead, (amqp_channel_t)last);
		amqp_consumer_open(&session->consumer);
	}
	if (link == session->publisher.link) {
		amqp_publisher_open(&session->publisher);
	}
}

/* With one link for both halves the consumer has its channel to itself but for confirms. */
static bool is_for_consumer(const struct bridge_session *session, const amqp_frame_t *frame)
{
	if (session->link_count == 2 || amqp_consumer_expects_content(&session->consumer)) {
		return true;
	}
	if (frame->frame_type != AMQP_FRAME_METHOD) {
		return false;
	}
	amqp_method_number_t id = frame->payload.method.id;
	return id == AMQP_BASIC_DELIVER_METHOD || id == AMQP_BASIC_CONSUME_OK_METHOD ||
	       id == AMQP_BASIC_CANCEL_METHOD;
}

/* What the link is for stands: its next loss is no failed attempt, and the other need not wait. */
static void settle(struct bridge_session *session, struct amqp_link *link)
{
	bool publishes = link == session->publisher.link, consumes = link == session->consumer.link;
	if ((publishes && !session->publisher.ready) || (consumes && !session->consumer.ready) ||
		link->reconnect.up_since > 0) {
		return;
	}
	amqp_link_settled(link);
	for (unsigned i = 0; i < session->link_count; i++) {
		amqp_link_try_now(&session->links[i]);
	}
}

static bool handle_frame(struct amqp_link *link, const amqp_frame_t *frame)
{
	struct bridge_session *session = link->owner;
	bool hold = false;
	if (link == session->dead.link && amqp_dead_letter_owns(&session->dead, frame->channel)) {
		amqp_dead_letter_frame(&session->dead, frame);
	} else if (link == session->consumer.link && frame->channel == AMQP_CONSUMER_CHANNEL &&
		   is_for_consumer(session, frame)) {
		hold = amqp_consumer_frame(&session->consumer, frame);
		if (session->consumer.ready) {
			amqp_binder_open(
				&session->binder, amqp_consumer_address(&session->consumer));
		}
	} else if (link == session->consumer.link && session->link_count == 2 &&
		   frame->channel == AMQP_BINDER_CHANNEL &&
		   frame->frame_type == AMQP_FRAME_METHOD) {
		amqp_binder_method(&session->binder, &frame->payload.method);
	} else if (link == session->publisher.link) {
		hold = amqp_publisher_frame(&session->publisher, frame);
	}
	/* While UP only the connection itself can change the state: not once a reply. */
	if (frame->frame_type == AMQP_FRAME_METHOD &&
		(frame->channel == 0 || session->state != BRIDGE_STATE_UP)) {
		settle(session, link);
		update_state(session);
	}
	return hold;
}

static bool handle_reply(struct amqp_link *link, amqp_channel_t channel, struct message *reply)
{
	struct bridge_session *session = link->owner;
	return link == session->consumer.link && channel == AMQP_CONSUMER_CHANNEL &&
	       amqp_consumer_reply(&session->consumer, reply);
}

static void handle_lost(struct amqp_link *link, const char *why)
{
	struct bridge_session *session = link->owner;
	if (link == session->publisher.link) {
		amqp_publisher_lost(&session->publisher);
	}
	if (link == session->consumer.link) {
		amqp_binder_lost(&session->binder);
		amqp_dead_letter_lost(&session->dead);
		amqp_consumer_lost(&session->consumer);
	}
	set_state(session, BRIDGE_STATE_DOWN, why);
}

static const struct amqp_link_events link_events = {
	.on_open = handle_open,
	.on_frame = handle_frame,
	.on_reply = handle_reply,
	.on_lost = handle_lost,
};

/* Slots */

static struct bridge_session *create(const void *shared, struct bridge_host *host)
{
	const struct amqp_shared *amqp = shared;
	bool direct = amqp->reply_via == REPLY_DIRECT;
	struct amqp_publisher_options options = {
		.confirms = amqp->confirms,
		.direct = direct,
		.backlog = (size_t)amqp->backlog,
		.max_message = (size_t)amqp->max_message,
		.user = amqp->target.user,
	};
	struct bridge_session *session = memory_new(1, sizeof(*session));
	session->shared = amqp;
	session->host = host;
	session->state = BRIDGE_STATE_DOWN;
	session->link_count = direct ? 1 : 2;
	for (unsigned i = 0; i < session->link_count; i++) {
		amqp_link_init(&session->links[i], &amqp->target, host, &link_events, session);
	}
	amqp_publisher_init(&session->publisher, &session->links[0], host, &options);
	amqp_consumer_init(
		&session->consumer, &session->links[session->link_count - 1], host, direct);
	amqp_binder_init(&session->binder, session->consumer.link, host);
	amqp_dead_letter_init(&session->dead, session->consumer.link, host, amqp->dead_exchange);
	return session;
}

static bool has_session(const struct bridge_session *session)
{
	return session->publisher.ready && session->consumer.ready &&
	       amqp_link_is_open(session->publisher.link) &&
	       amqp_link_is_open(session->consumer.link);
}

static enum bridge_verdict send_message(
	struct bridge_session *session, const struct message *message, struct leg leg)
{
	if (!has_session(session)) {
		return BRIDGE_DOWN;
	}
	if (session->binder.lacks_some && amqp_binder_lacks(&session->binder, message->exchange)) {
		return BRIDGE_REJECTED; /* no reply would find back */
	}
	return amqp_publisher_send(&session->publisher, message, leg);
}

static struct span reply_to(struct bridge_session *session)
{
	return has_session(session) ? amqp_consumer_address(&session->consumer) : SPAN("");
}

/* Nothing to save: the host ignores what comes for a leg that it has given up. */
static void cancel(struct bridge_session *session, struct leg leg)
{
	(void)session;
	(void)leg;
}

static void flush(struct bridge_session *session)
{
	for (unsigned i = 0; i < session->link_count; i++) {
		amqp_link_flush(&session->links[i]);
	}
}

static bool drained(struct bridge_session *session)
{
	return amqp_publisher_drained(&session->publisher);
}

static void destroy(struct bridge_session *session)
{
	if (session == NULL) {
		return;
	}
	for (unsigned i = 0; i < session->link_count; i++) {
		amqp_link_finish(&session->links[i]);
	}
	amqp_publisher_finish(&session->publisher);
	amqp_consumer_finish(&session->consumer);
	amqp_binder_finish(&session->binder);
	amqp_dead_letter_finish(&session->dead);
	free(session);
}

static const char *const reply_via_names[] = { "queue", "direct", NULL };

static const struct option reply_rows[] = {
	{ .name = "via",
		.type = OPTION_ENUM,
		.offset = offsetof(struct amqp_shared, reply_via),
		.names = reply_via_names,
		.fallback = "queue",
		.help = "where workers reply to: `queue`, an exclusive queue of each shard's "
			"session, or `direct`, the broker's `amq.rabbitmq.reply-to`" },
	{ 0 },
};

static const struct option dead_letter_rows[] = {
	{ .name = "exchange",
		.type = OPTION_TEXT,
		.offset = offsetof(struct amqp_shared, dead_exchange),
		.required = true,
		.help = "the dead letter exchange of the workers' queues: `fanout`, `topic` or "
			"`headers`" },
	{ 0 },
};

static const struct option rows[] = {
	{ .name = "url",
		.type = OPTION_TEXT,
		.offset = offsetof(struct amqp_shared, url),
		.required = true,
		.help = "`amqp://USER:PASSWORD@HOST:PORT/VHOST`, percent-encoded; all but the "
			"host may be left out" },
	{ .name = "user",
		.type = OPTION_TEXT,
		.offset = offsetof(struct amqp_shared, user),
		.help = "overrides the user of `url`" },
	{ .name = "password",
		.type = OPTION_TEXT,
		.offset = offsetof(struct amqp_shared, password),
		.help = "overrides the password of `url`" },
	{ .name = "heartbeat",
		.type = OPTION_DURATION,
		.offset = offsetof(struct amqp_shared, heartbeat_ms),
		.fallback = "10s",
		.min = 0,
		.max = 3600000,
		.help = "asked of the broker, in whole seconds; a connection silent for twice as "
			"long is given up; 0 turns it off" },
	{ .name = "confirms",
		.type = OPTION_BOOL,
		.offset = offsetof(struct amqp_shared, confirms),
		.fallback = "true",
		.help = "the broker confirms every message" },
	{ .name = "backlog",
		.type = OPTION_SIZE,
		.offset = offsetof(struct amqp_shared, backlog),
		.fallback = "4MiB",
		.min = 65536,
		.max = INT64_C(1) << 32,
		.help = "unsent bytes of one shard beyond which calls are answered 503" },
	{ .name = "max_message",
		.type = OPTION_SIZE,
		.offset = offsetof(struct amqp_shared, max_message),
		.fallback = "128MiB",
		.max = INT64_C(1) << 32,
		.help = "the broker's `max_message_size`: a larger body is answered 413; RabbitMQ "
			"4 takes "
			"16 MiB unless told otherwise; 0: none" },
	{ .name = "reply",
		.type = OPTION_OBJECT,
		.offset = 0,
		.rows = reply_rows,
		.help = "how replies come back" },
	{ .name = "dead_letter",
		.type = OPTION_OBJECT,
		.offset = 0,
		.rows = dead_letter_rows,
		.help = "where brokers put requests that nobody took or a worker rejected: calls "
			"that wait for them end at once with 504 or 502" },
	{ 0 },
};

static bool confirms(const void *shared)
{
	const struct amqp_shared *amqp = shared;
	return amqp->confirms;
}

static bool own_queue(const void *shared)
{
	const struct amqp_shared *amqp = shared;
	return amqp->reply_via == REPLY_QUEUE;
}

static size_t body_max(const void *shared)
{
	const struct amqp_shared *amqp = shared;
	return (size_t)amqp->max_message;
}

const struct bridge_kind amqp_bridge = {
	.type = "amqp",
	.rows = rows,
	.shared_size = sizeof(struct amqp_shared),
	.open = open_shared,
	.confirms = confirms,
	.own_queue = own_queue,
	.body_max = body_max,
	.close = close_shared,
	.create = create,
	.send = send_message,
	.reply_to = reply_to,
	.cancel = cancel,
	.flush = flush,
	.drained = drained,
	.destroy = destroy,
};
