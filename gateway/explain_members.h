/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Names with values, as `bridgehead explain` says them: members of a JSON object, or lines for
 * people. */
#pragma once

#include "base/buffer.h"
#include "base/span.h"
#include "message/message.h"

#include <stdbool.h>
#include <stdint.h>

struct explain_members {
	struct buffer *out;
	bool json;
	unsigned count;
	const char *kind; /* stands before each name, for people */
};

/* What follows is its value; for people until explain_members_end(). */
void explain_members_begin(struct explain_members *members, struct span name);
void explain_members_end(struct explain_members *members);
/* The value only, as text; bytes that are no text in base64. */
void explain_members_append(struct explain_members *members, struct span text);
/* Whole ones. An absent text is left out. */
void explain_members_text(struct explain_members *members, const char *name, struct span text);
void explain_members_number(struct explain_members *members, const char *name, uint64_t number);
void explain_members_headers(
	struct explain_members *members, const struct message_header *headers, unsigned count);
/* JSON as it is, anything else as a text; an absent one is left out. */
void explain_members_body(struct explain_members *members, struct span body);

/* An object of its own in JSON; for people a heading, or its `kind` before each name. */
struct explain_members explain_members_open(
	struct explain_members *members, const char *name, const char *kind);
void explain_members_close(const struct explain_members *members);
