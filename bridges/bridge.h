/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * THE contract between calls and brokers.
 *
 * A bridge kind is one const struct bridge_kind. It has two halves: what a configured instance
 * shares in the process (open, close: main thread), and one session object per shard (everything
 * else: the shard's own thread, never blocks). The host (the shard) gives every session a struct
 * bridge_host and hears from it through host->events. Deadlines, metrics and the status contract
 * belong to the host.
 *
 * A leg is one message in flight, named by {slot, generation}: the bridge stores the two numbers,
 * never a pointer. Events about legs that ended meanwhile are ignored by the host.
 *
 * Order for one accepted leg with wants_reply: at most one on_confirm, at most one on_reply, in
 * either order. on_confirm may come for every accepted leg. After on_session_lost no reply comes
 * for any leg accepted before it. on_dead may come at any time, also again, and also for legs of
 * others. Events may be called from within send() only where noted.
 */
#pragma once

#include "base/json_tree.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "base/span.h"
#include "bridges/bridge_series.h"
#include "message/message.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct leg {
	uint32_t slot;
	uint32_t generation;
};

enum bridge_verdict {
	BRIDGE_ACCEPTED, /* encoded and queued; the bridge needs nothing of the message any more */
	BRIDGE_FULL, /* the backlog is at its limit, or the broker blocks publishers: try later */
	BRIDGE_DOWN, /* no session */
	BRIDGE_REJECTED,  /* never will be accepted: the destination is known to be missing */
	BRIDGE_TOO_LARGE, /* never will be accepted: larger than the broker takes */
};

enum bridge_outcome {
	BRIDGE_CONFIRMED,  /* the broker has it */
	BRIDGE_UNROUTABLE, /* returned (no queue is bound there), or its exchange is missing */
	BRIDGE_REFUSED,    /* nacked by a queue; behind an exchange another one may have it */
	BRIDGE_UNKNOWN,    /* the channel or connection was lost before the confirm */
	BRIDGE_OVERSIZED,  /* the broker does not take one as large; it was not published */
};

enum bridge_state { BRIDGE_STATE_DOWN, BRIDGE_STATE_BLOCKED, BRIDGE_STATE_UP };

struct bridge_host;
struct dead_letter;

/* What a session tells its host. All on the shard's thread, none from within send(). */
struct bridge_events {
	void (*on_confirm)(struct bridge_host *host, struct leg leg, enum bridge_outcome outcome);
	/* Something arrived at the reply address; the host finds whose it is. Valid during the
	 * call. */
	void (*on_reply)(struct bridge_host *host, const struct message *reply);
	/* A reply larger than limits.reply, its body discarded: only properties and headers are
	 * set. */
	void (*on_oversized)(struct bridge_host *host, const struct message *reply);
	/* A reply that cannot be read, like one with headers nested too deep, was dropped. Whose it
	 * is cannot be known either. */
	void (*on_malformed)(struct bridge_host *host);
	/* A request came back: nobody took it, or its worker gave it up. The host finds whose it is
	 * by the property correlation_id, which every message of ours has. Valid during the call.
	 */
	void (*on_dead)(struct bridge_host *host, const struct dead_letter *letter);
	/* Dead letters cannot be had from `source`, a topic or an exchange, although the session
	 * is UP, and why; NULL: they can again. For the log. */
	void (*on_watch)(struct bridge_host *host, const char *source, const char *why);
	/* The reply address is dead: no leg accepted so far can be answered any more. */
	void (*on_session_lost)(struct bridge_host *host);
	/* `why` is for the log and /readyz; it may name hosts, never credentials. */
	void (*on_state)(struct bridge_host *host, enum bridge_state state, const char *why);
	/* A destination that mappings name, or an exchange of bindings, is not usable although the
	 * session is UP, and why; NULL: it is again. For the log and /readyz. */
	void (*on_topic)(struct bridge_host *host, const char *topic, const char *why);
	/* Something is set up in a way that works but will hurt; for the log, once. */
	void (*on_warning)(struct bridge_host *host, const char *what);
	/* The shard whose call a reply (or a dead letter, if `dead`) is about, by the id in it; -1:
	 * none can be. For bridges that read the replies of all shards in one. */
	int (*shard_of)(struct bridge_host *host, const struct message *reply, bool dead);
};

/* A topic that mappings name outright. */
struct bridge_topic {
	const char *name;
	int64_t timeout_ms; /* the longest of those mappings */
};

/* What the reply queue of a session must be bound to. In texts ${reply_to} is that queue's name. */
struct bridge_binding {
	const char *exchange;
	const char *key;
	const char *arguments; /* a JSON object of scalars; NULL: none */
};

/* What the sessions of one instance have in common. Outlives them. */
struct bridge_process {
	const char *instance;              /* of the process */
	const struct bridge_topic *topics; /* distinct */
	size_t topic_count;
	int64_t timeout_ms;               /* the longest of all mappings that use the bridge */
	struct mailbox *const *mailboxes; /* of the shards, by number */
	unsigned shards;
	struct log *log; /* of the main thread, for start() alone; NULL: none */
};

/* Given to create(); outlives the session. The host embeds it. */
struct bridge_host {
	const struct bridge_events *events;
	struct ev_loop *loop;
	struct mailbox *mailbox; /* of the shard: where foreign threads post */
	const char *bridge;      /* name of the configured instance */
	const char *instance;    /* of the process */
	unsigned shard;
	bool confirms_wanted; /* some mapping waits for on_confirm; else it may come a moment late
			       */
	size_t reply_max;     /* bytes; larger replies become on_oversized; 0: none */
	/* Only where own_queue() says so: distinct, ended by one without an exchange; and names of
	 * further queues for replies, with ${reply_to} in them, NULL-terminated. NULL: none. */
	const struct bridge_binding *bindings;
	const char *const *reply_queues;
	const char *const *exchanges; /* distinct constant exchanges of the mappings, "" left out;
					 NULL-terminated */
};

struct bridge_session; /* each kind's own; begins with nothing in common */

struct bridge_kind {
	const char *type; /* "amqp" in the configuration */
	const struct option
		*rows; /* its keys beside `type` and `required`; ends with a nameless row */
	const struct bridge_series
		*series;    /* what measure() gives; ends with a nameless row. NULL: nothing */
	size_t shared_size; /* of the struct that rows describe; the caller allocates, zeroed */

	/* Main thread, before any shard runs. Checks what rows cannot say. False and problems:
	 * refuse. */
	bool (*open)(void *shared, const struct json_node *at, struct problem_list *problems);
	/* Whether on_confirm(CONFIRMED) can ever come: a mapping that waits for it is refused if
	 * not. */
	bool (*confirms)(const void *shared);
	/* The partition that replies must come to; -1: any will do. A mapping that waits for a
	 * reply and does not tell its worker so is refused. NULL: there are none. */
	int32_t (*reply_partition)(const void *shared);
	/* Whether each session has a reply queue that can be bound and have others beside it. NULL:
	 * no. */
	bool (*own_queue)(const void *shared);
	/* Bytes of the largest body that it carries; 0: any. NULL: any. */
	size_t (*body_max)(const void *shared);
	/* Main thread, when all shards exist but no session does; a mere check of the configuration
	 * stops before it. Opens what the sessions share. False: refuse to start, `why` (of `size`
	 * bytes) says it. NULL: they share nothing. */
	bool (*start)(void *shared, const struct bridge_process *process, char *why, size_t size);
	/* Main thread, after the last session is gone. Frees what open and start made (rows are
	 * freed by the caller). */
	void (*close)(void *shared);

	/* Never NULL. Starts to connect by itself and reconnects until destroyed. Calls no event:
	 * the session is DOWN until on_state says otherwise. */
	struct bridge_session *(*create)(const void *shared, struct bridge_host *host);
	/* Never blocks, never calls an event. ACCEPTED: on_confirm and on_reply will follow, see
	 * above. */
	enum bridge_verdict (*send)(
		struct bridge_session *session, const struct message *message, struct leg leg);
	/* Where workers send replies now; empty while there is no session. Valid until the loop
	 * turns. */
	struct span (*reply_to)(struct bridge_session *session);
	/* The host no longer waits for the leg (answered, expired, left): forget it if that saves
	 * anything. */
	void (*cancel)(struct bridge_session *session, struct leg leg);
	/* Writes what was queued by send() during this turn; called once per loop turn, before it
	 * sleeps. */
	void (*flush)(struct bridge_session *session);
	/* True when nothing is unsent or unconfirmed: the process may end. */
	bool (*drained)(struct bridge_session *session);
	/* Adds samples of `series`, as they are now. No two sessions of an instance may add one
	 * with the same labels. NULL where there is no `series`. */
	void (*measure)(struct bridge_session *session, struct bridge_samples *samples);
	/* The shard has turned its loop for the last time: nothing comes from here any more. NULL:
	 * nobody needs to know. */
	void (*leave)(struct bridge_session *session);
	/* Closes at once, calls no event; not from within one. NULL is accepted. */
	void (*destroy)(struct bridge_session *session);
};

/* Every kind, NULL-terminated; asserts at first use that mandatory slots are set. */
const struct bridge_kind *const *bridge_kinds(void);
/* NULL: no such type. */
const struct bridge_kind *bridge_kind_find(struct span type);
