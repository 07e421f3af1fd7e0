/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Metadata and offsets are asked for by a producer: a broker answers one connection in order, so on
 * that of the consumer a question waits behind the fetch, half a second each time.
 *
 * A topic that was deleted and made anew between two surveys shows itself by a position that the
 * broker does not have. It is then read from its beginning: at its end, what was written since
 * would be lost, and that may well be what made it come into being.
 */
#include "bridges/kafka_dead_letter.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "bridges/dead_letter.h"
#include "bridges/kafka_cluster.h"
#include "bridges/kafka_metadata.h"
#include "bridges/kafka_options.h"
#include "bridges/kafka_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a topic that comes and goes nobody waits for a leader: the next survey is near. */
enum { PATIENCE_MS = 100 };

/* Names */

/* The number of the topic with that name; count: there is none. */
static size_t find(const struct kafka_dead_letter *dead, struct span name)
{
	size_t at = 0;
	while (at < dead->count && !span_equal(span_from_text(dead->topics[at].feed.name), name)) {
		at++;
	}
	return at;
}

static bool add_topic(struct kafka_dead_letter *dead, const struct kafka_cluster *cluster,
	struct span name, struct kafka_why *why)
{
	const struct kafka_reply *reply = cluster->reply;
	if (find(dead, name) < dead->count) {
		return true;
	}
	if (!kafka_options_is_topic(name) || span_equal(name, span_from_text(reply->feed.name))) {
		snprintf(why->text, sizeof(why->text),
			"dead letter topic %.*s: not a topic's name, or the reply topic",
			(int)(name.len < 100 ? name.len : 100), name.ptr);
		return false;
	}
	dead->topics = memory_resize(dead->topics, dead->count + 1, sizeof(*dead->topics));
	struct kafka_dead_topic *topic = &dead->topics[dead->count++];
	rd_kafka_t *producer = cluster->producers[KAFKA_QUICK]->handle;
	*topic = (struct kafka_dead_topic){ .told = KAFKA_TOPIC_PRESENT };
	topic->feed = (struct kafka_feed){
		.what = "dead letter topic",
		.name = memory_text(name),
		.handle = reply->handle,
		.asked = producer,
		.queue = reply->queue,
		.own = -1,
		.patience_ms = PATIENCE_MS,
	};
	topic->asked = rd_kafka_topic_new(producer, topic->feed.name, NULL);
	return kafka_feed_init(&topic->feed, dead, why) && topic->asked != NULL;
}

/* A name with ${topic} in it is one for each topic that mappings name. */
static bool add_text(struct kafka_dead_letter *dead, const struct kafka_cluster *cluster,
	const char *text, struct kafka_why *why)
{
	const struct bridge_process *process = &cluster->process;
	const char *at = strstr(text, KAFKA_TOPIC_VARIABLE);
	if (at == NULL) {
		return add_topic(dead, cluster, span_from_text(text), why);
	}
	struct buffer name = { 0 };
	bool good = true;
	for (size_t i = 0; i < process->topic_count && good; i++) {
		buffer_clear(&name);
		buffer_append_format(&name, "%.*s%s%s", (int)(at - text), text,
			process->topics[i].name, at + sizeof(KAFKA_TOPIC_VARIABLE) - 1);
		good = add_topic(dead, cluster, buffer_span(&name), why);
	}
	buffer_finish(&name);
	return good;
}

struct kafka_dead_letter *kafka_dead_letter_create(
	const struct kafka_cluster *cluster, struct kafka_why *why)
{
	const struct option_texts *texts = &cluster->shared->dead_letter.topic;
	struct kafka_dead_letter *dead = memory_new(1, sizeof(*dead));
	for (size_t i = 0; i < texts->count; i++) {
		if (!add_text(dead, cluster, texts->items[i], why)) {
			kafka_dead_letter_destroy(dead);
			return NULL;
		}
	}
	return dead;
}

void kafka_dead_letter_destroy(struct kafka_dead_letter *dead)
{
	if (dead == NULL) {
		return;
	}
	for (size_t i = 0; i < dead->count; i++) {
		kafka_feed_finish(&dead->topics[i].feed);
		if (dead->topics[i].asked != NULL) {
			rd_kafka_topic_destroy(dead->topics[i].asked);
		}
	}
	free(dead->topics);
	free(dead->lost.items);
	free(dead->again.items);
	free(dead);
}

/* Records */

bool kafka_dead_letter_is(const rd_kafka_message_t *record)
{
	return record->rkt != NULL && rd_kafka_topic_opaque(record->rkt) != NULL;
}

/*
 * Our own headers stand before those of whoever gave it up. So where there are more than a message
 * can have, the first ones do.
 */
static void read_record(const rd_kafka_message_t *record,
	struct message_header room[MESSAGE_HEADERS_MAX], struct message *message)
{
	rd_kafka_headers_t *headers = NULL;
	rd_kafka_message_headers(record, &headers);
	kafka_record_open(record, message);
	bool whole = kafka_record_read(headers, room, message);
	(void)whole;
}

int kafka_dead_letter_shard(struct bridge_host *host, const rd_kafka_message_t *record)
{
	struct message_header room[MESSAGE_HEADERS_MAX];
	struct message message;
	read_record(record, room, &message);
	return host->events->shard_of(host, &message, true);
}

void kafka_dead_letter_deliver(struct bridge_host *host, const rd_kafka_message_t *record)
{
	struct message_header room[MESSAGE_HEADERS_MAX];
	struct message message;
	struct dead_letter letter;
	read_record(record, room, &message);
	dead_letter_read(&message, &letter);
	host->events->on_dead(host, &letter);
}

/* Topics */

/* False: no broker answers. */
static bool follow_topic(struct kafka_dead_topic *topic)
{
	struct kafka_feed *feed = &topic->feed;
	struct kafka_why why;
	rd_kafka_resp_err_t error;
	struct kafka_topic_view found = { 0 };
	if (!kafka_metadata_ask(feed->asked, topic->asked, &error, &found)) {
		return false; /* what is read is read on when one is back */
	}
	enum kafka_topic_state state = kafka_metadata_state(error, found.partitions);
	if (state == KAFKA_TOPIC_PRESENT && feed->absent) {
		/* The consumer may have seen it go, and looks for it once a minute at most. */
		kafka_metadata_ask(feed->handle, feed->topic, &error, &found);
	}
	if (state == KAFKA_TOPIC_MISSING) {
		kafka_feed_stop(feed);
		feed->absent = true;
	} else if (state == KAFKA_TOPIC_PRESENT &&
		   !kafka_feed_follow(feed, found.partitions, &why)) {
		state = KAFKA_TOPIC_UNKNOWN; /* its leader is not there yet */
	}
	topic->found = state;
	return true;
}

void kafka_dead_letter_follow(struct kafka_dead_letter *dead)
{
	for (size_t i = 0; i < dead->again.count; i++) {
		kafka_feed_again(&dead->topics[dead->again.items[i].topic].feed,
			dead->again.items[i].partition);
	}
	dead->again.count = 0;
	bool reached = true;
	for (size_t i = 0; reached && i < dead->count; i++) {
		reached = follow_topic(&dead->topics[i]);
	}
}

/* Positions that are lost */

static void add_place(struct kafka_dead_places *places, size_t topic, int32_t partition)
{
	for (size_t i = 0; i < places->count; i++) {
		if (places->items[i].topic == topic && places->items[i].partition == partition) {
			return;
		}
	}
	places->items = memory_resize(places->items, places->count + 1, sizeof(*places->items));
	places->items[places->count].topic = topic;
	places->items[places->count].partition = partition;
	places->count++;
}

void kafka_dead_letter_lose(struct kafka_dead_letter *dead, const rd_kafka_message_t *error)
{
	size_t topic = find(dead, span_from_text(rd_kafka_topic_name(error->rkt)));
	bool lost = error->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
		    error->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
	if (lost && topic < dead->count) {
		add_place(&dead->lost, topic, error->partition);
	}
}

void kafka_dead_letter_prepare(struct kafka_dead_letter *dead)
{
	for (size_t i = 0; i < dead->lost.count; i++) {
		add_place(&dead->again, dead->lost.items[i].topic, dead->lost.items[i].partition);
	}
	dead->lost.count = 0;
}

bool kafka_dead_letter_tell(struct kafka_dead_letter *dead, struct bridge_host *host)
{
	static const char *const whys[] = {
		[KAFKA_TOPIC_UNKNOWN] = "the brokers do not say where it is",
		[KAFKA_TOPIC_PRESENT] = NULL,
		[KAFKA_TOPIC_MISSING] = "the topic does not exist",
		[KAFKA_TOPIC_FORBIDDEN] = "the broker does not allow it",
	};
	bool well = true;
	for (size_t i = 0; i < dead->count; i++) {
		struct kafka_dead_topic *topic = &dead->topics[i];
		well = well && topic->found == KAFKA_TOPIC_PRESENT;
		if (topic->found != topic->told) {
			topic->told = topic->found;
			host->events->on_watch(host, topic->feed.name, whys[topic->found]);
		}
	}
	return well;
}
