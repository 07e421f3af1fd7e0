/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * One line for every call that ended. It is written at every call, so what is the same in all lines
 * of a mapping is made once. One thread.
 */
#pragma once

#include "base/address.h"
#include "base/log.h"
#include "gateway/call.h"
#include "gateway/config.h"

struct access_words;

struct access_log {
	struct log *log;
	const struct access_words *words; /* of the log's format */
	struct span *fields;              /* per mapping: its name and bridge, ready to be copied */
	size_t count;
	/* The client of the last line: often, as behind a proxy, it is that of the next one. */
	struct address client;
	char client_text[ADDRESS_TEXT_MAX];
	size_t client_len;
};

void access_log_init(struct access_log *access, struct log *log, const struct config *config);
void access_log_finish(struct access_log *access);
/* The call is about to leave; `answer` NULL: nobody gets one. */
void access_log_write(struct access_log *access, const struct call *call,
	const struct call_answer *answer, uint64_t now_us);
