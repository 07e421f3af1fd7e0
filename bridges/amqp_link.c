/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * rabbitmq-c's own sending and receiving block, so only its codec runs here: bytes that we recv()
 * go into amqp_handle_input(), but for whole replies and confirms, which are read in place; frames
 * that we encode gather in one output that send() gets once a turn. One recv() a turn bounds the
 * time that a flood of replies takes from the other sockets.
 *
 * A link is lost in two steps. amqp_link_fail() may be called from anywhere, also in the middle of
 * a frame: it only stops the traffic. The timer, due at once, then takes the connection down and
 * tells the owner, who is on nobody's stack by then.
 */
#include "bridges/amqp_link.h"

#include "bridges/amqp_frame.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define INPUT_PER_TURN 65536
#define BROKER_TEXT_MAX 100
/* A dozen confirms. What is urgent, a returned message, is larger. */
#define PATIENT_BYTES 256
#define SILENT_WITHOUT_HEARTBEAT_MS 20000

static void handle_login(void *owner, amqp_connection_state_t connection, const char *why);

static void start_login(struct amqp_link *link)
{
	char name[128];
	snprintf(name, sizeof(name), "bridgehead.%s.%u", link->host->instance, link->host->shard);
	link->state = AMQP_LINK_LOGIN;
	link->login = amqp_login_start(link->target, name, link->host->mailbox, handle_login, link);
	if (link->login == NULL) {
		amqp_link_fail(link, "cannot start a thread for the login");
	}
}

static void set_timer(struct amqp_link *link, double after, double repeat)
{
	ev_timer_stop(link->host->loop, &link->timer);
	ev_timer_set(&link->timer, after, repeat);
	ev_timer_start(link->host->loop, &link->timer);
}

static void stop_watchers(struct amqp_link *link)
{
	ev_io_stop(link->host->loop, &link->readable);
	ev_io_stop(link->host->loop, &link->writable);
	ev_timer_stop(link->host->loop, &link->timer);
}

void amqp_link_fail(struct amqp_link *link, const char *format, ...)
{
	if (link->state == AMQP_LINK_FAILING || link->state == AMQP_LINK_WAITING) {
		return;
	}
	va_list args;
	va_start(args, format);
	vsnprintf(link->why, sizeof(link->why), format, args);
	va_end(args);
	stop_watchers(link);
	link->state = AMQP_LINK_FAILING;
	set_timer(link, 0., 0.);
}

void amqp_link_try_now(struct amqp_link *link)
{
	if (link->state == AMQP_LINK_WAITING) {
		set_timer(link, 0., 0.);
	}
}

static void close_connection(struct amqp_link *link)
{
	if (link->connection != NULL) {
		amqp_destroy_connection(link->connection);
		link->connection = NULL;
	}
	amqp_output_finish(&link->output);
}

static void lose(struct amqp_link *link)
{
	close_connection(link);
	link->state = AMQP_LINK_WAITING;
	set_timer(link, reconnect_down(&link->reconnect, ev_now(link->host->loop)), 0.);
	link->events->on_lost(link, link->why);
}

/* Output */

static void count_output(struct amqp_link *link, enum amqp_output_result result)
{
	switch (result) {
	case AMQP_OUTPUT_EMPTY: ev_io_stop(link->host->loop, &link->writable); break;
	case AMQP_OUTPUT_WAITS: ev_io_start(link->host->loop, &link->writable); break;
	case AMQP_OUTPUT_LOST:
		amqp_link_fail(link, "connection to %s:%d lost: %s", link->target->host,
			link->target->port, strerror(errno));
		break;
	}
}

static void write_output(struct amqp_link *link)
{
	link->last_output = ev_now(link->host->loop);
	count_output(link, amqp_output_write(&link->output, amqp_get_sockfd(link->connection)));
}

void amqp_link_flush(struct amqp_link *link)
{
	if (amqp_output_pending(&link->output) > 0 && amqp_link_is_open(link) &&
		!ev_is_active(&link->writable)) {
		write_output(link);
	}
}

void amqp_link_hurry(struct amqp_link *link)
{
	if (amqp_link_is_open(link) && amqp_get_sockfd(link->connection) >= 0) {
		ev_io_start(link->host->loop, &link->writable);
	}
}

void amqp_link_method(
	struct amqp_link *link, amqp_channel_t channel, amqp_method_number_t id, void *method)
{
	if (amqp_link_is_open(link)) {
		amqp_output_method(&link->output, channel, id, method);
		amqp_link_hurry(link);
	}
}

static void handle_writable(struct ev_loop *loop, ev_io *writable, int events)
{
	(void)loop;
	(void)events;
	write_output(writable->data);
}

/* Input */

/* Text of the broker for log and /readyz: bounded, one line. */
static void copy_broker_text(char *to, size_t size, amqp_bytes_t text)
{
	size_t len = text.len < size - 1 ? text.len : size - 1;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = ((const unsigned char *)text.bytes)[i];
		to[i] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
	}
	to[len] = '\0';
}

static void handle_close(struct amqp_link *link, const amqp_connection_close_t *method)
{
	char text[BROKER_TEXT_MAX];
	amqp_connection_close_ok_t ok = { 0 };
	copy_broker_text(text, sizeof(text), method->reply_text);
	amqp_output_method(&link->output, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &ok);
	amqp_output_write(&link->output, amqp_get_sockfd(link->connection));
	amqp_link_fail(link, "closed by the broker: %u %s", method->reply_code, text);
}

static void dispatch(struct amqp_link *link, const amqp_frame_t *frame)
{
	bool hold = false;
	if (frame->frame_type == AMQP_FRAME_METHOD &&
		frame->payload.method.id == AMQP_CONNECTION_CLOSE_METHOD) {
		handle_close(link, frame->payload.method.decoded);
	} else if (frame->frame_type != AMQP_FRAME_HEARTBEAT) {
		hold = link->events->on_frame(link, frame);
	}
	if (!hold) {
		amqp_maybe_release_buffers_on_channel(link->connection, frame->channel);
	}
}

/* Gives how many bytes are done; 0: they are not what comes with every call. */
static size_t receive_in_place(struct amqp_link *link, struct span bytes)
{
	struct message reply;
	amqp_channel_t channel;
	amqp_basic_ack_t ack;
	size_t used = amqp_frame_read_reply(bytes, link->frame_max, &channel, &reply);
	if (used > 0) {
		return link->events->on_reply(link, channel, &reply) ? used : 0;
	}
	used = amqp_frame_read_ack(bytes, link->frame_max, &channel, &ack);
	if (used > 0) {
		const amqp_frame_t frame = { .frame_type = AMQP_FRAME_METHOD,
			.channel = channel,
			.payload.method = { .id = AMQP_BASIC_ACK_METHOD, .decoded = &ack } };
		link->events->on_frame(link, &frame);
	}
	return used;
}

/* Up to the end of a frame, or all there is. Gives how many bytes are done; 0: the link failed. */
static size_t receive_by_library(struct amqp_link *link, struct span bytes)
{
	amqp_frame_t frame;
	int used = amqp_handle_input(link->connection, amqp_bytes_of(bytes), &frame);
	if (used <= 0) {
		amqp_link_fail(link, "%s:%d sent what is not AMQP", link->target->host,
			link->target->port);
		return 0;
	}
	link->in_frame = frame.frame_type == 0;
	if (frame.frame_type != 0) {
		dispatch(link, &frame);
	}
	return (size_t)used;
}

void amqp_link_receive(struct amqp_link *link, struct span bytes)
{
	link->last_input = ev_now(link->host->loop);
	while (bytes.len > 0 && amqp_link_is_open(link)) {
		size_t used = link->in_frame ? 0 : receive_in_place(link, bytes);
		if (used == 0) {
			used = receive_by_library(link, bytes);
		}
		bytes = span_skip(bytes, used);
	}
}

static void read_input(struct amqp_link *link)
{
	char bytes[INPUT_PER_TURN];
	ssize_t count = recv(amqp_get_sockfd(link->connection), bytes, sizeof(bytes), MSG_DONTWAIT);
	if (count > 0) {
		amqp_link_receive(link, span_of(bytes, (size_t)count));
	} else if (count == 0) {
		amqp_link_fail(link, "%s:%d closed the connection", link->target->host,
			link->target->port);
	} else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
		amqp_link_fail(link, "connection to %s:%d lost: %s", link->target->host,
			link->target->port, strerror(errno));
	}
}

static void handle_readable(struct ev_loop *loop, ev_io *readable, int events)
{
	(void)loop;
	(void)events;
	read_input(readable->data);
}

void amqp_link_poll(struct amqp_link *link)
{
	if (amqp_link_is_open(link) && amqp_get_sockfd(link->connection) >= 0) {
		read_input(link);
	}
}

void amqp_link_set_patient(struct amqp_link *link, bool patient)
{
	int bytes = patient ? PATIENT_BYTES : 1;
	if (!amqp_link_is_open(link) || link->heartbeat <= 0 || link->patient == patient) {
		return;
	}
	link->patient = setsockopt(amqp_get_sockfd(link->connection), SOL_SOCKET, SO_RCVLOWAT,
				&bytes, sizeof(bytes)) == 0 &&
			patient;
}

/* What the login read beyond its own end. */
static void take_over_input(struct amqp_link *link)
{
	const struct timeval at_once = { 0 };
	while (amqp_link_is_open(link) &&
		(amqp_frames_enqueued(link->connection) || amqp_data_in_buffer(link->connection))) {
		amqp_frame_t frame;
		int status = amqp_simple_wait_frame_noblock(link->connection, &frame, &at_once);
		if (status == AMQP_STATUS_TIMEOUT) {
			link->in_frame = true;
			return;
		}
		if (status != AMQP_STATUS_OK) {
			amqp_link_fail(link, "%s:%d sent what is not AMQP", link->target->host,
				link->target->port);
			return;
		}
		dispatch(link, &frame);
	}
}

/* Heartbeats */

static void handle_silence(struct amqp_link *link)
{
	double limit = 2 * link->heartbeat;
	struct ev_loop *loop = link->host->loop;
	if (link->patient || ev_now(loop) - link->last_input > limit) {
		/* This process may have been the one that slept: look before judging. */
		read_input(link);
	}
	if (!amqp_link_is_open(link)) {
		return;
	}
	if (ev_now(loop) - link->last_input > limit) {
		amqp_link_fail(
			link, "heartbeat timeout of %s:%d", link->target->host, link->target->port);
		return;
	}
	bool idle = amqp_output_pending(&link->output) == 0 &&
		    ev_now(loop) - link->last_output >= link->heartbeat * 0.45;
	if (idle) {
		amqp_output_heartbeat(&link->output);
		write_output(link);
	}
}

static void handle_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct amqp_link *link = timer->data;
	(void)loop;
	(void)events;
	switch (link->state) {
	case AMQP_LINK_WAITING: start_login(link); break;
	case AMQP_LINK_LOGIN: break;
	case AMQP_LINK_OPEN: handle_silence(link); break;
	case AMQP_LINK_FAILING: lose(link); break;
	}
}

/* Life */

void amqp_link_adopt(struct amqp_link *link, amqp_connection_state_t connection)
{
	link->connection = connection;
	link->state = AMQP_LINK_OPEN;
	link->in_frame = false;
	link->patient = false;
	link->frame_max = (size_t)amqp_get_frame_max(connection);
	link->heartbeat = amqp_get_heartbeat(connection);
	link->last_input = link->last_output = ev_now(link->host->loop);
}

static void watch(struct amqp_link *link)
{
	struct ev_loop *loop = link->host->loop;
	int fd = amqp_get_sockfd(link->connection);
	unsigned silent_ms = link->heartbeat > 0 ? (unsigned)(2000 * link->heartbeat)
						 : SILENT_WITHOUT_HEARTBEAT_MS;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof(silent_ms));
	ev_io_set(&link->readable, fd, EV_READ);
	ev_io_set(&link->writable, fd, EV_WRITE);
	ev_io_start(loop, &link->readable);
	if (link->heartbeat > 0) {
		set_timer(link, link->heartbeat / 4, link->heartbeat / 4);
	}
}

static void handle_login(void *owner, amqp_connection_state_t connection, const char *why)
{
	struct amqp_link *link = owner;
	link->login = NULL;
	if (connection == NULL) {
		snprintf(link->why, sizeof(link->why), "%s", why);
		lose(link);
		return;
	}
	amqp_link_adopt(link, connection);
	watch(link);
	link->events->on_open(link);
	take_over_input(link);
}

void amqp_link_settled(struct amqp_link *link)
{
	reconnect_up(&link->reconnect, ev_now(link->host->loop));
}

void amqp_link_init(struct amqp_link *link, const struct amqp_target *target,
	struct bridge_host *host, const struct amqp_link_events *events, void *owner)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	*link = (struct amqp_link){
		.state = AMQP_LINK_WAITING,
		.target = target,
		.host = host,
		.events = events,
		.owner = owner,
	};
	reconnect_init(&link->reconnect, (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)link);
	ev_init(&link->readable, handle_readable);
	ev_init(&link->writable, handle_writable);
	ev_init(&link->timer, handle_timer);
	link->readable.data = link->writable.data = link->timer.data = link;
	set_timer(link, 0., 0.);
}

void amqp_link_finish(struct amqp_link *link)
{
	stop_watchers(link);
	if (link->login != NULL) {
		amqp_login_cancel(link->login);
		link->login = NULL;
	}
	if (amqp_link_is_open(link) && link->connection != NULL) {
		amqp_connection_close_t bye = { .reply_code = AMQP_REPLY_SUCCESS };
		amqp_output_method(&link->output, 0, AMQP_CONNECTION_CLOSE_METHOD, &bye);
		amqp_output_write(&link->output, amqp_get_sockfd(link->connection));
	}
	close_connection(link);
	link->state = AMQP_LINK_WAITING;
}
