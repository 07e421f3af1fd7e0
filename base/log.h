/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The log of one thread. Lines gather in a bounded buffer and leave with log_flush(), once per turn
 * of the loop. Nothing here blocks: when the reader is slow whole lines are dropped, and a later
 * line says how many.
 *
 *     if (log_begin(log, LOG_INFO, "listening")) {
 *             log_text(log, "address", address);
 *             log_number(log, "port", port);
 *             log_end(log);
 *     }
 *
 * Between log_begin and log_end of one line no other line may begin. A line is at most
 * LOG_LINE_MAX bytes; fields that do not fit are left out and the line ends in cut=true. Of one
 * text the first 1024 bytes are written, then three dots. Keys and messages are the program's own
 * constants, without quotes, backslashes or control characters.
 */
#pragma once

#include "base/option.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* PIPE_BUF of Linux: up to here the lines of several writers to one pipe do not mix. */
#define LOG_LINE_MAX 4096

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_options {
	int format; /* enum log_format */
	int level;  /* enum log_level */
	bool access;
	char *file; /* NULL: stderr */
};

/* Rows of the configuration's `log` object, for a struct log_options. */
extern const struct option log_rows[];

struct log;

/*
 * `options` NULL: logfmt, info, to stderr. NULL and errno when the file cannot be opened. The
 * options are not kept; a relative file is relative to the working directory. The process must
 * ignore SIGPIPE.
 */
struct log *log_create(const struct log_options *options);
/* Waits a moment for a slow reader to take the last lines. NULL is accepted. */
void log_destroy(struct log *log);

/* Writes what has gathered, without waiting. Cheap when there is nothing. Not inside a line. */
void log_flush(struct log *log);
/*
 * For every turn of a loop: writes too, unless the last write was less than LOG_PAUSE_MS ago and
 * little has gathered since. So a quiet process logs at once, and a busy one does not spend a
 * system call per turn on it. Something must call it, or log_flush(), again within that time.
 */
enum { LOG_PAUSE_MS = 50 };
void log_turn(struct log *log, uint64_t now_ms);
bool log_wants(const struct log *log, enum log_level level);
/* Whether the configuration asks for a line per call. */
bool log_wants_access(const struct log *log);
/* Lines dropped since the start. */
uint64_t log_dropped(const struct log *log);

/* False, and nothing to do, when lines of this level are not wanted. */
bool log_begin(struct log *log, enum log_level level, const char *message);
void log_end(struct log *log);

/*
 * Fields that are the same in many lines are made once: begin a line, mark, write them, take what
 * was written since, discard the line; log_fields() copies them into other lines of this log's
 * format.
 */
size_t log_mark(const struct log *log);
struct span log_since(const struct log *log, size_t mark);
void log_discard(struct log *log);
void log_fields(struct log *log, struct span fields);

/*
 * For the one line that is written at every call: room for fields that the caller writes itself, in
 * the form of log_format_of(). NULL when `size` bytes do not fit; else log_advance() takes their
 * end.
 */
enum log_format log_format_of(const struct log *log);
char *log_room(struct log *log, size_t size);
void log_advance(struct log *log, char *end);

/* The inline functions below are what callers use: they spare the strlen of constant keys. */
void log_put_text(struct log *log, struct span key, struct span value);
void log_put_plain(struct log *log, struct span key, struct span value);
void log_put_number(struct log *log, struct span key, int64_t value);

/* Bytes from anywhere: escaped, so that they cannot end a line or forge a field. */
static inline void log_text(struct log *log, const char *key, struct span value)
{
	log_put_text(log, span_of(key, strlen(key)), value);
}

/* Text that is known to be of letters, digits and -._:/ only: ids, constants. Copied as it is. */
static inline void log_plain(struct log *log, const char *key, struct span value)
{
	log_put_plain(log, span_of(key, strlen(key)), value);
}

static inline void log_number(struct log *log, const char *key, int64_t value)
{
	log_put_number(log, span_of(key, strlen(key)), value);
}

/* The text of an errno, as "error". */
void log_errno(struct log *log, int error);
