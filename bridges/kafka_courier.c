/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_courier.h"

#include "base/memory.h"
#include "bridges/kafka_reader.h"
#include "bridges/kafka_record.h"
#include "bridges/kafka_session.h"

#include <stdlib.h>

enum { PARCEL_MAX = 512 };

/* A reply, or what became of a leg. */
struct kafka_item {
	rd_kafka_message_t *reply; /* NULL: a report */
	struct leg leg;
	enum bridge_outcome outcome;
};

struct kafka_parcel {
	struct mail mail; /* first: see handle_* */
	struct kafka_seat *seat;
	size_t count;
	struct kafka_item items[PARCEL_MAX];
};

void kafka_courier_init(struct kafka_seat *seat)
{
	if (seat->shard == KAFKA_READER_SHARD) {
		return;
	}
	seat->filling = memory_new(1, sizeof(*seat->filling));
	seat->spare = memory_new(1, sizeof(*seat->spare));
	seat->filling->seat = seat->spare->seat = seat;
}

/* Replies for a shard that has gone. */
static void empty(struct kafka_parcel *parcel)
{
	for (size_t i = 0; i < parcel->count; i++) {
		if (parcel->items[i].reply != NULL) {
			rd_kafka_message_destroy(parcel->items[i].reply);
		}
	}
	parcel->count = 0;
}

static void parcel_destroy(struct kafka_parcel *parcel)
{
	if (parcel != NULL) {
		empty(parcel);
		free(parcel);
	}
}

void kafka_courier_finish(struct kafka_seat *seat)
{
	parcel_destroy(seat->filling);
	parcel_destroy(seat->spare);
}

/* Back on the reader's thread. */
static void handle_returned(struct mail *mail)
{
	struct kafka_parcel *parcel = (struct kafka_parcel *)mail;
	struct kafka_seat *seat = parcel->seat;
	seat->spare = parcel;
	if (seat->cluster->seats[KAFKA_READER_SHARD].session != NULL) {
		kafka_courier_flush(seat);
		kafka_reader_wake(seat->cluster);
	} /* else all is over, and the seat's mailbox may be gone */
}

static void send_back(struct kafka_parcel *parcel)
{
	struct kafka_seat *seat = parcel->seat;
	struct kafka_seat *reader = &seat->cluster->seats[KAFKA_READER_SHARD];
	parcel->mail.handle = handle_returned;
	if (!mailbox_post(reader->mailbox, &parcel->mail)) {
		/* 8,192 mails behind, the reader's shard is as good as gone. */
		parcel_destroy(parcel);
	}
}

/* On the shard's thread. */
static void handle_arrived(struct mail *mail)
{
	struct kafka_parcel *parcel = (struct kafka_parcel *)mail;
	struct bridge_session *session = parcel->seat->session;
	if (session == NULL) {
		parcel_destroy(parcel);
		return;
	}
	for (size_t i = 0; i < parcel->count; i++) {
		struct kafka_item *item = &parcel->items[i];
		if (item->reply != NULL) {
			kafka_session_reply(session, item->reply);
			rd_kafka_message_destroy(item->reply);
		} else {
			kafka_session_report(session, item->leg, item->outcome);
		}
	}
	parcel->count = 0;
	send_back(parcel);
}

/* -1: none, or it cannot be known. */
static int shard_of(struct bridge_host *host, const rd_kafka_message_t *record)
{
	struct message_header room[MESSAGE_HEADERS_MAX];
	struct message reply;
	rd_kafka_headers_t *headers = NULL;
	if (kafka_dead_letter_is(record)) {
		return kafka_dead_letter_shard(host, record);
	}
	rd_kafka_message_headers(record, &headers);
	kafka_record_open(record, &reply);
	return kafka_record_read(headers, room, &reply)
		       ? host->events->shard_of(host, &reply, false)
		       : -1;
}

/* With one shard nobody needs to look into a record before it is handed over. */
struct kafka_seat *kafka_courier_seat(
	struct kafka_cluster *cluster, struct bridge_host *host, const rd_kafka_message_t *record)
{
	unsigned shards = cluster->process.shards;
	int shard = shards > 1 ? shard_of(host, record) : 0;
	bool known = shard >= 0 && (unsigned)shard < shards;
	return &cluster->seats[known ? (unsigned)shard : KAFKA_READER_SHARD];
}

bool kafka_courier_has_room(const struct kafka_seat *seat)
{
	return seat->shard == KAFKA_READER_SHARD || seat->left || seat->filling->count < PARCEL_MAX;
}

void kafka_courier_reply(struct kafka_seat *seat, rd_kafka_message_t *reply)
{
	if (seat->shard == KAFKA_READER_SHARD) {
		kafka_session_reply(seat->session, reply);
		rd_kafka_message_destroy(reply);
	} else if (seat->left) {
		rd_kafka_message_destroy(reply);
	} else {
		seat->filling->items[seat->filling->count++] =
			(struct kafka_item){ .reply = reply };
	}
}

void kafka_courier_report(struct kafka_seat *seat, struct leg leg, enum bridge_outcome outcome)
{
	if (seat->shard == KAFKA_READER_SHARD) {
		kafka_session_report(seat->session, leg, outcome);
	} else if (!seat->left) {
		seat->filling->items[seat->filling->count++] =
			(struct kafka_item){ .leg = leg, .outcome = outcome };
	}
}

void kafka_courier_flush(struct kafka_seat *seat)
{
	if (seat->shard == KAFKA_READER_SHARD || seat->left || seat->spare == NULL ||
		seat->filling->count == 0) {
		return;
	}
	struct kafka_parcel *parcel = seat->filling;
	parcel->mail.handle = handle_arrived;
	if (mailbox_post(seat->mailbox, &parcel->mail)) {
		seat->filling = seat->spare;
		seat->spare = NULL;
	}
}
