/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "base/log.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct bench {
	char path[32];
	struct log_options options;
	struct log *log;
};

static void open_log(struct bench *bench, enum log_format format, enum log_level level)
{
	snprintf(bench->path, sizeof(bench->path), "/tmp/test_log_XXXXXX");
	int fd = mkstemp(bench->path);
	assert_true(fd >= 0);
	close(fd);
	bench->options = (struct log_options){
		.format = format, .level = level, .access = true, .file = bench->path
	};
	bench->log = log_create(&bench->options);
	assert_non_null(bench->log);
}

/* Ends the log; its whole text, which the caller frees. */
static char *close_log(struct bench *bench)
{
	struct buffer text = { 0 };
	char chunk[4096];
	size_t len;
	log_destroy(bench->log);
	FILE *file = fopen(bench->path, "re");
	assert_non_null(file);
	while ((len = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		buffer_append(&text, chunk, len);
	}
	fclose(file);
	unlink(bench->path);
	char *copy = memory_text(buffer_span(&text));
	buffer_finish(&text);
	return copy;
}

/* What stands behind "ts=…Z " in the only line. */
static const char *behind_time(const char *text)
{
	assert_memory_equal(text, "ts=", 3);
	const char *space = strchr(text, ' ');
	assert_non_null(space);
	assert_int_equal(space - text, 3 + 24);
	return space + 1;
}

static void a_line_has_time_level_message_and_fields(void **state)
{
	(void)state;
	struct bench bench;
	open_log(&bench, LOG_LOGFMT, LOG_INFO);
	assert_true(log_begin(bench.log, LOG_INFO, "listening now"));
	log_plain(bench.log, "address", SPAN("127.0.0.1"));
	log_number(bench.log, "port", 8080);
	log_number(bench.log, "low", INT64_MIN);
	log_number(bench.log, "zero", 0);
	log_text(bench.log, "path", SPAN("/a b"));
	log_text(bench.log, "empty", SPAN(""));
	log_errno(bench.log, ENOENT);
	log_end(bench.log);
	char *text = close_log(&bench);
	assert_string_equal(behind_time(text),
		"level=info msg=\"listening now\" address=127.0.0.1 port=8080 "
		"low=-9223372036854775808 zero=0 path=\"/a b\" empty=\"\" "
		"error=\"No such file or directory\"\n");
	free(text);
}

static void a_json_line_is_json(void **state)
{
	(void)state;
	struct bench bench;
	open_log(&bench, LOG_JSON, LOG_DEBUG);
	assert_true(log_begin(bench.log, LOG_DEBUG, "call"));
	log_plain(bench.log, "id", SPAN("x-1"));
	log_number(bench.log, "status", 200);
	log_text(bench.log, "path", SPAN("/\"\\"));
	log_end(bench.log);
	char *text = close_log(&bench);
	assert_true(json_check(span_from_text(text), NULL));
	assert_memory_equal(text, "{\"ts\":\"", 7);
	assert_string_equal(text + 7 + 24,
		"\",\"level\":\"debug\",\"msg\":\"call\",\"id\":\"x-1\",\"status\":200,"
		"\"path\":\"/\\\"\\\\\"}\n");
	free(text);
}

static void fields_made_once_stand_in_other_lines(void **state)
{
	(void)state;
	for (enum log_format format = LOG_LOGFMT; format <= LOG_JSON; format++) {
		struct bench bench;
		char made[64];
		open_log(&bench, format, LOG_INFO);
		log_begin(bench.log, LOG_INFO, "never written");
		size_t mark = log_mark(bench.log);
		log_text(bench.log, "a", SPAN("x y"));
		log_number(bench.log, "b", 2);
		struct span fields = log_since(bench.log, mark);
		assert_true(fields.len < sizeof(made));
		memcpy(made, fields.ptr, fields.len);
		log_discard(bench.log);
		log_begin(bench.log, LOG_INFO, "m");
		log_fields(bench.log, span_of(made, fields.len));
		log_number(bench.log, "c", 3);
		log_end(bench.log);
		char *text = close_log(&bench);
		assert_null(strstr(text, "never"));
		assert_non_null(strstr(
			text, format == LOG_JSON ? "\"msg\":\"m\",\"a\":\"x y\",\"b\":2,\"c\":3}\n"
						 : "msg=\"m\" a=\"x y\" b=2 c=3\n"));
		free(text);
	}
}

static void the_time_is_now_in_utc(void **state)
{
	(void)state;
	struct bench bench;
	open_log(&bench, LOG_LOGFMT, LOG_INFO);
	time_t before = time(NULL);
	log_begin(bench.log, LOG_INFO, "x");
	log_end(bench.log);
	time_t after = time(NULL);
	char *text = close_log(&bench);
	struct tm parts = { 0 };
	const char *rest = strptime(text, "ts=%Y-%m-%dT%H:%M:%S.", &parts);
	assert_non_null(rest);
	time_t written = timegm(&parts);
	/* The coarse clock may be a tick behind. */
	assert_true(written >= before - 1 && written <= after);
	assert_true(rest[3] == 'Z' && rest[4] == ' ');
	free(text);
}

static void lines_below_the_level_cost_nothing(void **state)
{
	(void)state;
	struct bench bench;
	open_log(&bench, LOG_LOGFMT, LOG_WARN);
	assert_false(log_begin(bench.log, LOG_INFO, "x"));
	assert_false(log_wants(bench.log, LOG_DEBUG));
	assert_false(log_wants_access(bench.log));
	assert_true(log_wants(bench.log, LOG_ERROR));
	assert_false(log_begin(NULL, LOG_ERROR, "x"));
	assert_true(log_begin(bench.log, LOG_WARN, "kept"));
	log_end(bench.log);
	char *text = close_log(&bench);
	assert_string_equal(behind_time(text), "level=warn msg=\"kept\"\n");
	free(text);
}

static void no_value_can_forge_a_line_or_a_field(void **state)
{
	(void)state;
	static const struct {
		struct span value;
		const char *written;
	} cases[] = {
		{ SPAN("a\nts=x level=error msg=forged"), "a\\u000ats=x level=error msg=forged" },
		{ SPAN("\" status=200 x=\""), "\\\" status=200 x=\\\"" },
		{ SPAN("\\\" x=1"), "\\\\\\\" x=1" },
		{ SPAN("trailing\\"), "trailing\\\\" },
		{ SPAN("\r\n\t\0\x1b[2J\x7f"), "\\u000d\\u000a\\u0009\\u0000\\u001b[2J\\u007f" },
		{ SPAN("0123456\x7f"
		       "89abcdef\x1f"
		       "x"),
			"0123456\\u007f89abcdef\\u001fx" },
		{ SPAN("\xff\xc0\xaf\xed\xa0\x80"), "\\\\xff\\\\xc0\\\\xaf\\\\xed\\\\xa0\\\\x80" },
		{ SPAN("cut \xe2\x82"), "cut \\\\xe2\\\\x82" },
		{ SPAN("\x80"), "\\\\x80" },
		{ SPAN("\xc3\xa9 \xe2\x82\xac \xf0\x9d\x84\x9e"),
			"\xc3\xa9 \xe2\x82\xac \xf0\x9d\x84\x9e" },
		{ SPAN("\xc2\x85\xc2\x9b"), "\\u0085\\u009b" },
		{ SPAN("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xe2\x81\xa6"),
			"\\u2028\\u2029\\u202e\\u2066" },
		{ SPAN("a=b,c d"), "a=b,c d" },
		{ SPAN("exactly8\"another8"), "exactly8\\\"another8" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (enum log_format format = LOG_LOGFMT; format <= LOG_JSON; format++) {
			struct bench bench;
			char expected[256];
			open_log(&bench, format, LOG_INFO);
			log_begin(bench.log, LOG_INFO, "m");
			log_text(bench.log, "v", cases[i].value);
			log_end(bench.log);
			char *text = close_log(&bench);
			snprintf(expected, sizeof(expected),
				format == LOG_JSON ? ",\"msg\":\"m\",\"v\":\"%s\"}\n"
						   : " msg=\"m\" v=\"%s\"\n",
				cases[i].written);
			const char *found = strstr(text, format == LOG_JSON ? ",\"msg" : " msg");
			assert_string_equal(found, expected);
			assert_true(format == LOG_LOGFMT || json_check(span_from_text(text), NULL));
			free(text);
		}
	}
}

static void any_bytes_give_one_line_of_printable_text(void **state)
{
	(void)state;
	struct bench bench;
	open_log(&bench, LOG_JSON, LOG_INFO);
	unsigned random = 1;
	for (unsigned i = 0; i < 500; i++) {
		char bytes[64];
		for (size_t j = 0; j < sizeof(bytes); j++) {
			random = random * 1103515245 + 12345;
			bytes[j] = (char)(random >> 16);
		}
		log_begin(bench.log, LOG_INFO, "m");
		log_text(bench.log, "v", span_of(bytes, i % sizeof(bytes)));
		log_end(bench.log);
	}
	char *text = close_log(&bench), *rest = text, *line;
	unsigned lines = 0;
	assert_true(utf8_check(span_from_text(text)));
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		assert_true(json_check(span_from_text(line), NULL));
		lines++;
	}
	assert_int_equal(lines, 500);
	free(text);
}

static void a_long_value_is_shortened_and_a_full_line_cut(void **state)
{
	(void)state;
	char *big = memory_new(8000, 1);
	memset(big, 'x', 8000);
	for (enum log_format format = LOG_LOGFMT; format <= LOG_JSON; format++) {
		struct bench bench;
		open_log(&bench, format, LOG_INFO);
		log_begin(bench.log, LOG_INFO, "m");
		for (unsigned i = 0; i < 6; i++) {
			log_text(bench.log, "big", span_of(big, 8000));
		}
		log_number(bench.log, "small", 1);
		log_end(bench.log);
		log_begin(bench.log, LOG_INFO, "next");
		log_end(bench.log);
		char *text = close_log(&bench);
		char *newline = strchr(text, '\n');
		assert_true(newline - text < LOG_LINE_MAX);
		assert_non_null(strstr(text, "xxx...\""));
		const char *end =
			format == LOG_JSON ? ",\"small\":1,\"cut\":true}\n" : " small=1 cut=true\n";
		assert_memory_equal(newline + 1 - strlen(end), end, strlen(end));
		assert_non_null(strstr(newline, "next"));
		free(text);
	}
	free(big);
}

static void a_line_stays_within_its_limit_whatever_its_fields(void **state)
{
	(void)state;
	char *hostile = memory_new(1024, 1);
	memset(hostile, '\n', 1024);
	for (unsigned fill = 0; fill < 700; fill++) {
		struct bench bench;
		open_log(&bench, LOG_JSON, LOG_INFO);
		log_begin(bench.log, LOG_INFO, "m");
		log_text(bench.log, "a", span_of(hostile, fill));
		for (unsigned i = 0; i < 200; i++) {
			log_number(bench.log, "n", i);
			log_text(bench.log, "t", span_of(hostile, i % 5));
		}
		log_end(bench.log);
		char *text = close_log(&bench);
		assert_true(strlen(text) <= LOG_LINE_MAX);
		assert_int_equal(text[strlen(text) - 1], '\n');
		free(text);
		if (fill > 20) {
			fill += 37;
		}
	}
	free(hostile);
}

struct writer {
	pthread_t thread;
	const struct log_options *options;
	char name;
};

static void *write_many(void *data)
{
	struct writer *writer = data;
	struct log *log = log_create(writer->options);
	char text[200];
	memset(text, writer->name, sizeof(text));
	for (unsigned i = 0; i < 2000; i++) {
		if (log_begin(log, LOG_INFO, "m")) {
			log_plain(log, "v", span_of(text, 50 + i % 150));
			log_end(log);
		}
		if (i % 7 == 0) {
			log_flush(log);
		}
	}
	log_destroy(log);
	return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
	(void)state;
	struct bench bench;
	open_log(&bench, LOG_LOGFMT, LOG_INFO);
	struct writer writers[3];
	for (unsigned i = 0; i < 3; i++) {
		writers[i] = (struct writer){ .options = &bench.options, .name = (char)('a' + i) };
		pthread_create(&writers[i].thread, NULL, write_many, &writers[i]);
	}
	for (unsigned i = 0; i < 3; i++) {
		pthread_join(writers[i].thread, NULL);
	}
	char *text = close_log(&bench), *rest = text, *line;
	unsigned lines = 0;
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		const char *value = strstr(line, " v=") + 3;
		assert_int_equal(strspn(value, (char[]){ value[0], '\0' }), strlen(value));
		lines++;
	}
	assert_int_equal(lines, 6000);
	free(text);
}

static void a_file_is_appended_to(void **state)
{
	(void)state;
	struct bench bench;
	open_log(&bench, LOG_LOGFMT, LOG_INFO);
	log_begin(bench.log, LOG_INFO, "one");
	log_end(bench.log);
	log_destroy(bench.log);
	bench.log = log_create(&bench.options);
	log_begin(bench.log, LOG_INFO, "two");
	log_end(bench.log);
	char *text = close_log(&bench);
	assert_non_null(strstr(text, "msg=\"one\"\n"));
	assert_non_null(strstr(text, "msg=\"two\"\n"));
	free(text);
}

static void a_file_that_cannot_be_opened_is_said(void **state)
{
	(void)state;
	struct log_options options = { .level = LOG_INFO, .file = "/nonexistent/folder/log" };
	errno = 0;
	assert_null(log_create(&options));
	assert_int_equal(errno, ENOENT);
	log_destroy(NULL);
}

static void the_rows_fill_the_options(void **state)
{
	(void)state;
	struct log_options options;
	struct problem_list *problems = problem_list_create();
	assert_true(option_read(log_rows, NULL, &options, problems));
	assert_int_equal(options.format, LOG_LOGFMT);
	assert_int_equal(options.level, LOG_INFO);
	assert_true(options.access);
	assert_null(options.file);
	struct json_tree *tree = json_tree_create("c.json",
		SPAN("{\"format\":\"json\",\"level\":\"error\",\"access\":false,\"file\":\"x\"}"),
		NULL);
	assert_true(option_read(log_rows, json_tree_root(tree), &options, problems));
	assert_int_equal(options.format, LOG_JSON);
	assert_int_equal(options.level, LOG_ERROR);
	assert_false(options.access);
	assert_string_equal(options.file, "x");
	option_finish(log_rows, &options);
	json_tree_destroy(tree);
	problem_list_destroy(problems);
}

struct fixture {
	char path[32];
	struct log *log;
};

static int open_fixture(void **state)
{
	static struct fixture fixture;
	memcpy(fixture.path, "/tmp/test_log_XXXXXX", sizeof("/tmp/test_log_XXXXXX"));
	close(mkstemp(fixture.path));
	const struct log_options options = { .level = LOG_INFO, .file = fixture.path };
	fixture.log = log_create(&options);
	*state = &fixture;
	return fixture.log != NULL ? 0 : -1;
}

static int close_fixture(void **state)
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_time_level_message_and_fields),
		cmocka_unit_test(a_json_line_is_json),
		cmocka_unit_test(fields_made_once_stand_in_other_lines),
		cmocka_unit_test(the_time_is_now_in_utc),
		cmocka_unit_test(lines_below_the_level_cost_nothing),
		cmocka_unit_test(no_value_can_forge_a_line_or_a_field),
		cmocka_unit_test(any_bytes_give_one_line_of_printable_text),
		cmocka_unit_test(a_long_value_is_shortened_and_a_full_line_cut),
		cmocka_unit_test(a_line_stays_within_its_limit_whatever_its_fields),
		cmocka_unit_test(lines_of_several_threads_do_not_mix),
		cmocka_unit_test(a_file_is_appended_to),
		cmocka_unit_test(a_file_that_cannot_be_opened_is_said),
		cmocka_unit_test(the_rows_fill_the_options),
		TEST(a_quiet_process_writes_at_once),
		TEST(a_busy_one_waits_a_moment),
		TEST(but_not_with_much_to_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
