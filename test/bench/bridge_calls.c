/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * bridge_calls AMQP_URL QUEUE CALLS IN_FLIGHT: a closed loop of calls through the AMQP bridge
 * alone, without HTTP and mappings: 100-byte bodies, confirms, mandatory, expiration. For callgrind
 * and strace; ends when every call has its reply.
 */
#include "base/memory.h"
#include "bridges/bridge.h"

#include <stdio.h>
#include <stdlib.h>

#define IDS 65536
#define BODY_SIZE 100

struct calls {
	struct bridge_host host;
	const struct bridge_kind *kind;
	struct bridge_session *session;
	struct message message; /* what does not change from call to call */
	unsigned total, in_flight, sent, replies, confirms;
	char ids[IDS][37];
};

static struct calls *from_host(struct bridge_host *host)
{
	return (struct calls *)((char *)host - offsetof(struct calls, host));
}

static void fail(const char *why)
{
	fprintf(stderr, "bridge_calls: %s\n", why);
	exit(EXIT_FAILURE);
}

static void send_call(struct calls *calls)
{
	struct message *message = &calls->message;
	struct leg leg = { .slot = calls->sent++ % IDS };
	message->properties[PROPERTY_CORRELATION_ID] = span_of(calls->ids[leg.slot], 36);
	message->properties[PROPERTY_REPLY_TO] = calls->kind->reply_to(calls->session);
	if (calls->kind->send(calls->session, message, leg) != BRIDGE_ACCEPTED) {
		fail("a message was not accepted");
	}
}

static void handle_confirm(struct bridge_host *host, struct leg leg, enum bridge_outcome outcome)
{
	(void)leg;
	from_host(host)->confirms += outcome == BRIDGE_CONFIRMED;
}

static void handle_reply(struct bridge_host *host, const struct message *reply)
{
	struct calls *calls = from_host(host);
	(void)reply;
	calls->replies++;
	if (calls->sent < calls->total) {
		send_call(calls);
	} else if (calls->replies == calls->total) {
		ev_break(host->loop, EVBREAK_ALL);
	}
}

static void handle_lost(struct bridge_host *host)
{
	(void)host;
	fail("the session was lost");
}

static void handle_state(struct bridge_host *host, enum bridge_state state, const char *why)
{
	struct calls *calls = from_host(host);
	if (state != BRIDGE_STATE_UP) {
		fail(why);
	}
	while (calls->sent < calls->in_flight && calls->sent < calls->total) {
		send_call(calls);
	}
}

static const struct bridge_events events = {
	.on_confirm = handle_confirm,
	.on_reply = handle_reply,
	.on_oversized = handle_reply,
	.on_malformed = handle_lost,
	.on_session_lost = handle_lost,
	.on_state = handle_state,
};

static void handle_prepare(struct ev_loop *loop, ev_prepare *prepare, int revents)
{
	struct calls *calls = prepare->data;
	(void)loop;
	(void)revents;
	calls->kind->flush(calls->session);
}

static void *open_bridge(const struct bridge_kind *kind, const char *url)
{
	struct buffer text = { 0 };
	struct json_fault fault;
	buffer_append_literal(&text, "{\"url\":");
	json_append_string(&text, span_from_text(url));
	buffer_append_char(&text, '}');
	struct json_tree *tree = json_tree_create("arguments", buffer_span(&text), &fault);
	struct problem_list *problems = problem_list_create();
	void *shared = memory_new(1, kind->shared_size);
	if (tree == NULL || !option_read(kind->rows, json_tree_root(tree), shared, problems) ||
		!kind->open(shared, json_tree_root(tree), problems)) {
		problem_list_print(problems, stderr);
		fail("no usable URL");
	}
	problem_list_destroy(problems);
	json_tree_destroy(tree);
	buffer_finish(&text);
	return shared;
}

static struct message compose(const char *queue)
{
	static const char body[BODY_SIZE];
	struct message message = {
		.routing_key = span_from_text(queue),
		.mandatory = true,
		.wants_reply = true,
		.body = span_of(body, sizeof(body)),
	};
	message.properties[PROPERTY_CONTENT_TYPE] = SPAN("application/json");
	message.properties[PROPERTY_EXPIRATION] = SPAN("5000");
	message.properties[PROPERTY_DELIVERY_MODE] = SPAN("1");
	return message;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fail("usage: bridge_calls AMQP_URL QUEUE CALLS IN_FLIGHT");
	}
	struct calls *calls = memory_new(1, sizeof(*calls));
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	for (unsigned i = 0; i < IDS; i++) {
		snprintf(calls->ids[i], sizeof(calls->ids[i]), "00000000-0000-4000-8000-%012x", i);
	}
	calls->kind = bridge_kind_find(SPAN("amqp"));
	calls->message = compose(argv[2]);
	calls->total = (unsigned)strtoul(argv[3], NULL, 10);
	calls->in_flight = (unsigned)strtoul(argv[4], NULL, 10);
	calls->host = (struct bridge_host){
		.events = &events,
		.loop = loop,
		.mailbox = mailbox_create(loop, 16),
		.bridge = "bench",
		.instance = "bench",
	};
	void *shared = open_bridge(calls->kind, argv[1]);
	calls->session = calls->kind->create(shared, &calls->host);
	ev_prepare prepare;
	ev_prepare_init(&prepare, handle_prepare);
	prepare.data = calls;
	ev_prepare_start(loop, &prepare);
	ev_run(loop, 0);
	printf("{\"calls\": %u, \"confirms\": %u}\n", calls->replies, calls->confirms);
	calls->kind->destroy(calls->session);
	calls->kind->close(shared);
	option_finish(calls->kind->rows, shared);
	free(shared);
	mailbox_destroy(calls->host.mailbox);
	free(calls);
	return EXIT_SUCCESS;
}
