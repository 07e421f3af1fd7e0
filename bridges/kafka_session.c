/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What one turn of the loop sends is collected and produced in one go: librdkafka wakes its own
 * threads at the first message, and the more stand behind it the fewer requests it makes. For the
 * same reason all messages of one go without a key have one partition, those of the next another.
 *
 * Calls go by the quick producer while few wait for replies and by the busy one while many do; so
 * there is no order between two calls. How many wait is seen over some turns: replies come in
 * batches, after which few wait for a moment, and two producers halve what each could send at
 * once. What is confirmed, or nobody waits for, goes by the producer
 * of events, which keeps the order and reports every message.
 *
 * While many wait, calls are held over some turns until they are half of all, two milliseconds at
 * most. Then two batches are under way, one with the clients and one with the broker and the
 * workers. With one batch each side waits for the other, and many small ones cost the broker more
 * than what they carry (docs/decisions, 0017).
 */
#include "bridges/kafka_session.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/option.h"
#include "bridges/kafka_reader.h"
#include "bridges/kafka_record.h"

#include <assert.h>
#include <stdlib.h>

enum {
	BUSY_FROM = 16,            /* replies awaited, see struct bridge_session, level */
	BUSY_TURNS = 8,            /* a lower level counts after so many turns, about */
	TURN_BYTES_MAX = 64 << 20, /* bodies of one turn */
	COLLECTED_KEPT = 1 << 18,  /* bytes whose memory is kept; with more nothing is held */
	PARTITION_NONE = -1,
};

#define HOLD_S 0.002

/* A message that is not produced yet; key and value stand in `collected`. */
struct pending {
	struct leg leg;
	bool event;
	size_t topic;
	int32_t partition;
	size_t key_at, key_len, value_at, value_len;
	bool has_key, has_value;
	int64_t timestamp_ms;
	rd_kafka_headers_t *headers;
};

/* A message that no producer took. */
struct failed {
	struct leg leg;
	enum bridge_outcome outcome;
};

struct bridge_session {
	struct kafka_cluster *cluster;
	struct bridge_host *host;
	struct kafka_seat *seat;
	struct kafka_reader *reader; /* NULL but in its shard */
	struct kafka_view view;
	struct buffer collected;
	struct pending *pending;
	size_t pending_count, pending_room;
	bool has_events;  /* among those: they are not held */
	size_t room;      /* messages that the producers take */
	unsigned waiting; /* replies awaited, about */
	unsigned level;   /* the same over some turns: rises at once, falls slowly */
	unsigned go;      /* chooses the partition */
	ev_timer holding; /* while calls are held */
	struct failed *failed;
	size_t failed_count, failed_room;
	ev_timer failing; /* tells them in the next turn */
};

_Static_assert(sizeof(void *) >= sizeof(uint64_t), "a leg and its shard travel in a pointer");

void *kafka_session_pack(unsigned shard, struct leg leg)
{
	assert(leg.slot < 1u << 24 && shard < 256);
	return (void *)((uintptr_t)shard << 56 | (uintptr_t)leg.slot << 32 | leg.generation);
}

unsigned kafka_session_unpack(const void *opaque, struct leg *leg)
{
	uintptr_t bits = (uintptr_t)opaque;
	leg->slot = (uint32_t)(bits >> 32) & 0xffffff;
	leg->generation = (uint32_t)bits;
	return (unsigned)(bits >> 56);
}

/* Sending */

static enum bridge_verdict check_topic(
	const struct bridge_session *session, const struct message *message, size_t topic)
{
	const struct kafka_topic_view *view = &session->view.topics[topic];
	int64_t partition = 0;
	if (topic == session->view.topic_count || view->state != KAFKA_TOPIC_PRESENT) {
		return BRIDGE_REJECTED;
	}
	if (span_present(message->partition) &&
		(!option_parse_integer(message->partition, &partition) || partition < 0 ||
			partition >= view->partitions)) {
		return BRIDGE_REJECTED;
	}
	return BRIDGE_ACCEPTED;
}

static size_t count_room(const struct bridge_session *session)
{
	size_t used = 0;
	for (unsigned use = 0; use < KAFKA_EVENTS; use++) {
		used += (size_t)rd_kafka_outq_len(session->cluster->producers[use]->handle);
	}
	used += (size_t)rd_kafka_outq_len(session->view.events->handle);
	return used < session->cluster->queue_max ? session->cluster->queue_max - used : 0;
}

static struct pending *add_pending(struct bridge_session *session)
{
	if (session->pending_count == session->pending_room) {
		session->pending_room = session->pending_room > 0 ? 2 * session->pending_room : 64;
		session->pending = memory_resize(
			session->pending, session->pending_room, sizeof(*session->pending));
	}
	return &session->pending[session->pending_count];
}

/* Seconds in the message, as everywhere else; milliseconds in Kafka. */
static int64_t timestamp_of(const struct message *message)
{
	int64_t seconds = 0;
	struct span text = message->properties[PROPERTY_TIMESTAMP];
	return span_present(text) && option_parse_integer(text, &seconds) &&
			       seconds <= INT64_MAX / 1000
		       ? seconds * 1000
		       : 0;
}

static size_t collect(struct bridge_session *session, struct span bytes)
{
	size_t at = session->collected.len;
	buffer_append_span(&session->collected, bytes);
	return at;
}

enum bridge_verdict kafka_session_send(
	struct bridge_session *session, const struct message *message, struct leg leg)
{
	if (session->view.state != BRIDGE_STATE_UP) {
		return BRIDGE_DOWN;
	}
	size_t topic = kafka_cluster_topic(session->cluster, message->topic);
	enum bridge_verdict verdict = check_topic(session, message, topic);
	if (verdict != BRIDGE_ACCEPTED) {
		return verdict;
	}
	if (message->body.len + message->key.len + kafka_record_headers_size(message) >
		session->cluster->message_max) {
		return BRIDGE_TOO_LARGE;
	}
	if (session->pending_count == 0) {
		session->room = count_room(session);
	}
	struct pending *pending = add_pending(session);
	if (session->pending_count >= session->room ||
		session->collected.len + message->body.len > TURN_BYTES_MAX ||
		!buffer_reserve(&session->collected, message->body.len + message->key.len)) {
		session->collected.failed = false;
		return BRIDGE_FULL;
	}
	int64_t partition = PARTITION_NONE;
	if (span_present(message->partition)) {
		option_parse_integer(message->partition, &partition);
	}
	*pending = (struct pending){
		.leg = leg,
		.event = !message->wants_reply,
		.topic = topic,
		.partition = (int32_t)partition,
		.has_key = span_present(message->key),
		.key_len = message->key.len,
		.key_at = collect(session, message->key),
		.has_value = span_present(message->body),
		.value_len = message->body.len,
		.value_at = collect(session, message->body),
		.timestamp_ms = timestamp_of(message),
		.headers = kafka_record_headers(message),
	};
	session->pending_count++;
	session->has_events = session->has_events || !message->wants_reply;
	session->waiting += message->wants_reply;
	return BRIDGE_ACCEPTED;
}

static void add_failed(struct bridge_session *session, struct leg leg, enum bridge_outcome outcome)
{
	if (session->failed_count == session->failed_room) {
		session->failed_room = session->failed_room > 0 ? 2 * session->failed_room : 64;
		session->failed = memory_resize(
			session->failed, session->failed_room, sizeof(*session->failed));
	}
	session->failed[session->failed_count++] = (struct failed){ leg, outcome };
	if (!ev_is_active(&session->failing)) {
		ev_timer_set(&session->failing, 0., 0.);
		ev_timer_start(session->host->loop, &session->failing);
	}
}

static void handle_failing(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct bridge_session *session = timer->data;
	(void)loop;
	(void)events;
	bool hurry = false;
	for (size_t i = 0; i < session->failed_count; i++) {
		struct failed failed = session->failed[i];
		hurry = hurry || failed.outcome == BRIDGE_UNROUTABLE;
		session->host->events->on_confirm(session->host, failed.leg, failed.outcome);
	}
	session->failed_count = 0;
	if (hurry) {
		kafka_reader_hurry(session->seat);
	}
}

static int32_t choose_partition(const struct bridge_session *session, const struct pending *pending)
{
	const struct kafka_topic_view *topic = &session->view.topics[pending->topic];
	if (pending->partition != PARTITION_NONE) {
		return pending->partition;
	}
	if (pending->has_key || topic->partitions <= 0) {
		return RD_KAFKA_PARTITION_UA;
	}
	return kafka_view_partition(topic, session->go);
}

static struct span collected_at(const struct bridge_session *session, size_t at, size_t len)
{
	return len > 0 ? span_of(session->collected.data + at, len) : SPAN("");
}

static void produce(
	struct bridge_session *session, struct pending *pending, struct kafka_producer *producer)
{
	struct kafka_out out = {
		.topic = pending->topic,
		.partition = choose_partition(session, pending),
		.key = pending->has_key ? collected_at(session, pending->key_at, pending->key_len)
					: SPAN_ABSENT,
		.value = pending->has_value
				 ? collected_at(session, pending->value_at, pending->value_len)
				 : SPAN_ABSENT,
		.headers = pending->headers,
		.timestamp_ms = pending->timestamp_ms,
		.opaque = kafka_session_pack(session->seat->shard, pending->leg),
	};
	rd_kafka_resp_err_t error = kafka_producer_send(producer, &out);
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
		add_failed(session, pending->leg,
			kafka_producer_outcome(error, RD_KAFKA_MSG_STATUS_NOT_PERSISTED));
	}
}

static bool is_busy(const struct bridge_session *session)
{
	return session->level >= BUSY_FROM;
}

static void update_level(struct bridge_session *session)
{
	unsigned fallen = session->level - session->level / BUSY_TURNS;
	session->level = session->waiting > fallen ? session->waiting : fallen;
}

static void produce_all(struct bridge_session *session)
{
	struct kafka_producer *const *producers = session->cluster->producers;
	bool busy = is_busy(session);
	struct kafka_producer *calls = producers[busy ? KAFKA_BUSY : KAFKA_QUICK];
	for (size_t i = 0; i < session->pending_count; i++) {
		struct pending *pending = &session->pending[i];
		produce(session, pending, pending->event ? session->view.events : calls);
	}
	if (busy) {
		kafka_producer_push(calls);
	}
	session->pending_count = 0;
	session->has_events = false;
	session->go++;
	buffer_clear(&session->collected);
	buffer_trim(&session->collected, COLLECTED_KEPT);
	ev_timer_stop(session->host->loop, &session->holding);
}

static void handle_held(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	produce_all(timer->data);
}

static bool is_worth_holding(const struct bridge_session *session)
{
	return is_busy(session) && !session->has_events &&
	       session->pending_count < session->level / 2 &&
	       session->collected.len <= COLLECTED_KEPT;
}

void kafka_session_flush(struct bridge_session *session)
{
	if (session->pending_count == 0) {
		return;
	}
	update_level(session);
	if (!is_worth_holding(session)) {
		produce_all(session);
	} else if (!ev_is_active(&session->holding)) {
		ev_timer_set(&session->holding, HOLD_S, 0.);
		ev_timer_start(session->host->loop, &session->holding);
	}
}

/* What comes */

static void count_reply(struct bridge_session *session)
{
	session->waiting -= session->waiting > 0;
}

void kafka_session_reply(struct bridge_session *session, const rd_kafka_message_t *record)
{
	struct bridge_host *host = session->host;
	if (kafka_dead_letter_is(record)) {
		kafka_dead_letter_deliver(host, record);
		return;
	}
	struct message_header room[MESSAGE_HEADERS_MAX];
	struct message reply;
	rd_kafka_headers_t *headers = NULL;
	rd_kafka_message_headers(record, &headers);
	kafka_record_open(record, &reply);
	count_reply(session);
	if (!kafka_record_read(headers, room, &reply)) {
		host->events->on_malformed(host);
	} else if (host->reply_max > 0 && reply.body.len > host->reply_max) {
		reply.body = SPAN_ABSENT;
		host->events->on_oversized(host, &reply);
	} else {
		host->events->on_reply(host, &reply);
	}
}

void kafka_session_report(
	struct bridge_session *session, struct leg leg, enum bridge_outcome outcome)
{
	session->host->events->on_confirm(session->host, leg, outcome);
}

static void tell_topics(struct bridge_session *session, const struct kafka_view *view)
{
	static const char *const whys[] = {
		[KAFKA_TOPIC_UNKNOWN] = NULL,
		[KAFKA_TOPIC_PRESENT] = NULL,
		[KAFKA_TOPIC_MISSING] = "the topic does not exist",
		[KAFKA_TOPIC_FORBIDDEN] = "the broker does not allow it",
	};
	for (size_t i = 0; i < view->topic_count; i++) {
		const char *why = whys[view->topics[i].state];
		if (why != whys[session->view.topics[i].state]) {
			session->host->events->on_topic(
				session->host, session->cluster->process.topics[i].name, why);
		}
	}
}

void kafka_session_news(struct bridge_session *session, const struct kafka_view *view)
{
	struct bridge_host *host = session->host;
	bool lost = view->epoch != session->view.epoch;
	bool changed =
		view->state != session->view.state || strcmp(view->why, session->view.why) != 0;
	tell_topics(session, view);
	kafka_view_copy(&session->view, view);
	if (lost) {
		session->waiting = 0;
		host->events->on_session_lost(host);
	}
	if (changed) {
		host->events->on_state(host, view->state, session->view.why);
	}
}

/* The rest of the slots */

struct span kafka_session_reply_to(struct bridge_session *session)
{
	return session->view.state == BRIDGE_STATE_UP
		       ? span_from_text(session->cluster->reply->feed.name)
		       : SPAN("");
}

void kafka_session_cancel(struct bridge_session *session, struct leg leg)
{
	(void)leg;
	count_reply(session);
}

/* The reader has what all of them share. */
void kafka_session_measure(struct bridge_session *session, struct bridge_samples *samples)
{
	if (session->reader != NULL) {
		kafka_gauges_measure(&session->cluster->gauges, samples);
	}
}

bool kafka_session_drained(struct bridge_session *session)
{
	return session->pending_count == 0 && session->failed_count == 0 &&
	       count_room(session) == session->cluster->queue_max &&
	       (session->reader == NULL || kafka_reader_is_idle(session->reader));
}

void kafka_session_leave(struct bridge_session *session)
{
	if (session->reader == NULL) {
		kafka_reader_leave(session->seat);
	}
}

struct kafka_reader *kafka_session_reader(struct bridge_session *session)
{
	return session->reader;
}

struct bridge_session *kafka_session_create(const void *shared, struct bridge_host *host)
{
	const struct kafka_shared *kafka = shared;
	struct kafka_cluster *cluster = kafka->cluster;
	struct bridge_session *session = memory_new(1, sizeof(*session));
	session->cluster = cluster;
	session->host = host;
	session->seat = &cluster->seats[host->shard];
	kafka_view_init(&session->view, cluster->process.topic_count);
	session->view.events = cluster->producers[KAFKA_EVENTS];
	ev_init(&session->failing, handle_failing);
	session->failing.data = session;
	ev_init(&session->holding, handle_held);
	session->holding.data = session;
	session->seat->session = session;
	if (host->shard == KAFKA_READER_SHARD) {
		session->reader = kafka_reader_create(cluster, host);
	} else {
		kafka_reader_join(session->seat);
	}
	return session;
}

void kafka_session_destroy(struct bridge_session *session)
{
	if (session == NULL) {
		return;
	}
	kafka_reader_destroy(session->reader);
	session->seat->session = NULL;
	for (size_t i = 0; i < session->pending_count; i++) {
		rd_kafka_headers_destroy(session->pending[i].headers);
	}
	ev_timer_stop(session->host->loop, &session->failing);
	ev_timer_stop(session->host->loop, &session->holding);
	buffer_finish(&session->collected);
	kafka_view_finish(&session->view);
	free(session->pending);
	free(session->failed);
	free(session);
}
