/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The host that a bridge under test talks to, and what a kind says of itself. The suite that all
 * kinds pass (bridge_contract.h) uses it, and so do stories of their own.
 */
#pragma once

#include "base/buffer.h"
#include "bridges/bridge.h"
#include "bridges/kept_message.h"

#include <stdbool.h>
#include <stddef.h>

#define CONTRACT_LEGS 4096
#define CONTRACT_REPLY_MAX 65536
#define CONTRACT_GENERATION 7
#define CONTRACT_BODY "{\"n\":9007199254740993}"

struct contract;

struct contract_bridge {
	const char *name; /* of the suite */
	const char *type;
	const char *configuration; /* JSON, as under `bridges` */
	const char *queue;         /* where something echoes */
	const char *topic;         /* likewise */
	const char *const *exchanges;
	const struct bridge_topic *topics;
	size_t topic_count;
	bool silent_about_calls; /* no on_confirm for a leg that wants a reply and is well */
	bool untyped_headers;    /* all come back as text */
	enum bridge_outcome refusal;
	/* Change a message so that it is refused, or accepted and never answered. */
	void (*make_refused)(struct message *message);
	void (*make_silent)(struct message *message);
	/* Or accepted and given up by its worker; NULL: the kind knows no dead letters. */
	void (*make_dead)(struct message *message);
	/* Breaks the session, as a broker would. */
	void (*lose_session)(struct contract *contract);
};

struct contract_leg {
	unsigned confirms, replies, oversized, dead;
	enum bridge_outcome outcome;
	char id[37];
};

struct contract {
	const struct contract_bridge *bridge;
	const struct bridge_kind *kind;
	struct bridge_host host;
	struct bridge_session *session;
	void *shared;
	struct mailbox *mailboxes[1];
	struct bridge_process process;
	struct ev_prepare prepare;
	struct ev_timer guard;
	bool late; /* the guard rang */
	enum bridge_state state;
	unsigned states, lost; /* how often on_state and on_session_lost were called */
	char why[256];
	unsigned confirms, replies, oversized, malformed, strays, dead;
	bool expired;     /* the last dead letter */
	int unwatched;    /* told by on_watch, and not taken back */
	int topics_amiss; /* told by on_topic, and not taken back */
	struct contract_leg legs[CONTRACT_LEGS];
	unsigned used;
	struct kept_message reply; /* the last one */
};

/* For cmocka: setup and teardown with the bridge as initial state; a session that is UP. */
int contract_setup(void **state);
int contract_teardown(void **state);
/* The parts of them: a host without a session yet, and a session. */
struct contract *contract_create(const struct contract_bridge *bridge);
void contract_connect(struct contract *contract);
void contract_disconnect(struct contract *contract);
void contract_destroy(struct contract *contract);

/* Turns the loop until `done` or too late, which fails the test. */
void contract_until(struct contract *contract, bool (*done)(const struct contract *contract));
void contract_until_state(struct contract *contract, enum bridge_state state);
void contract_until_confirms(struct contract *contract, unsigned count);
void contract_until_replies(struct contract *contract, unsigned count);
void contract_until_dead(struct contract *contract, unsigned count);
void contract_until_lost(struct contract *contract, unsigned count);
/* Turns the loop for so long. */
void contract_run_for(struct contract *contract, double seconds);

/* A message to the echo that wants a reply, as the next leg; sent as it is or changed first. */
struct message contract_message(struct contract *contract);
enum bridge_verdict contract_send(struct contract *contract, const struct message *message);
struct contract_leg *contract_last_leg(struct contract *contract);
