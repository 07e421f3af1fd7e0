/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Reading a file can wait for its disk, and there is no way around that on the shard's thread; so a
 * turn asks for a small part only, and the kernel reads ahead of it. A file that became shorter
 * cannot be what the head has promised: the client sees the connection end before the content does.
 */
#include "gateway/http1_file.h"

#include "base/memory.h"
#include "gateway/connection.h"
#include "gateway/file.h"
#include "gateway/http1_answer.h"
#include "gateway/shard.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <unistd.h>

enum { TURN_SIZE = 131072 };

struct http1_file {
	int fd;
	off_t offset;
	uint64_t left;
};

void http1_file_destroy(struct http1_file *file)
{
	if (file != NULL) {
		close(file->fd);
		free(file);
	}
}

static void end(struct connection *connection)
{
	http1_file_destroy(connection->http1.file);
	connection->http1.file = NULL;
	connection_pull(connection, false);
	http1_answer_finish(connection);
}

void http1_file_go_on(struct connection *connection)
{
	struct http1_file *file = connection->http1.file;
	if (connection->output != NULL) {
		return; /* its head */
	}
	size_t size = file->left < TURN_SIZE ? (size_t)file->left : TURN_SIZE;
	ssize_t got = sendfile(connection->io.fd, file->fd, &file->offset, size);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		connection_drop(connection);
		return;
	}
	if (got > 0) {
		file->left -= (uint64_t)got;
	}
	if (file->left == 0) {
		end(connection);
	} else if (got > 0 || !connection->pulling) {
		connection_pull(connection, true);
	}
}

void http1_file_begin(struct connection *connection, struct file_part *part)
{
	struct http1_file *file = memory_new(1, sizeof(*file));
	*file = (struct http1_file){ part->fd, (off_t)part->offset, part->len };
	part->fd = -1;
	connection->http1.file = file;
	connection_written(connection);
	connection_flush(connection->shard);
	if (!connection->dead) {
		http1_file_go_on(connection);
	}
}
