/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The command line: one table gives the help and the dispatch. */
#include "gateway/command.h"
#include "gateway/command_call.h"
#include "gateway/command_dev.h"
#include "gateway/command_explain.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *help;
} commands[] = {
	{ "run", command_run, "-c FILE", "serve by the configuration in FILE" },
	{ "check", command_check, "FILE", "say everything that is wrong with a configuration" },
	{ "explain", command_explain, "-c FILE METHOD URL",
		"say which mapping takes a request, why, and what it sends" },
	{ "routes", command_routes, "-c FILE", "print the mappings in their order" },
	{ "call", command_call, "URL [OP] [JSON]", "send one HTTP or WebSocket request" },
	{ "dev", command_dev, "[OPTION]...", "serve with a Kafka for development inside, no file" },
	{ "conventions", command_conventions, "[NAME]", "print the presets for worker frameworks" },
	{ "schema", command_schema, "[mappings]", "print the JSON Schema of a configuration" },
	{ "version", command_version, "", "print the version" },
};

static int print_help(FILE *out)
{
	fputs("bridgehead puts HTTP and WebSocket in front of workers behind a message broker.\n\n"
	      "Usage:\n",
		out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		fprintf(out, "  bridgehead %-13s%-20s%s\n", commands[i].name, commands[i].arguments,
			commands[i].help);
	}
	fputs("\n'bridgehead COMMAND --help' tells more.\n", out);
	return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		return print_help(stderr);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0) {
		return print_help(stdout);
	}
	if (strcmp(argv[1], "--version") == 0) {
		return command_version(1, argv + 1);
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			return commands[i].run(argc - 1, argv + 1);
		}
	}
	fprintf(stderr, "bridgehead: no command is called \"%s\"\n\n", argv[1]);
	return print_help(stderr);
}
