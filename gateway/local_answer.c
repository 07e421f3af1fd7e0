/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 *     respond, redirect   composed ─────────────────────────┬─▶ answer
 *     respond with file   composed ─▶ opened ─▶ conditions ─┤
 *     files               found open already  ▶ conditions ─┘      (file_search.h)
 *
 * A small file is read at once and leaves in one send with its head, as a reply would; a large one
 * goes from the kernel to the socket (http1_file.c).
 */
#include "gateway/local_answer.h"

#include "gateway/call.h"
#include "gateway/connection.h"
#include "gateway/file.h"
#include "gateway/shard.h"
#include "mappings/files.h"
#include "mappings/respond.h"

#include <assert.h>

enum { SMALL_FILE = 16384 };

struct step {
	struct call *call;
	struct shard *shard;
	const struct request *request;
	const struct match *match;
};

static void refuse(struct step *step, int status, const char *detail)
{
	const struct refusal refusal = {
		.status = status, .type = problem_type_of_status(status), .detail = detail
	};
	call_refuse(step->call, &refusal);
}

static void give(struct step *step, struct file_part *file)
{
	const struct answer *reply = &step->shard->scratch.answer;
	const struct call_answer answer = { .status = reply->status, .reply = reply, .file = file };
	call_answer_here(step->call, &answer);
}

/* ---- files ---- */

static void refuse_unopened(struct step *step, enum file_result result)
{
	if (result == FILE_BUSY) {
		shard_reject(step->shard, REJECT_DESCRIPTORS, step->call->connection);
		refuse(step, 503, "Too much is being sent just now.");
	} else {
		refuse(step, 404, "No such file is here.");
	}
}

/* Takes the file: its content is a body, or on its way, or not wanted. */
static void give_part(struct step *step, struct file *file, const struct files_part *part)
{
	struct answer *reply = &step->shard->scratch.answer;
	struct buffer *content = &step->shard->scratch.reply;
	struct file_part sent = { file->fd, part->offset, part->len };
	bool head = span_equal(step->request->method, SPAN("HEAD")) || reply->status == 304;
	if (head || (part->len > SMALL_FILE && file_may_stay(file))) {
		give(step, &sent);
		file->fd = sent.fd;
		return;
	}
	if (part->len > SMALL_FILE) {
		refuse_unopened(step, FILE_BUSY);
		return;
	}
	buffer_clear(content);
	if (file_read(file, part->offset, (size_t)part->len, content)) {
		reply->body = buffer_span(content);
		give(step, NULL);
	} else {
		refuse(step, 503, "The file is being changed just now.");
	}
}

static void give_file(struct step *step, struct file *file)
{
	const struct files_facts facts = { .size = file->size,
		.modified_ns = file->modified_ns,
		.now_ms = (int64_t)step->shard->wall_ms };
	const struct files_input input = { .request = step->request,
		.mapping = step->match->mapping,
		.facts = &facts,
		.text = &step->shard->scratch.offer };
	struct files_part part;
	struct refusal refusal = { 0 };
	if (files_finish(&input, &step->shard->scratch.answer, &part, &refusal)) {
		give_part(step, file, &part);
	} else {
		call_refuse(step->call, &refusal);
	}
	file_close(file);
}

/* A folder without its slash: relative links in its index would miss it. */
static void add_slash(struct step *step)
{
	struct answer *reply = &step->shard->scratch.answer;
	struct buffer *address = &step->shard->scratch.offer;
	buffer_clear(address);
	files_append_address(step->request, step->match, address);
	if (address->failed) {
		refuse(step, 503, "There is no memory for the answer.");
		return;
	}
	files_begin(SPAN(""), reply);
	reply->status = 308;
	reply->content_type = SPAN_ABSENT;
	reply->headers[reply->header_count++] = (struct message_header){
		.name = SPAN("Location"), .value = buffer_span(address), .type = MESSAGE_TEXT
	};
	give(step, NULL);
}

static void give_files(struct step *step)
{
	struct file_search *search = &step->shard->scratch.search;
	assert(search->mapping == step->match->mapping);
	search->mapping = NULL; /* taken: the next request may begin before this one ends */
	if (search->result == FILE_FOLDER) {
		add_slash(step);
	} else if (search->result != FILE_OPEN) {
		refuse_unopened(step, search->result);
	} else {
		struct file file = search->file;
		files_begin(span_of(search->name.data, search->name.len - 1),
			&step->shard->scratch.answer);
		give_file(step, &file);
	}
}

/* ---- respond ---- */

static void give_content(struct step *step)
{
	struct span name = respond_file(step->match->mapping);
	struct file file = { .fd = -1 };
	if (!span_present(name)) {
		give(step, NULL);
		return;
	}
	enum file_result result = file_open(name.ptr, &file);
	if (result == FILE_OPEN) {
		give_file(step, &file);
	} else {
		refuse_unopened(step, result);
	}
}

static void respond(struct step *step)
{
	struct shard *shard = step->shard;
	const struct send_facts facts = {
		.id = call_id(step->call),
		.wall_ms = (int64_t)shard->wall_ms,
		.instance = span_from_text(shard->config->instance),
	};
	const struct respond_input input = {
		.request = step->request,
		.match = step->match,
		.facts = &facts,
		.room = &shard->scratch.room,
	};
	struct refusal refusal = { 0 };
	if (respond_compose(&input, &shard->scratch.answer, &refusal)) {
		give_content(step);
	} else {
		call_refuse(step->call, &refusal);
	}
}

void local_answer_give(struct call *call, const struct request *request, const struct match *match)
{
	struct step step = { call, call->connection->shard, request, match };
	if (request->websocket && mapping_is_http(match->mapping)) {
		/* an op that is a path can find what only HTTP can carry: a redirect, a page */
		refuse(&step, 404, "This is there over HTTP only.");
	} else if (mapping_action(match->mapping) == MAPPING_FILES) {
		give_files(&step);
	} else {
		respond(&step);
	}
}
