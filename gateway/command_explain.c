/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/command_explain.h"

#include "gateway/config.h"
#include "gateway/explain_request.h"
#include "gateway/explain_result.h"
#include "gateway/explain_words.h"

#include <stdio.h>

static struct config *load(const char *file)
{
	struct problem_list *problems = problem_list_create();
	struct config *config = config_load(file, problems);
	if (config == NULL) {
		problem_list_print(problems, stderr);
	}
	problem_list_destroy(problems);
	return config;
}

static int explain(const struct explain_words *words, const struct config *config)
{
	struct explain_request asked;
	struct explain_result result;
	struct buffer out = { 0 };
	if (!explain_request_init(&asked, words, config)) {
		explain_request_finish(&asked);
		return 2;
	}
	explain_result_init(&result, config, &asked);
	if (words->json) {
		explain_result_write_json(&result, &out);
	} else {
		explain_result_write(&result, &out);
	}
	fwrite(out.data, 1, out.len, stdout);
	bool won = result.won;
	buffer_finish(&out);
	explain_result_finish(&result);
	explain_request_finish(&asked);
	return won ? 0 : 1;
}

int command_explain(int argc, char **argv)
{
	struct explain_words words;
	int status = 2;
	if (!explain_words_read(&words, argc, argv)) {
		fputs("Try: bridgehead explain --help\n", stderr);
	} else if (words.help) {
		status = 0;
	} else {
		struct config *config = load(words.file);
		status = config != NULL ? explain(&words, config) : 1;
		config_destroy(config);
	}
	explain_words_finish(&words);
	return status;
}
