/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What the files of option.h share: how values are written for people. */
#pragma once

#include "base/buffer.h"
#include "base/option.h"

/* The reverse of option_parse_duration and option_parse_size, in the largest unit that fits. */
void option_value_append_duration(struct buffer *out, int64_t ms);
void option_value_append_size(struct buffer *out, int64_t bytes);
/* A number in the unit of the row's type. */
void option_value_append(struct buffer *out, const struct option *row, int64_t value);
/* The bounds of a row that has any: "from 1 to 64", "of at least 1s". */
void option_value_append_range(struct buffer *out, const struct option *row);
/* Whether the default stands in a file without quotes around it. */
bool option_value_is_bare(const struct option *row);
/* Whether option_expand would replace anything: then the result may be a secret. */
bool option_has_reference(struct span text);

static inline bool option_value_is_bounded(const struct option *row)
{
	return row->min != 0 || row->max != 0;
}
