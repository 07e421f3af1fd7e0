/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A look at the cluster: is a broker there, do the topics exist, and are all partitions of the
 * reply topic and of those of dead letters read. librdkafka's calls for that block, so a
 * short-lived thread makes them and mails what it found. One at a time.
 */
#pragma once

#include "base/mailbox.h"
#include "bridges/kafka_advice.h"
#include "bridges/kafka_cluster.h"
#include "bridges/kafka_view.h"

#include <stdbool.h>

/* What was found; valid during the call. */
struct kafka_findings {
	bool reached;         /* a broker answered */
	bool reply_ready;     /* the reply topic is read, all of it that is to be read */
	bool reply_lost;      /* it is there no more, or was made anew */
	struct kafka_why why; /* what is missing */
	const struct kafka_topic_view *topics;
	struct kafka_advice advice; /* once in the life of the bridge */
};

typedef void kafka_survey_handler(void *owner, const struct kafka_findings *findings);

struct kafka_survey;

/*
 * Starts one; `handler` runs on the thread of `mailbox`. `anew`: the positions in the reply topic
 * are worth nothing, begin at its end again. NULL: no thread could be made.
 */
struct kafka_survey *kafka_survey_start(struct kafka_cluster *cluster, struct mailbox *mailbox,
	bool anew, kafka_survey_handler *handler, void *owner);
/* The handler is not called any more, unless the survey is adopted. The mailbox may go. */
void kafka_survey_abandon(struct kafka_survey *survey);
/* Another owner takes over one that was abandoned. False: it has ended, unheard. */
bool kafka_survey_adopt(struct kafka_survey *survey, struct mailbox *mailbox,
	kafka_survey_handler *handler, void *owner);
/* Waits for its thread, for a second or so if it has just begun. NULL is accepted. */
void kafka_survey_destroy(struct kafka_survey *survey);
