/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A client's socket: bytes in, bytes out, deadlines, and the end. What the bytes mean is its
 * codec's (http1.c, websocket.c, admin's use of http1). Input is parsed where recv() put it, in
 * memory of the shard; a connection has memory of its own only while something is incomplete or
 * unsent.
 *
 * A connection that ended stays valid until the end of the turn (connection_reap), so callers may
 * look at `dead` after anything that writes. One thread.
 */
#pragma once

#include "base/address.h"
#include "base/buffer.h"
#include "base/span.h"
#include "base/wheel.h"
#include "gateway/call.h"
#include "gateway/http1.h"
#include "gateway/websocket.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener;
struct shard;

/* Input that a codec works on: it takes bytes off the front, and may drop some behind them. */
struct input {
	char *data;
	size_t len;
};

struct codec {
	/* Takes what it can use of the input; gives how many bytes those were. The rest comes
	 * again. */
	size_t (*input)(struct connection *connection, struct input *input);
	/* A call of this connection ended; it is not on the connection's list any more. */
	void (*answer)(
		struct connection *connection, struct call *call, const struct call_answer *answer);
	/* A part of its answer, behind call->parts - 1 others; more may come. False: the client
	 * wants no more, and what is left to say is the end. */
	bool (*part)(
		struct connection *connection, struct call *call, const struct call_answer *part);
	/* The deadline set by connection_deadline() has come. */
	void (*deadline)(struct connection *connection);
	/* All parked output has been written, or the socket takes bytes from one that is pulling:
	 * what waited for that may go on. */
	void (*writable)(struct connection *connection);
	/* The process is about to end: finish what runs, start nothing, then close. */
	void (*drain)(struct connection *connection);
	/* Frees what the codec holds. */
	void (*finish)(struct connection *connection);
};

struct parked;

/* Requests or messages that one connection may have handled in a turn while others wait. */
enum { CONNECTION_SHARE = 32 };

struct connection {
	ev_io io; /* first: see handle_io */
	struct wheel_node timer;
	struct shard *shard;
	struct listener *listener;
	const struct codec *codec;
	struct connection *next, *previous; /* of the shard */
	struct call *first_call, *last_call;
	struct parked *input;  /* incomplete, or read ahead; NULL while there is none */
	struct parked *output; /* what the socket did not take; NULL while there is none */
	uint64_t id;
	uint64_t deadline_ms;       /* of the codec; 0: none */
	uint64_t write_deadline_ms; /* while output waits */
	struct address
		client; /* who asks, as far as it is known; while `trusted`, of one request */
	uint16_t call_count;
	bool trusted;     /* the peer is a proxy whose forwarded headers count */
	bool counted;     /* against connections_per_address, for `client`, which then stays */
	bool secure;      /* the client speaks TLS to a proxy, as that one says */
	bool dead;        /* the socket is closed; freed at the end of the turn */
	bool closing;     /* no more input is looked at; ends when the output is written */
	bool lingering;   /* we have shut down our side and wait for the client to close */
	bool paused;      /* not reading: too much is read ahead */
	bool drained;     /* its codec knows that the process is about to end */
	bool busy;        /* its input is being worked on further up the stack */
	bool deferred;    /* has had its share of this turn; goes on in the next one */
	bool half_closed; /* the client sends no more, but may wait for what it asked for */
	bool pulling;     /* its codec has more to write itself, see connection_pull() */
	union {
		struct http1 http1;
		struct websocket websocket;
	};
};

/* Takes the socket, whose peer the quota has counted, unless it is a `trusted` proxy. */
void connection_create(struct listener *listener, int fd, const struct address *peer, bool trusted);
/* The client behind a proxy is known for good: counts the connection for it. False when that is one
 * too many; the caller then ends it. */
bool connection_claim(struct connection *connection);
/* Closes at once: calls are abandoned, unsent output is lost. */
void connection_drop(struct connection *connection);
/* Closes cleanly: output is written, our side is shut down, the client gets a moment to close. */
void connection_close(struct connection *connection);
/* Reads what the kernel already has, without waiting to be told. */
void connection_poll(struct connection *connection);
/* The codec writes to the socket itself, and some bytes went or are the first that wait: it is told
 * when the socket takes more, for which its client has write_timeout. Off: nothing waits. */
void connection_pull(struct connection *connection, bool on);
/* Frees the connections that died during this turn. */
void connection_reap(struct shard *shard);

/* One deadline per connection; 0 takes it away. Milliseconds of the shard's clock. */
void connection_deadline(struct connection *connection, uint64_t due_ms);
/* The same, counted from now; 0 or less takes it away. */
void connection_deadline_after(struct connection *connection, int64_t after_ms);
void connection_handle_timer(struct connection *connection);
/* Works on read-ahead input again, after a call ended. */
void connection_resume(struct connection *connection);
/* From a codec that leaves input although it could go on: the rest comes again in the next turn. */
void connection_defer(struct connection *connection);
/* Goes on with those who were deferred. Once a turn. */
void connection_resume_deferred(struct shard *shard);
/* Forgets what is read ahead of it over HTTP while an answer is due, which then says that nothing
 * behind it was looked at. False: there is nothing. */
bool connection_forget_ahead(struct connection *connection);
/* Bytes held for it between turns. */
size_t connection_held(const struct connection *connection);

/* ---- output: connection_output.c ---- */

/* Room to append output to; valid until anything else of the shard writes. Then say so. */
struct buffer *connection_write(struct connection *connection);
void connection_written(struct connection *connection);
/* Behind what was written: a body, not copied if the socket takes it. */
void connection_write_body(struct connection *connection, struct span body);
/* Sends what gathered in the shard's output; once per turn and when another connection writes. */
void connection_flush(struct shard *shard);
/* Whether the client may be given more while `waiting` bytes and what is unsent are still to come;
 * else it reads too slowly, and is gone. */
bool connection_has_room(struct connection *connection, size_t waiting);
/* Bytes that wait for the socket. */
size_t connection_unsent(const struct connection *connection);

/* Sends kept output. True: all of it is written. */
bool connection_send_parked(struct connection *connection);

/* ---- for connection_output.c ---- */

/* Watches the socket for what is wanted of it now. */
void connection_watch(struct connection *connection);
/* Nothing of its output is left, sent or not: the time to shut down one that is closing. */
void connection_wrote_all(struct connection *connection);
