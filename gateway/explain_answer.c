/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/explain_answer.h"

#include "base/utf8.h"

#include <time.h>

enum { SHORT_TEXT = 1024 };

static bool refuse(struct refusal *refusal, int status, const char *detail)
{
	*refusal = (struct refusal){ .status = status, .detail = detail };
	return false;
}

/* A long content, or one that is no text, is left out. */
static void read_content(struct explain_answer *given, const struct file *file)
{
	const struct files_part *part = &given->part;
	bool read = given->answer.status != 304 && part->len <= SHORT_TEXT &&
		    file_read(file, part->offset, (size_t)part->len, &given->content);
	bool shown = read && utf8_check(buffer_span(&given->content));
	given->answer.body = shown ? buffer_span(&given->content) : SPAN_ABSENT;
}

static bool give_file(struct explain_answer *given, const struct respond_input *input,
	const struct file *file, struct refusal *refusal)
{
	const struct files_facts facts = {
		.size = file->size,
		.modified_ns = file->modified_ns,
		.now_ms = (int64_t)time(NULL) * 1000,
	};
	const struct files_input files = { input->request, input->match->mapping, &facts,
		&given->text };
	given->by_file = true;
	if (!files_finish(&files, &given->answer, &given->part, refusal)) {
		return false;
	}
	read_content(given, file);
	return true;
}

static bool refuse_unopened(enum file_result result, struct refusal *refusal)
{
	return result == FILE_BUSY ? refuse(refusal, 503, "No descriptor is left to open the file.")
				   : refuse(refusal, 404, "No such file is here.");
}

static bool respond(
	struct explain_answer *given, const struct respond_input *input, struct refusal *refusal)
{
	struct file file = { .fd = -1 };
	struct span path = respond_file(input->match->mapping);
	if (!respond_compose(input, &given->answer, refusal)) {
		return false;
	}
	if (!span_present(path)) {
		return true;
	}
	buffer_append_span(&given->path, path);
	enum file_result result = file_open(path.ptr, &file);
	bool done = result == FILE_OPEN ? give_file(given, input, &file, refusal)
					: refuse_unopened(result, refusal);
	file_close(&file);
	return done;
}

static void add_slash(struct explain_answer *given, const struct respond_input *input)
{
	struct answer *answer = &given->answer;
	files_begin(SPAN(""), answer);
	files_append_address(input->request, input->match, &given->text);
	answer->status = 308;
	answer->content_type = SPAN_ABSENT;
	answer->headers[answer->header_count++] = (struct message_header){
		.name = SPAN("Location"), .value = buffer_span(&given->text), .type = MESSAGE_TEXT
	};
}

static bool give_found(struct explain_answer *given, const struct respond_input *input,
	const struct file_search *search, struct refusal *refusal)
{
	struct span name = span_from_text(search->name.data);
	if (search->result == FILE_FOLDER) {
		add_slash(given, input);
		return true;
	}
	if (search->result != FILE_OPEN) {
		return refuse_unopened(search->result, refusal);
	}
	buffer_append_span(&given->path, files_root(input->match->mapping));
	buffer_append_char(&given->path, '/');
	buffer_append_span(&given->path, name);
	files_begin(name, &given->answer);
	return give_file(given, input, &search->file, refusal);
}

bool explain_answer_init(struct explain_answer *given, const struct respond_input *input,
	struct file_search *search, struct refusal *refusal)
{
	return mapping_action(input->match->mapping) == MAPPING_FILES
		       ? give_found(given, input, search, refusal)
		       : respond(given, input, refusal);
}

void explain_answer_finish(struct explain_answer *given)
{
	buffer_finish(&given->path);
	buffer_finish(&given->content);
	buffer_finish(&given->text);
}

void explain_answer_write(const struct explain_answer *given, struct explain_members *outer)
{
	const struct answer *answer = &given->answer;
	struct explain_members members = explain_members_open(outer, "answer", "");
	explain_members_number(&members, "status", (uint64_t)answer->status);
	explain_members_text(&members, "content_type", answer->content_type);
	explain_members_headers(&members, answer->headers, answer->header_count);
	if (given->by_file) {
		explain_members_text(&members, "file", buffer_span(&given->path));
	}
	if (given->by_file && answer->status != 304) {
		explain_members_number(&members, "length", given->part.len);
	}
	explain_members_body(&members, answer->body);
	explain_members_close(&members);
}
