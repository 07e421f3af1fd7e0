/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Lines are built in place at the end of the buffer. log_begin() makes sure of LOG_LINE_MAX bytes
 * or drops the line, so a field needs one comparison and no growth. Only the front of the buffer is
 * touched while the reader keeps up: it costs address space, not memory.
 *
 *     [ written | waiting lines | line being built |            ]
 *               start           line               at   limit   CAPACITY
 *
 * Texts are always quoted, in logfmt as in JSON, and escaped alike: what is not printable leaves as
 * \uXXXX, a byte that is not UTF-8 as the text \xHH.
 */
#include "base/log.h"

#include "base/log_sink.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <assert.h>
#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CAPACITY ((size_t)256 * 1024)
/* Of one value; clients choose how long their paths are. */
#define VALUE_MAX 1024
/* Digits, sign and point of the longest number. */
#define NUMBER_MAX 24
/* Of waiting lines, before log_turn() writes whatever the time. */
#define GATHER_MAX ((size_t)32 * 1024)
/* For the end of a line. */
#define TAIL_MAX 16
/* "2026-11-22T12:00:00." */
#define SECOND_LEN 20
/* … with milliseconds and "Z" */
#define TIME_LEN 24

#define ONES 0x0101010101010101u
#define HIGHS 0x8080808080808080u

struct log {
	struct log_sink sink;
	enum log_format format;
	enum log_level level;
	bool access;
	bool open; /* a line is being built */
	bool cut;  /* and has lost fields */
	char *buffer;
	size_t start, line;
	char *at, *limit; /* equal while no line is open */
	uint64_t dropped, reported;
	uint64_t written_ms; /* by log_turn() */
	struct timespec now; /* what `time` says */
	char time[TIME_LEN + 1];
};

static const char *const format_names[] = { "logfmt", "json", NULL };
static const char *const level_names[] = { "error", "warn", "info", "debug", NULL };

const struct option log_rows[] = {
	{ .name = "format",
		.type = OPTION_ENUM,
		.offset = offsetof(struct log_options, format),
		.names = format_names,
		.fallback = "logfmt",
		.help = "how a line is written" },
	{ .name = "level",
		.type = OPTION_ENUM,
		.offset = offsetof(struct log_options, level),
		.names = level_names,
		.fallback = "info",
		.help = "the least severe lines that are written" },
	{ .name = "access",
		.type = OPTION_BOOL,
		.offset = offsetof(struct log_options, access),
		.fallback = "true",
		.help = "a line for every call, at level info" },
	{ .name = "file",
		.type = OPTION_TEXT,
		.offset = offsetof(struct log_options, file),
		.help = "appended to; without it the log goes to stderr" },
	{ 0 },
};

struct log *log_create(const struct log_options *options)
{
	static const struct log_options defaults = { .level = LOG_INFO, .access = true };
	options = options != NULL ? options : &defaults;
	struct log *log = memory_new(1, sizeof(*log));
	if (!log_sink_init(&log->sink, options->file)) {
		free(log);
		return NULL;
	}
	log->format = (enum log_format)options->format;
	log->level = (enum log_level)options->level;
	log->access = options->access;
	log->buffer = memory_new(1, CAPACITY);
	log->at = log->limit = log->buffer;
	log->now.tv_sec = -1;
	return log;
}

bool log_wants(const struct log *log, enum log_level level)
{
	return log != NULL && level <= log->level;
}

bool log_wants_access(const struct log *log)
{
	return log_wants(log, LOG_INFO) && log->access;
}

uint64_t log_dropped(const struct log *log)
{
	return log->dropped;
}

/* Names, ids and numbers are short: a call of memcpy costs more than the copy. */
static inline char *put(char *at, const char *bytes, size_t len)
{
	if (len > 16) {
		return (char *)memcpy(at, bytes, len) + len;
	}
	if (len >= 8) {
		memcpy(at, bytes, 8);
		memcpy(at + len - 8, bytes + len - 8, 8);
	} else if (len >= 4) {
		memcpy(at, bytes, 4);
		memcpy(at + len - 4, bytes + len - 4, 4);
	} else if (len > 0) {
		at[0] = bytes[0];
		at[len / 2] = bytes[len / 2];
		at[len - 1] = bytes[len - 1];
	}
	return at + len;
}

#define PUT_LITERAL(at, literal) \
	((char *)memcpy((at), "" literal, sizeof(literal) - 1) + sizeof(literal) - 1)

static inline char *put_three_digits(char *at, unsigned value)
{
	at[0] = (char)('0' + value / 100);
	at[1] = (char)('0' + value / 10 % 10);
	at[2] = (char)('0' + value % 10);
	return at + 3;
}

/* The coarse clock stands still for milliseconds at a time, and so does the text. */
static char *put_time(struct log *log, char *at)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if (now.tv_sec != log->now.tv_sec) {
		struct tm parts;
		gmtime_r(&now.tv_sec, &parts);
		strftime(log->time, sizeof(log->time), "%Y-%m-%dT%H:%M:%S.", &parts);
	}
	if (now.tv_sec != log->now.tv_sec || now.tv_nsec != log->now.tv_nsec) {
		*put_three_digits(log->time + SECOND_LEN, (unsigned)(now.tv_nsec / 1000000)) = 'Z';
		log->now = now;
	}
	return (char *)memcpy(at, log->time, TIME_LEN) + TIME_LEN;
}

static size_t waiting(const struct log *log)
{
	return log->line - log->start;
}

/* Room for one line at the end of the buffer. */
static bool make_room(struct log *log)
{
	if (CAPACITY - log->line >= LOG_LINE_MAX) {
		return true;
	}
	/* Moved only when that gives much room, so that each byte moves rarely. */
	if (log->start < CAPACITY / 4) {
		return false;
	}
	memmove(log->buffer, log->buffer + log->start, waiting(log));
	log->line -= log->start;
	log->start = 0;
	return true;
}

static void begin_line(struct log *log, enum log_level level, const char *message)
{
	const char *name = level_names[level];
	size_t message_len = strlen(message);
	char *at = log->buffer + log->line;
	log->limit = at + LOG_LINE_MAX - TAIL_MAX;
	log->open = true;
	log->cut = false;
	message_len = message_len < VALUE_MAX ? message_len : VALUE_MAX;
	if (log->format == LOG_LOGFMT) {
		at = put_time(log, PUT_LITERAL(at, "ts="));
		at = put(PUT_LITERAL(at, " level="), name, strlen(name));
		at = put(PUT_LITERAL(at, " msg=\""), message, message_len);
	} else {
		at = put_time(log, PUT_LITERAL(at, "{\"ts\":\""));
		at = put(PUT_LITERAL(at, "\",\"level\":\""), name, strlen(name));
		at = put(PUT_LITERAL(at, "\",\"msg\":\""), message, message_len);
	}
	*at++ = '"';
	log->at = at;
}

bool log_begin(struct log *log, enum log_level level, const char *message)
{
	if (!log_wants(log, level)) {
		return false;
	}
	assert(!log->open);
	if (!make_room(log)) {
		log->dropped++;
		return false;
	}
	begin_line(log, level, message);
	return true;
}

void log_end(struct log *log)
{
	char *at = log->at;
	assert(log->open);
	if (log->format == LOG_LOGFMT) {
		at = log->cut ? PUT_LITERAL(at, " cut=true\n") : PUT_LITERAL(at, "\n");
	} else {
		at = log->cut ? PUT_LITERAL(at, ",\"cut\":true}\n") : PUT_LITERAL(at, "}\n");
	}
	log->line = (size_t)(at - log->buffer);
	log->at = log->limit = at;
	log->open = false;
}

size_t log_mark(const struct log *log)
{
	return (size_t)(log->at - log->buffer);
}

struct span log_since(const struct log *log, size_t mark)
{
	return span_of(log->buffer + mark, (size_t)(log->at - log->buffer) - mark);
}

void log_discard(struct log *log)
{
	assert(log->open);
	log->at = log->limit = log->buffer + log->line;
	log->open = false;
}

void log_fields(struct log *log, struct span fields)
{
	if ((size_t)(log->limit - log->at) < fields.len) {
		log->cut = true;
	} else {
		log->at = (char *)memcpy(log->at, fields.ptr, fields.len) + fields.len;
	}
}

enum log_format log_format_of(const struct log *log)
{
	return log->format;
}

char *log_room(struct log *log, size_t size)
{
	if ((size_t)(log->limit - log->at) < size) {
		log->cut = true;
		return NULL;
	}
	return log->at;
}

void log_advance(struct log *log, char *end)
{
	log->at = end;
}

static void write_waiting(struct log *log)
{
	while (waiting(log) > 0) {
		size_t written = log_sink_write(&log->sink, log->buffer + log->start, waiting(log));
		if (written == 0) {
			return;
		}
		log->start += written;
	}
	log->start = log->line = 0;
	log->at = log->limit = log->buffer;
}

void log_flush(struct log *log)
{
	assert(!log->open);
	if (waiting(log) == 0 && log->dropped == log->reported) {
		return;
	}
	write_waiting(log);
	uint64_t lost = log->dropped - log->reported;
	if (lost > 0 && waiting(log) <= CAPACITY / 2) {
		begin_line(log, LOG_WARN, "log lines dropped");
		log_number(log, "count", (int64_t)lost);
		log_end(log);
		log->reported += lost;
		write_waiting(log);
	}
}

void log_turn(struct log *log, uint64_t now_ms)
{
	if (waiting(log) == 0 && log->dropped == log->reported) {
		return;
	}
	if (now_ms - log->written_ms >= LOG_PAUSE_MS || waiting(log) >= GATHER_MAX) {
		log->written_ms = now_ms;
		log_flush(log);
	}
}

void log_destroy(struct log *log)
{
	if (log == NULL) {
		return;
	}
	log_flush(log);
	for (int i = 0; i < 10 && waiting(log) > 0; i++) {
		log_sink_wait(&log->sink, 50);
		log_flush(log);
	}
	log_sink_finish(&log->sink);
	free(log->buffer);
	free(log);
}

/* The key, when key and value of this length fit; NULL when not. */
static inline char *put_key(struct log *log, struct span key, size_t value_len)
{
	char *at = log->at;
	/* The rest of a field: separator, colon, four quotes. */
	if ((size_t)(log->limit - at) < key.len + value_len + 6) {
		log->cut = true;
		return NULL;
	}
	if (log->format == LOG_LOGFMT) {
		*at++ = ' ';
		at = put(at, key.ptr, key.len);
		*at++ = '=';
		return at;
	}
	at = PUT_LITERAL(at, ",\"");
	at = put(at, key.ptr, key.len);
	return PUT_LITERAL(at, "\":");
}

void log_put_plain(struct log *log, struct span key, struct span value)
{
	char *at = put_key(log, key, value.len);
	if (at == NULL) {
		return;
	}
	if (log->format == LOG_LOGFMT) {
		log->at = put(at, value.ptr, value.len);
		return;
	}
	*at++ = '"';
	at = put(at, value.ptr, value.len);
	*at++ = '"';
	log->at = at;
}

/* Decimal digits in place: counted first, then written from the last. */
static inline char *put_digits(char *at, uint64_t value)
{
	unsigned count = 1;
	for (uint64_t power = 10; count < 20 && value >= power; power *= 10) {
		count++;
	}
	char *end = at + count;
	for (char *digit = end; digit > at; value /= 10) {
		*--digit = (char)('0' + value % 10);
	}
	return end;
}

void log_put_number(struct log *log, struct span key, int64_t value)
{
	char *at = put_key(log, key, NUMBER_MAX);
	if (at == NULL) {
		return;
	}
	uint64_t size = (uint64_t)value;
	if (value < 0) {
		*at++ = '-';
		size = 0 - size;
	}
	log->at = put_digits(at, size);
}

/* The top bits of bytes that may be a quote, a backslash, a control or no ASCII; the lowest is. */
static inline uint64_t suspects_in(uint64_t word)
{
	uint64_t quote = word ^ ONES * '"', backslash = word ^ ONES * '\\';
	return (((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) |
		       ((word - ONES * 0x20) & ~word) | word | (word + ONES)) &
	       HIGHS;
}

static inline bool is_printable(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Copies eight bytes; how many of them may stay. */
static inline size_t put_word(char *at, const char *bytes)
{
	uint64_t word;
	memcpy(&word, bytes, 8);
	memcpy(at, &word, 8);
	uint64_t suspects = suspects_in(le64toh(word));
	return suspects != 0 ? (size_t)__builtin_ctzll(suspects) / 8 : 8;
}

/* Copies the text up to the first byte that must be escaped; how many bytes that is. */
static inline size_t put_printable(char *at, struct span text)
{
	size_t done = 0;
	while (text.len - done >= 8) {
		size_t good = put_word(at + done, text.ptr + done);
		done += good;
		if (good < 8) {
			return done;
		}
	}
	if (done > 0) {
		/* The rest: the last eight bytes, some of them again. */
		return text.len - 8 + put_word(at + text.len - 8, text.ptr + text.len - 8);
	}
	while (done < text.len && is_printable(text.ptr[done])) {
		at[done] = text.ptr[done];
		done++;
	}
	return done;
}

/* C1 controls, line and paragraph separators, and what turns the direction of writing. */
static bool is_deceptive(uint32_t code)
{
	return (code >= 0x80 && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

static char *put_hex(char *at, uint32_t value, int digits)
{
	for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
		*at++ = "0123456789abcdef"[value >> shift & 15];
	}
	return at;
}

/* The character at the front of `text`, at most 6 bytes for each of its own; how many it had. */
static size_t put_character(char **at, struct span text)
{
	unsigned char first = (unsigned char)text.ptr[0];
	if (first == '"' || first == '\\') {
		*(*at)++ = '\\';
		*(*at)++ = (char)first;
		return 1;
	}
	if (first < 0x80) {
		bool plain = first >= 0x20 && first < 0x7f;
		*at = plain ? put(*at, text.ptr, 1) : put_hex(PUT_LITERAL(*at, "\\u"), first, 4);
		return 1;
	}
	size_t len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (len > text.len || !utf8_check(span_of(text.ptr, len))) {
		*at = put_hex(PUT_LITERAL(*at, "\\\\x"), first, 2);
		return 1;
	}
	uint32_t code = first & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		code = code << 6 | (text.ptr[i] & 0x3f);
	}
	if (is_deceptive(code)) {
		*at = put_hex(PUT_LITERAL(*at, "\\u"), code, 4);
	} else {
		*at = put(*at, text.ptr, len);
	}
	return len;
}

/* Escapes `text` up to `limit`; NULL when it does not fit. */
static char *put_escaped(char *at, const char *limit, struct span text)
{
	while (text.len > 0) {
		if (limit - at < (ptrdiff_t)text.len + 6) {
			return NULL;
		}
		size_t run = put_printable(at, text);
		at += run;
		text = span_skip(text, run);
		if (text.len > 0) {
			text = span_skip(text, put_character(&at, text));
		}
	}
	return at;
}

void log_put_text(struct log *log, struct span key, struct span value)
{
	bool shortened = value.len > VALUE_MAX;
	value.len = shortened ? VALUE_MAX : value.len;
	char *at = put_key(log, key, value.len + 3);
	if (at == NULL) {
		return;
	}
	*at++ = '"';
	size_t done = put_printable(at, value);
	at += done;
	if (done < value.len) {
		at = put_escaped(at, log->limit - 4, span_skip(value, done));
	}
	if (at == NULL) {
		log->cut = true;
		return;
	}
	if (shortened) {
		at = PUT_LITERAL(at, "...");
	}
	*at++ = '"';
	log->at = at;
}

void log_errno(struct log *log, int error)
{
	char text[128];
	log_text(log, "error", span_from_text(strerror_r(error, text, sizeof(text))));
}
