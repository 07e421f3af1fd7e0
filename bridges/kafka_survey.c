/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "bridges/kafka_survey.h"

#include "base/memory.h"
#include "bridges/kafka_facts.h"
#include "bridges/kafka_metadata.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { CREATE_MS = 5000, APPEAR_MS = 1000, APPEAR_STEP_MS = 20, RETRY_POST_MS = 10 };

struct kafka_survey {
	struct mail mail; /* first: see handle_found */
	struct kafka_cluster *cluster;
	pthread_t thread;
	bool anew;
	struct kafka_findings findings;
	struct kafka_topic_view *topics;
	/* Under the lock: who is to hear of it */
	pthread_mutex_t lock;
	struct mailbox *mailbox; /* NULL: nobody */
	kafka_survey_handler *handler;
	void *owner;
	bool unheard; /* ended while nobody wanted to know */
};

/* The reply topic */

/* One partition, as many replicas as the broker thinks right. */
static rd_kafka_resp_err_t create_reply_topic(struct kafka_reply *reply)
{
	char text[128];
	rd_kafka_NewTopic_t *topic =
		rd_kafka_NewTopic_new(reply->feed.name, 1, -1, text, sizeof(text));
	rd_kafka_queue_t *queue = rd_kafka_queue_new(reply->handle);
	rd_kafka_AdminOptions_t *options =
		rd_kafka_AdminOptions_new(reply->handle, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_request_timeout(options, CREATE_MS, text, sizeof(text));
	rd_kafka_CreateTopics(reply->handle, &topic, 1, options, queue);
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CREATE_MS);
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TIMED_OUT;
	if (event != NULL) {
		const rd_kafka_CreateTopics_result_t *result =
			rd_kafka_event_CreateTopics_result(event);
		size_t count = 0;
		const rd_kafka_topic_result_t *const *topics =
			result != NULL ? rd_kafka_CreateTopics_result_topics(result, &count) : NULL;
		error = rd_kafka_event_error(event);
		if (error == RD_KAFKA_RESP_ERR_NO_ERROR && count == 1) {
			error = rd_kafka_topic_result_error(topics[0]);
		}
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
	rd_kafka_NewTopic_destroy(topic);
	/* Another instance was faster. */
	return error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? RD_KAFKA_RESP_ERR_NO_ERROR : error;
}

static void fail_reply(struct kafka_survey *survey, const char *what, rd_kafka_resp_err_t error)
{
	snprintf(survey->findings.why.text, sizeof(survey->findings.why.text),
		"reply topic %.100s %s: %s", survey->cluster->reply->feed.name, what,
		rd_kafka_err2name(error));
}

/* Whether a broker says something about the reply topic; what it says. */
static bool ask_reply(struct kafka_survey *survey, rd_kafka_resp_err_t *error, int32_t *partitions)
{
	struct kafka_reply *reply = survey->cluster->reply;
	struct kafka_topic_view found = { 0 };
	survey->findings.reached =
		kafka_metadata_ask(reply->handle, reply->feed.topic, error, &found);
	*partitions = found.partitions;
	if (!survey->findings.reached) {
		snprintf(survey->findings.why.text, sizeof(survey->findings.why.text),
			"no broker answers: %s", rd_kafka_err2name(*error));
	}
	return survey->findings.reached;
}

/* What is created is not known to every broker at once. */
static bool await_reply_topic(
	struct kafka_survey *survey, rd_kafka_resp_err_t *error, int32_t *partitions)
{
	for (int waited = 0; waited < APPEAR_MS; waited += APPEAR_STEP_MS) {
		if (!ask_reply(survey, error, partitions)) {
			return false;
		}
		if (*error != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
			break;
		}
		poll(NULL, 0, APPEAR_STEP_MS);
	}
	return true;
}

static void survey_reply(struct kafka_survey *survey)
{
	struct kafka_findings *findings = &survey->findings;
	struct kafka_reply *reply = survey->cluster->reply;
	rd_kafka_resp_err_t error;
	int32_t partitions;
	if (!ask_reply(survey, &error, &partitions)) {
		return;
	}
	if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && reply->feed.reading_count > 0) {
		/* Told first, the next survey makes it anew. */
		findings->reply_lost = true;
		kafka_feed_stop(&reply->feed);
		fail_reply(survey, "is gone", error);
		return;
	}
	if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
		error = create_reply_topic(reply);
		if (error == RD_KAFKA_RESP_ERR_NO_ERROR &&
			!await_reply_topic(survey, &error, &partitions)) {
			return;
		}
	}
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
		fail_reply(survey, "cannot be used", error);
		return;
	}
	findings->reply_ready = kafka_feed_follow(&reply->feed, partitions, &findings->why);
}

/* The topics of mappings */

/* All producers are asked once, or the first message to it waits a second for its partitions. */
static void survey_topic(struct kafka_survey *survey, size_t number, bool all)
{
	struct kafka_topic_view *found = &survey->topics[number];
	for (unsigned use = 0; use < (all ? KAFKA_PRODUCERS : 1); use++) {
		struct kafka_producer *producer = survey->cluster->producers[use];
		rd_kafka_resp_err_t error;
		if (!kafka_metadata_ask(
			    producer->handle, producer->topics[number], &error, found)) {
			survey->findings.reached = false;
			snprintf(survey->findings.why.text, sizeof(survey->findings.why.text),
				"no broker answers: %s", rd_kafka_err2name(error));
			return;
		}
		found->state = kafka_metadata_state(error, found->partitions);
		if (found->state != KAFKA_TOPIC_PRESENT) {
			return;
		}
	}
}

static void survey_topics(struct kafka_survey *survey)
{
	struct kafka_cluster *cluster = survey->cluster;
	for (size_t i = 0; i < cluster->process.topic_count && survey->findings.reached; i++) {
		bool first = !cluster->warm[i];
		survey_topic(survey, i, first);
		cluster->warm[i] = survey->topics[i].state == KAFKA_TOPIC_PRESENT;
	}
}

/* Not by the first survey, which everybody waits for. The embedded one knows no configuration. */
static void judge_topics(struct kafka_survey *survey)
{
	struct kafka_cluster *cluster = survey->cluster;
	if (!cluster->judged && !cluster->shared->embedded && survey->findings.reached &&
		survey->findings.reply_ready) {
		cluster->judged = true;
		kafka_facts_judge(cluster, &survey->findings.advice);
	}
}

/* The thread */

static void handle_found(struct mail *mail)
{
	struct kafka_survey *survey = (struct kafka_survey *)mail;
	/* Abandoning is done on this thread too, so nobody changes the owner meanwhile. */
	if (survey->mailbox == NULL) {
		survey->unheard = true;
		return;
	}
	survey->handler(survey->owner, &survey->findings);
}

/* False: the mailbox is full just now. */
static bool deliver(struct kafka_survey *survey)
{
	pthread_mutex_lock(&survey->lock);
	survey->unheard = survey->mailbox == NULL;
	bool done = survey->unheard || mailbox_post(survey->mailbox, &survey->mail);
	pthread_mutex_unlock(&survey->lock);
	return done;
}

static void *run(void *argument)
{
	struct kafka_survey *survey = argument;
	if (survey->anew) {
		kafka_feed_stop(&survey->cluster->reply->feed);
	}
	bool calm = survey->cluster->reply->feed.reading_count > 0;
	kafka_retired_clear(survey->cluster);
	survey_reply(survey);
	if (survey->findings.reply_ready) {
		kafka_dead_letter_follow(survey->cluster->dead);
		survey_topics(survey);
	}
	if (calm) {
		judge_topics(survey);
	}
	while (!deliver(survey)) {
		poll(NULL, 0, RETRY_POST_MS);
	}
	return NULL;
}

struct kafka_survey *kafka_survey_start(struct kafka_cluster *cluster, struct mailbox *mailbox,
	bool anew, kafka_survey_handler *handler, void *owner)
{
	sigset_t all, before;
	struct kafka_survey *survey = memory_new(1, sizeof(*survey));
	survey->mail.handle = handle_found;
	survey->cluster = cluster;
	survey->anew = anew;
	survey->mailbox = mailbox;
	survey->handler = handler;
	survey->owner = owner;
	survey->topics = memory_new(cluster->process.topic_count + 1, sizeof(*survey->topics));
	survey->findings.topics = survey->topics;
	pthread_mutex_init(&survey->lock, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&survey->thread, NULL, run, survey);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0) {
		pthread_mutex_destroy(&survey->lock);
		free(survey->topics);
		free(survey);
		return NULL;
	}
	return survey;
}

void kafka_survey_abandon(struct kafka_survey *survey)
{
	pthread_mutex_lock(&survey->lock);
	survey->mailbox = NULL;
	pthread_mutex_unlock(&survey->lock);
}

bool kafka_survey_adopt(struct kafka_survey *survey, struct mailbox *mailbox,
	kafka_survey_handler *handler, void *owner)
{
	pthread_mutex_lock(&survey->lock);
	bool adopted = !survey->unheard;
	if (adopted) {
		survey->mailbox = mailbox;
		survey->handler = handler;
		survey->owner = owner;
	}
	pthread_mutex_unlock(&survey->lock);
	return adopted;
}

void kafka_survey_destroy(struct kafka_survey *survey)
{
	if (survey == NULL) {
		return;
	}
	pthread_join(survey->thread, NULL);
	pthread_mutex_destroy(&survey->lock);
	free(survey->topics);
	free(survey);
}
