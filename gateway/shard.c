/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One turn of the loop:
 *
 *     poll ─▶ check: read the clock, fire what is due ─▶ sockets, mails ─▶ prepare: flush and reap
 *                    go on with the deferred
 *
 * so all that a turn produced leaves in one send() per connection, one per broker connection and
 * one for the log, and what died during it is freed when nobody looks at it any more.
 */
#include "gateway/shard.h"

#include "base/memory.h"
#include "base/thread_policy.h"
#include "gateway/connection.h"
#include "gateway/pressure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
	MAILS_MAX = 8192,
	REASON_LOG_MS = 1000,
	SCRATCH_KEPT = 1 << 18,
	BATCH_FROM = 16, /* calls in flight */
};

/* ---- time ---- */

static void write_date(struct shard *shard, time_t second)
{
	struct tm parts;
	char text[64];
	gmtime_r(&second, &parts);
	strftime(text, sizeof(text), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
	memcpy(shard->date, text, HTTP_DATE_LEN);
	shard->date_second = (uint64_t)second;
}

static void read_clock(struct shard *shard)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	shard->now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	shard->wall_ms = (uint64_t)(ev_now(shard->loop) * 1000);
	if (shard->wall_ms / 1000 != shard->date_second) {
		write_date(shard, (time_t)(shard->wall_ms / 1000));
	}
}

static void handle_due(struct wheel_node *node, void *context)
{
	(void)context;
	if (node->kind == TIMER_CALL) {
		call_expire((struct call *)node);
	} else {
		connection_handle_timer(
			(struct connection *)((char *)node - offsetof(struct connection, timer)));
	}
}

/* ---- the turn ---- */

static void handle_check(struct ev_loop *loop, ev_check *check, int events)
{
	struct shard *shard = check->data;
	(void)loop;
	(void)events;
	read_clock(shard);
	wheel_advance(shard->wheel, shard_now_ms(shard), handle_due, shard);
	if (shard->deferred > 0) {
		connection_resume_deferred(shard);
	}
}

static bool is_drained(struct shard *shard)
{
	if (shard->connections != NULL || shard->calls.in_use > 0) {
		return false;
	}
	for (size_t i = 0; i < shard->session_count; i++) {
		if (!session_drained(&shard->sessions[i])) {
			return false;
		}
	}
	return true;
}

/* The time to drain is over: who still waits is told so, and then everybody has to go. */
static void end_connections(struct shard *shard)
{
	for (uint32_t slot = 0; slot < shard->calls.slots; slot++) {
		struct call *call = call_table_at(&shard->calls, slot);
		if (call->in_use) {
			call_expire(call);
		}
	}
	connection_flush(shard);
	while (shard->connections != NULL) {
		connection_drop(shard->connections);
	}
}

static void check_drained(struct shard *shard)
{
	bool late = shard_now_ms(shard) >= shard->drain_until_ms;
	if (late) {
		end_connections(shard);
	}
	if (late || is_drained(shard)) {
		ev_break(shard->loop, EVBREAK_ALL);
	}
}

static void handle_again(struct ev_loop *loop, ev_idle *again, int events)
{
	(void)loop;
	(void)again;
	(void)events;
}

static void set_again(struct shard *shard, bool on)
{
	if (on) {
		ev_idle_start(shard->loop, &shard->again);
	} else {
		ev_idle_stop(shard->loop, &shard->again);
	}
}

static void handle_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct shard *shard = prepare->data;
	(void)loop;
	(void)events;
	connection_flush(shard);
	for (size_t i = 0; i < shard->session_count; i++) {
		session_flush(&shard->sessions[i]);
	}
	if (shard->calls.in_use > shard->calls_peak) {
		shard->calls_peak = shard->calls.in_use;
	}
	if (shard->draining) {
		check_drained(shard);
	}
	if (shard->dead != NULL) {
		connection_reap(shard);
	}
	if ((shard->deferred > 0) != ev_is_active(&shard->again)) {
		set_again(shard, shard->deferred > 0);
	}
	log_turn(shard->log, shard_now_ms(shard));
}

/* One large message must not be paid for as long as the shard lives. */
static void trim_scratch(struct shard_scratch *scratch, size_t kept)
{
	send_room_trim(&scratch->room, kept);
	buffer_trim(&scratch->match, kept);
	buffer_trim(&scratch->offer, kept);
	buffer_trim(&scratch->reply, kept);
	buffer_trim(&scratch->problem, kept);
	buffer_trim(&scratch->envelope, kept);
	buffer_trim(&scratch->cursor, kept);
	buffer_trim(&scratch->search.name, kept);
}

/*
 * While many calls are in flight the clients and the broker are left to send all they have before
 * we look: fewer turns, each with more to do (docs/decisions, 0018). A lone client's call should
 * not wait for programs that have nothing to do with it.
 */
static void update_policy(struct shard *shard)
{
	bool batch = shard->calls_peak >= BATCH_FROM;
	if (batch != shard->batch && thread_policy_set_batch(batch)) {
		shard->batch = batch;
	}
	shard->calls_peak = shard->calls.in_use;
}

/* Wakes the loop for its deadlines, and does what is done now and then. */
static void handle_tick(struct ev_loop *loop, ev_timer *tick, int events)
{
	struct shard *shard = tick->data;
	(void)loop;
	(void)events;
	pressure_relieve(shard);
	update_policy(shard);
	trim_scratch(&shard->scratch, SCRATCH_KEPT);
	for (size_t i = 0; i < shard->listener_count; i++) {
		listener_retry(&shard->listeners[i]);
	}
	shard->metrics.log_dropped = log_dropped(shard->log);
}

/* ---- paused connections ---- */

/*
 * A connection that is not read from would hide its end. Edge-triggered, so unread bytes do not
 * wake the loop again and again.
 */
void shard_watch_hangup(struct shard *shard, struct connection *connection, bool on)
{
	struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET, .data.ptr = connection };
	epoll_ctl(shard->hangup_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, connection->io.fd, &event);
}

static void handle_hangups(struct ev_loop *loop, ev_io *io, int events)
{
	struct shard *shard = io->data;
	struct epoll_event found[64];
	(void)loop;
	(void)events;
	int count = epoll_wait(shard->hangup_fd, found, 64, 0);
	for (int i = 0; i < count; i++) {
		if ((found[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
			connection_drop(found[i].data.ptr);
		}
	}
}

/* ---- life ---- */

static void start_watchers(struct shard *shard)
{
	ev_prepare_init(&shard->prepare, handle_prepare);
	ev_check_init(&shard->check, handle_check);
	ev_set_priority(&shard->check, EV_MAXPRI);
	ev_timer_init(&shard->tick, handle_tick, SHARD_TICK_MS / 1000.0, SHARD_TICK_MS / 1000.0);
	ev_idle_init(&shard->again, handle_again);
	ev_io_init(&shard->hangups, handle_hangups, shard->hangup_fd, EV_READ);
	shard->prepare.data = shard->check.data = shard->tick.data = shard->hangups.data = shard;
	ev_prepare_start(shard->loop, &shard->prepare);
	ev_check_start(shard->loop, &shard->check);
	ev_timer_start(shard->loop, &shard->tick);
	ev_io_start(shard->loop, &shard->hangups);
}

struct shard *shard_create(const struct config *config, unsigned index)
{
	struct log *log = log_create(&config->log);
	if (log == NULL) {
		fprintf(stderr, "bridgehead: cannot write the log to %s: %s\n", config->log.file,
			strerror(errno));
		return NULL;
	}
	struct shard *shard = memory_new(1, sizeof(*shard));
	shard->config = config;
	shard->index = index;
	shard->log = log;
	shard->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	shard->hangup_fd = epoll_create1(EPOLL_CLOEXEC);
	if (shard->loop == NULL || shard->hangup_fd < 0) {
		shard_destroy(shard);
		return NULL;
	}
	shard->mailbox = mailbox_create(shard->loop, MAILS_MAX);
	shard->scratch.input = memory_new(SHARD_INPUT, 1);
	call_table_init(&shard->calls, index, &shard->random);
	metrics_init(&shard->metrics, config);
	access_log_init(&shard->access, log, config);
	shard->log_states = log_wants(log, LOG_DEBUG);
	read_clock(shard);
	shard->wheel = wheel_create(shard_now_ms(shard));
	start_watchers(shard);
	return shard;
}

void shard_start_sessions(struct shard *shard)
{
	shard->session_count = shard->config->bridge_count;
	shard->sessions = memory_new(shard->session_count, sizeof(*shard->sessions));
	for (size_t i = 0; i < shard->session_count; i++) {
		session_init(&shard->sessions[i], shard, i);
	}
}

void shard_run(struct shard *shard)
{
	/* Until the first tick; a sandbox that ends us for it does so now and not under load. */
	shard->batch = thread_policy_set_batch(true);
	ev_run(shard->loop, 0);
	for (size_t i = 0; i < shard->session_count; i++) {
		session_leave(&shard->sessions[i]);
	}
	log_flush(shard->log);
}

/*
 * Tells every connection. What one does can end any other, so the walk begins again where its own
 * connection is gone; the others' links are mended as they go.
 */
static void drain_connections(struct shard *shard)
{
	struct connection *at = shard->connections;
	while (at != NULL) {
		if (!at->drained) {
			at->drained = true;
			connection_poll(at); /* a request that the kernel already has is answered */
			if (!at->dead) {
				at->codec->drain(at);
			}
		}
		at = at->dead ? shard->connections : at->next;
	}
}

void shard_drain(struct shard *shard, uint64_t timeout_ms)
{
	if (shard->draining) {
		return;
	}
	shard->draining = true;
	shard->drain_until_ms = shard_now_ms(shard) + timeout_ms;
	for (size_t i = 0; i < shard->listener_count; i++) {
		listener_stop(&shard->listeners[i]);
	}
	drain_connections(shard);
}

static void free_scratch(struct shard_scratch *scratch)
{
	free(scratch->input);
	trim_scratch(scratch, 0);
}

void shard_destroy(struct shard *shard)
{
	if (shard == NULL) {
		return;
	}
	while (shard->connections != NULL) {
		connection_drop(shard->connections);
	}
	connection_reap(shard);
	for (size_t i = 0; i < shard->session_count; i++) {
		session_finish(&shard->sessions[i]);
	}
	free(shard->sessions);
	shard->session_count = 0;
	for (size_t i = 0; i < shard->listener_count; i++) {
		listener_close(&shard->listeners[i]);
	}
	free(shard->listeners);
	mailbox_destroy(shard->mailbox);
	if (shard->wheel != NULL) {
		call_table_finish(&shard->calls);
		metrics_finish(&shard->metrics);
		access_log_finish(&shard->access);
		wheel_destroy(shard->wheel);
	}
	free_scratch(&shard->scratch);
	websocket_streams_finish(&shard->streams);
	buffer_finish(&shard->output);
	if (shard->hangup_fd >= 0) {
		close(shard->hangup_fd);
	}
	if (shard->loop != NULL) {
		ev_loop_destroy(shard->loop);
	}
	log_destroy(shard->log);
	free(shard);
}

/* Whoever makes us write lines does not get to write as many as he likes. */
bool shard_may_log(const struct shard *shard, uint64_t *last_ms)
{
	uint64_t now = shard_now_ms(shard);
	if (*last_ms != 0 && now - *last_ms < REASON_LOG_MS) {
		return false;
	}
	*last_ms = now;
	return true;
}

void shard_reject(struct shard *shard, enum reject reason, const struct connection *connection)
{
	shard_reject_client(shard, reason, connection != NULL ? connection->listener : NULL,
		connection != NULL ? &connection->client : NULL);
}

void shard_reject_client(struct shard *shard, enum reject reason, const struct listener *listener,
	const struct address *client)
{
	metrics_reject(&shard->metrics, reason);
	if (shard_may_log(shard, &shard->rejected_ms[reason]) &&
		log_begin(shard->log, LOG_WARN, "rejected")) {
		log_plain(shard->log, "reason", span_from_text(metrics_reject_name(reason)));
		if (listener != NULL) {
			char text[ADDRESS_TEXT_MAX];
			log_text(shard->log, "listener", span_from_text(listener->options->name));
			log_text(shard->log, "client", span_of(text, address_write(client, text)));
		}
		log_number(shard->log, "total", (int64_t)shard->metrics.rejected[reason]);
		log_end(shard->log);
	}
}

void shard_drop_reply(struct shard *shard, enum drop reason, unsigned count)
{
	shard->metrics.dropped[reason] += count;
	if (count > 0 && shard_may_log(shard, &shard->dropped_ms[reason]) &&
		log_begin(shard->log, LOG_WARN, "reply dropped")) {
		log_plain(shard->log, "reason", span_from_text(metrics_drop_name(reason)));
		log_number(shard->log, "total", (int64_t)shard->metrics.dropped[reason]);
		log_end(shard->log);
	}
}
