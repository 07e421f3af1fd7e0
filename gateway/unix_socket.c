/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/unix_socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static const char *path_of(const struct option_address *address)
{
	return ((const struct sockaddr_un *)&address->socket)->sun_path;
}

static bool fail(struct unix_socket *unix_socket, struct log *log, const char *step)
{
	int error = errno;
	if (log_begin(log, LOG_ERROR, "cannot listen")) {
		log_text(log, "address", span_from_text(unix_socket->address->text));
		log_plain(log, "step", span_from_text(step));
		log_errno(log, error);
		log_end(log);
	}
	unix_socket_close(unix_socket);
	return false;
}

/* A file whose process is gone is in the way; one that answers is somebody's. */
static void remove_stale(const struct option_address *address)
{
	struct stat info;
	if (stat(path_of(address), &info) != 0 || !S_ISSOCK(info.st_mode)) {
		return;
	}
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe >= 0 && connect(probe, (const void *)&address->socket, address->len) != 0 &&
		errno == ECONNREFUSED) {
		unlink(path_of(address));
	}
	if (probe >= 0) {
		close(probe);
	}
}

bool unix_socket_open(
	struct unix_socket *unix_socket, const struct option_address *address, struct log *log)
{
	struct stat info;
	unix_socket->address = address;
	unix_socket->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (unix_socket->fd < 0) {
		return fail(unix_socket, log, "socket");
	}
	remove_stale(address);
	if (bind(unix_socket->fd, (const void *)&address->socket, address->len) != 0) {
		return fail(unix_socket, log, "bind");
	}
	if (stat(path_of(address), &info) == 0) {
		unix_socket->device = info.st_dev;
		unix_socket->inode = info.st_ino;
	}
	return listen(unix_socket->fd, BACKLOG) == 0 || fail(unix_socket, log, "listen");
}

void unix_socket_unlink(struct unix_socket *unix_socket)
{
	struct stat info;
	if (unix_socket->fd >= 0 && stat(path_of(unix_socket->address), &info) == 0 &&
		info.st_dev == unix_socket->device && info.st_ino == unix_socket->inode) {
		unlink(path_of(unix_socket->address));
	}
}

void unix_socket_close(struct unix_socket *unix_socket)
{
	if (unix_socket->fd >= 0) {
		close(unix_socket->fd);
		unix_socket->fd = -1;
	}
}
