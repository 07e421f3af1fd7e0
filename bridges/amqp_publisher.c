/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     CLOSED ─open, declare passive, confirm.select (one write)─▶ OPENING ─last ok─▶ OPEN
 *        ▲                                                           │               │
 *        └────────────── channel.close (exchange missing, …) ◀───────┴───────────────┘
 *
 * A channel is opened together with the first message for its exchange: nobody waits for the
 * broker's three answers. Where the exchange is missing, the passive declare fails before the
 * message is looked at, so that every leg behind it is known to be unpublished. An idle channel
 * asks again with its next message, for the same certainty when an exchange was deleted meanwhile;
 * under load it does not, and of the legs in flight when an exchange vanishes only the last one is
 * known not to be published.
 *
 * After a failure the exchange is left alone for a growing while; the first message after that
 * tries again. No timer is needed.
 */
#include "bridges/amqp_publisher.h"

#include "base/memory.h"
#include "bridges/amqp_confirms.h"
#include "bridges/amqp_content.h"

#include <assert.h>
#include <stdlib.h>

#define TEMPLATE_EXCHANGES_MAX 64
/* Without confirms: how many messages back a return still finds its leg. */
#define KEPT_WITHOUT_CONFIRMS 4096
#define PATIENCE 0.05 /* seconds */

enum channel_state { CHANNEL_CLOSED, CHANNEL_OPENING, CHANNEL_OPEN };

struct amqp_channel {
	struct amqp_publisher *publisher;
	amqp_channel_t number;
	char *exchange; /* "" is the default one */
	size_t exchange_len;
	enum channel_state state;
	bool constant;  /* named by the configuration */
	bool missing;   /* why it is closed */
	bool returning; /* between basic.return and its properties */
	double retry_at;
	struct reconnect reconnect;
	struct amqp_confirms confirms;
};

/* Life of channels */

/*
 * Patience. Where replies prove what was published, a confirm is of no use the moment it comes, and
 * to be woken for it is a tenth of all system calls. So with the default exchange alone, and no
 * mapping that waits for confirms, they are taken a dozen at a time or after PATIENCE seconds.
 * Nacks wait as long.
 */
static bool may_be_patient(const struct amqp_publisher *publisher)
{
	return publisher->options.confirms && !publisher->options.direct &&
	       !publisher->host->confirms_wanted && publisher->count == 1;
}

static bool expects_frames(const struct amqp_publisher *publisher)
{
	return amqp_link_is_open(publisher->link) &&
	       (publisher->blocked || !amqp_confirms_empty(&publisher->channels[0]->confirms));
}

static void handle_patience(struct ev_loop *loop, ev_timer *patience, int events)
{
	struct amqp_publisher *publisher = patience->data;
	(void)events;
	amqp_link_poll(publisher->link);
	if (!publisher->link->patient || !expects_frames(publisher)) {
		ev_timer_stop(loop, patience);
	}
}

static void await_confirm(struct amqp_publisher *publisher)
{
	if (publisher->link->patient && !ev_is_active(&publisher->patience)) {
		ev_timer_again(publisher->host->loop, &publisher->patience);
	}
}

static struct amqp_channel *add_channel(
	struct amqp_publisher *publisher, struct span exchange, bool constant)
{
	assert(publisher->count < publisher->capacity);
	struct amqp_channel *channel = memory_new(1, sizeof(*channel));
	channel->publisher = publisher;
	channel->exchange = memory_text(exchange);
	channel->exchange_len = exchange.len;
	channel->constant = constant;
	reconnect_init(&channel->reconnect, (uint64_t)(uintptr_t)channel);
	publisher->channels[publisher->count++] = channel;
	channel->number = (amqp_channel_t)publisher->count;
	return channel;
}

static bool is_default(const struct amqp_channel *channel)
{
	return channel->exchange_len == 0;
}

/* Whether messages travel on it; with `direct` the others only ask for their exchange. */
static bool carries(const struct amqp_channel *channel)
{
	return is_default(channel) || !channel->publisher->options.direct;
}

/* Brokers may allow fewer channels than there are exchanges. */
static bool has_number(const struct amqp_channel *channel)
{
	return channel->number <= amqp_get_channel_max(channel->publisher->link->connection);
}

static void declare_passive(struct amqp_channel *channel)
{
	amqp_exchange_declare_t declare = { .exchange = amqp_bytes_of(span_of(
						    channel->exchange, channel->exchange_len)),
		.type = amqp_cstring_bytes(""),
		.passive = true };
	amqp_output_method(&channel->publisher->link->output, channel->number,
		AMQP_EXCHANGE_DECLARE_METHOD, &declare);
}

static void enter_opening(struct amqp_channel *channel)
{
	struct amqp_publisher *publisher = channel->publisher;
	struct amqp_link *link = publisher->link;
	channel->state = CHANNEL_OPENING;
	channel->returning = false;
	publisher->opening++;
	amqp_confirms_restart(&channel->confirms);
	bool opened = publisher->options.direct && is_default(channel);
	if (!opened) {
		amqp_channel_open_t open = { 0 };
		amqp_output_method(&link->output, channel->number, AMQP_CHANNEL_OPEN_METHOD, &open);
	}
	if (!is_default(channel)) {
		declare_passive(channel);
	}
	if (carries(channel)) {
		/* Without confirms too: its answer says that the channel stands. */
		amqp_confirm_select_t select = { 0 };
		amqp_basic_qos_t qos = { .prefetch_count = 0 };
		if (publisher->options.confirms) {
			amqp_output_method(&link->output, channel->number,
				AMQP_CONFIRM_SELECT_METHOD, &select);
		} else {
			amqp_output_method(
				&link->output, channel->number, AMQP_BASIC_QOS_METHOD, &qos);
		}
	}
}

static void leave_opening(struct amqp_channel *channel, enum channel_state state)
{
	struct amqp_publisher *publisher = channel->publisher;
	if (channel->state == CHANNEL_OPENING) {
		publisher->opening--;
	}
	channel->state = state;
	if (publisher->opening == 0 && amqp_link_is_open(publisher->link)) {
		publisher->ready = true;
		amqp_link_set_patient(publisher->link, may_be_patient(publisher));
	}
}

static void handle_opened(struct amqp_channel *channel)
{
	if (channel->state == CHANNEL_OPENING) {
		leave_opening(channel, CHANNEL_OPEN);
		reconnect_up(&channel->reconnect, ev_now(channel->publisher->host->loop));
	}
}

/* What became of the open legs when the channel ends. Whatever ended it, the last was not looked
 * at. */
static void end_legs(struct amqp_channel *channel, bool none_taken)
{
	struct bridge_host *host = channel->publisher->host;
	struct amqp_confirms *confirms = &channel->confirms;
	const uint64_t last = confirms->next - 1;
	bool told = channel->publisher->options.confirms || none_taken;
	struct leg leg;
	if (told && amqp_confirms_take(confirms, last, &leg)) {
		host->events->on_confirm(host, leg, BRIDGE_UNROUTABLE);
	}
	while (amqp_confirms_take_until(confirms, last, &leg)) {
		if (told) {
			host->events->on_confirm(
				host, leg, none_taken ? BRIDGE_UNROUTABLE : BRIDGE_UNKNOWN);
		}
	}
}

static void handle_closed(struct amqp_channel *channel, const amqp_channel_close_t *method)
{
	struct amqp_publisher *publisher = channel->publisher;
	bool by_declare = method->class_id == (AMQP_EXCHANGE_DECLARE_METHOD >> 16) &&
			  method->method_id == (AMQP_EXCHANGE_DECLARE_METHOD & 0xffff);
	bool stood = channel->state == CHANNEL_OPEN;
	amqp_channel_close_ok_t ok = { 0 };
	double now = ev_now(publisher->host->loop);
	amqp_link_method(publisher->link, channel->number, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
	channel->missing = method->reply_code == AMQP_NOT_FOUND;
	channel->retry_at = now + reconnect_down(&channel->reconnect, now);
	if (channel->number == 1 && publisher->options.direct) {
		amqp_link_fail(
			publisher->link, "the broker closed the channel (%u)", method->reply_code);
		return;
	}
	leave_opening(channel, CHANNEL_CLOSED);
	end_legs(channel, by_declare);
	if (stood && !channel->missing && channel->state == CHANNEL_CLOSED) {
		/* One bad message ended it; the others should not notice. */
		enter_opening(channel);
	}
}

/* Frames */

static void handle_ack(
	struct amqp_channel *channel, const amqp_basic_ack_t *ack, enum bridge_outcome outcome)
{
	struct bridge_host *host = channel->publisher->host;
	struct leg leg;
	if (!ack->multiple) {
		if (amqp_confirms_take(&channel->confirms, ack->delivery_tag, &leg)) {
			host->events->on_confirm(host, leg, outcome);
		}
		return;
	}
	uint64_t last = ack->delivery_tag;
	if (last == 0 || last >= channel->confirms.next) {
		last = channel->confirms.next - 1;
	}
	while (amqp_confirms_take_until(&channel->confirms, last, &leg)) {
		host->events->on_confirm(host, leg, outcome);
	}
}

static void handle_returned(struct amqp_channel *channel, const amqp_basic_properties_t *properties)
{
	struct bridge_host *host = channel->publisher->host;
	struct leg leg;
	struct span id = properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG
				 ? span_of_amqp(properties->correlation_id)
				 : SPAN("");
	channel->returning = false;
	if (amqp_confirms_take_returned(&channel->confirms, amqp_confirms_mark(id), &leg)) {
		host->events->on_confirm(host, leg, BRIDGE_UNROUTABLE);
	}
}

static void handle_method(struct amqp_channel *channel, const amqp_method_t *method)
{
	switch (method->id) {
	case AMQP_BASIC_ACK_METHOD: handle_ack(channel, method->decoded, BRIDGE_CONFIRMED); break;
	case AMQP_BASIC_NACK_METHOD: {
		const amqp_basic_nack_t *nack = method->decoded;
		const amqp_basic_ack_t same = { .delivery_tag = nack->delivery_tag,
			.multiple = nack->multiple };
		handle_ack(channel, &same, BRIDGE_REFUSED);
		break;
	}
	case AMQP_BASIC_RETURN_METHOD: channel->returning = true; break;
	case AMQP_CONFIRM_SELECT_OK_METHOD:
	case AMQP_BASIC_QOS_OK_METHOD: handle_opened(channel); break;
	case AMQP_EXCHANGE_DECLARE_OK_METHOD:
		if (!carries(channel)) {
			handle_opened(channel);
		}
		break;
	case AMQP_CHANNEL_CLOSE_METHOD: handle_closed(channel, method->decoded); break;
	default: break;
	}
}

static void handle_connection_method(struct amqp_publisher *publisher, amqp_method_number_t id)
{
	if (id == AMQP_CONNECTION_BLOCKED_METHOD) {
		publisher->blocked = true;
	} else if (id == AMQP_CONNECTION_UNBLOCKED_METHOD) {
		publisher->blocked = false;
	}
}

bool amqp_publisher_frame(struct amqp_publisher *publisher, const amqp_frame_t *frame)
{
	if (frame->channel == 0) {
		if (frame->frame_type == AMQP_FRAME_METHOD) {
			handle_connection_method(publisher, frame->payload.method.id);
		}
		return false;
	}
	if (frame->channel > publisher->count) {
		return false;
	}
	struct amqp_channel *channel = publisher->channels[frame->channel - 1];
	if (frame->frame_type == AMQP_FRAME_METHOD) {
		handle_method(channel, &frame->payload.method);
	} else if (frame->frame_type == AMQP_FRAME_HEADER && channel->returning &&
		   frame->payload.properties.class_id == AMQP_BASIC_CLASS) {
		handle_returned(channel, frame->payload.properties.decoded);
	}
	return false;
}

/* Sending */

static bool is_for(const struct amqp_channel *channel, struct span exchange)
{
	return channel->exchange_len == exchange.len &&
	       (exchange.len == 0 || memcmp(channel->exchange, exchange.ptr, exchange.len) == 0);
}

static struct amqp_channel *find_channel(struct amqp_publisher *publisher, struct span exchange)
{
	if (is_for(publisher->recent, exchange)) {
		return publisher->recent;
	}
	for (unsigned i = 0; i < publisher->count; i++) {
		if (is_for(publisher->channels[i], exchange)) {
			publisher->recent = publisher->channels[i];
			return publisher->recent;
		}
	}
	return NULL;
}

/* An exchange that a template named: a free place, or that of one that turned out to be missing. */
static struct amqp_channel *adopt_channel(struct amqp_publisher *publisher, struct span exchange)
{
	if (publisher->count < publisher->capacity) {
		amqp_link_set_patient(publisher->link, false);
		return add_channel(publisher, exchange, false);
	}
	for (unsigned i = 0; i < publisher->count; i++) {
		struct amqp_channel *channel = publisher->channels[i];
		if (!channel->constant && channel->state == CHANNEL_CLOSED) {
			free(channel->exchange);
			channel->exchange = memory_text(exchange);
			channel->exchange_len = exchange.len;
			channel->missing = false;
			channel->retry_at = 0;
			reconnect_init(&channel->reconnect, (uint64_t)(uintptr_t)channel);
			return channel;
		}
	}
	return NULL;
}

/* The channel that will carry the message, opening if need be; NULL: `verdict` says why not. */
static struct amqp_channel *choose_channel(
	struct amqp_publisher *publisher, struct span exchange, enum bridge_verdict *verdict)
{
	*verdict = BRIDGE_REJECTED;
	if (exchange.len > UINT8_MAX) {
		return NULL;
	}
	struct amqp_channel *channel = find_channel(publisher, exchange);
	if (channel == NULL) {
		channel = adopt_channel(publisher, exchange);
	}
	if (channel == NULL) {
		return NULL;
	}
	if (channel->state == CHANNEL_CLOSED) {
		if (!has_number(channel)) {
			return NULL;
		}
		if (ev_now(publisher->host->loop) < channel->retry_at) {
			*verdict = channel->missing ? BRIDGE_REJECTED : BRIDGE_DOWN;
			return NULL;
		}
		enter_opening(channel);
	}
	if (carries(channel)) {
		return channel;
	}
	return channel->state == CHANNEL_OPEN ? publisher->channels[0] : NULL;
}

static bool claims_other_user(const struct amqp_publisher *publisher, const struct message *message)
{
	struct span user = message->properties[PROPERTY_USER_ID];
	return span_present(user) && !span_equal(user, span_from_text(publisher->options.user));
}

/* What gathered in this turn may leave first: the limit is for what the broker does not take. */
static bool is_full(struct amqp_publisher *publisher, size_t more)
{
	struct amqp_link *link = publisher->link;
	size_t pending = amqp_output_pending(&link->output);
	if (pending == 0 || pending + more <= publisher->options.backlog) {
		return false;
	}
	amqp_link_flush(link);
	pending = amqp_output_pending(&link->output);
	return !amqp_link_is_open(link) ||
	       (pending > 0 && pending + more > publisher->options.backlog);
}

/* For what is larger than it takes the broker ends the channel, and with it the calls of others. */
static bool is_too_large(const struct amqp_publisher *publisher, const struct message *message)
{
	size_t max = publisher->options.max_message;
	return max > 0 && message->body.len > max;
}

/* Properties and headers must fit one frame; only a body can have several. */
static enum bridge_verdict why_unwritable(
	const struct amqp_publisher *publisher, const struct message *message)
{
	bool large = amqp_content_size(message) > publisher->link->frame_max;
	return large ? BRIDGE_TOO_LARGE : BRIDGE_REJECTED;
}

enum bridge_verdict amqp_publisher_send(
	struct amqp_publisher *publisher, const struct message *message, struct leg leg)
{
	struct amqp_link *link = publisher->link;
	enum bridge_verdict verdict;
	if (publisher->blocked || is_full(publisher, message->body.len)) {
		return BRIDGE_FULL;
	}
	if (is_too_large(publisher, message)) {
		return BRIDGE_TOO_LARGE;
	}
	if (claims_other_user(publisher, message)) {
		return BRIDGE_REJECTED;
	}
	struct amqp_channel *channel = choose_channel(publisher, message->exchange, &verdict);
	if (channel == NULL) {
		return verdict;
	}
	if (!is_default(channel) && channel->state == CHANNEL_OPEN &&
		amqp_confirms_empty(&channel->confirms)) {
		declare_passive(channel);
	}
	uint64_t mark = amqp_confirms_mark(message->properties[PROPERTY_CORRELATION_ID]);
	if (!amqp_confirms_push(&channel->confirms, leg, mark)) {
		return BRIDGE_FULL;
	}
	if (!amqp_output_publish(&link->output, channel->number, link->frame_max, message)) {
		channel->confirms.next--;
		return why_unwritable(publisher, message);
	}
	await_confirm(publisher);
	if (!publisher->options.confirms) {
		amqp_confirms_keep(&channel->confirms, KEPT_WITHOUT_CONFIRMS);
	}
	return BRIDGE_ACCEPTED;
}

bool amqp_publisher_drained(const struct amqp_publisher *publisher)
{
	if (!amqp_link_is_open(publisher->link)) {
		return true;
	}
	if (amqp_output_pending(&publisher->link->output) > 0) {
		return false;
	}
	for (unsigned i = 0; publisher->options.confirms && i < publisher->count; i++) {
		if (!amqp_confirms_empty(&publisher->channels[i]->confirms)) {
			return false;
		}
	}
	return true;
}

/* Life */

static void add_configured(struct amqp_publisher *publisher)
{
	const char *const *exchanges = publisher->host->exchanges;
	unsigned constant = 1;
	for (const char *const *name = exchanges; name != NULL && *name != NULL; name++) {
		constant++;
	}
	publisher->capacity = constant + TEMPLATE_EXCHANGES_MAX;
	publisher->channels = memory_new(publisher->capacity, sizeof(struct amqp_channel *));
	publisher->recent = add_channel(publisher, SPAN(""), true);
	for (unsigned i = 0; i + 1 < constant; i++) {
		add_channel(publisher, span_from_text(exchanges[i]), true);
	}
}

void amqp_publisher_init(struct amqp_publisher *publisher, struct amqp_link *link,
	struct bridge_host *host, const struct amqp_publisher_options *options)
{
	*publisher = (struct amqp_publisher){ .link = link, .host = host, .options = *options };
	ev_init(&publisher->patience, handle_patience);
	publisher->patience.repeat = PATIENCE;
	publisher->patience.data = publisher;
	add_configured(publisher);
}

void amqp_publisher_finish(struct amqp_publisher *publisher)
{
	ev_timer_stop(publisher->host->loop, &publisher->patience);
	for (unsigned i = 0; i < publisher->count; i++) {
		struct amqp_channel *channel = publisher->channels[i];
		amqp_confirms_finish(&channel->confirms);
		free(channel->exchange);
		free(channel);
	}
	free(publisher->channels);
}

void amqp_publisher_open(struct amqp_publisher *publisher)
{
	publisher->blocked = false;
	for (unsigned i = 0; i < publisher->count; i++) {
		if (publisher->channels[i]->constant && has_number(publisher->channels[i])) {
			enter_opening(publisher->channels[i]);
		}
	}
	amqp_link_hurry(publisher->link);
}

void amqp_publisher_lost(struct amqp_publisher *publisher)
{
	struct bridge_host *host = publisher->host;
	publisher->ready = false;
	publisher->blocked = false;
	publisher->opening = 0;
	for (unsigned i = 0; i < publisher->count; i++) {
		struct amqp_channel *channel = publisher->channels[i];
		struct leg leg;
		channel->state = CHANNEL_CLOSED;
		channel->missing = false;
		channel->retry_at = 0;
		while (amqp_confirms_take_until(&channel->confirms, UINT64_MAX, &leg)) {
			if (publisher->options.confirms) {
				host->events->on_confirm(host, leg, BRIDGE_UNKNOWN);
			}
		}
	}
}
