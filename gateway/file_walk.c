/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Every step opens one name in the folder before it and follows no link; a link is read, and its
 * text put in front of what is left. The folders on the way stay open, so that ".." in a link is
 * the one we came from, whatever others rename meanwhile.
 */
#include "gateway/file_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 64, LINKS_MAX = 40 };

struct walk {
	int folders[DEPTH_MAX]; /* the first is the caller's */
	unsigned depth;         /* of the one we stand in */
	unsigned links;
	int flags;
	char rest[2 * PATH_MAX]; /* what is left of the way */
	char step[NAME_MAX + 1];
};

static int fail(int code)
{
	errno = code;
	return -1;
}

static int here(const struct walk *walk)
{
	return walk->folders[walk->depth];
}

/* Takes the next name off the way. 0: there is none, -1: it is too long. */
static int take_step(struct walk *walk)
{
	char *start = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(start, "/");
	if (len > NAME_MAX) {
		return fail(ENAMETOOLONG);
	}
	memcpy(walk->step, start, len);
	walk->step[len] = '\0';
	memmove(walk->rest, start + len, strlen(start + len) + 1);
	return len > 0;
}

static int step_back(struct walk *walk)
{
	if (walk->depth == 0) {
		return fail(EXDEV);
	}
	close(walk->folders[walk->depth--]);
	return 0;
}

/* Its text stands in front of the rest. */
static int follow(struct walk *walk, int link)
{
	char text[PATH_MAX];
	ssize_t len = readlinkat(link, "", text, sizeof(text));
	size_t rest = strlen(walk->rest);
	close(link);
	if (len < 0) {
		return -1;
	}
	if (len == 0 || (size_t)len == sizeof(text) || (size_t)len + rest >= sizeof(walk->rest)) {
		return fail(ENAMETOOLONG);
	}
	if (text[0] == '/') {
		return fail(EXDEV);
	}
	if (++walk->links > LINKS_MAX) {
		return fail(ELOOP);
	}
	memmove(walk->rest + len, walk->rest, rest + 1);
	memcpy(walk->rest, text, (size_t)len);
	return 0;
}

static int enter(struct walk *walk, int folder)
{
	if (walk->depth + 1 == DEPTH_MAX) {
		close(folder);
		return fail(ENAMETOOLONG);
	}
	walk->folders[++walk->depth] = folder;
	return 0;
}

/* One name that is no dot. *found: it was the last one, and is open. */
static int step_on(struct walk *walk, int *found)
{
	struct stat facts;
	int fd = openat(here(walk), walk->step, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		return -1;
	}
	if (fstat(fd, &facts) != 0) {
		close(fd);
		return -1;
	}
	if (S_ISLNK(facts.st_mode)) {
		return follow(walk, fd);
	}
	if (S_ISDIR(facts.st_mode)) {
		return enter(walk, fd);
	}
	close(fd);
	if (walk->rest[0] != '\0') {
		return fail(ENOTDIR);
	}
	*found = openat(here(walk), walk->step, walk->flags | O_NOFOLLOW | O_CLOEXEC);
	return *found < 0 ? -1 : 0;
}

static int go(struct walk *walk)
{
	int found = -1;
	while (found < 0) {
		int more = take_step(walk);
		if (more < 0) {
			return -1;
		}
		if (more == 0) {
			return openat(here(walk), ".", walk->flags | O_DIRECTORY | O_CLOEXEC);
		}
		if (strcmp(walk->step, ".") == 0) {
			continue;
		}
		bool back = strcmp(walk->step, "..") == 0;
		if ((back ? step_back(walk) : step_on(walk, &found)) < 0) {
			return -1;
		}
	}
	return found;
}

int file_walk(int folder, const char *name, int flags)
{
	struct walk walk = { .folders = { folder }, .flags = flags };
	size_t len = strlen(name);
	if (len >= PATH_MAX) {
		return fail(ENAMETOOLONG);
	}
	if (len == 0 || name[0] == '/') {
		return fail(len == 0 ? ENOENT : EXDEV);
	}
	memcpy(walk.rest, name, len + 1);
	int fd = go(&walk);
	int code = errno;
	while (walk.depth > 0) {
		close(walk.folders[walk.depth--]);
	}
	errno = code;
	return fd;
}
