/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The Range of a request (RFC 9110 section 14.2), as far as one part of a file can answer it. Pure.
 */
#pragma once

#include "base/span.h"

#include <stdint.h>

enum byte_range {
	BYTE_RANGE_WHOLE, /* of another unit, broken, or several: the whole is the answer */
	BYTE_RANGE_PART,
	BYTE_RANGE_BEYOND, /* 416 */
};

/* `first` and `len` of a part: at least one byte, within `size`. */
enum byte_range byte_range_parse(struct span value, uint64_t size, uint64_t *first, uint64_t *len);
