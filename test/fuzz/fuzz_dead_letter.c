/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Headers of a dead letter, one in a line: "name=text" or "name:json". Whatever they say, what is
 * read stands in a value of theirs.
 */
#include "bridges/dead_letter.h"
#include "test/fuzz/fuzz.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned read_headers(struct span input, struct message_header *headers)
{
	unsigned count = 0;
	while (input.len > 0 && count < MESSAGE_HEADERS_MAX) {
		struct span line = take_line(&input);
		size_t at = 0;
		while (at < line.len && line.ptr[at] != '=' && line.ptr[at] != ':') {
			at++;
		}
		if (at < line.len) {
			headers[count].name = span_of(line.ptr, at);
			headers[count].value = span_skip(line, at + 1);
			headers[count].type = line.ptr[at] == ':' ? MESSAGE_JSON : MESSAGE_TEXT;
			count++;
		}
	}
	return count;
}

static bool stands_in(struct span text, const struct message *message)
{
	for (unsigned i = 0; i < message->header_count; i++) {
		struct span value = message->headers[i].value;
		if (text.ptr >= value.ptr && text.ptr + text.len <= value.ptr + value.len) {
			return true;
		}
	}
	return !span_present(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_header headers[MESSAGE_HEADERS_MAX];
	struct message message = { .headers = headers };
	struct dead_letter letter;
	message.header_count = read_headers(span_of((const char *)data, size), headers);
	dead_letter_read(&message, &letter);
	require(letter.message == &message);
	require(stands_in(letter.reason, &message) && stands_in(letter.from, &message));
	require(stands_in(letter.exception, &message) && stands_in(letter.text, &message));
	require(letter.expired == span_equal(letter.reason, SPAN("expired")));
	return 0;
}
