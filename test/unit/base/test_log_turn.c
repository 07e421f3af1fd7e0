/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char path[32];
	struct log *log;
};

static int open_log(void **state)
{
	static struct fixture fixture;
	memcpy(fixture.path, "/tmp/test_log_XXXXXX", sizeof("/tmp/test_log_XXXXXX"));
	close(mkstemp(fixture.path));
	const struct log_options options = { .level = LOG_INFO, .file = fixture.path };
	fixture.log = log_create(&options);
	*state = &fixture;
	return fixture.log != NULL ? 0 : -1;
}

static int close_log(void **state)
{
	struct fixture *fixture = *state;
	log_destroy(fixture->log);
	return unlink(fixture->path);
}

static void write_line(struct fixture *fixture)
{
	assert_true(log_begin(fixture->log, LOG_INFO, "line"));
	log_end(fixture->log);
}

static size_t written(const struct fixture *fixture)
{
	struct stat status;
	assert_int_equal(stat(fixture->path, &status), 0);
	return (size_t)status.st_size;
}

static void a_quiet_process_writes_at_once(void **state)
{
	struct fixture *fixture = *state;
	write_line(fixture);
	log_turn(fixture->log, 1000);
	size_t line = written(fixture);
	assert_true(line > 0);
	write_line(fixture);
	log_turn(fixture->log, 1000 + LOG_PAUSE_MS);
	assert_int_equal(written(fixture), 2 * line);
}

static void a_busy_one_waits_a_moment(void **state)
{
	struct fixture *fixture = *state;
	write_line(fixture);
	log_turn(fixture->log, 1000);
	size_t line = written(fixture);
	write_line(fixture);
	log_turn(fixture->log, 1000 + LOG_PAUSE_MS - 1);
	assert_int_equal(written(fixture), line);
	log_turn(fixture->log, 1000 + LOG_PAUSE_MS);
	assert_int_equal(written(fixture), 2 * line);
}

static void but_not_with_much_to_write(void **state)
{
	struct fixture *fixture = *state;
	write_line(fixture);
	log_turn(fixture->log, 1000);
	size_t line = written(fixture);
	for (int i = 0; i < 1000; i++) {
		write_line(fixture);
	}
	log_turn(fixture->log, 1000);
	assert_int_equal(written(fixture), 1001 * line);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_log, close_log)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_quiet_process_writes_at_once),
		TEST(a_busy_one_waits_a_moment),
		TEST(but_not_with_much_to_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
