/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Twice: first as a mere path (O_PATH), which has no effect on what it finds, then for reading. The
 * kernel keeps the way below the root (openat2); where it cannot, file_walk.c does. Both are asked
 * by path each time, so that a folder may be replaced while we run.
 */
#include "gateway/file.h"

#include "gateway/file_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	READING = O_RDONLY | O_NONBLOCK | O_NOCTTY,
	ATTEMPTS = 8, /* while others rename what is on the way */
};

/* Where to look: below a folder, or by a path alone. */
struct place {
	int folder; /* AT_FDCWD: anywhere */
	const char *name;
};

static enum file_result result_of_errno(void)
{
	bool busy = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
	return busy ? FILE_BUSY : FILE_MISSING;
}

static int open_below(const struct place *place, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd = -1;
	errno = EAGAIN;
	for (unsigned i = 0; i < ATTEMPTS && fd < 0 && (errno == EAGAIN || errno == EINTR); i++) {
		fd = (int)syscall(SYS_openat2, place->folder, place->name, &how, sizeof(how));
	}
	/* an old kernel, or a sandbox that does not know the call */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		fd = file_walk(place->folder, place->name, flags);
	}
	return fd;
}

static int open_place(const struct place *place, int flags)
{
	return place->folder == AT_FDCWD ? open(place->name, flags | O_CLOEXEC)
					 : open_below(place, flags);
}

/* What stands there; FILE_OPEN: a regular file. */
static enum file_result look(int fd, struct file *file)
{
	struct stat facts;
	if (fstat(fd, &facts) != 0) {
		return FILE_MISSING;
	}
	file->size = (uint64_t)facts.st_size;
	file->modified_ns =
		(int64_t)facts.st_mtim.tv_sec * INT64_C(1000000000) + facts.st_mtim.tv_nsec;
	return S_ISREG(facts.st_mode)   ? FILE_OPEN
	       : S_ISDIR(facts.st_mode) ? FILE_FOLDER
					: FILE_MISSING;
}

static enum file_result open_file(const struct place *place, struct file *file)
{
	file->fd = -1;
	int path = open_place(place, O_PATH);
	if (path < 0) {
		return result_of_errno();
	}
	enum file_result result = look(path, file);
	close(path);
	if (result != FILE_OPEN) {
		return result;
	}
	file->fd = open_place(place, READING);
	if (file->fd < 0) {
		return result_of_errno();
	}
	result = look(file->fd, file);
	if (result != FILE_OPEN) {
		file_close(file);
	}
	return result;
}

enum file_result file_open(const char *path, struct file *file)
{
	const struct place place = { AT_FDCWD, path };
	return open_file(&place, file);
}

enum file_result file_open_below(const char *root, const char *name, struct file *file)
{
	file->fd = -1;
	if (*name == '\0') {
		return FILE_FOLDER;
	}
	const struct place place = { open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), name };
	if (place.folder < 0) {
		return result_of_errno();
	}
	enum file_result result = open_file(&place, file);
	close(place.folder);
	return result;
}

bool file_read(const struct file *file, uint64_t offset, size_t len, struct buffer *out)
{
	if (!buffer_reserve(out, len)) {
		return false;
	}
	size_t got = 0;
	while (got < len) {
		ssize_t more =
			pread(file->fd, out->data + out->len, len - got, (off_t)(offset + got));
		if (more < 0 && errno == EINTR) {
			continue;
		}
		if (more <= 0) {
			return false;
		}
		got += (size_t)more;
		out->len += (size_t)more;
	}
	return true;
}

void file_close(struct file *file)
{
	if (file->fd >= 0) {
		close(file->fd);
		file->fd = -1;
	}
}

/* The kernel gives the lowest number that is free. Connections take nine tenths of them; the last
 * twentieth is for brokers. */
bool file_may_stay(const struct file *file)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	       (rlim_t)file->fd < limit.rlim_cur - limit.rlim_cur / 20;
}
