/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/command_dev.h"

#include "base/memory.h"
#include "gateway/config.h"
#include "gateway/dev_argument.h"
#include "gateway/dev_config.h"
#include "gateway/process.h"

#include <stdio.h>

static bool is_free(const struct dev_options *options)
{
	return dev_argument_free("--listen", options->listen) &&
	       dev_argument_free("--admin", options->admin) &&
	       dev_argument_free("--kafka", options->kafka);
}

static int serve(const struct dev_options *options, struct span text)
{
	struct buffer greeting = { 0 };
	memory_return_large();
	struct problem_list *problems = problem_list_create();
	struct config *config = config_load_text("bridgehead dev", text, problems);
	problem_list_print(problems, stderr);
	problem_list_destroy(problems);
	if (config == NULL) {
		return 1;
	}
	dev_config_greet(&greeting, options);
	buffer_append_char(&greeting, '\0');
	int status = process_run(config, greeting.data);
	config_destroy(config);
	buffer_finish(&greeting);
	return status;
}

int command_dev(int argc, char **argv)
{
	struct dev_options options;
	struct buffer text = { 0 };
	int status = 0;
	switch (dev_options_read(&options, argc, argv)) {
	case DEV_OPTIONS_RUN: break;
	case DEV_OPTIONS_HELP: return 0;
	case DEV_OPTIONS_USAGE: return 2;
	}
	dev_config_write(&text, &options);
	if (options.print) {
		fwrite(text.data, 1, text.len, stdout);
		status = fflush(stdout) == 0 ? 0 : 1;
	} else if (!is_free(&options)) {
		status = 1;
	} else {
		status = serve(&options, buffer_span(&text));
	}
	buffer_finish(&text);
	return status;
}
