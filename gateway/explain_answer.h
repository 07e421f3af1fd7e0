/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* What a mapping without a worker answers, for `bridgehead explain`: as local_answer.c would. */
#pragma once

#include "base/buffer.h"
#include "gateway/explain_members.h"
#include "gateway/file_search.h"
#include "mappings/answer.h"
#include "mappings/files.h"
#include "mappings/respond.h"

#include <stdbool.h>

struct explain_answer {
	struct answer answer;
	bool by_file;          /* the content is `part` of a file */
	struct buffer path;    /* of that file */
	struct buffer content; /* of the part, where it is a short text */
	struct buffer text;    /* of headers */
	struct files_part part;
};

/* Zero-initialized before. False and a refusal: there is none. Finish it in any case. */
bool explain_answer_init(struct explain_answer *given, const struct respond_input *input,
	struct file_search *search, struct refusal *refusal);
void explain_answer_finish(struct explain_answer *given);
void explain_answer_write(const struct explain_answer *given, struct explain_members *members);
