/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A shard: one thread with its own loop, listeners, connections, calls and broker sessions. Nothing
 * in it is touched by another thread, but for its mailbox. The main thread has one too, without
 * sessions: it serves the admin listener.
 */
#pragma once

#include "base/buffer.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/wheel.h"
#include "gateway/access_log.h"
#include "gateway/call_table.h"
#include "gateway/config.h"
#include "gateway/file_search.h"
#include "gateway/http1_parser.h"
#include "gateway/listener.h"
#include "gateway/metrics.h"
#include "gateway/random.h"
#include "gateway/session.h"
#include "gateway/trace.h"
#include "gateway/websocket_compression.h"
#include "mappings/answer.h"
#include "mappings/request.h"
#include "mappings/send.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

enum { SHARD_INPUT = 65536, SHARD_TICK_MS = 100, HTTP_DATE_LEN = 37 };

/* Kinds of wheel nodes: which handle_* they belong to. */
enum shard_timer { TIMER_CALL, TIMER_CONNECTION };

/* Memory that is used within one step and belongs to no call: so calls allocate nothing. */
struct shard_scratch {
	char *input; /* SHARD_INPUT bytes, where recv() writes */
	struct http1_head head;
	struct request_header headers[HTTP1_HEADERS_MAX];
	char client[48], connection[24], traceparent[TRACE_PARENT_LEN]; /* texts of a request */
	struct send_room room;
	struct buffer match, offer, reply, problem, envelope, cursor;
	struct answer answer;
	struct file_search search; /* of the request that is looked at */
};

struct shard {
	struct ev_loop *loop;
	const struct config *config;
	struct mailbox *mailbox;
	struct log *log;
	struct access_log access;
	bool log_states; /* of calls: only at level debug */
	struct wheel *wheel;
	unsigned index;
	struct random random;
	struct call_table calls;
	struct session *sessions;
	size_t session_count;
	struct listener *listeners;
	size_t listener_count;
	struct metrics metrics;
	struct shard_scratch scratch;
	struct websocket_streams streams;

	/* Output of one connection at a time, so that several writes of a turn are one send(). */
	struct buffer output;
	struct connection *output_owner;
	struct connection *connections;
	struct connection *dead;
	unsigned deferred;   /* connections that go on in the next turn */
	uint32_t calls_peak; /* most calls at the end of a turn since the last tick */
	bool batch;          /* this thread's policy, see base/thread_policy.h */
	uint64_t connection_ids;

	uint64_t now_us;          /* monotonic, read once per turn */
	uint64_t wall_ms;         /* since 1970, likewise */
	char date[HTTP_DATE_LEN]; /* "Date: …\r\n", renewed every second */
	uint64_t date_second;
	uint64_t rejected_ms[REJECT_COUNT]; /* when each reason was last logged */
	uint64_t dropped_ms[DROP_COUNT];
	uint64_t late_letter_ms; /* when one was last logged */

	bool draining;
	uint64_t drain_until_ms;

	ev_prepare prepare;
	ev_check check;
	ev_timer tick;
	ev_idle again; /* while some are deferred the next turn does not wait */
	ev_io hangups; /* a second epoll for paused connections */
	int hangup_fd;
};

/* Everything but listeners and sessions. NULL after logging why not. */
struct shard *shard_create(const struct config *config, unsigned index);
/* Begins to connect to the brokers. */
void shard_start_sessions(struct shard *shard);
/* Runs until drained or stopped; on the shard's thread. */
void shard_run(struct shard *shard);
/* Begins to end: see design.md section 5, Shutdown. On the shard's thread. */
void shard_drain(struct shard *shard, uint64_t timeout_ms);
void shard_destroy(struct shard *shard);

static inline uint64_t shard_now_ms(const struct shard *shard)
{
	return shard->now_us / 1000;
}

/* When a time that begins now is over; 0: `after_ms` is 0 or less, it has no end. */
static inline uint64_t shard_due_after(const struct shard *shard, int64_t after_ms)
{
	return after_ms > 0 ? shard_now_ms(shard) + (uint64_t)after_ms : 0;
}

/* Counts what a client was refused, and logs it at most once a second per reason. */
void shard_reject(struct shard *shard, enum reject reason, const struct connection *connection);
/* Likewise, of a client that gets no connection. */
void shard_reject_client(struct shard *shard, enum reject reason, const struct listener *listener,
	const struct address *client);
/* The same for a reply, or `count` parts of it, that reaches nobody. */
void shard_drop_reply(struct shard *shard, enum drop reason, unsigned count);
/* Whether to write a line of a kind again, if it was last written then; notes that it is. */
bool shard_may_log(const struct shard *shard, uint64_t *last_ms);
/* Sees a paused connection's end: it is not read from meanwhile. */
void shard_watch_hangup(struct shard *shard, struct connection *connection, bool on);
