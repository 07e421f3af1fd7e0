/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A regular file, open for reading. What a client names is looked for below a folder and nowhere
 * else; nothing but regular files is ever opened, so that nothing blocks and no device wakes up.
 * Any thread.
 */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct file {
	int fd; /* -1: none */
	uint64_t size;
	int64_t modified_ns; /* since 1970 */
};

/* Bytes of a file on their way to a client. */
struct file_part {
	int fd;
	uint64_t offset;
	uint64_t len;
};

enum file_result {
	FILE_OPEN,
	FILE_FOLDER,  /* it is one */
	FILE_MISSING, /* nothing that may be read here */
	FILE_BUSY,    /* no descriptor or no memory is left */
};

/* By a path of the configuration, which may lead anywhere. */
enum file_result file_open(const char *path, struct file *file);
/*
 * `name` below the folder `root`. Links are followed while they stay below it; absolute ones never
 * do. An empty name is the root.
 */
enum file_result file_open_below(const char *root, const char *name, struct file *file);
/* Appends a part; false when the file does not have it any more. */
bool file_read(const struct file *file, uint64_t offset, size_t len, struct buffer *out);
/* Closes what is open. */
void file_close(struct file *file);
/* There are enough descriptors for others while this one stays open. */
bool file_may_stay(const struct file *file);
