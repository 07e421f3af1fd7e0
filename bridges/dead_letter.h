/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A dead letter: a request of ours that a broker or a worker gave up, as it came back. What it says
 * of its end stands in headers whose names depend on who gave it up: RabbitMQ, Spring, SmallRye,
 * Kafka Connect. Pure; any thread.
 */
#pragma once

#include "base/span.h"
#include "message/message.h"

#include <stdbool.h>

struct dead_letter {
	const struct message *message; /* the request; a worker may have left parts of it out */
	bool expired;                  /* nobody took it in time; else somebody gave it up */
	/* For the log only: bytes from anywhere, absent where it does not say. */
	struct span reason;    /* the broker's word: "rejected", "maxlen" */
	struct span from;      /* queue or topic in which it died */
	struct span exception; /* class of what a worker threw */
	struct span text;      /* and what that said */
};

/* Spans point into the message, which must outlive the letter. */
void dead_letter_read(const struct message *message, struct dead_letter *letter);
