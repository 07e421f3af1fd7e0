/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A reader that stops must not stop a shard. O_NONBLOCK would do, but it belongs to the open file
 * description, which stderr shares with the shell and with whatever else was started there. So:
 *
 *     pipe, terminal   opened again through /proc/self/fd/2: a description of our own
 *     socket           (systemd's journal) cannot be opened again; send() takes MSG_DONTWAIT
 *     regular file     never waits for a reader; the description is kept for its offset
 *     the rest         when opening again is not allowed (another user's terminal): poll() first.
 *                      Two threads may both be told yes and one of them then waits; nothing better
 *                      is left.
 *
 * Pieces end at the end of a line and are at most PIPE_BUF long, so pipes take them whole or not at
 * all and lines of several threads do not mix. Files are written with O_APPEND in one call.
 */
#include "base/log_sink.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(LOG_LINE_MAX <= PIPE_BUF, "a line must fit into one piece");

#define OPEN_FLAGS (O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static mode_t type_of(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

static void use_stderr(struct log_sink *sink)
{
	mode_t type = type_of(STDERR_FILENO);
	if (type == S_IFREG || type == S_IFSOCK) {
		sink->kind = type == S_IFREG ? LOG_SINK_FILE : LOG_SINK_SOCKET;
	} else {
		sink->kind = LOG_SINK_PIPE;
		sink->fd = open("/proc/self/fd/2", OPEN_FLAGS);
		if (sink->fd >= 0) {
			return;
		}
		sink->kind = LOG_SINK_ASKED;
	}
	sink->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (sink->fd < 0) {
		/* Started with a closed stderr. */
		sink->kind = LOG_SINK_FILE;
		sink->fd = open("/dev/null", OPEN_FLAGS);
	}
}

bool log_sink_init(struct log_sink *sink, const char *path)
{
	if (path == NULL) {
		use_stderr(sink);
		return sink->fd >= 0;
	}
	sink->fd = open(path, OPEN_FLAGS | O_CREAT, 0640);
	sink->kind = sink->fd >= 0 && type_of(sink->fd) == S_IFREG ? LOG_SINK_FILE : LOG_SINK_PIPE;
	return sink->fd >= 0;
}

void log_sink_finish(struct log_sink *sink)
{
	if (sink->fd >= 0) {
		close(sink->fd);
	}
	sink->fd = -1;
}

static bool is_ready(const struct log_sink *sink, int timeout_ms)
{
	struct pollfd wish = { .fd = sink->fd, .events = POLLOUT };
	return poll(&wish, 1, timeout_ms) > 0;
}

static size_t piece_of(const char *lines, size_t len)
{
	if (len <= PIPE_BUF) {
		return len;
	}
	const char *newline = memrchr(lines, '\n', PIPE_BUF);
	return newline != NULL ? (size_t)(newline - lines) + 1 : PIPE_BUF;
}

size_t log_sink_write(struct log_sink *sink, const char *lines, size_t len)
{
	ssize_t written;
	if (sink->kind != LOG_SINK_FILE) {
		len = piece_of(lines, len);
	}
	if (sink->kind == LOG_SINK_ASKED && !is_ready(sink, 0)) {
		return 0;
	}
	do {
		written = sink->kind == LOG_SINK_SOCKET
				  ? send(sink->fd, lines, len, MSG_DONTWAIT | MSG_NOSIGNAL)
				  : write(sink->fd, lines, len);
	} while (written < 0 && errno == EINTR);
	return written > 0 ? (size_t)written : 0;
}

void log_sink_wait(struct log_sink *sink, int timeout_ms)
{
	is_ready(sink, timeout_ms);
}
