/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/http1_stream.h"

#include "base/buffer.h"
#include "gateway/call.h"
#include "gateway/connection.h"
#include "gateway/http1_answer.h"
#include "gateway/part_format.h"
#include "gateway/problem.h"
#include "gateway/shard.h"

enum { BEAT_MS = 15000 }; /* so often a silent event stream says that it lives */

static enum part_format format_of(const struct connection *connection)
{
	return (enum part_format)connection->http1.parts;
}

static void append_hex(struct buffer *out, size_t value)
{
	char digits[2 * sizeof(value)];
	size_t at = sizeof(digits);
	do {
		digits[--at] = "0123456789abcdef"[value % 16];
		value /= 16;
	} while (value > 0);
	buffer_append(out, digits + at, sizeof(digits) - at);
}

static void write_piece(struct connection *connection, struct span bytes)
{
	struct buffer *out = connection_write(connection);
	bool chunked = connection->http1.minor > 0;
	if (bytes.len == 0) {
		return; /* that would be the last chunk */
	}
	if (chunked) {
		append_hex(out, bytes.len);
		buffer_append_literal(out, "\r\n");
	}
	buffer_append_span(out, bytes);
	if (chunked) {
		buffer_append_literal(out, "\r\n");
	}
	connection_written(connection);
}

static bool has_content(const struct connection *connection, int status)
{
	return !connection->http1.is_head && http1_answer_has_content(status) && status != 205;
}

static struct part part_of(const struct answer *reply)
{
	return (struct part){ reply->body, reply->content_type, reply->body_is_json };
}

bool http1_stream_part(
	struct connection *connection, struct call *call, const struct call_answer *part)
{
	struct buffer *piece = &connection->shard->scratch.envelope;
	enum part_format format = format_of(connection);
	if (!connection_has_room(connection, 0)) {
		return false;
	}
	if (call->parts == 1) {
		http1_answer_head(connection, call, part, part_format_content_type(format));
	}
	if (!has_content(connection, call->status)) {
		return false;
	}
	const struct part body = part_of(part->reply);
	buffer_clear(piece);
	part_format_append(format, call->parts - 1, &body, piece);
	if (piece->failed) {
		connection_drop(connection);
		return false;
	}
	write_piece(connection, buffer_span(piece));
	if (format == PART_FORMAT_SSE && !connection->dead) {
		connection_deadline_after(connection, BEAT_MS);
	}
	return !connection->dead;
}

/* The problem's document, or {"status","body"} of a worker's own error. */
static void append_error(const struct call_answer *answer, struct buffer *out)
{
	if (answer->problem != NULL) {
		problem_write(answer->problem, out);
		return;
	}
	buffer_append_literal(out, "{\"status\":");
	buffer_append_number(out, (uint64_t)answer->status);
	buffer_append_literal(out, ",\"body\":");
	const struct part body = part_of(answer->reply);
	part_format_append_value(&body, out);
	buffer_append_char(out, '}');
}

/* False: there is no way to say it but to break off. */
static bool write_error(struct connection *connection, const struct call_answer *answer)
{
	struct buffer *error = &connection->shard->scratch.problem;
	struct buffer *piece = &connection->shard->scratch.envelope;
	buffer_clear(error);
	buffer_clear(piece);
	append_error(answer, error);
	if (!part_format_append_error(format_of(connection), buffer_span(error), piece) ||
		piece->failed) {
		return false;
	}
	write_piece(connection, buffer_span(piece));
	return true;
}

void http1_stream_end(
	struct connection *connection, struct call *call, const struct call_answer *answer)
{
	struct buffer *piece = &connection->shard->scratch.envelope;
	if (!has_content(connection, call->status)) {
		http1_answer_finish(connection);
		return;
	}
	if (answer->end) {
		buffer_clear(piece);
		part_format_append_end(format_of(connection), call->parts, piece);
		write_piece(connection, buffer_span(piece));
	} else if (!write_error(connection, answer)) {
		connection_close(connection);
		return;
	}
	if (!connection->dead && connection->http1.minor > 0) {
		buffer_append_literal(connection_write(connection), "0\r\n\r\n");
		connection_written(connection);
	}
	http1_answer_finish(connection);
}

void http1_stream_beat(struct connection *connection)
{
	write_piece(connection, SPAN(":\n\n"));
	if (!connection->dead) {
		connection_deadline_after(connection, BEAT_MS);
	}
}
