/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     open ─▶ queue.bind ─bind-ok──────▶ the next … ─▶ ready; a timer if some are missing
 *                 ▲      ─channel.close─▶ missing, a new channel ─┘
 *                 └──────────────────── timer ◀───────────────────
 *
 * One at a time, so that a closed channel says which one it was.
 */
#include "bridges/amqp_binder.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/option.h"

#include <stdlib.h>

#define REPLY_TO "${reply_to}"
#define ARGUMENTS_MAX 16

static void ask(struct amqp_binder *binder);

static void handle_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct amqp_binder *binder = timer->data;
	(void)loop;
	(void)events;
	binder->next = 0;
	ask(binder);
}

void amqp_binder_init(struct amqp_binder *binder, struct amqp_link *link, struct bridge_host *host)
{
	*binder = (struct amqp_binder){ .link = link, .host = host };
	while (host->bindings != NULL && host->bindings[binder->count].exchange != NULL) {
		binder->count++;
	}
	binder->bound = memory_new(binder->count + 1, sizeof(*binder->bound));
	binder->missing = memory_new(binder->count + 1, sizeof(*binder->missing));
	binder->ready = binder->count == 0;
	reconnect_init(&binder->reconnect, (uint64_t)(uintptr_t)binder);
	ev_init(&binder->retry, handle_retry);
	binder->retry.data = binder;
}

void amqp_binder_finish(struct amqp_binder *binder)
{
	ev_timer_stop(binder->host->loop, &binder->retry);
	free(binder->bound);
	free(binder->missing);
}

/* The text with the name of the queue where it says so. */
static void expand(const struct amqp_binder *binder, const char *text, struct buffer *out)
{
	const char *at;
	while ((at = strstr(text, REPLY_TO)) != NULL) {
		buffer_append(out, text, (size_t)(at - text));
		buffer_append_span(out, binder->queue);
		text = at + strlen(REPLY_TO);
	}
	buffer_append_span(out, span_from_text(text));
}

static amqp_field_value_t value_of(struct span json, struct buffer *text)
{
	amqp_field_value_t value = { .kind = AMQP_FIELD_KIND_UTF8 };
	enum json_type type = json_type_of(json);
	int64_t number;
	if (type == JSON_TRUE || type == JSON_FALSE) {
		value.kind = AMQP_FIELD_KIND_BOOLEAN;
		value.value.boolean = type == JSON_TRUE;
	} else if (type == JSON_NUMBER && option_parse_integer(json, &number)) {
		value.kind = AMQP_FIELD_KIND_I64;
		value.value.i64 = number;
	} else {
		struct span string = type == JSON_STRING ? json_string_text(json, text) : json;
		value.value.bytes = amqp_bytes_of(string);
	}
	return value;
}

/* Room for all texts is made before, so that none of them moves. */
static int read_arguments(struct span object, struct buffer *text, amqp_table_entry_t *entries)
{
	struct json_cursor cursor = json_open(object);
	struct span name;
	struct span value;
	int count = 0;
	buffer_reserve(text, 2 * object.len);
	while (count < ARGUMENTS_MAX && json_next_member(&cursor, &name, &value)) {
		entries[count].key = amqp_bytes_of(json_string_text(name, text));
		entries[count++].value = value_of(value, text);
	}
	return count;
}

static void bind_queue(struct amqp_binder *binder, const struct bridge_binding *binding)
{
	struct buffer key = { 0 };
	struct buffer object = { 0 };
	struct buffer text = { 0 };
	amqp_table_entry_t entries[ARGUMENTS_MAX];
	expand(binder, binding->key, &key);
	amqp_queue_bind_t method = { .queue = amqp_bytes_of(binder->queue),
		.exchange = amqp_cstring_bytes(binding->exchange),
		.routing_key = amqp_bytes_of(buffer_span(&key)) };
	if (binding->arguments != NULL) {
		expand(binder, binding->arguments, &object);
		method.arguments.entries = entries;
		method.arguments.num_entries = read_arguments(buffer_span(&object), &text, entries);
	}
	amqp_link_method(binder->link, AMQP_BINDER_CHANNEL, AMQP_QUEUE_BIND_METHOD, &method);
	buffer_finish(&key);
	buffer_finish(&object);
	buffer_finish(&text);
}

/* For the next one that is not bound; behind the last one it is over for now. */
static void ask(struct amqp_binder *binder)
{
	while (binder->next < binder->count && binder->bound[binder->next]) {
		binder->next++;
	}
	if (binder->next < binder->count) {
		bind_queue(binder, &binder->host->bindings[binder->next]);
		return;
	}
	binder->ready = true;
	binder->lacks_some = false;
	for (unsigned i = 0; i < binder->count; i++) {
		binder->lacks_some = binder->lacks_some || !binder->bound[i];
	}
	if (binder->lacks_some) {
		double wait = reconnect_down(&binder->reconnect, ev_now(binder->host->loop));
		ev_timer_set(&binder->retry, wait, 0);
		ev_timer_start(binder->host->loop, &binder->retry);
	}
}

static void open_channel(struct amqp_binder *binder)
{
	amqp_channel_open_t open = { 0 };
	amqp_link_method(binder->link, AMQP_BINDER_CHANNEL, AMQP_CHANNEL_OPEN_METHOD, &open);
}

void amqp_binder_open(struct amqp_binder *binder, struct span queue)
{
	if (binder->count == 0 || binder->open) {
		return;
	}
	binder->open = true;
	binder->queue = queue;
	binder->next = 0;
	open_channel(binder);
	ask(binder);
}

void amqp_binder_lost(struct amqp_binder *binder)
{
	ev_timer_stop(binder->host->loop, &binder->retry);
	binder->open = false;
	binder->ready = binder->count == 0;
	for (unsigned i = 0; i < binder->count; i++) {
		binder->bound[i] = false;
	}
}

static void tell(struct amqp_binder *binder, const char *why)
{
	const char *exchange = binder->host->bindings[binder->next].exchange;
	bool *missing = &binder->missing[binder->next];
	if (*missing != (why != NULL)) {
		*missing = why != NULL;
		binder->host->events->on_topic(binder->host, exchange, why);
	}
}

static void handle_closed(struct amqp_binder *binder, const amqp_channel_close_t *closed)
{
	amqp_channel_close_ok_t ok = { 0 };
	amqp_link_method(binder->link, AMQP_BINDER_CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
	open_channel(binder);
	if (binder->next < binder->count) {
		tell(binder, closed->reply_code == AMQP_NOT_FOUND
				     ? "the exchange that workers reply to is missing"
				     : "the broker refuses to bind the reply queue");
		binder->next++;
		ask(binder);
	}
}

void amqp_binder_method(struct amqp_binder *binder, const amqp_method_t *method)
{
	if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
		handle_closed(binder, method->decoded);
	} else if (method->id == AMQP_QUEUE_BIND_OK_METHOD && binder->next < binder->count) {
		binder->bound[binder->next] = true;
		tell(binder, NULL);
		binder->next++;
		ask(binder);
	}
}

bool amqp_binder_lacks(const struct amqp_binder *binder, struct span exchange)
{
	for (unsigned i = 0; binder->lacks_some && i < binder->count; i++) {
		if (!binder->bound[i] &&
			span_equal(exchange, span_from_text(binder->host->bindings[i].exchange))) {
			return true;
		}
	}
	return false;
}
