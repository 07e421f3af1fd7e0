/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What a client says about the copy it has (RFC 9110 section 13), and which part it wants (section
 * 14). Pure; any thread.
 */
#pragma once

#include "base/span.h"
#include "mappings/request.h"

#include <stdint.h>

/* What is there now. */
struct precondition_facts {
	struct span tag; /* a strong entity tag, with its quotes */
	int64_t modified_s;
	int64_t now_s;
	uint64_t size;
};

enum precondition {
	PRECONDITION_WHOLE,
	PRECONDITION_PART,
	PRECONDITION_NOT_MODIFIED, /* 304 */
	PRECONDITION_FAILED,       /* 412 */
	PRECONDITION_BEYOND,       /* 416 */
};

/* Of a GET or HEAD that would be 200; `first` and `len` of a part. */
enum precondition precondition_check(const struct request *request,
	const struct precondition_facts *facts, uint64_t *first, uint64_t *len);
