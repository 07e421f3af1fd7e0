/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Why `bridgehead call` reads answers itself while libwebsockets has an HTTP client role: with
 * that role (4.1) a request line beyond 2 KiB is cut in silence, header fields that it has no
 * token for cannot be listed, and an answer that comes while the body is still on its way out (a
 * 413, say) is not read at all. docs/decisions/0004-call-reads-http-itself.md has the cases.
 *
 *     LINE(status, headers) -> SIZED | SIZE -> CHUNK -> CRLF -> SIZE ... -> TRAILER | UNTIL_CLOSE
 */
#include "gateway/client_response.h"

#include "base/text.h"

#define HEAD_MAX (256 * 1024)
#define LINE_MAX (16 * 1024)

enum state {
	STATE_HEAD,
	STATE_SIZED,       /* a body of known length */
	STATE_UNTIL_CLOSE, /* a body that ends with the connection */
	STATE_CHUNK_SIZE,
	STATE_CHUNK,
	STATE_CHUNK_END, /* the line break behind a chunk */
	STATE_TRAILER,
	STATE_END,
	STATE_BROKEN,
};

void client_response_finish(struct client_response *response)
{
	buffer_finish(&response->head);
	buffer_finish(&response->line);
}

static enum client_response_event broken(struct client_response *response, const char *fault)
{
	response->fault = fault;
	response->state = STATE_BROKEN;
	return CLIENT_RESPONSE_BROKEN;
}

static int hex_digit(char c)
{
	char lower = span_lower(c);

	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The value of a run of digits; false for anything else, or beyond 2^60. */
static bool read_number(struct span digits, unsigned base, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < digits.len; i++) {
		int digit = hex_digit(digits.ptr[i]);
		if (digit < 0 || (unsigned)digit >= base || *value >> 56 != 0) {
			return false;
		}
		*value = *value * base + (unsigned)digit;
	}
	return digits.len > 0;
}

/* The next line of a head without its line break; false at the empty line. */
static bool next_line(struct span *rest, struct span *line)
{
	const char *end = memmem(rest->ptr, rest->len, "\r\n", 2);

	*line = span_of(rest->ptr, end != NULL ? (size_t)(end - rest->ptr) : rest->len);
	*rest = span_skip(*rest, line->len + (end != NULL ? 2 : 0));
	return line->len > 0;
}

static bool read_status_line(struct client_response *response, struct span line)
{
	uint64_t status;

	if (!span_starts_with(line, SPAN("HTTP/1.")) || line.len < 12 || line.ptr[8] != ' ' ||
		!read_number(span_of(line.ptr + 9, 3), 10, &status) || status < 100 ||
		(line.len > 12 && line.ptr[12] != ' ')) {
		return false;
	}
	response->status = (int)status;
	return true;
}

static enum client_response_event finish_head(struct client_response *response)
{
	struct span rest = buffer_span(&response->head);
	struct span line;
	bool sized = false, chunked = false;

	if (!next_line(&rest, &line) || !read_status_line(response, line)) {
		return broken(response, "the answer does not begin with an HTTP/1 status line");
	}
	while (next_line(&rest, &line)) {
		const char *colon = memchr(line.ptr, ':', line.len);
		if (colon == NULL) {
			return broken(response, "the answer has a header line without a colon");
		}
		struct span name = span_of(line.ptr, (size_t)(colon - line.ptr));
		struct span value = text_trim(span_skip(line, name.len + 1));
		if (span_equal_nocase(name, SPAN("content-length"))) {
			sized = true;
			if (!read_number(value, 10, &response->remaining)) {
				return broken(response, "the answer's Content-Length is no number");
			}
		} else if (span_equal_nocase(name, SPAN("transfer-encoding"))) {
			chunked = true;
			if (!span_equal_nocase(value, SPAN("chunked"))) {
				return broken(
					response, "the answer's Transfer-Encoding is unknown");
			}
		}
	}
	if (response->status < 200 && response->status != 101) {
		buffer_clear(&response->head);
		return CLIENT_RESPONSE_MORE;
	}
	if (response->head_only || response->status == 204 || response->status == 304 ||
		(sized && !chunked && response->remaining == 0)) {
		response->state = STATE_END;
	} else if (chunked) {
		response->state = STATE_CHUNK_SIZE;
	} else {
		response->state = sized ? STATE_SIZED : STATE_UNTIL_CLOSE;
	}
	return CLIENT_RESPONSE_HEAD;
}

static enum client_response_event step_head(struct client_response *response, struct span *input)
{
	const struct buffer *head = &response->head;
	size_t from = head->len > 3 ? head->len - 3 : 0;

	/* One byte too many would belong to the body: take up to each line feed only. */
	const char *feed = memchr(input->ptr, '\n', input->len);
	size_t take = feed != NULL ? (size_t)(feed - input->ptr) + 1 : input->len;

	buffer_append(&response->head, input->ptr, take);
	*input = span_skip(*input, take);
	if (head->failed || head->len > HEAD_MAX) {
		return broken(response, "the head of the answer is too large");
	}
	if (memmem(head->data + from, head->len - from, "\r\n\r\n", 4) == NULL) {
		return CLIENT_RESPONSE_MORE;
	}
	return finish_head(response);
}

/* True when a line is complete; its bytes are in `line`, without the line break. */
static bool take_line(struct client_response *response, struct span *input)
{
	const char *feed = memchr(input->ptr, '\n', input->len);
	size_t take = feed != NULL ? (size_t)(feed - input->ptr) + 1 : input->len;
	struct buffer *line = &response->line;

	buffer_append(line, input->ptr, take);
	*input = span_skip(*input, take);
	if (line->failed || line->len > LINE_MAX) {
		broken(response, "a line in the body of the answer is too long");
		return false;
	}
	if (feed == NULL) {
		return false;
	}
	line->len--;
	if (line->len > 0 && line->data[line->len - 1] == '\r') {
		line->len--;
	}
	return true;
}

static enum client_response_event step_line(struct client_response *response, struct span *input)
{
	if (!take_line(response, input)) {
		return response->state == STATE_BROKEN ? CLIENT_RESPONSE_BROKEN
						       : CLIENT_RESPONSE_MORE;
	}
	struct span line = buffer_span(&response->line);
	buffer_clear(&response->line);

	if (response->state == STATE_CHUNK_END) {
		response->state = STATE_CHUNK_SIZE;
		return line.len == 0 ? CLIENT_RESPONSE_MORE
				     : broken(response, "a chunk of the answer is too long");
	}
	if (response->state == STATE_TRAILER) {
		response->state = line.len == 0 ? STATE_END : STATE_TRAILER;
		return line.len == 0 ? CLIENT_RESPONSE_END : CLIENT_RESPONSE_MORE;
	}
	const char *semicolon = memchr(line.ptr, ';', line.len);
	line.len = semicolon != NULL ? (size_t)(semicolon - line.ptr) : line.len;
	if (!read_number(text_trim(line), 16, &response->remaining)) {
		return broken(response, "a chunk of the answer has no size");
	}
	response->state = response->remaining == 0 ? STATE_TRAILER : STATE_CHUNK;
	return CLIENT_RESPONSE_MORE;
}

static enum client_response_event step_body(
	struct client_response *response, struct span *input, struct span *body)
{
	*body = *input;
	if (response->state != STATE_UNTIL_CLOSE) {
		body->len = body->len < response->remaining ? body->len : response->remaining;
		response->remaining -= body->len;
	}
	*input = span_skip(*input, body->len);
	if (response->state == STATE_SIZED && response->remaining == 0) {
		response->state = STATE_END;
	} else if (response->state == STATE_CHUNK && response->remaining == 0) {
		response->state = STATE_CHUNK_END;
	}
	return CLIENT_RESPONSE_BODY;
}

enum client_response_event client_response_next(
	struct client_response *response, struct span *input, struct span *body)
{
	enum client_response_event event = CLIENT_RESPONSE_MORE;

	while (event == CLIENT_RESPONSE_MORE) {
		if (response->state == STATE_END) {
			return CLIENT_RESPONSE_END;
		}
		if (response->state == STATE_BROKEN) {
			return CLIENT_RESPONSE_BROKEN;
		}
		if (input->len == 0) {
			return CLIENT_RESPONSE_MORE;
		}
		switch ((enum state)response->state) {
		case STATE_HEAD: event = step_head(response, input); break;
		case STATE_SIZED:
		case STATE_UNTIL_CLOSE:
		case STATE_CHUNK: event = step_body(response, input, body); break;
		default: event = step_line(response, input); break;
		}
	}
	return event;
}

enum client_response_event client_response_close(struct client_response *response)
{
	if (response->state == STATE_BROKEN) {
		return CLIENT_RESPONSE_BROKEN;
	}
	if (response->state == STATE_END || response->state == STATE_UNTIL_CLOSE) {
		response->state = STATE_END;
		return CLIENT_RESPONSE_END;
	}
	return broken(response, response->state == STATE_HEAD
					? "the connection ended before the answer"
					: "the connection ended inside the answer");
}
