/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/session.h"

#include "base/memory.h"
#include "bridges/dead_letter.h"
#include "gateway/call.h"
#include "gateway/shard.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct session *session_from_host(struct bridge_host *host)
{
	return (struct session *)host;
}

static const char *const state_names[] = {
	[BRIDGE_STATE_DOWN] = "down",
	[BRIDGE_STATE_BLOCKED] = "blocked",
	[BRIDGE_STATE_UP] = "up",
};

static void handle_confirm(struct bridge_host *host, struct leg leg, enum bridge_outcome outcome)
{
	struct session *session = session_from_host(host);
	struct call *call = call_table_leg(&session->shard->calls, leg);
	if (call != NULL) {
		call_confirm(call, outcome);
	}
}

/* An id that was ours once tells how its call ended; it reaches nobody. */
static enum drop why_dropped(enum call_found found, const struct call *call)
{
	if (found == CALL_NOT_FOUND) {
		return DROP_UNKNOWN;
	}
	return call->state == CALL_ANSWERED ? DROP_DUPLICATE : DROP_LATE;
}

/*
 * Finds the call by the correlation places of all mappings, the commonest first. A place counts
 * only for calls of mappings that read it there, so that no reply can choose another one's.
 */
static struct call *find_call(struct session *session, const struct message *reply)
{
	struct shard *shard = session->shard;
	size_t count = 0;
	const struct place *places = mapping_table_correlations(shard->config->mappings, &count);
	struct place_source source;
	enum drop why = DROP_UNKNOWN;
	place_source_init(&source, reply, &shard->scratch.reply);
	buffer_clear(&shard->scratch.reply);
	for (size_t i = 0; i < count; i++) {
		struct place_value value;
		if (!place_read(&places[i], &source, &value)) {
			continue;
		}
		struct call *call = NULL;
		struct span id = place_text(&value, &shard->scratch.reply);
		enum call_found found = call_table_find(&shard->calls, id, &call);
		if (found == CALL_FOUND && call->session == session &&
			place_equal(mapping_correlation(call->mapping), &places[i])) {
			if (call_wants_reply(call)) {
				return call;
			}
			why = DROP_DUPLICATE; /* what answers it is the confirm, still on its way */
		}
		if (found != CALL_FOUND && why == DROP_UNKNOWN) {
			why = why_dropped(found, call);
		}
	}
	shard_drop_reply(shard, why, 1);
	return NULL;
}

static void handle_reply(struct bridge_host *host, const struct message *reply)
{
	struct call *call = find_call(session_from_host(host), reply);
	if (call != NULL) {
		call_reply(call, reply);
	}
}

static void handle_oversized(struct bridge_host *host, const struct message *reply)
{
	struct session *session = session_from_host(host);
	struct call *call = find_call(session, reply);
	if (call != NULL) {
		shard_drop_reply(session->shard, DROP_OVERSIZED, 1);
		call_reply_oversized(call);
	}
}

/* The header that the place is; NULL: it is none, or not there. */
static const struct message_header *find_header(
	const struct message *letter, const struct place *place)
{
	bool plain = place->kind == PLACE_HEADER && !span_present(place->pointer);
	return plain ? message_header(letter, place->name) : NULL;
}

/*
 * A dead letter is a request, so a client may have chosen parts of it. Each has the property
 * correlation_id, and that decides. Only where a worker's own dead letters lack it the headers
 * count in which mappings have the ids of their replies, each for calls of its mappings.
 */
static enum letter find_dead(
	struct session *session, const struct message *letter, struct call **call)
{
	struct shard *shard = session->shard;
	size_t count = 0;
	const struct place *places = mapping_table_correlations(shard->config->mappings, &count);
	struct span id = letter->properties[PROPERTY_CORRELATION_ID];
	enum call_found found = CALL_NOT_FOUND;
	if (span_present(id)) {
		found = call_table_find(&shard->calls, id, call);
	}
	for (size_t i = 0; !span_present(id) && i < count && found == CALL_NOT_FOUND; i++) {
		const struct message_header *header = find_header(letter, &places[i]);
		if (header == NULL) {
			continue;
		}
		found = call_table_find(&shard->calls, header->value, call);
		if (found == CALL_FOUND &&
			!place_equal(mapping_correlation((*call)->mapping), &places[i])) {
			found = CALL_NOT_FOUND;
		}
	}
	if (found == CALL_NOT_FOUND || (found == CALL_FOUND && (*call)->session != session)) {
		return LETTER_UNKNOWN;
	}
	return found == CALL_FOUND && call_wants_reply(*call) ? LETTER_ANSWERED : LETTER_LATE;
}

/* What a worker threw is for our log; a client never sees it. */
static void log_dead(const struct session *session, const struct dead_letter *letter,
	const struct call *call, enum letter result)
{
	struct log *log = session->shard->log;
	if (!log_begin(log, LOG_WARN, "dead letter")) {
		return;
	}
	log_plain(log, "call", call_id(call));
	log_text(log, "bridge", span_from_text(session->instance->name));
	if (call->mapping != NULL) {
		log_text(log, "mapping", span_from_text(mapping_name(call->mapping)));
	}
	log_plain(log, "result", span_from_text(metrics_letter_name(result)));
	const struct {
		const char *key;
		struct span value;
	} fields[] = { { "reason", letter->reason }, { "from", letter->from },
		{ "exception", letter->exception }, { "text", letter->text } };
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (span_present(fields[i].value)) {
			log_text(log, fields[i].key, fields[i].value);
		}
	}
	log_end(log);
}

static void handle_dead(struct bridge_host *host, const struct dead_letter *letter)
{
	struct session *session = session_from_host(host);
	struct shard *shard = session->shard;
	struct call *call = NULL;
	enum letter result = find_dead(session, letter->message, &call);
	shard->metrics.bridges[session->index].letters[result]++;
	if (result == LETTER_ANSWERED ||
		(result == LETTER_LATE && shard_may_log(shard, &shard->late_letter_ms))) {
		log_dead(session, letter, call, result);
	}
	if (result == LETTER_ANSWERED) {
		call_dead(call, letter->expired);
	}
}

/* `why` is NULL or for people. */
static void handle_watch(struct bridge_host *host, const char *source, const char *why)
{
	struct session *session = session_from_host(host);
	struct log *log = session->shard->log;
	if (log_begin(log, why != NULL ? LOG_WARN : LOG_INFO, "dead letters")) {
		log_text(log, "bridge", span_from_text(session->instance->name));
		log_text(log, "source", span_from_text(source));
		log_text(log, "why", span_from_text(why != NULL ? why : "it is watched"));
		log_number(log, "shard", session->shard->index);
		log_end(log);
	}
}

static void handle_malformed(struct bridge_host *host)
{
	shard_drop_reply(session_from_host(host)->shard, DROP_MALFORMED, 1);
}

static void handle_session_lost(struct bridge_host *host)
{
	struct session *session = session_from_host(host);
	struct call_table *calls = &session->shard->calls;
	session->shard->metrics.bridges[session->index].sessions_lost++;
	for (uint32_t slot = 0; slot < calls->slots; slot++) {
		struct call *call = call_table_at(calls, slot);
		if (call->in_use && call->session == session) {
			call_session_lost(call);
		}
	}
}

static void handle_state(struct bridge_host *host, enum bridge_state state, const char *why)
{
	struct session *session = session_from_host(host);
	struct log *log = session->shard->log;
	enum log_level level = state == BRIDGE_STATE_UP ? LOG_INFO : LOG_WARN;
	bool news = state != session->state || strcmp(why, session->why) != 0;
	session->state = state;
	session->shard->metrics.bridges[session->index].state = state;
	snprintf(session->why, sizeof(session->why), "%s", why);
	if (news && log_begin(log, level, "bridge")) {
		log_text(log, "bridge", span_from_text(session->instance->name));
		log_plain(log, "state", span_from_text(state_names[state]));
		log_text(log, "why", span_from_text(why));
		log_number(log, "shard", session->shard->index);
		log_end(log);
	}
}

/* `why` is a constant of the bridge. */
static void handle_topic(struct bridge_host *host, const char *topic, const char *why)
{
	struct session *session = session_from_host(host);
	const struct mapping_table *mappings = session->shard->config->mappings;
	struct log *log = session->shard->log;
	for (size_t i = 0; i < mapping_table_count(mappings); i++) {
		const struct mapping *mapping = mapping_table_at(mappings, i);
		if (mapping_bridge_index(mapping) != session->index ||
			!mapping_needs(mapping, topic)) {
			continue;
		}
		bool was_well = session->troubles[i] == NULL;
		session->troubles[i] = why;
		if ((why != NULL || !was_well) &&
			log_begin(log, why != NULL ? LOG_WARN : LOG_INFO, "destination")) {
			log_text(log, "bridge", span_from_text(session->instance->name));
			log_text(log, "mapping", span_from_text(mapping_name(mapping)));
			log_text(log, mapping_topic(mapping) != NULL ? "topic" : "exchange",
				span_from_text(topic));
			log_text(log, "why", span_from_text(why != NULL ? why : "it is there"));
			log_number(log, "shard", session->shard->index);
			log_end(log);
		}
	}
}

static void handle_warning(struct bridge_host *host, const char *what)
{
	struct session *session = session_from_host(host);
	struct log *log = session->shard->log;
	if (log_begin(log, LOG_WARN, "advice")) {
		log_text(log, "bridge", span_from_text(session->instance->name));
		log_text(log, "what", span_from_text(what));
		log_end(log);
	}
}

/* As find_dead(). */
static int shard_of_dead(const struct shard *shard, const struct message *letter)
{
	size_t count = 0;
	const struct place *places = mapping_table_correlations(shard->config->mappings, &count);
	struct span id = letter->properties[PROPERTY_CORRELATION_ID];
	int found = span_present(id) ? call_table_shard_of(id) : -1;
	for (size_t i = 0; !span_present(id) && i < count && found < 0; i++) {
		const struct message_header *header = find_header(letter, &places[i]);
		found = header != NULL ? call_table_shard_of(header->value) : -1;
	}
	return found;
}

/* By the first correlation place that holds an id of ours. */
static int handle_shard_of(struct bridge_host *host, const struct message *reply, bool dead)
{
	struct shard *shard = session_from_host(host)->shard;
	size_t count = 0;
	const struct place *places = mapping_table_correlations(shard->config->mappings, &count);
	if (dead) {
		return shard_of_dead(shard, reply);
	}
	struct place_source source;
	int found = -1;
	place_source_init(&source, reply, &shard->scratch.reply);
	for (size_t i = 0; i < count && found < 0; i++) {
		struct place_value value;
		buffer_clear(&shard->scratch.reply);
		if (place_read(&places[i], &source, &value)) {
			found = call_table_shard_of(place_text(&value, &shard->scratch.reply));
		}
	}
	return found;
}

static const struct bridge_events events = {
	.on_confirm = handle_confirm,
	.on_reply = handle_reply,
	.on_oversized = handle_oversized,
	.on_malformed = handle_malformed,
	.on_dead = handle_dead,
	.on_watch = handle_watch,
	.on_session_lost = handle_session_lost,
	.on_state = handle_state,
	.on_topic = handle_topic,
	.on_warning = handle_warning,
	.shard_of = handle_shard_of,
};

static size_t largest_reply(const struct config *config)
{
	int64_t largest = 0;
	for (size_t i = 0; i < config->listener_count; i++) {
		int64_t reply = config->listeners[i].limits.reply;
		if (reply == 0) {
			return 0;
		}
		largest = reply > largest ? reply : largest;
	}
	return (size_t)largest;
}

static bool waits_for_confirms(const struct config *config, size_t bridge)
{
	for (size_t i = 0; i < mapping_table_count(config->mappings); i++) {
		const struct mapping *mapping = mapping_table_at(config->mappings, i);
		if (mapping_bridge_index(mapping) == bridge &&
			mapping_when(mapping) == WHEN_CONFIRMED) {
			return true;
		}
	}
	return false;
}

void session_init(struct session *session, struct shard *shard, size_t index)
{
	const struct bridge_instance *instance = &shard->config->bridges[index];
	*session = (struct session){
		.host = {
			.events = &events,
			.loop = shard->loop,
			.mailbox = shard->mailbox,
			.bridge = instance->name,
			.instance = shard->config->instance,
			.shard = shard->index,
			.reply_max = largest_reply(shard->config),
			.confirms_wanted = waits_for_confirms(shard->config, index),
			.bindings = instance->bindings,
			.reply_queues = instance->reply_queues,
			.exchanges = instance->exchanges,
		},
		.shard = shard,
		.instance = instance,
		.index = index,
		.state = BRIDGE_STATE_DOWN,
		.why = "connecting",
	};
	session->troubles = memory_new(
		mapping_table_count(shard->config->mappings) + 1, sizeof(*session->troubles));
	session->bridge = instance->kind->create(instance->shared, &session->host);
}

void session_finish(struct session *session)
{
	session->instance->kind->destroy(session->bridge);
	session->bridge = NULL;
	free(session->troubles);
	session->troubles = NULL;
}

enum bridge_verdict session_send(
	struct session *session, const struct message *message, struct leg leg)
{
	if (session->state == BRIDGE_STATE_DOWN) {
		return BRIDGE_DOWN;
	}
	return session->instance->kind->send(session->bridge, message, leg);
}

struct span session_reply_to(struct session *session)
{
	return session->instance->kind->reply_to(session->bridge);
}

int32_t session_reply_partition(struct session *session)
{
	const struct bridge_kind *kind = session->instance->kind;
	return kind->reply_partition != NULL ? kind->reply_partition(session->instance->shared)
					     : -1;
}

void session_troubles(const struct session *session, const char **troubles)
{
	for (size_t i = 0; i < mapping_table_count(session->shard->config->mappings); i++) {
		if (session->troubles[i] != NULL) {
			troubles[i] = session->troubles[i];
		}
	}
}

void session_measure(const struct session *session, struct bridge_samples *samples)
{
	if (session->instance->kind->measure != NULL) {
		session->instance->kind->measure(session->bridge, samples);
	}
}

void session_cancel(struct session *session, struct leg leg)
{
	if (session->instance->kind->cancel != NULL) {
		session->instance->kind->cancel(session->bridge, leg);
	}
}

void session_flush(struct session *session)
{
	session->instance->kind->flush(session->bridge);
}

bool session_drained(struct session *session)
{
	return session->instance->kind->drained(session->bridge);
}

void session_leave(struct session *session)
{
	if (session->instance->kind->leave != NULL) {
		session->instance->kind->leave(session->bridge);
	}
}
