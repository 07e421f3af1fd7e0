/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/http1_answer.h"

#include "base/buffer.h"
#include "gateway/call.h"
#include "gateway/connection.h"
#include "gateway/file.h"
#include "gateway/http1.h"
#include "gateway/http1_file.h"
#include "gateway/listener.h"
#include "gateway/shard.h"

#include <stddef.h>

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 205, "Reset Content" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 425, "Too Early" },
	{ 426, "Upgrade Required" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 451, "Unavailable For Legal Reasons" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

const char *http1_reason_phrase(int status)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status) {
			return phrases[i].phrase;
		}
	}
	return "";
}

static void append_line(struct buffer *out, struct span name, struct span value)
{
	buffer_append_span(out, name);
	buffer_append_literal(out, ": ");
	buffer_append_span(out, value);
	buffer_append_literal(out, "\r\n");
}

static void append_start(const struct connection *connection, int status, struct buffer *out)
{
	if (status == 200) {
		buffer_append_literal(out, "HTTP/1.1 200 OK\r\n");
	} else {
		const char *phrase = http1_reason_phrase(status);
		buffer_append_literal(out, "HTTP/1.1 ");
		buffer_append_number(out, (uint64_t)status);
		buffer_append_char(out, ' ');
		buffer_append(out, phrase, strlen(phrase));
		buffer_append_literal(out, "\r\n");
	}
	buffer_append(out, connection->shard->date, HTTP_DATE_LEN);
}

/* RFC 9112 section 9.3: 1.1 stays open unless said otherwise, 1.0 closes unless said otherwise. */
static void append_connection(const struct connection *connection, bool upgrade, struct buffer *out)
{
	bool closes = !connection->http1.keep_alive;
	bool says = closes || connection->http1.minor == 0;
	if (!says && !upgrade) {
		return;
	}
	buffer_append_literal(out, "Connection: ");
	if (upgrade) {
		buffer_append_span(out, says ? SPAN("Upgrade, ") : SPAN("Upgrade"));
	}
	if (says) {
		buffer_append_span(out, closes ? SPAN("close") : SPAN("keep-alive"));
	}
	buffer_append_literal(out, "\r\n");
}

/* Ends the head; a file that has to follow is on its way then, and ends the answer. False: it is
 * nothing but the head. */
static bool append_file(struct connection *connection, int status, struct file_part *file)
{
	struct buffer *out = connection_write(connection);
	if (http1_answer_has_content(status)) {
		buffer_append_literal(out, "Content-Length: ");
		buffer_append_number(out, file->len);
		buffer_append_literal(out, "\r\n");
	}
	buffer_append_literal(out, "\r\n");
	if (!http1_answer_has_content(status) || connection->http1.is_head || file->len == 0) {
		connection_written(connection);
		return false;
	}
	http1_file_begin(connection, file);
	return true;
}

/* Ends the head and writes the body. */
static void append_body(struct connection *connection, int status, struct span body)
{
	struct buffer *out = connection_write(connection);
	if (!http1_answer_has_content(status)) {
		buffer_append_literal(out, "\r\n");
		connection_written(connection);
		return;
	}
	buffer_append_literal(out, "Content-Length: ");
	buffer_append_number(out, status == 205 ? 0 : body.len);
	buffer_append_literal(out, "\r\n\r\n");
	if (connection->http1.is_head || status == 205) {
		connection_written(connection);
	} else {
		connection_write_body(connection, body);
	}
}

void http1_answer_finish(struct connection *connection)
{
	if (connection->dead) {
		return;
	}
	connection->http1.phase = HTTP1_PHASE_IDLE;
	connection->http1.is_head = false;
	cors_note_forget(&connection->http1.cors);
	connection->http1.vary = 0;
	if (!connection->http1.keep_alive) {
		connection_close(connection);
		return;
	}
	int64_t idle_ms = connection->listener->options->limits.idle_timeout_ms;
	connection_deadline(connection, shard_due_after(connection->shard, idle_ms));
	connection_resume(connection);
}

/* ---- answers of calls ---- */

static void append_reply_headers(const struct answer *reply, struct buffer *out)
{
	for (unsigned i = 0; i < reply->header_count; i++) {
		append_line(out, reply->headers[i].name, reply->headers[i].value);
	}
}

static void append_reply_head(const struct answer *reply, struct buffer *out)
{
	struct span type = reply->content_type;
	if (!span_present(type) && reply->body.len > 0) {
		type = SPAN("application/octet-stream");
	}
	if (span_present(type) && http1_answer_has_content(reply->status)) {
		append_line(out, SPAN("Content-Type"), type);
	}
	if (span_present(reply->content_encoding) && http1_answer_has_content(reply->status)) {
		append_line(out, SPAN("Content-Encoding"), reply->content_encoding);
	}
	append_reply_headers(reply, out);
}

/* RFC 9110 sections 10.2.1, 12.5.1, 12.5.3 and 14.4. */
static const struct span offer_names[] = {
	[OFFER_ALLOW] = SPAN("Allow"),
	[OFFER_ACCEPT] = SPAN("Accept"),
	[OFFER_ACCEPT_ENCODING] = SPAN("Accept-Encoding"),
	[OFFER_CONTENT_RANGE] = SPAN("Content-Range"),
};

/* Caches have to know which headers the choice of the mapping depended on (RFC 9110 12.5.5). */
static void append_vary(const struct connection *connection, struct buffer *out)
{
	if (connection->http1.vary != 0) {
		buffer_append_literal(out, "Vary: ");
		mapping_table_append_vary(
			connection->shard->config->mappings, connection->http1.vary, out);
		buffer_append_literal(out, "\r\n");
	}
}

static void append_common(struct connection *connection, const struct call *call,
	const struct call_answer *answer, struct buffer *out)
{
	struct span request_id = call_request_id(call);
	if (span_present(request_id)) {
		append_line(out, SPAN("X-Request-Id"), request_id);
	}
	if (answer->retry_after_s > 0) {
		buffer_append_literal(out, "Retry-After: ");
		buffer_append_number(out, answer->retry_after_s);
		buffer_append_literal(out, "\r\n");
	}
	if (answer->offer != OFFER_NOTHING) {
		append_line(out, offer_names[answer->offer], answer->offered);
	}
	append_vary(connection, out);
	cors_note_write(&connection->http1.cors, out);
	append_connection(connection, false, out);
}

/* {"call","published"}: the broker has the message, nobody was asked for a reply. */
static struct span accepted_body(struct connection *connection, const struct call *call)
{
	struct buffer *body = &connection->shard->scratch.problem;
	buffer_clear(body);
	buffer_append_literal(body, "{\"call\":\"");
	buffer_append_span(body, call_id(call));
	buffer_append_literal(body, "\",\"published\":\"");
	const char *published = published_name(call->published);
	buffer_append(body, published, strlen(published));
	buffer_append_literal(body, "\"}");
	return buffer_span(body);
}

void http1_answer_call(
	struct connection *connection, struct call *call, const struct call_answer *answer)
{
	struct buffer *out = connection_write(connection);
	struct span body = SPAN_ABSENT;
	append_start(connection, answer->status, out);
	if (answer->problem != NULL) {
		struct buffer *text = &connection->shard->scratch.problem;
		buffer_clear(text);
		problem_write(answer->problem, text);
		body = buffer_span(text);
		buffer_append_literal(out, "Content-Type: application/problem+json\r\n");
	} else if (answer->reply != NULL) {
		body = answer->reply->body;
		append_reply_head(answer->reply, out);
	} else {
		body = accepted_body(connection, call);
		buffer_append_literal(out, "Content-Type: application/json\r\n");
	}
	append_common(connection, call, answer, out);
	if (answer->file == NULL) {
		append_body(connection, answer->status, body);
	} else if (append_file(connection, answer->status, answer->file)) {
		return;
	}
	http1_answer_finish(connection);
}

void http1_answer_head(struct connection *connection, struct call *call,
	const struct call_answer *answer, struct span content_type)
{
	struct buffer *out = connection_write(connection);
	bool has_content = http1_answer_has_content(answer->status) && answer->status != 205;
	if (connection->http1.minor == 0) {
		connection->http1.keep_alive = false; /* its end is that of the connection */
	}
	append_start(connection, answer->status, out);
	if (has_content) {
		append_line(out, SPAN("Content-Type"), content_type);
	} else if (answer->status == 205) {
		append_line(out, SPAN("Content-Length"), SPAN("0"));
	}
	append_reply_headers(answer->reply, out);
	append_common(connection, call, answer, out);
	if (has_content && connection->http1.minor > 0) {
		append_line(out, SPAN("Transfer-Encoding"), SPAN("chunked"));
	}
	buffer_append_literal(out, "\r\n");
}

/* ---- answers of nobody's call ---- */

void http1_answer_page(struct connection *connection, const struct http1_page *page)
{
	struct buffer *out = connection_write(connection);
	append_start(connection, page->status, out);
	if (page->content_type != NULL) {
		append_line(out, SPAN("Content-Type"), span_from_text(page->content_type));
	}
	for (unsigned i = 0; i < page->line_count; i++) {
		append_line(out, span_from_text(page->lines[i].name), page->lines[i].value);
	}
	append_vary(connection, out);
	cors_note_write(&connection->http1.cors, out);
	append_connection(connection, page->upgrade, out);
	append_body(connection, page->status, page->body);
	http1_answer_finish(connection);
}

void http1_answer_problem_with(struct connection *connection, const struct problem *problem,
	const struct http1_line *lines, unsigned line_count)
{
	struct buffer *text = &connection->shard->scratch.problem;
	buffer_clear(text);
	problem_write(problem, text);
	const struct http1_page page = {
		.status = problem->status,
		.content_type = "application/problem+json",
		.body = buffer_span(text),
		.lines = lines,
		.line_count = line_count,
	};
	http1_answer_page(connection, &page);
}

void http1_answer_problem(struct connection *connection, const struct problem *problem, bool close)
{
	const struct http1_line retry = { "Retry-After", SPAN("1") };
	if (close) {
		connection->http1.keep_alive = false;
	}
	http1_answer_problem_with(connection, problem, &retry, problem->status == 503 ? 1 : 0);
}
