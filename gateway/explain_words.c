/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/explain_words.h"

#include "gateway/client_argument.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
	"Usage: bridgehead explain -c FILE [OPTION]... METHOD URL\n"
	"       bridgehead explain -c FILE [OPTION]... --ws [--op OP] URL\n\n"
	"Says which mapping takes a request, why those before it do not, and what message would\n"
	"be sent, without a broker. URL may be a path alone. Call id and reply address are\n"
	"examples. Exit status 0: a mapping takes it; 1: none does; 2: wrong usage.\n\n"
	"  -c, --config FILE    the configuration\n"
	"  -H, --header 'N: V'  a header of the request\n"
	"  -d, --data DATA      its body; @FILE, or @- for standard input; several are joined by "
	"&\n"
	"      --ws             a message on the WebSocket at URL, whose payload is DATA\n"
	"      --op OP          its operation\n"
	"      --json           for programs\n"
	"  -h, --help           this\n";

enum flags { FLAG_WS = 256, FLAG_OP, FLAG_JSON };

static const struct option long_flags[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "header", required_argument, NULL, 'H' },
	{ "data", required_argument, NULL, 'd' },
	{ "ws", no_argument, NULL, FLAG_WS },
	{ "op", required_argument, NULL, FLAG_OP },
	{ "json", no_argument, NULL, FLAG_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool read_data(struct explain_words *words, const char *text)
{
	bool further = words->has_data;
	words->has_data = true;
	return client_argument_data(text, further, &words->data);
}

static bool read_flag(struct explain_words *words, int flag)
{
	switch (flag) {
	case 'c': words->file = optarg; return true;
	case 'H': return client_argument_header(optarg, &words->headers, &words->host);
	case 'd': return read_data(words, optarg);
	case FLAG_WS: words->websocket = true; return true;
	case FLAG_OP: words->op = optarg; return true;
	case FLAG_JSON: words->json = true; return true;
	case 'h': words->help = true; return true;
	default: return false; /* getopt has printed why */
	}
}

bool explain_words_read(struct explain_words *words, int argc, char **argv)
{
	int flag;
	*words = (struct explain_words){ 0 };
	optind = 0;
	while ((flag = getopt_long(argc, argv, "c:H:d:h", long_flags, NULL)) >= 0) {
		if (!read_flag(words, flag)) {
			return false;
		}
	}
	if (words->help) {
		fputs(help, stdout);
		return true;
	}
	if (words->file == NULL) {
		return client_argument_complain("-c FILE is missing");
	}
	if (argc - optind != (words->websocket ? 1 : 2)) {
		return client_argument_complain(
			words->websocket ? "expected a URL" : "expected METHOD and URL");
	}
	if (!words->websocket) {
		words->method = argv[optind];
		if (words->op != NULL) {
			return client_argument_complain("--op needs --ws");
		}
		if (!client_argument_method(words->method)) {
			return false;
		}
	}
	words->url = argv[argc - 1];
	return true;
}

void explain_words_finish(struct explain_words *words)
{
	buffer_finish(&words->headers);
	buffer_finish(&words->host);
	buffer_finish(&words->data);
}
