/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Replies and answers as text, for the tests of answer.h and its parts. */
#pragma once

#include "test/unit/mappings/world.h"

/*
 * A reply as text: "prop:content_type=a/b\nheader:x=1\nint:status=404\njson:x=[1]\n\nBODY".
 * What the client gets as text: "404 error type=a/b encoding=gzip x=1 | BODY", or why it is
 * unusable.
 */
struct story {
	const char *answer; /* inside of "answer" */
	const char *reply;
	const char *expected;
};

static inline void read_reply_line(
	struct span line, struct message *reply, struct message_header *headers)
{
	struct span kind = world_take(&line, ":");
	struct span name = world_take(&line, "=");
	if (span_equal(kind, SPAN("prop"))) {
		reply->properties[message_property_from_name(name)] = line;
		return;
	}
	enum message_value_type type = span_equal(kind, SPAN("int"))    ? MESSAGE_INTEGER
				       : span_equal(kind, SPAN("json")) ? MESSAGE_JSON
				       : span_equal(kind, SPAN("null")) ? MESSAGE_NULL
				       : span_equal(kind, SPAN("bool")) ? MESSAGE_BOOLEAN
									: MESSAGE_TEXT;
	headers[reply->header_count++] =
		(struct message_header){ .name = name, .value = line, .type = type };
}

static inline void describe(const struct answer *answer, struct buffer *out)
{
	if (answer->dead) {
		buffer_append_format(
			out, "%d dead%s", answer->status, answer->expired ? " expired" : "");
		return;
	}
	if (answer->bad_reply != NULL) {
		buffer_append_format(out, "%d %s", answer->status, answer->bad_reply);
		return;
	}
	static const char *const kinds[] = { "", "not yet", "part ", "last " };
	buffer_append(out, kinds[answer->kind], strlen(kinds[answer->kind]));
	if (answer->kind == ANSWER_NOT_YET) {
		return;
	}
	buffer_append_format(out, "%s%d%s%s", answer->no_part ? "none " : "", answer->status,
		answer->error ? " error" : "", answer->body_is_json ? " json" : "");
	if (span_present(answer->content_type)) {
		buffer_append_format(
			out, " type=%.*s", (int)answer->content_type.len, answer->content_type.ptr);
	}
	if (span_present(answer->content_encoding)) {
		buffer_append_format(out, " encoding=%.*s", (int)answer->content_encoding.len,
			answer->content_encoding.ptr);
	}
	for (unsigned i = 0; i < answer->header_count; i++) {
		buffer_append_format(out, " %.*s=%.*s", (int)answer->headers[i].name.len,
			answer->headers[i].name.ptr, (int)answer->headers[i].value.len,
			answer->headers[i].value.ptr);
	}
	if (answer->headers_dropped > 0) {
		buffer_append_format(out, " dropped=%u", answer->headers_dropped);
	}
	buffer_append_span(out, span_present(answer->body) ? SPAN(" | ") : SPAN(""));
	buffer_append_span(out, answer->body);
}

static inline void tell_one(const struct story *story)
{
	struct world world;
	struct buffer json = { 0 };
	buffer_append_format(&json,
		"[{\"name\": \"m\", \"match\": {\"path\": \"/\"}, \"send\": {\"queue\": \"q\"}, "
		"\"answer\": {%s}}]%c",
		story->answer, 0);
	world_open(&world, json.data);
	if (problem_list_has_errors(world.problems)) {
		fail_msg("%s\n%s", story->answer, world_problems(&world));
	}
	struct message reply = { 0 };
	struct message_header headers[32];
	struct span text = span_from_text(story->reply);
	struct span head = world_take(&text, "\n\n");
	while (head.len > 0) {
		read_reply_line(world_take(&head, "\n"), &reply, headers);
	}
	reply.headers = headers;
	reply.body = text;
	for (int again = 0; again < 2; again++) {
		struct buffer seen = { 0 };
		buffer_append_literal(&world.scratch, "kept");
		answer_read(
			mapping_table_at(world.table, 0), &reply, &world.scratch, &world.answer);
		describe(&world.answer, &seen);
		if (!span_equal(buffer_span(&seen), span_from_text(story->expected))) {
			fail_msg("%s\n%s\nexpected: %s\nfound: %.*s", story->answer, story->reply,
				story->expected, (int)seen.len, seen.data);
		}
		buffer_finish(&seen);
	}
	world_close(&world);
	buffer_finish(&json);
}

static inline void tell(const struct story *stories, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		tell_one(&stories[i]);
	}
}

#define TELL(stories) tell((stories), sizeof(stories) / sizeof((stories)[0]))
