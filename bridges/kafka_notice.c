/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_notice.h"

#include "base/memory.h"
#include "bridges/kafka_reader.h"
#include "bridges/kafka_session.h"

#include <stdlib.h>

struct notice {
	struct mail mail; /* first: see handle_notice */
	struct kafka_seat *seat;
	kafka_notice_handler *handler;
};

static void handle_notice(struct mail *mail)
{
	struct notice *notice = (struct notice *)mail;
	struct kafka_cluster *cluster = notice->seat->cluster;
	struct bridge_session *session = cluster->seats[KAFKA_READER_SHARD].session;
	notice->handler(session != NULL ? kafka_session_reader(session) : NULL, notice->seat);
	free(notice);
}

void kafka_notice_post(struct kafka_seat *seat, kafka_notice_handler *handler)
{
	struct notice *notice = memory_new(1, sizeof(*notice));
	notice->mail.handle = handle_notice;
	notice->seat = seat;
	notice->handler = handler;
	if (!mailbox_post(seat->cluster->seats[KAFKA_READER_SHARD].mailbox, &notice->mail)) {
		free(notice);
	}
}
