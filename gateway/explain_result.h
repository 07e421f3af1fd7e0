/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What becomes of a request, worked out as the gateway would but without a broker: the mappings
 * that were considered, the winner, and the message or the answer it makes. Written for people or
 * as JSON.
 */
#pragma once

#include "base/buffer.h"
#include "gateway/config.h"
#include "gateway/explain_answer.h"
#include "gateway/explain_request.h"
#include "gateway/file_search.h"
#include "mappings/mapping.h"
#include "mappings/send.h"

#include <stdbool.h>

struct explain_result {
	const struct config *config;
	const struct explain_request *asked;
	struct match match;
	struct refusal refusal; /* status 0: none */
	struct send_room room;  /* the message, where one is sent */
	struct file_search search;
	struct explain_answer answer;  /* where the mapping answers by itself */
	const struct mapping **passed; /* `files` that have no such file */
	unsigned passed_count;
	struct buffer scratch;
	bool won; /* some mapping takes the request */
	bool sends;
	bool answers;
};

/* `asked` must outlive it. */
void explain_result_init(struct explain_result *result, const struct config *config,
	const struct explain_request *asked);
void explain_result_finish(struct explain_result *result);
/* The status that the client would get, where it can be known: 200 for a reply that may come. */
int explain_result_status(const struct explain_result *result);
void explain_result_write(const struct explain_result *result, struct buffer *out);
void explain_result_write_json(const struct explain_result *result, struct buffer *out);
