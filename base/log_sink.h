/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* Where the lines of log.h go: a descriptor that is written without waiting. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum log_sink_kind {
	LOG_SINK_FILE,   /* takes everything at once */
	LOG_SINK_PIPE,   /* does not wait by itself; fed in pieces that are not torn */
	LOG_SINK_SOCKET, /* the same with MSG_DONTWAIT */
	LOG_SINK_ASKED,  /* may wait, so it is asked before each piece */
};

struct log_sink {
	int fd;
	enum log_sink_kind kind;
};

/* `path` NULL: stderr. False and errno when it cannot be opened. */
bool log_sink_init(struct log_sink *sink, const char *path);
void log_sink_finish(struct log_sink *sink);
/*
 * Writes some of these whole lines, each at most LOG_LINE_MAX long; the first may be the rest of
 * one. How many bytes went; 0 when nothing can be written now.
 */
size_t log_sink_write(struct log_sink *sink, const char *lines, size_t len);
/* Waits until something can be written; for the end of the process only. */
void log_sink_wait(struct log_sink *sink, int timeout_ms);
