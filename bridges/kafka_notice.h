/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What a session has to say to the reader, which may live on another thread: by mail. */
#pragma once

#include "bridges/kafka_cluster.h"

struct kafka_reader;

/* On the reader's thread. `reader` is NULL while there is none. */
typedef void kafka_notice_handler(struct kafka_reader *reader, struct kafka_seat *seat);

/* Any shard's thread, `seat` is its own. It gets lost where the mailbox of the reader's shard is
 * full. */
void kafka_notice_post(struct kafka_seat *seat, kafka_notice_handler *handler);
