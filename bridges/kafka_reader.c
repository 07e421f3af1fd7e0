/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     reports of three producers ─┐                          ┌─▶ session of this shard
 *     the reply topic ────────────┼─ eventfd ─▶ handle_wake ─┼─▶ courier ─▶ other shards
 *     errors of all four ─────────┘                          └─▶ state: survey, view, news
 *
 * The queues' wake-up is edge-triggered: one write when a queue stops being empty. So what a turn
 * leaves behind, because its budget is used up or another shard is slow, has to be remembered.
 *
 * A survey decides the state, errors only make it come sooner, with one exception: the consumer
 * always holds a connection, so when that one says that all brokers are down they are.
 * While nothing is reached surveys follow each other closely: librdkafka paces its connections
 * itself, a survey only waits for one.
 */
#include "bridges/kafka_reader.h"

#include "base/memory.h"
#include "bridges/kafka_courier.h"
#include "bridges/kafka_denials.h"
#include "bridges/kafka_fault.h"
#include "bridges/kafka_notice.h"
#include "bridges/kafka_session.h"
#include "bridges/kafka_survey.h"
#include "bridges/kafka_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SURVEY_EVERY 5.0 /* seconds, while all is well */
#define SURVEY_AGAIN 0.1

enum { BATCH = 64, TURN_BYTES = 1 << 20, TURN_RECORDS = 1024 };

struct kafka_reader {
	struct kafka_cluster *cluster;
	struct bridge_host *host; /* of this shard's session */
	ev_io wake;
	ev_timer survey; /* when to look again */
	struct kafka_view view;
	rd_kafka_event_t *held[KAFKA_PRODUCERS]; /* reports for a shard without room */
	rd_kafka_message_t *kept[BATCH];         /* likewise, replies */
	size_t kept_first, kept_count;
	bool surveying;
	bool hurry;     /* something happened since the survey began */
	bool anew;      /* positions are worth nothing */
	bool replace;   /* the producer of events is beyond repair */
	bool unsaid;    /* some seat's mailbox was full */
	char said[192]; /* the last error that librdkafka told */
	struct kafka_denials denials;
};

/* Telling the sessions */

struct news {
	struct mail mail; /* first: see handle_news */
	struct kafka_seat *seat;
	struct kafka_view view;
};

static void handle_news(struct mail *mail)
{
	struct news *news = (struct news *)mail;
	if (news->seat->session != NULL) {
		kafka_session_news(news->seat->session, &news->view);
	}
	kafka_view_finish(&news->view);
	free(news);
}

static void tell(struct kafka_reader *reader, struct kafka_seat *seat)
{
	if (seat->shard == KAFKA_READER_SHARD) {
		kafka_session_news(seat->session, &reader->view);
		return;
	}
	struct news *news = memory_new(1, sizeof(*news));
	news->mail.handle = handle_news;
	news->seat = seat;
	kafka_view_init(&news->view, reader->view.topic_count);
	kafka_view_copy(&news->view, &reader->view);
	if (seat->left || !mailbox_post(seat->mailbox, &news->mail)) {
		reader->unsaid = reader->unsaid || !seat->left;
		kafka_view_finish(&news->view);
		free(news);
	}
}

static void tell_all(struct kafka_reader *reader)
{
	reader->unsaid = false;
	for (unsigned i = 0; i < reader->cluster->process.shards; i++) {
		tell(reader, &reader->cluster->seats[i]);
	}
	if (!reader->unsaid) {
		kafka_retired_part(reader->cluster);
	}
}

static void set_state(struct kafka_reader *reader, enum bridge_state state, const char *why)
{
	struct kafka_view *view = &reader->view;
	if (view->state != state || strcmp(view->why, why) != 0) {
		view->state = state;
		snprintf(view->why, sizeof(view->why), "%s", why);
		tell_all(reader);
	}
}

/* Surveys */

static void survey_after(struct kafka_reader *reader, double seconds)
{
	ev_timer_stop(reader->host->loop, &reader->survey);
	ev_timer_set(&reader->survey, seconds, 0.);
	ev_timer_start(reader->host->loop, &reader->survey);
}

static void survey_soon(struct kafka_reader *reader)
{
	reader->hurry = true;
	if (!reader->surveying) {
		double left = ev_timer_remaining(reader->host->loop, &reader->survey);
		survey_after(reader, left < SURVEY_AGAIN ? left : SURVEY_AGAIN);
	}
}

/* What it has not delivered comes back as reports that say whether the broker may have it. */
static void replace_events(struct kafka_reader *reader)
{
	struct kafka_cluster *cluster = reader->cluster;
	struct kafka_why why;
	struct kafka_producer *old = cluster->producers[KAFKA_EVENTS];
	if (!kafka_retired_has_room(&cluster->retired)) {
		return;
	}
	struct kafka_producer *fresh = kafka_producer_create(
		cluster->shared, KAFKA_EVENTS, &cluster->process, cluster->wake_fd, &why);
	if (fresh == NULL) {
		return; /* the next fatal error tries again */
	}
	kafka_retired_add(cluster, old);
	cluster->producers[KAFKA_EVENTS] = fresh;
	rd_kafka_purge(old->handle,
		RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
	memset(cluster->warm, 0, cluster->process.topic_count * sizeof(*cluster->warm));
	reader->view.events = fresh;
	reader->replace = false;
	tell_all(reader);
	survey_soon(reader);
}

static void take_topics(struct kafka_reader *reader, const struct kafka_topic_view *topics)
{
	struct kafka_view *view = &reader->view;
	double now = ev_now(reader->host->loop);
	for (size_t i = 0; i < view->topic_count; i++) {
		struct kafka_topic_view found = topics[i];
		found.state = kafka_denials_state(&reader->denials, i, found.state, now);
		reader->unsaid =
			reader->unsaid || !kafka_view_topic_equal(&found, &view->topics[i]);
		view->topics[i] = found;
	}
}

static void lose_replies(struct kafka_reader *reader)
{
	reader->view.epoch++;
	reader->unsaid = true;
}

static void take_findings(struct kafka_reader *reader, const struct kafka_findings *findings)
{
	bool good = findings->reached && findings->reply_ready;
	char why[sizeof(reader->view.why)];
	if (findings->reply_lost) {
		lose_replies(reader);
	}
	if (good) {
		take_topics(reader, findings->topics);
		snprintf(why, sizeof(why), "connected to %.150s",
			reader->cluster->shared->bootstrap);
		reader->said[0] = '\0';
	} else if (!findings->reached && reader->said[0] != '\0') {
		snprintf(why, sizeof(why), "%s", reader->said);
	} else {
		snprintf(why, sizeof(why), "%s", findings->why.text);
	}
	set_state(reader, good ? BRIDGE_STATE_UP : BRIDGE_STATE_DOWN, why);
	if (reader->unsaid) {
		tell_all(reader);
	}
	bool watched = !good || kafka_dead_letter_tell(reader->cluster->dead, reader->host);
	bool well = good && watched && !reader->hurry && kafka_view_is_well(&reader->view);
	survey_after(reader, well ? SURVEY_EVERY : good && !reader->hurry ? 1.0 : SURVEY_AGAIN);
}

static void handle_findings(void *owner, const struct kafka_findings *findings)
{
	struct kafka_reader *reader = owner;
	reader->surveying = false;
	take_findings(reader, findings);
	for (size_t i = 0; i < findings->advice.count; i++) {
		reader->host->events->on_warning(reader->host, findings->advice.lines[i]);
	}
	kafka_survey_destroy(reader->cluster->survey);
	reader->cluster->survey = NULL;
	if (reader->replace) {
		replace_events(reader);
	}
}

static void begin_survey(struct kafka_reader *reader)
{
	struct kafka_cluster *cluster = reader->cluster;
	struct mailbox *mailbox = reader->host->mailbox;
	if (cluster->survey != NULL) {
		/* of a session before this one */
		reader->surveying =
			kafka_survey_adopt(cluster->survey, mailbox, handle_findings, reader);
		if (reader->surveying) {
			return;
		}
		kafka_survey_destroy(cluster->survey);
	}
	reader->hurry = false;
	kafka_retired_bury(cluster);
	kafka_dead_letter_prepare(cluster->dead);
	cluster->survey =
		kafka_survey_start(cluster, mailbox, reader->anew, handle_findings, reader);
	reader->surveying = cluster->survey != NULL;
	if (reader->surveying) {
		reader->anew = false;
	} else {
		survey_after(reader, SURVEY_AGAIN);
	}
}

static void handle_time(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	begin_survey(timer->data);
}

/* Errors */

/* `producer`: whose error it is; NULL: the consumer's. */
static void handle_error(
	struct kafka_reader *reader, rd_kafka_event_t *event, const struct kafka_producer *producer)
{
	rd_kafka_resp_err_t error = rd_kafka_event_error(event);
	if (rd_kafka_event_error_is_fatal(event)) {
		reader->replace =
			reader->replace || producer == reader->cluster->producers[KAFKA_EVENTS];
		if (reader->replace && !reader->surveying) {
			replace_events(reader);
		}
		return;
	}
	if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
		kafka_fault_describe(error, rd_kafka_event_error_string(event), reader->said,
			sizeof(reader->said));
	} else if (producer == NULL) {
		set_state(reader, BRIDGE_STATE_DOWN,
			reader->said[0] != '\0' ? reader->said : "all brokers are down");
	}
	survey_soon(reader);
}

/* A partition cannot be read. */
static void handle_reply_error(struct kafka_reader *reader, const rd_kafka_message_t *message)
{
	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		return;
	}
	if (kafka_dead_letter_is(message)) {
		kafka_dead_letter_lose(reader->cluster->dead, message);
	} else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
		   message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
		reader->anew = true;
		lose_replies(reader);
		set_state(reader, BRIDGE_STATE_DOWN, "the reply topic was made anew");
	}
	survey_soon(reader);
}

/* Reports */

static struct kafka_seat *seat_of(struct kafka_cluster *cluster, unsigned shard)
{
	return shard < cluster->process.shards ? &cluster->seats[shard] : NULL;
}

static void deny(struct kafka_reader *reader, const rd_kafka_message_t *message)
{
	struct span name = span_from_text(rd_kafka_topic_name(message->rkt));
	size_t topic = kafka_cluster_topic(reader->cluster, name);
	if (topic < reader->view.topic_count) {
		kafka_denials_note(&reader->denials, topic, ev_now(reader->host->loop));
		reader->view.topics[topic].state = KAFKA_TOPIC_FORBIDDEN;
		tell_all(reader);
	}
}

/* False: the shard that the next one is for has no room. */
static bool pass_reports(struct kafka_reader *reader, rd_kafka_event_t *event)
{
	struct kafka_cluster *cluster = reader->cluster;
	for (;;) {
		/* One look ahead is not possible, so there must be room everywhere. */
		for (unsigned i = 0; i < cluster->process.shards; i++) {
			if (!kafka_courier_has_room(&cluster->seats[i])) {
				return false;
			}
		}
		const rd_kafka_message_t *message = rd_kafka_event_message_next(event);
		if (message == NULL) {
			return true;
		}
		struct leg leg;
		struct kafka_seat *seat =
			seat_of(cluster, kafka_session_unpack(message->_private, &leg));
		enum bridge_outcome outcome =
			kafka_producer_outcome(message->err, rd_kafka_message_status(message));
		if (seat != NULL) {
			kafka_courier_report(seat, leg, outcome);
		}
		if (message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
			deny(reader, message);
		}
		if (outcome == BRIDGE_UNROUTABLE) {
			survey_soon(reader);
		}
	}
}

/* False: some shard has no room, and the rest is held. */
static bool read_reports(
	struct kafka_reader *reader, struct kafka_producer *producer, rd_kafka_event_t **held)
{
	for (;;) {
		rd_kafka_event_t *event =
			*held != NULL ? *held : rd_kafka_queue_poll(producer->reports, 0);
		*held = NULL;
		if (event == NULL) {
			return true;
		}
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR &&
			!pass_reports(reader, event)) {
			*held = event;
			return false;
		}
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
			handle_error(reader, event, producer);
		}
		kafka_cluster_note(reader->cluster, event, producer);
		rd_kafka_event_destroy(event);
	}
}

/* A producer without hope holds nothing back: there is nothing to be had for its reports. */
static void read_retired(struct kafka_reader *reader)
{
	const struct kafka_retired *retired = &reader->cluster->retired;
	for (size_t i = 0; i < retired->count; i++) {
		rd_kafka_event_t *held = NULL;
		if (!read_reports(reader, retired->producers[i].producer, &held)) {
			rd_kafka_event_destroy(held);
		}
	}
}

static void read_consumer_events(struct kafka_reader *reader)
{
	rd_kafka_event_t *event;
	while ((event = rd_kafka_queue_poll(reader->cluster->reply->main, 0)) != NULL) {
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
			handle_error(reader, event, NULL);
		}
		kafka_cluster_note(reader->cluster, event, NULL);
		rd_kafka_event_destroy(event);
	}
}

/* Replies */

/* False: its shard has no room. Else it is gone. */
static bool pass_reply(struct kafka_reader *reader, rd_kafka_message_t *record)
{
	if (record->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
		handle_reply_error(reader, record);
		rd_kafka_message_destroy(record);
		return true;
	}
	struct kafka_seat *seat = kafka_courier_seat(reader->cluster, reader->host, record);
	if (!kafka_courier_has_room(seat)) {
		return false;
	}
	kafka_courier_reply(seat, record);
	return true;
}

enum reading { READ_ALL, READ_SOME, READ_STALLED };

static enum reading read_replies(struct kafka_reader *reader)
{
	size_t bytes = 0, records = 0;
	for (;;) {
		while (reader->kept_count > 0) {
			rd_kafka_message_t *record = reader->kept[reader->kept_first];
			size_t size = record->len;
			if (!pass_reply(reader, record)) {
				return READ_STALLED;
			}
			reader->kept_first++;
			reader->kept_count--;
			bytes += size;
			records++;
		}
		if (bytes >= TURN_BYTES || records >= TURN_RECORDS) {
			return READ_SOME;
		}
		ssize_t got = rd_kafka_consume_batch_queue(
			reader->cluster->reply->queue, 0, reader->kept, BATCH);
		reader->kept_first = 0;
		reader->kept_count = got > 0 ? (size_t)got : 0;
		if (reader->kept_count == 0) {
			return READ_ALL;
		}
	}
}

/* The wake-up */

static void wake_again(const struct kafka_cluster *cluster)
{
	const uint64_t one = 1;
	ssize_t written = write(cluster->wake_fd, &one, sizeof(one));
	(void)written; /* when it is full, it is readable too */
}

static void handle_wake(struct ev_loop *loop, ev_io *io, int events)
{
	struct kafka_reader *reader = io->data;
	struct kafka_cluster *cluster = reader->cluster;
	uint64_t count;
	(void)loop;
	(void)events;
	ssize_t got = read(cluster->wake_fd, &count, sizeof(count));
	(void)got;
	bool stalled = false;
	for (unsigned use = 0; use < KAFKA_PRODUCERS && !stalled; use++) {
		stalled = !read_reports(reader, cluster->producers[use], &reader->held[use]);
	}
	read_retired(reader);
	read_consumer_events(reader);
	/* Stalled: a parcel that comes back wakes us. */
	if (!stalled && read_replies(reader) == READ_SOME) {
		wake_again(cluster);
	}
	for (unsigned i = 0; i < cluster->process.shards; i++) {
		kafka_courier_flush(&cluster->seats[i]);
	}
}

void kafka_reader_wake(struct kafka_cluster *cluster)
{
	wake_again(cluster);
}

/* Other shards */

static void handle_join(struct kafka_reader *reader, struct kafka_seat *seat)
{
	if (reader != NULL) {
		tell(reader, seat);
	}
}

static void handle_leave(struct kafka_reader *reader, struct kafka_seat *seat)
{
	(void)reader;
	seat->left = true;
	kafka_reader_wake(seat->cluster);
}

static void handle_hurry(struct kafka_reader *reader, struct kafka_seat *seat)
{
	(void)seat;
	if (reader != NULL) {
		survey_soon(reader);
	}
}

void kafka_reader_join(struct kafka_seat *seat)
{
	kafka_notice_post(seat, handle_join);
}

void kafka_reader_leave(struct kafka_seat *seat)
{
	kafka_notice_post(seat, handle_leave);
}

void kafka_reader_hurry(struct kafka_seat *seat)
{
	kafka_notice_post(seat, handle_hurry);
}

bool kafka_reader_is_idle(const struct kafka_reader *reader)
{
	const struct kafka_cluster *cluster = reader->cluster;
	for (unsigned i = 0; i < cluster->process.shards; i++) {
		if (i != KAFKA_READER_SHARD && !cluster->seats[i].left) {
			return false;
		}
	}
	return true;
}

struct kafka_reader *kafka_reader_create(struct kafka_cluster *cluster, struct bridge_host *host)
{
	struct kafka_reader *reader = memory_new(1, sizeof(*reader));
	reader->cluster = cluster;
	reader->host = host;
	kafka_view_init(&reader->view, cluster->process.topic_count);
	kafka_denials_init(&reader->denials, cluster->process.topic_count);
	reader->view.events = cluster->producers[KAFKA_EVENTS];
	ev_io_init(&reader->wake, handle_wake, cluster->wake_fd, EV_READ);
	reader->wake.data = reader;
	ev_io_start(host->loop, &reader->wake);
	ev_init(&reader->survey, handle_time);
	reader->survey.data = reader;
	/* The queues may have filled before anybody listened. */
	wake_again(cluster);
	begin_survey(reader);
	return reader;
}

void kafka_reader_destroy(struct kafka_reader *reader)
{
	if (reader == NULL) {
		return;
	}
	if (reader->surveying) {
		kafka_survey_abandon(reader->cluster->survey);
	}
	ev_io_stop(reader->host->loop, &reader->wake);
	ev_timer_stop(reader->host->loop, &reader->survey);
	for (unsigned use = 0; use < KAFKA_PRODUCERS; use++) {
		if (reader->held[use] != NULL) {
			rd_kafka_event_destroy(reader->held[use]);
		}
	}
	for (size_t i = 0; i < reader->kept_count; i++) {
		rd_kafka_message_destroy(reader->kept[reader->kept_first + i]);
	}
	kafka_view_finish(&reader->view);
	kafka_denials_finish(&reader->denials);
	free(reader);
}
