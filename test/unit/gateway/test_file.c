/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/file.h"

#include "gateway/file_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/*
 *     outside, root/{plain, deep/er/file, fifo, locked} and links of all kinds
 */
struct tree {
	char base[32], root[64];
};

static void put_file(const char *name, const char *text)
{
	FILE *out = fopen(name, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static int build(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));
	strncpy(tree->base, "/tmp/bridgehead-XXXXXX", sizeof(tree->base) - 1);
	assert_non_null(mkdtemp(tree->base));
	snprintf(tree->root, sizeof(tree->root), "%s/root", tree->base);
	assert_int_equal(chdir(tree->base), 0);
	put_file("outside", "outside");
	assert_int_equal(mkdir("root", 0755), 0);
	assert_int_equal(chdir("root"), 0);
	assert_int_equal(mkdir("deep", 0755) | mkdir("deep/er", 0755), 0);
	put_file("plain", "plain");
	put_file("deep/er/file", "deep");
	assert_int_equal(mkfifo("fifo", 0644), 0);
	static const struct {
		const char *to, *name;
	} links[] = {
		{ "plain", "link" },
		{ "link", "link-to-link" },
		{ "deep/er", "link-to-folder" },
		{ "deep/er/", "link-to-folder-slash" },
		{ "./deep/./er/../er/file", "link-with-dots" },
		{ "../../plain", "deep/er/link-up" },
		{ "../outside", "out" },
		{ "..", "up" },
		{ "deep/../../root/plain", "out-and-in" },
		{ "/etc/passwd", "absolute" },
		{ "loop-b", "loop-a" },
		{ "loop-a", "loop-b" },
		{ "fifo", "link-to-fifo" },
		{ "nothing", "dangling" },
		{ "plain/", "link-to-plain-slash" },
	};
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		assert_int_equal(symlink(links[i].to, links[i].name), 0);
	}
	char own[128];
	snprintf(own, sizeof(own), "%s/plain", tree->root);
	assert_int_equal(symlink(own, "absolute-inside"), 0);
	*state = tree;
	return 0;
}

static int remove_tree(void **state)
{
	struct tree *tree = *state;
	char command[64];
	assert_int_equal(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", tree->base);
	assert_int_equal(system(command), 0);
	free(tree);
	return 0;
}

static const struct {
	const char *name;
	enum file_result result;
	const char *text;
} stories[] = {
	{ "plain", FILE_OPEN, "plain" },
	{ "deep/er/file", FILE_OPEN, "deep" },
	{ "link", FILE_OPEN, "plain" },
	{ "link-to-link", FILE_OPEN, "plain" },
	{ "link-to-folder/file", FILE_OPEN, "deep" },
	{ "link-to-folder-slash/file", FILE_OPEN, "deep" },
	{ "link-with-dots", FILE_OPEN, "deep" },
	{ "deep/er/link-up", FILE_OPEN, "plain" },
	{ "link-to-folder/link-up", FILE_OPEN, "plain" },
	{ "deep", FILE_FOLDER, NULL },
	{ "deep/er", FILE_FOLDER, NULL },
	{ "link-to-folder", FILE_FOLDER, NULL },
	{ "out", FILE_MISSING, NULL },
	{ "up", FILE_MISSING, NULL },
	{ "up/outside", FILE_MISSING, NULL },
	{ "out-and-in", FILE_MISSING, NULL },
	{ "absolute", FILE_MISSING, NULL },
	{ "absolute-inside", FILE_MISSING, NULL },
	{ "../outside", FILE_MISSING, NULL },
	{ "deep/../../outside", FILE_MISSING, NULL },
	{ "/etc/passwd", FILE_MISSING, NULL },
	{ "loop-a", FILE_MISSING, NULL },
	{ "dangling", FILE_MISSING, NULL },
	{ "nothing", FILE_MISSING, NULL },
	{ "plain/x", FILE_MISSING, NULL },
	{ "plain/", FILE_MISSING, NULL },
	{ "link-to-plain-slash", FILE_MISSING, NULL },
	{ "fifo", FILE_MISSING, NULL },
	{ "link-to-fifo", FILE_MISSING, NULL },
};

static void only_what_is_below_the_root_is_opened(void **state)
{
	const struct tree *tree = *state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct file file;
		struct buffer text = { 0 };
		enum file_result result = file_open_below(tree->root, stories[i].name, &file);
		if (result != stories[i].result) {
			fail_msg("%s: %d", stories[i].name, result);
		}
		assert_true((file.fd >= 0) == (result == FILE_OPEN));
		if (result == FILE_OPEN) {
			assert_true(file_read(&file, 0, (size_t)file.size, &text));
			assert_true(
				span_equal(buffer_span(&text), span_from_text(stories[i].text)));
			file_close(&file);
		}
		buffer_finish(&text);
	}
}

/* The same without the kernel's help. Whether a file is regular is for the caller to see. */
static void walking_finds_the_same(void **state)
{
	const struct tree *tree = *state;
	int root = open(tree->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int before = dup(root);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct stat facts;
		int fd = file_walk(root, stories[i].name, O_PATH);
		bool found = fd >= 0 && fstat(fd, &facts) == 0 && !S_ISFIFO(facts.st_mode);
		if (found != (stories[i].result != FILE_MISSING)) {
			fail_msg("%s: %s", stories[i].name, strerror(errno));
		}
		assert_true(!found || S_ISDIR(facts.st_mode) == (stories[i].result == FILE_FOLDER));
		close(fd);
	}
	int after = dup(root);
	assert_int_equal(after, before + 1); /* nothing stayed open */
	close(before);
	close(after);
	close(root);
}

static void walking_says_why_not(void **state)
{
	const struct tree *tree = *state;
	static char longer[PATH_MAX + 1];
	static const struct {
		const char *name;
		int code;
	} faults[] = { { "out", EXDEV }, { "absolute", EXDEV }, { "/x", EXDEV }, { "", ENOENT },
		{ "loop-a", ELOOP }, { "plain/x", ENOTDIR }, { "nothing", ENOENT },
		{ longer, ENAMETOOLONG } };
	memset(longer, 'x', sizeof(longer) - 1);
	int root = open(tree->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		errno = 0;
		assert_int_equal(file_walk(root, faults[i].name, O_RDONLY), -1);
		if (errno != faults[i].code) {
			fail_msg("%.20s: %s", faults[i].name, strerror(errno));
		}
	}
	longer[300] = '\0';
	assert_int_equal(file_walk(root, longer, O_RDONLY), -1);
	close(root);
}

static void the_root_may_be_replaced_or_gone(void **state)
{
	const struct tree *tree = *state;
	struct file file;
	assert_int_equal(chdir(tree->base), 0);
	assert_int_equal(rename("root", "old"), 0);
	assert_int_equal(file_open_below(tree->root, "plain", &file), FILE_MISSING);
	assert_int_equal(mkdir("root", 0755), 0);
	put_file("root/plain", "new one");
	assert_int_equal(file_open_below(tree->root, "plain", &file), FILE_OPEN);
	assert_int_equal(file.size, 7);
	file_close(&file);
}

static void a_path_of_the_configuration_leads_anywhere(void **state)
{
	const struct tree *tree = *state;
	struct file file;
	char path[128];
	snprintf(path, sizeof(path), "%s/out", tree->root);
	assert_int_equal(file_open(path, &file), FILE_OPEN);
	assert_int_equal(file.size, 7);
	file_close(&file);
	assert_int_equal(file_open(tree->root, &file), FILE_FOLDER);
	snprintf(path, sizeof(path), "%s/fifo", tree->root);
	assert_int_equal(file_open(path, &file), FILE_MISSING);
	assert_int_equal(file_open("/dev/zero", &file), FILE_MISSING);
	assert_int_equal(file_open("/nowhere", &file), FILE_MISSING);
}

static void what_is_not_there_any_more_cannot_be_read(void **state)
{
	const struct tree *tree = *state;
	struct file file;
	struct buffer text = { 0 };
	assert_int_equal(file_open_below(tree->root, "plain", &file), FILE_OPEN);
	assert_true(file_read(&file, 1, 3, &text));
	assert_true(span_equal(buffer_span(&text), SPAN("lai")));
	assert_false(file_read(&file, 3, 3, &text));
	assert_true(file_may_stay(&file));
	file_close(&file);
	file_close(&file);
	buffer_finish(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, build, remove_tree)
	const struct CMUnitTest tests[] = {
		TEST(only_what_is_below_the_root_is_opened),
		TEST(walking_finds_the_same),
		TEST(walking_says_why_not),
		TEST(the_root_may_be_replaced_or_gone),
		TEST(a_path_of_the_configuration_leads_anywhere),
		TEST(what_is_not_there_any_more_cannot_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
