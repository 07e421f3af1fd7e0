/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A mutex and a list are enough: nothing on the request path comes here, only logins, snapshots and
 * the end of the process. ev_async coalesces wake-ups, so a burst costs one turn.
 */
#include "base/mailbox.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>

struct mailbox {
	struct ev_loop *loop;
	ev_async wake;
	pthread_mutex_t lock;
	struct mail *first;
	struct mail **last;
	size_t count, capacity;
};

void mailbox_deliver(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	struct mail *mail = mailbox->first;
	mailbox->first = NULL;
	mailbox->last = &mailbox->first;
	mailbox->count = 0;
	pthread_mutex_unlock(&mailbox->lock);
	while (mail != NULL) {
		struct mail *next = mail->next;
		mail->handle(mail);
		mail = next;
	}
}

static void handle_wake(struct ev_loop *loop, ev_async *wake, int events)
{
	(void)loop;
	(void)events;
	mailbox_deliver(wake->data);
}

struct mailbox *mailbox_create(struct ev_loop *loop, size_t capacity)
{
	struct mailbox *mailbox = memory_new(1, sizeof(*mailbox));
	mailbox->loop = loop;
	mailbox->capacity = capacity;
	mailbox->last = &mailbox->first;
	pthread_mutex_init(&mailbox->lock, NULL);
	ev_async_init(&mailbox->wake, handle_wake);
	mailbox->wake.data = mailbox;
	ev_async_start(loop, &mailbox->wake);
	ev_unref(loop);
	return mailbox;
}

void mailbox_destroy(struct mailbox *mailbox)
{
	if (mailbox == NULL) {
		return;
	}
	mailbox_deliver(mailbox);
	ev_ref(mailbox->loop);
	ev_async_stop(mailbox->loop, &mailbox->wake);
	pthread_mutex_destroy(&mailbox->lock);
	free(mailbox);
}

bool mailbox_post(struct mailbox *mailbox, struct mail *mail)
{
	pthread_mutex_lock(&mailbox->lock);
	bool room = mailbox->count < mailbox->capacity;
	if (room) {
		mail->next = NULL;
		*mailbox->last = mail;
		mailbox->last = &mail->next;
		mailbox->count++;
	}
	pthread_mutex_unlock(&mailbox->lock);
	if (room) {
		ev_async_send(mailbox->loop, &mailbox->wake);
	}
	return room;
}
