/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The end offset is asked for before a partition is read, and reading starts exactly there: with
 * the logical "end" librdkafka would ask by itself some time later, and a record that is written in
 * between would be skipped. The API without consumer groups is used on purpose: it needs no
 * right to any group, asks no coordinator, and cannot be rebalanced.
 */
#include "bridges/kafka_feed.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ASK_MS = 1000, ASK_AGAIN_MS = 20 };

bool kafka_feed_init(struct kafka_feed *feed, void *opaque, struct kafka_why *why)
{
	rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(feed->handle);
	rd_kafka_topic_conf_set_opaque(conf, opaque);
	feed->topic = rd_kafka_topic_new(feed->handle, feed->name, conf);
	if (feed->topic == NULL) {
		snprintf(why->text, sizeof(why->text), "%s %.100s: %s", feed->what, feed->name,
			rd_kafka_err2str(rd_kafka_last_error()));
		rd_kafka_topic_conf_destroy(conf);
	}
	return feed->topic != NULL;
}

void kafka_feed_stop(struct kafka_feed *feed)
{
	for (size_t i = 0; i < feed->reading_count; i++) {
		rd_kafka_consume_stop(feed->topic, feed->reading[i]);
	}
	feed->reading_count = 0;
}

void kafka_feed_finish(struct kafka_feed *feed)
{
	kafka_feed_stop(feed);
	if (feed->topic != NULL) {
		rd_kafka_topic_destroy(feed->topic);
	}
	free(feed->reading);
	free(feed->name);
	*feed = (struct kafka_feed){ 0 };
}

/* Its place among what is read; reading_count: it is not. */
static size_t find(const struct kafka_feed *feed, int32_t partition)
{
	size_t at = 0;
	while (at < feed->reading_count && feed->reading[at] != partition) {
		at++;
	}
	return at;
}

static bool is_read(const struct kafka_feed *feed, int32_t partition)
{
	return find(feed, partition) < feed->reading_count;
}

void kafka_feed_again(struct kafka_feed *feed, int32_t partition)
{
	size_t at = find(feed, partition);
	if (at == feed->reading_count) {
		return;
	}
	rd_kafka_consume_stop(feed->topic, partition);
	if (rd_kafka_consume_start_queue(
		    feed->topic, partition, RD_KAFKA_OFFSET_BEGINNING, feed->queue) != 0) {
		/* The next survey reads it as if it had just come into being. */
		feed->reading[at] = feed->reading[--feed->reading_count];
		feed->absent = feed->absent || feed->reading_count == 0;
	}
}

/* A topic that was just created has no leader for a moment, and the library does not ask twice. */
static bool is_passing(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
	       error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
	       error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
	       error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
	       error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

static bool ask_end(
	const struct kafka_feed *feed, int32_t partition, int64_t *end, struct kafka_why *why)
{
	const struct timespec pause = { .tv_nsec = ASK_AGAIN_MS * 1000000 };
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
	for (int waited = 0; waited < feed->patience_ms; waited += ASK_AGAIN_MS) {
		int64_t first;
		error = rd_kafka_query_watermark_offsets(
			feed->asked, feed->name, partition, &first, end, ASK_MS);
		if (!is_passing(error)) {
			break;
		}
		nanosleep(&pause, NULL);
	}
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
		snprintf(why->text, sizeof(why->text),
			"no end offset of %s %.100s, partition %d: %s", feed->what, feed->name,
			(int)partition, rd_kafka_err2name(error));
	}
	return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool read_from(
	struct kafka_feed *feed, int32_t partition, int64_t offset, struct kafka_why *why)
{
	if (rd_kafka_consume_start_queue(feed->topic, partition, offset, feed->queue) != 0) {
		snprintf(why->text, sizeof(why->text), "%s %.100s, partition %d: %s", feed->what,
			feed->name, (int)partition, rd_kafka_err2name(rd_kafka_last_error()));
		return false;
	}
	feed->reading =
		memory_resize(feed->reading, feed->reading_count + 1, sizeof(*feed->reading));
	feed->reading[feed->reading_count++] = partition;
	return true;
}

static bool is_wanted(const struct kafka_feed *feed, int32_t partition)
{
	return (feed->own < 0 || partition == feed->own) && !is_read(feed, partition);
}

/*
 * All ends before anything is read: a broker answers the requests of a connection one after the
 * other, and the first fetch holds back what comes behind it for as long as nothing is written.
 */
static bool ask_ends(
	struct kafka_feed *feed, int32_t partitions, int64_t *ends, struct kafka_why *why)
{
	for (int32_t i = 0; i < partitions; i++) {
		if (is_wanted(feed, i) && !ask_end(feed, i, &ends[i], why)) {
			return false;
		}
	}
	return true;
}

static bool read_all(
	struct kafka_feed *feed, int32_t partitions, const int64_t *from, struct kafka_why *why)
{
	for (int32_t i = 0; i < partitions; i++) {
		if (is_wanted(feed, i) && !read_from(feed, i, from[i], why)) {
			return false;
		}
	}
	return true;
}

bool kafka_feed_follow(struct kafka_feed *feed, int32_t partitions, struct kafka_why *why)
{
	bool first = feed->reading_count == 0;
	if (feed->own >= partitions) {
		snprintf(why->text, sizeof(why->text), "%s %.100s has no partition %d", feed->what,
			feed->name, (int)feed->own);
		return false;
	}
	int64_t *from = memory_new((size_t)partitions + 1, sizeof(*from));
	bool good = (!first || feed->absent || ask_ends(feed, partitions, from, why)) &&
		    read_all(feed, partitions, from, why);
	free(from);
	if (!good && first) {
		kafka_feed_stop(feed);
	}
	feed->absent = feed->absent && !good;
	return good;
}
