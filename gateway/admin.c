/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *   /metrics ─▶ survey ─▶ a form by mail to every shard ─▶ back by mail ─▶ the page
 *
 * A shard that does not answer within WAIT_MS is left out of the page, and its form waits in its
 * mailbox; when a shard has sent no form back for SILENT_MS, /livez fails.
 */
#include "gateway/admin.h"

#include "base/json.h"
#include "base/memory.h"
#include "gateway/connection.h"
#include "gateway/http1_answer.h"

#include <assert.h>
#include <stdlib.h>

enum { SILENT_MS = 5000, WAIT_MS = 1000 };

enum page { PAGE_NONE, PAGE_READY, PAGE_METRICS };

struct bridge_report {
	enum bridge_state state;
	char why[sizeof(((struct session *)NULL)->why)];
};

struct survey {
	struct admin *admin;
	enum page page;
	uint64_t connection_id; /* who asked; it may be gone */
	uint64_t began_ms;
	size_t waiting; /* forms that are not back */
	bool answered;
	struct survey *next;
	struct metrics sum;
	struct bridge_report *bridges;
	const char **troubles; /* by mapping, see struct session */
};

struct form {
	struct mail mail; /* first: see handle_* */
	struct survey *survey;
	size_t index; /* of the shard */
	struct metrics metrics;
	struct bridge_report *bridges;
	const char **troubles;
};

struct admin {
	struct shard *home;
	struct shard **shards;
	size_t count;
	uint64_t *heard_ms; /* per shard */
	bool *ended;        /* per shard */
	struct survey *surveys;
	bool draining;
};

static const struct config *config_of(const struct admin *admin)
{
	return admin->home->config;
}

/* ---- pages ---- */

static struct connection *find_connection(const struct admin *admin, uint64_t id)
{
	struct connection *at = admin->home->connections;
	while (at != NULL && at->id != id) {
		at = at->next;
	}
	return at;
}

static void answer_text(
	struct connection *connection, int status, const char *type, struct buffer *body)
{
	const struct http1_line no_store = { "Cache-Control", SPAN("no-store") };
	const struct http1_page page = {
		.status = status,
		.content_type = type,
		.body = buffer_span(body),
		.lines = &no_store,
		.line_count = 1,
	};
	http1_answer_page(connection, &page);
}

static void write_bridges(const struct survey *survey, struct buffer *out)
{
	static const char *const names[] = { "down", "blocked", "up" };
	const struct config *config = config_of(survey->admin);
	for (size_t i = 0; i < config->bridge_count; i++) {
		const struct bridge_report *report = &survey->bridges[i];
		buffer_append_format(out, "%s", i > 0 ? "," : "");
		json_append_string(out, span_from_text(config->bridges[i].name));
		buffer_append_format(out, ":{\"state\":\"%s\",\"required\":%s",
			names[report->state], config->bridges[i].required ? "true" : "false");
		if (report->state != BRIDGE_STATE_UP) {
			buffer_append_literal(out, ",\"why\":");
			json_append_string(out, span_from_text(report->why));
		}
		buffer_append_literal(out, "}");
	}
}

/* Mappings that answer 503 although their bridge is up; the others do not wait for them. */
static void write_troubles(const struct survey *survey, struct buffer *out)
{
	const struct mapping_table *mappings = config_of(survey->admin)->mappings;
	const char *before = ",\"mappings\":{";
	for (size_t i = 0; i < mapping_table_count(mappings); i++) {
		if (survey->troubles[i] != NULL) {
			buffer_append_format(out, "%s", before);
			json_append_string(
				out, span_from_text(mapping_name(mapping_table_at(mappings, i))));
			buffer_append_char(out, ':');
			json_append_string(out, span_from_text(survey->troubles[i]));
			before = ",";
		}
	}
	if (before[1] == '\0') {
		buffer_append_char(out, '}');
	}
}

static bool is_ready(const struct survey *survey)
{
	const struct config *config = config_of(survey->admin);
	bool ready = !survey->admin->draining && survey->waiting == 0;
	for (size_t i = 0; i < config->bridge_count; i++) {
		ready = ready && (!config->bridges[i].required ||
					 survey->bridges[i].state == BRIDGE_STATE_UP);
	}
	return ready;
}

static void answer_ready(const struct survey *survey, struct connection *connection)
{
	struct buffer out = { 0 };
	bool ready = is_ready(survey);
	const char *status = survey->admin->draining ? "draining"
			     : survey->waiting > 0   ? "a shard is silent"
			     : ready                 ? "ready"
						     : "not ready";
	buffer_append_format(&out, "{\"status\":\"%s\",\"bridges\":{", status);
	write_bridges(survey, &out);
	buffer_append_char(&out, '}');
	write_troubles(survey, &out);
	buffer_append_literal(&out, "}\n");
	answer_text(connection, ready ? 200 : 503, "application/json", &out);
	buffer_finish(&out);
}

static void answer_metrics(struct survey *survey, struct connection *connection)
{
	struct buffer out = { 0 };
	metrics_write(&survey->sum, config_of(survey->admin), &out);
	answer_text(connection, 200, "text/plain; version=0.0.4; charset=utf-8", &out);
	buffer_finish(&out);
}

static void answer_survey(struct survey *survey)
{
	struct connection *connection = find_connection(survey->admin, survey->connection_id);
	survey->answered = true;
	if (connection == NULL || survey->page == PAGE_NONE) {
		return;
	}
	if (survey->page == PAGE_READY) {
		answer_ready(survey, connection);
	} else {
		answer_metrics(survey, connection);
	}
}

static void answer_live(const struct admin *admin, struct connection *connection)
{
	struct buffer out = { 0 };
	uint64_t now = shard_now_ms(admin->home);
	bool live = true;
	buffer_append_literal(&out, "{\"shards\":[");
	for (size_t i = 0; i < admin->count; i++) {
		bool heard = admin->ended[i] || now - admin->heard_ms[i] < SILENT_MS;
		live = live && heard;
		buffer_append_format(&out, "%s\"%s\"", i > 0 ? "," : "", heard ? "ok" : "silent");
	}
	buffer_append_format(&out, "],\"status\":\"%s\"}\n", live ? "ok" : "a shard is silent");
	answer_text(connection, live ? 200 : 503, "application/json", &out);
	buffer_finish(&out);
}

/* ---- surveys ---- */

static void destroy_survey(struct survey *survey)
{
	struct survey **at = &survey->admin->surveys;
	while (*at != survey) {
		at = &(*at)->next;
	}
	*at = survey->next;
	metrics_finish(&survey->sum);
	free(survey->bridges);
	free(survey->troubles);
	free(survey);
}

static void free_form(struct form *form)
{
	metrics_finish(&form->metrics);
	free(form->bridges);
	free(form->troubles);
	free(form);
}

/* Back on the main thread. */
static void handle_filled(struct mail *mail)
{
	struct form *form = (struct form *)mail;
	struct survey *survey = form->survey;
	struct admin *admin = survey->admin;
	admin->heard_ms[form->index] = shard_now_ms(admin->home);
	metrics_add(&survey->sum, &form->metrics);
	for (size_t i = 0; i < survey->sum.bridge_count; i++) {
		if (form->bridges[i].state < survey->bridges[i].state) {
			survey->bridges[i] = form->bridges[i];
		}
	}
	for (size_t i = 0; i < mapping_table_count(config_of(admin)->mappings); i++) {
		if (form->troubles[i] != NULL) {
			survey->troubles[i] = form->troubles[i];
		}
	}
	free_form(form);
	survey->waiting--;
	if (survey->waiting == 0 && !survey->answered) {
		answer_survey(survey);
	}
	if (survey->waiting == 0) {
		destroy_survey(survey);
	}
}

/* On the shard's thread. */
static void handle_form(struct mail *mail)
{
	struct form *form = (struct form *)mail;
	struct admin *admin = form->survey->admin;
	struct shard *shard = admin->shards[form->index];
	metrics_add(&form->metrics, &shard->metrics);
	for (size_t i = 0; i < shard->session_count; i++) {
		form->bridges[i].state = shard->sessions[i].state;
		memcpy(form->bridges[i].why, shard->sessions[i].why, sizeof(form->bridges[i].why));
		session_troubles(&shard->sessions[i], form->troubles);
		if (form->survey->page == PAGE_METRICS) {
			session_measure(&shard->sessions[i], &form->metrics.bridges[i].samples);
		}
	}
	form->mail.handle = handle_filled;
	/* there is room: a form for each shard and open admin page is far less than the box takes
	 */
	bool posted = mailbox_post(admin->home->mailbox, &form->mail);
	assert(posted);
	(void)posted;
}

static void post_form(struct survey *survey, size_t index)
{
	const struct config *config = config_of(survey->admin);
	struct form *form = memory_new(1, sizeof(*form));
	form->mail.handle = handle_form;
	form->survey = survey;
	form->index = index;
	metrics_init(&form->metrics, config);
	for (size_t i = 0; i < config->bridge_count; i++) {
		form->metrics.bridges[i].state = BRIDGE_STATE_UP;
	}
	form->bridges = memory_new(config->bridge_count, sizeof(*form->bridges));
	form->troubles =
		memory_new(mapping_table_count(config->mappings) + 1, sizeof(*form->troubles));
	survey->waiting++;
	if (!mailbox_post(survey->admin->shards[index]->mailbox, &form->mail)) {
		survey->waiting--;
		free_form(form);
	}
}

static void begin_survey(struct admin *admin, enum page page, uint64_t connection_id)
{
	const struct config *config = config_of(admin);
	struct survey *survey = memory_new(1, sizeof(*survey));
	survey->admin = admin;
	survey->page = page;
	survey->connection_id = connection_id;
	survey->began_ms = shard_now_ms(admin->home);
	survey->next = admin->surveys;
	admin->surveys = survey;
	metrics_init(&survey->sum, config);
	survey->bridges = memory_new(config->bridge_count, sizeof(*survey->bridges));
	survey->troubles =
		memory_new(mapping_table_count(config->mappings) + 1, sizeof(*survey->troubles));
	for (size_t i = 0; i < config->bridge_count; i++) {
		survey->bridges[i].state = BRIDGE_STATE_UP;
		survey->sum.bridges[i].state = BRIDGE_STATE_UP;
	}
	for (size_t i = 0; i < admin->count; i++) {
		if (!admin->ended[i]) {
			post_form(survey, i);
		}
	}
	if (survey->waiting == 0) {
		answer_survey(survey);
		destroy_survey(survey);
	}
}

void admin_survey(struct admin *admin)
{
	uint64_t now = shard_now_ms(admin->home);
	for (struct survey *at = admin->surveys; at != NULL; at = at->next) {
		if (!at->answered && now - at->began_ms >= WAIT_MS) {
			answer_survey(at);
		}
		if (at->page == PAGE_NONE && at->waiting > 0) {
			return; /* the last question still stands */
		}
	}
	begin_survey(admin, PAGE_NONE, 0);
}

/* ---- requests ---- */

static void refuse(struct connection *connection, int status, const char *detail)
{
	const struct problem problem = {
		.status = status, .type = problem_type_of_status(status), .detail = detail
	};
	http1_answer_problem(connection, &problem, false);
}

void admin_request(struct connection *connection, const struct http1_head *head, const char *bytes)
{
	struct admin *admin = connection->listener->admin;
	struct span path = http1_span_in(head->path, bytes);
	if (head->method_id != HTTP1_GET && head->method_id != HTTP1_HEAD) {
		refuse(connection, 405, "Only GET and HEAD are answered here.");
	} else if (span_equal(path, SPAN("/livez"))) {
		answer_live(admin, connection);
	} else if (span_equal(path, SPAN("/readyz"))) {
		begin_survey(admin, PAGE_READY, connection->id);
	} else if (span_equal(path, SPAN("/metrics"))) {
		begin_survey(admin, PAGE_METRICS, connection->id);
	} else {
		refuse(connection, 404, "There are /livez, /readyz and /metrics.");
	}
}

void admin_shard_ended(struct admin *admin, size_t index)
{
	admin->ended[index] = true;
	mailbox_deliver(admin->shards[index]->mailbox);
}

void admin_drain(struct admin *admin)
{
	admin->draining = true;
}

struct admin *admin_create(struct shard *home, struct shard **shards, size_t count)
{
	struct admin *admin = memory_new(1, sizeof(*admin));
	admin->home = home;
	admin->shards = shards;
	admin->count = count;
	admin->heard_ms = memory_new(count, sizeof(*admin->heard_ms));
	admin->ended = memory_new(count, sizeof(*admin->ended));
	for (size_t i = 0; i < count; i++) {
		admin->heard_ms[i] = shard_now_ms(home);
	}
	return admin;
}

void admin_destroy(struct admin *admin)
{
	if (admin == NULL) {
		return;
	}
	while (admin->surveys != NULL) {
		destroy_survey(admin->surveys);
	}
	free(admin->heard_ms);
	free(admin->ended);
	free(admin);
}
