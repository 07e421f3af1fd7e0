/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/process.h"

#include "base/memory.h"
#include "gateway/admin.h"
#include "gateway/machine.h"
#include "gateway/quota.h"
#include "gateway/shard.h"
#include "gateway/unix_socket.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum {
	HOME = 255, /* index of the main thread's shard: no call is its own */
	SHARDS_AUTO_MAX = 8,
	ADMIN_CONNECTIONS = 64,
	STACK_SIZE = 8 << 20, /* rabbitmq-c decodes nested tables by recursion */
};

struct process;

struct worker {
	struct mail drain; /* to the shard */
	struct mail ended; /* to the main thread */
	struct process *process;
	struct shard *shard;
	pthread_t thread;
	bool started;
};

struct process {
	const struct config *config;
	struct shard *home;
	struct admin *admin;
	struct worker *workers;
	struct shard **shards;
	struct mailbox **mailboxes; /* of the shards */
	size_t count, running;
	struct quota **quotas;       /* per listener, the admin's last */
	struct unix_socket *sockets; /* likewise; fd -1 where the address is another */
	struct listener_options admin_options;
	bool draining;
	uint64_t drain_ms;
	ev_signal terminate, interrupt, hangup;
	ev_timer second;
};

/* ---- sizes ---- */

static size_t count_shards(const struct config *config)
{
	if (config->shards > 0) {
		return (size_t)config->shards;
	}
	long count = machine_cpus();
	return count < SHARDS_AUTO_MAX ? (size_t)count : SHARDS_AUTO_MAX;
}

/* ---- opening ---- */

static void make_quotas(struct process *process, int64_t files)
{
	const struct config *config = process->config;
	process->quotas = memory_new(config->listener_count + 1, sizeof(*process->quotas));
	for (size_t i = 0; i < config->listener_count; i++) {
		struct limits limits = config->listeners[i].limits;
		if (limits.connections == 0) {
			limits.connections = files / 10 * 9;
		}
		if (limits.memory == 0) {
			limits.memory = machine_memory() / 2;
		}
		process->quotas[i] = quota_create(&limits);
	}
	struct limits admin = process->admin_options.limits;
	admin.connections = ADMIN_CONNECTIONS;
	process->quotas[config->listener_count] = quota_create(&admin);
}

static bool open_unix_sockets(struct process *process)
{
	const struct config *config = process->config;
	process->sockets = memory_new(config->listener_count + 1, sizeof(*process->sockets));
	bool good = true;
	for (size_t i = 0; i <= config->listener_count; i++) {
		const struct option_address *address = i < config->listener_count
							       ? &config->listeners[i].address
							       : &config->admin.address;
		process->sockets[i].fd = -1;
		if (good && address->len > 0 && address->socket.ss_family == AF_UNIX) {
			good = unix_socket_open(&process->sockets[i], address, process->home->log);
		}
	}
	return good;
}

static bool open_listeners(struct process *process, struct shard *shard)
{
	const struct config *config = process->config;
	shard->listeners = memory_new(config->listener_count, sizeof(*shard->listeners));
	for (size_t i = 0; i < config->listener_count; i++) {
		struct listener *listener = &shard->listeners[i];
		listener->fd = listener->spare_fd = -1;
		shard->listener_count = i + 1;
		int fd = process->sockets[i].fd;
		if (!listener_open(listener, shard, &config->listeners[i], fd)) {
			return false;
		}
		listener->quota = process->quotas[i];
	}
	return true;
}

static bool open_shard(struct process *process)
{
	struct shard *shard = shard_create(process->config, (unsigned)process->count);
	if (shard == NULL) {
		return false;
	}
	struct worker *worker = &process->workers[process->count];
	worker->process = process;
	worker->shard = shard;
	bool open = open_listeners(process, shard);
	process->shards[process->count++] = shard;
	return open;
}

/* What the sessions of a bridge share. It is closed with the configuration. */
static bool open_bridges(struct process *process)
{
	const struct config *config = process->config;
	process->mailboxes = memory_new(process->count, sizeof(*process->mailboxes));
	for (size_t i = 0; i < process->count; i++) {
		process->mailboxes[i] = process->shards[i]->mailbox;
	}
	for (size_t i = 0; i < config->bridge_count; i++) {
		const struct bridge_instance *bridge = &config->bridges[i];
		const struct bridge_process shared = {
			.instance = config->instance,
			.topics = bridge->topics,
			.topic_count = bridge->topic_count,
			.timeout_ms = bridge->timeout_ms,
			.mailboxes = process->mailboxes,
			.shards = (unsigned)process->count,
			.log = process->home->log,
		};
		char why[256] = "";
		if (bridge->kind->start != NULL &&
			!bridge->kind->start(bridge->shared, &shared, why, sizeof(why))) {
			fprintf(stderr, "bridgehead: bridge %s cannot start: %s\n", bridge->name,
				why);
			return false;
		}
	}
	return true;
}

static bool open_admin(struct process *process)
{
	const struct config *config = process->config;
	process->admin = admin_create(process->home, process->shards, process->count);
	if (config->admin.address.len == 0) {
		return true;
	}
	struct shard *home = process->home;
	process->admin_options.name = (char *)"admin";
	process->admin_options.address = config->admin.address;
	home->listeners = memory_new(1, sizeof(*home->listeners));
	home->listener_count = 1;
	int fd = process->sockets[config->listener_count].fd;
	if (!listener_open(home->listeners, home, &process->admin_options, fd)) {
		return false;
	}
	home->listeners->quota = process->quotas[config->listener_count];
	home->listeners->admin = process->admin;
	return listener_start(home->listeners);
}

static bool open_all(struct process *process)
{
	int64_t files = machine_raise_files();
	size_t count = count_shards(process->config);
	limits_defaults(&process->admin_options.limits);
	make_quotas(process, files);
	process->home = shard_create(process->config, HOME);
	process->workers = memory_new(count, sizeof(*process->workers));
	process->shards = memory_new(count, sizeof(*process->shards));
	if (process->home == NULL || !open_unix_sockets(process)) {
		return false;
	}
	while (process->count < count) {
		if (!open_shard(process)) {
			return false;
		}
	}
	return open_bridges(process) && open_admin(process);
}

/* ---- running ---- */

static void handle_ended(struct mail *mail)
{
	struct worker *worker = (struct worker *)((char *)mail - offsetof(struct worker, ended));
	struct process *process = worker->process;
	pthread_join(worker->thread, NULL);
	worker->started = false;
	admin_shard_ended(process->admin, worker->shard->index);
	if (--process->running == 0) {
		ev_break(process->home->loop, EVBREAK_ALL);
	}
}

static void *run_shard(void *context)
{
	struct worker *worker = context;
	struct shard *shard = worker->shard;
	shard_start_sessions(shard);
	shard_run(shard);
	worker->ended.handle = handle_ended;
	/* the box cannot be full: the admin has one form per shard and request in it */
	bool posted = mailbox_post(worker->process->home->mailbox, &worker->ended);
	assert(posted);
	(void)posted;
	return NULL;
}

static bool start_shards(struct process *process)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	bool good = true;
	for (size_t i = 0; i < process->count && good; i++) {
		struct worker *worker = &process->workers[i];
		for (size_t k = 0; k < worker->shard->listener_count && good; k++) {
			good = listener_start(&worker->shard->listeners[k]);
		}
		good = good && pthread_create(&worker->thread, &attributes, run_shard, worker) == 0;
		worker->started = good;
		process->running += good;
	}
	pthread_attr_destroy(&attributes);
	return good;
}

static void log_ready(struct process *process)
{
	struct log *log = process->home->log;
	for (size_t i = 0; i < process->config->listener_count; i++) {
		if (log_begin(log, LOG_INFO, "listening")) {
			log_text(log, "listener",
				span_from_text(process->config->listeners[i].name));
			log_text(log, "address",
				span_from_text(process->config->listeners[i].address.text));
			log_end(log);
		}
	}
	if (log_begin(log, LOG_INFO, "ready")) {
		log_text(log, "instance", span_from_text(process->config->instance));
		log_number(log, "shards", (int64_t)process->count);
		log_end(log);
	}
	sd_notify(0, "READY=1\nSTATUS=Serving");
}

static void greet(const char *greeting)
{
	if (greeting != NULL) {
		fputs(greeting, stdout);
		fflush(stdout);
	}
}

/* ---- signals ---- */

static void handle_drain(struct mail *mail)
{
	struct worker *worker = (struct worker *)mail;
	shard_drain(worker->shard, worker->process->drain_ms);
}

/* Supervisors repeat themselves, and that changes nothing; a person who presses Ctrl-C again means
 * now. */
static void handle_terminate(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct process *process = signal->data;
	struct log *log = process->home->log;
	(void)loop;
	(void)events;
	if (process->draining && signal->signum == SIGINT) {
		log_flush(log);
		_exit(128 + SIGINT);
	}
	if (process->draining) {
		return;
	}
	process->draining = true;
	process->drain_ms = (uint64_t)process->config->drain_timeout_ms;
	admin_drain(process->admin);
	for (size_t i = 0; i <= process->config->listener_count; i++) {
		unix_socket_unlink(&process->sockets[i]); /* a successor may have the name now */
	}
	sd_notify(0, "STOPPING=1\nSTATUS=Finishing calls");
	if (log_begin(log, LOG_INFO, "draining")) {
		log_number(log, "timeout_ms", process->config->drain_timeout_ms);
		log_end(log);
	}
	for (size_t i = 0; i < process->count; i++) {
		process->workers[i].drain.handle = handle_drain;
		bool posted = mailbox_post(process->shards[i]->mailbox, &process->workers[i].drain);
		assert(posted);
		(void)posted;
	}
}

static void handle_hangup(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct process *process = signal->data;
	struct log *log = process->home->log;
	(void)loop;
	(void)events;
	if (log_begin(log, LOG_WARN, "SIGHUP: reloading is not available yet; restart instead")) {
		log_end(log);
	}
}

static void handle_second(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct process *process = timer->data;
	(void)loop;
	(void)events;
	admin_survey(process->admin);
}

static void watch_signals(struct process *process)
{
	struct ev_loop *loop = process->home->loop;
	signal(SIGPIPE, SIG_IGN);
	ev_signal_init(&process->terminate, handle_terminate, SIGTERM);
	ev_signal_init(&process->interrupt, handle_terminate, SIGINT);
	ev_signal_init(&process->hangup, handle_hangup, SIGHUP);
	ev_timer_init(&process->second, handle_second, 1.0, 1.0);
	process->terminate.data = process->interrupt.data = process;
	process->hangup.data = process->second.data = process;
	ev_signal_start(loop, &process->terminate);
	ev_signal_start(loop, &process->interrupt);
	ev_signal_start(loop, &process->hangup);
	ev_timer_start(loop, &process->second);
}

/* ---- the whole ---- */

static void close_all(struct process *process)
{
	for (size_t i = process->count; i > 0; i--) {
		shard_destroy(process->shards[i - 1]);
	}
	shard_destroy(process->home);
	admin_destroy(process->admin);
	for (size_t i = 0; process->quotas != NULL && i <= process->config->listener_count; i++) {
		quota_destroy(process->quotas[i]);
	}
	for (size_t i = 0; process->sockets != NULL && i <= process->config->listener_count; i++) {
		unix_socket_unlink(&process->sockets[i]);
		unix_socket_close(&process->sockets[i]);
	}
	free(process->sockets);
	free(process->quotas);
	free(process->workers);
	free(process->mailboxes);
	free(process->shards);
}

int process_run(const struct config *config, const char *greeting)
{
	struct process process = { .config = config };
	bool good = open_all(&process);
	if (good) {
		watch_signals(&process);
		good = start_shards(&process);
		if (good) {
			log_ready(&process);
			greet(greeting);
			shard_run(process.home);
		}
	}
	if (process.running > 0) {
		return 1; /* a thread could not be made: the others end with the process */
	}
	close_all(&process);
	return good ? 0 : 1;
}
