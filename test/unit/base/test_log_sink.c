/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/log.h"
#include "base/memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A log that writes to one end of something, seen from the other. */
struct reader {
	int fd, saved_stderr;
	struct log *log;
};

static void open_stderr(struct reader *reader, bool socket)
{
	int ends[2];
	if (socket) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	} else {
		assert_int_equal(pipe(ends), 0);
	}
	reader->fd = ends[0];
	reader->saved_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	reader->log = log_create(NULL);
	assert_non_null(reader->log);
}

static void close_stderr(struct reader *reader)
{
	dup2(reader->saved_stderr, STDERR_FILENO);
	close(reader->saved_stderr);
	log_destroy(reader->log);
	close(reader->fd);
}

static void read_all(int fd, struct buffer *out)
{
	char chunk[8192];
	ssize_t len;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((len = read(fd, chunk, sizeof(chunk))) > 0) {
		buffer_append(out, chunk, (size_t)len);
	}
}

static unsigned write_lines(struct log *log, unsigned count)
{
	unsigned taken = 0;
	for (unsigned i = 0; i < count; i++) {
		if (log_begin(log, LOG_INFO, "line")) {
			log_number(log, "number", i);
			log_text(log, "text", SPAN("something to fill the line with"));
			log_end(log);
			taken++;
		}
		if (i % 10 == 0) {
			log_flush(log);
		}
	}
	log_flush(log);
	return taken;
}

/* Every line is whole; how many there are, and the sum of all counts of dropped ones. */
static unsigned count_lines(struct buffer *text, uint64_t *dropped)
{
	unsigned lines = 0;
	char *copy = memory_text(buffer_span(text)), *rest = copy, *line;
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		const char *count = strstr(line, "msg=\"log lines dropped\" count=");
		assert_memory_equal(line, "ts=", 3);
		if (count != NULL) {
			*dropped += strtoull(strrchr(count, '=') + 1, NULL, 10);
		} else {
			assert_non_null(strstr(line, "fill the line with\""));
			lines++;
		}
	}
	assert_null(rest);
	free(copy);
	return lines;
}

static void a_reader_that_stops_blocks_nothing_and_learns_what_it_missed(void **state)
{
	(void)state;
	for (int socket = 0; socket <= 1; socket++) {
		struct reader reader;
		struct buffer text = { 0 };
		uint64_t reported = 0;
		open_stderr(&reader, socket);
		alarm(20);
		unsigned taken = write_lines(reader.log, 20000);
		assert_true(taken < 20000);
		assert_int_equal(log_dropped(reader.log), 20000 - taken);
		for (int i = 0; i < 1000; i++) {
			read_all(reader.fd, &text);
			log_flush(reader.log);
		}
		read_all(reader.fd, &text);
		assert_int_equal(count_lines(&text, &reported), taken);
		assert_int_equal(reported, 20000 - taken);
		/* The log goes on as if nothing had been. */
		buffer_clear(&text);
		assert_int_equal(write_lines(reader.log, 10), 10);
		read_all(reader.fd, &text);
		assert_int_equal(count_lines(&text, &reported), 10);
		assert_int_equal(reported, 20000 - taken);
		alarm(0);
		close_stderr(&reader);
		buffer_finish(&text);
	}
}

static void the_descriptor_of_others_keeps_its_mode(void **state)
{
	(void)state;
	struct reader reader;
	open_stderr(&reader, false);
	write_lines(reader.log, 10);
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0);
	close_stderr(&reader);
}

static void a_reader_that_has_gone_is_survived(void **state)
{
	(void)state;
	struct reader reader;
	signal(SIGPIPE, SIG_IGN);
	open_stderr(&reader, false);
	close(reader.fd);
	unsigned taken = write_lines(reader.log, 20000);
	assert_int_equal(log_dropped(reader.log), 20000 - taken);
	reader.fd = dup(reader.saved_stderr);
	close_stderr(&reader);
	signal(SIGPIPE, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_that_stops_blocks_nothing_and_learns_what_it_missed),
		cmocka_unit_test(the_descriptor_of_others_keeps_its_mode),
		cmocka_unit_test(a_reader_that_has_gone_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
