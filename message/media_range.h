/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Sets of media types (RFC 9110 section 12.5.1): "application/json" is one type, a star as the
 * subtype all of a type, two stars are all types; beyond the RFC, "application/" and then "*+json"
 * are all that end so. Without parameters, in any case. Pure; a range points into the text it was
 * read from.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>

enum media_range_kind {
	MEDIA_RANGE_ALL,
	MEDIA_RANGE_TYPE,   /* every subtype of `type` */
	MEDIA_RANGE_SUFFIX, /* those whose subtype is something and then `subtype` */
	MEDIA_RANGE_ONE,
};

/* The later its kind, the more specific it is. */
struct media_range {
	enum media_range_kind kind;
	struct span type;
	struct span subtype;
};

/* False when `text` is none: a star anywhere else, too, as in a star before "/html". */
bool media_range_parse(struct span text, struct media_range *range);
/* `name` is that of a media_type. */
bool media_range_holds(const struct media_range *range, struct span name);
/* Every type of `b` is in `a`. */
bool media_range_covers(const struct media_range *a, const struct media_range *b);
/* Some type is in both. */
bool media_range_overlaps(const struct media_range *a, const struct media_range *b);
