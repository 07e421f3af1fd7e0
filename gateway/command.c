/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/command.h"

#include "base/memory.h"
#include "gateway/config.h"
#include "gateway/config_schema.h"
#include "gateway/process.h"
#include "mappings/convention_table.h"
#include "mappings/routes.h"

#include <stdio.h>
#include <string.h>

/* True: help was asked for, and printed. */
static bool gave_help(int argc, char **argv, const char *usage)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(usage, stdout);
			return true;
		}
	}
	return false;
}

static struct config *load(const char *file)
{
	struct problem_list *problems = problem_list_create();
	struct config *config = config_load(file, problems);
	problem_list_print(problems, stderr);
	problem_list_destroy(problems);
	return config;
}

/* FILE of "-c FILE", which is all there may be; NULL: it is not. */
static const char *config_argument(int argc, char **argv)
{
	bool named = argc == 3 && (strcmp(argv[1], "-c") == 0 || strcmp(argv[1], "--config") == 0);
	return named ? argv[2] : NULL;
}

int command_run(int argc, char **argv)
{
	static const char usage[] =
		"Usage: bridgehead run -c FILE\n\n"
		"Serves by the configuration in FILE until SIGTERM or SIGINT, then finishes the "
		"calls\n"
		"that are under way. Tells systemd when it is ready (Type=notify).\n\n"
		"  -c, --config FILE   the configuration\n"
		"  -h, --help          this\n";
	const char *file = config_argument(argc, argv);
	if (gave_help(argc, argv, usage)) {
		return 0;
	}
	if (file == NULL) {
		fputs(usage, stderr);
		return 2;
	}
	memory_return_large();
	struct config *config = load(file);
	if (config == NULL) {
		return 1;
	}
	int status = process_run(config, NULL);
	config_destroy(config);
	return status;
}

int command_check(int argc, char **argv)
{
	static const char usage[] =
		"Usage: bridgehead check FILE\n"
		"       bridgehead check --document [limits]\n\n"
		"Reads a configuration as `run` would and says everything that "
		"is wrong with it, each\n"
		"with file, line and column. Connects to nothing. Exit status "
		"0: it can be run; 1: not.\n\n"
		"  --document   print the reference of all keys in Markdown; with "
		"limits, what happens\n"
		"               beyond each limit\n"
		"  -h, --help   this\n";
	if (gave_help(argc, argv, usage)) {
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--document") == 0) {
		config_document(stdout);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "--document") == 0 && strcmp(argv[2], "limits") == 0) {
		limits_document(stdout);
		return 0;
	}
	if (argc != 2 || argv[1][0] == '-') {
		fputs(usage, stderr);
		return 2;
	}
	struct config *config = load(argv[1]);
	if (config == NULL) {
		return 1;
	}
	printf("%s: good: %zu mappings, %zu listeners, %zu bridges\n", argv[1],
		mapping_table_count(config->mappings), config->listener_count,
		config->bridge_count);
	config_destroy(config);
	return 0;
}

int command_conventions(int argc, char **argv)
{
	static const char usage[] =
		"Usage: bridgehead conventions [NAME | TYPE/NAME]\n\n"
		"Prints the knobs of a convention as JSON: of that name for every type of bridge "
		"that has\n"
		"one, or of one type, as amqp/nestjs. Without a name: a line for each.\n\n"
		"  -h, --help   this\n";
	if (gave_help(argc, argv, usage)) {
		return 0;
	}
	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		fputs(usage, stderr);
		return 2;
	}
	if (argc == 1) {
		convention_files_list(stdout);
		return 0;
	}
	if (!convention_files_print(argv[1], stdout)) {
		fprintf(stderr,
			"bridgehead: there is no convention \"%s\"; 'bridgehead "
			"conventions' lists them\n",
			argv[1]);
		return 1;
	}
	return 0;
}

int command_schema(int argc, char **argv)
{
	static const char usage[] =
		"Usage: bridgehead schema [mappings]\n\n"
		"Prints the JSON Schema (2020-12) of a configuration, for editors that complete "
		"and "
		"check\n"
		"by one; with mappings, that of a file which a configuration includes. Name it in "
		"the\n"
		"configuration's \"$schema\".\n\n"
		"  -h, --help   this\n";
	if (gave_help(argc, argv, usage)) {
		return 0;
	}
	bool included = argc == 2 && strcmp(argv[1], "mappings") == 0;
	if (argc != 1 && !included) {
		fputs(usage, stderr);
		return 2;
	}
	struct buffer schema = { 0 };
	config_schema_append(included ? CONFIG_SCHEMA_INCLUDED : CONFIG_SCHEMA_FILE, &schema);
	fwrite(schema.data, 1, schema.len, stdout);
	buffer_finish(&schema);
	return 0;
}

int command_routes(int argc, char **argv)
{
	static const char usage[] =
		"Usage: bridgehead routes -c FILE\n\n"
		"Prints the mappings in the order in which they are tried: layer, name, what a "
		"request\n"
		"has to be like, what becomes of it.\n\n"
		"  -c, --config FILE   the configuration\n"
		"  -h, --help          this\n";
	if (gave_help(argc, argv, usage)) {
		return 0;
	}
	const char *file = config_argument(argc, argv);
	if (file == NULL) {
		fputs(usage, stderr);
		return 2;
	}
	struct config *config = load(file);
	if (config == NULL) {
		return 1;
	}
	routes_print(config->mappings, stdout);
	config_destroy(config);
	return 0;
}

int command_version(int argc, char **argv)
{
	if (gave_help(argc, argv, "Usage: bridgehead version\n\nPrints the version.\n")) {
		return 0;
	}
	puts("bridgehead " BRIDGEHEAD_VERSION);
	return 0;
}
