/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The only place where threads meet: a bounded queue into one event loop, with a wake-up. The
 * sender embeds a struct mail in what it sends; ownership of that goes with it. Mails are delivered
 * in order on the thread that runs the loop.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct mail {
	struct mail *next;
	void (*handle)(
		struct mail *mail); /* runs on the receiving thread; owns the mail from here */
};

struct mailbox;

/* At most `capacity` mails wait. Create and destroy on the loop's thread, or before it runs. */
struct mailbox *mailbox_create(struct ev_loop *loop, size_t capacity);
/* Mails still queued are delivered first. Nobody may post any more. NULL is accepted. */
void mailbox_destroy(struct mailbox *mailbox);
/* Delivers what waits now; only the loop's thread, or another one when that has ended. */
void mailbox_deliver(struct mailbox *mailbox);
/* Any thread. Takes the mail; false when the box is full, and then the mail stays the caller's. */
bool mailbox_post(struct mailbox *mailbox, struct mail *mail);
