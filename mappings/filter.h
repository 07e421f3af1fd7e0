/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What stands behind the `|` of a variable: base64, html, uri, or a character class with a length,
 * [A-Za-z0-9_.-]{1,64}. Compiled at load, immutable, read by any thread.
 */
#pragma once

#include "base/buffer.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum filter_kind { FILTER_BASE64, FILTER_HTML, FILTER_URI, FILTER_URI_SEGMENT, FILTER_CLASS };

struct filter {
	enum filter_kind kind;
	uint64_t allowed[2]; /* of a class: one bit for each ASCII character */
	size_t min, max;
};

/* What client text may bring into a destination: [A-Za-z0-9_-]{1,128}. */
extern const struct filter filter_destination;
/* What `|uri` does, and the same for one segment, where a slash is a character like others. */
extern const struct filter filter_segments, filter_segment;

/*
 * Reads one filter from the front of `text`, which stands behind the bar, and takes it off. NULL,
 * or why it is none: a constant phrase.
 */
const char *filter_parse(struct span *text, struct filter *filter);
/* For a class: whether the text fits. */
bool filter_fits(const struct filter *filter, struct span text);
/* For a class: none of these ASCII characters fits. */
bool filter_keeps_out(const struct filter *filter, const char *characters);
/* Not for a class: appends the changed text. */
void filter_append(const struct filter *filter, struct span text, struct buffer *out);
/* Nothing but what may stand in a URI: printable ASCII without blanks. */
bool filter_is_uri(struct span text);
/* UTF-8 without control characters: what header values, properties and keys may hold. */
bool filter_is_plain_text(struct span text);
