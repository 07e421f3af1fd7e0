/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/explain_members.h"

#include "base/json.h"
#include "base/utf8.h"

enum { VALUE_COLUMN = 32 };

void explain_members_begin(struct explain_members *members, struct span name)
{
	struct buffer *out = members->out;
	if (members->json) {
		buffer_append_span(out, members->count > 0 ? SPAN(",") : SPAN(""));
		json_append_string(out, name);
		buffer_append_char(out, ':');
	} else {
		size_t start = out->len;
		buffer_append_format(out, "  %s%.*s ", members->kind, (int)name.len, name.ptr);
		while (!out->failed && out->len < start + VALUE_COLUMN) {
			buffer_append_char(out, ' ');
		}
	}
	members->count++;
}

void explain_members_end(struct explain_members *members)
{
	buffer_append_span(members->out, members->json ? SPAN("") : SPAN("\n"));
}

void explain_members_append(struct explain_members *members, struct span text)
{
	struct buffer *out = members->out;
	bool readable = utf8_check(text);
	if (members->json && readable) {
		json_append_string(out, text);
	} else if (readable) {
		buffer_append_span(out, text);
	} else {
		buffer_append_span(out, members->json ? SPAN("{\"base64\":\"") : SPAN("base64 "));
		buffer_append_base64(out, text);
		buffer_append_span(out, members->json ? SPAN("\"}") : SPAN(""));
	}
}

void explain_members_text(struct explain_members *members, const char *name, struct span text)
{
	if (span_present(text)) {
		explain_members_begin(members, span_from_text(name));
		explain_members_append(members, text);
		explain_members_end(members);
	}
}

void explain_members_number(struct explain_members *members, const char *name, uint64_t number)
{
	explain_members_begin(members, span_from_text(name));
	buffer_append_number(members->out, number);
	explain_members_end(members);
}

static void append_header(struct explain_members *members, const struct message_header *header)
{
	bool plain = header->type == MESSAGE_JSON || header->type == MESSAGE_INTEGER ||
		     header->type == MESSAGE_REAL || header->type == MESSAGE_BOOLEAN;
	explain_members_begin(members, header->name);
	if (header->type == MESSAGE_NULL) {
		buffer_append_literal(members->out, "null");
	} else if (plain) {
		buffer_append_span(members->out, header->value);
	} else {
		explain_members_append(members, header->value);
	}
	explain_members_end(members);
}

void explain_members_headers(
	struct explain_members *members, const struct message_header *headers, unsigned count)
{
	struct explain_members group = explain_members_open(members, "headers", "header ");
	for (unsigned i = 0; i < count; i++) {
		append_header(&group, &headers[i]);
	}
	explain_members_close(&group);
}

void explain_members_body(struct explain_members *members, struct span body)
{
	if (!span_present(body)) {
		return;
	}
	explain_members_begin(members, SPAN("body"));
	if (members->json && json_check(body, NULL)) {
		buffer_append_span(members->out, json_value(body));
	} else {
		explain_members_append(members, body);
	}
	explain_members_end(members);
}

struct explain_members explain_members_open(
	struct explain_members *members, const char *name, const char *kind)
{
	if (members->json) {
		explain_members_begin(members, span_from_text(name));
		buffer_append_char(members->out, '{');
	} else if (kind[0] == '\0') {
		buffer_append_format(members->out, "%s:\n", name);
	}
	return (struct explain_members){ members->out, members->json, 0, kind };
}

void explain_members_close(const struct explain_members *members)
{
	buffer_append_span(members->out, members->json ? SPAN("}") : SPAN(""));
}
