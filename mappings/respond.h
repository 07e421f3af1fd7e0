/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What a mapping answers without asking anybody: `respond` and `redirect`. Pure; any thread. */
#pragma once

#include "base/span.h"
#include "mappings/answer.h"
#include "mappings/mapping.h"
#include "mappings/request.h"
#include "mappings/send.h"

#include <stdbool.h>

struct respond_input {
	const struct request *request; /* with its whole body */
	const struct match *match;
	const struct send_facts *facts; /* only id, wall_ms and instance are used */
	struct send_room *room;         /* what has to be made stands there */
};

/*
 * Fills `answer`; its spans point into request, match, facts, mapping or room. False and a refusal
 * (400, 413, 415) when the request lacks a value, or has one that its place does not allow. With a
 * file (respond_file) the answer has its type and no body.
 */
bool respond_compose(
	const struct respond_input *input, struct answer *answer, struct refusal *refusal);
/* Path of the file that is the content, with a NUL behind it; absent: the answer has it. */
struct span respond_file(const struct mapping *mapping);
