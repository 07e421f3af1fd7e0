/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/client_options.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "gateway/client_argument.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/* Longer ones are cut in silence by the library that writes the handshake. */
#define WEBSOCKET_PATH_MAX 2000
#define WEBSOCKET_HOST_MAX 110

static const char help[] =
	"usage: bridgehead call [OPTION]... URL [OP] [JSON]\n"
	"\n"
	"Sends one request and prints the answer.\n"
	"\n"
	"  bridgehead call http://127.0.0.1:8080/orders/17\n"
	"  bridgehead call http://127.0.0.1:8080/orders '{\"item\":\"tea\"}'\n"
	"  bridgehead call -X PUT -H 'Content-Type: image/png' -d @a.png http://127.0.0.1:8080/a\n"
	"  bridgehead call ws://127.0.0.1:8080/ws orders.create '{\"item\":\"tea\"}'\n"
	"\n"
	"http://  The body of the answer goes to stdout as it came. There is no OP.\n"
	"ws://    Calls the method OP with the params JSON in a JSON-RPC 2.0 envelope; result or\n"
	"         error go to stdout as they came. The connection is closed with 1000.\n"
	"\n"
	"JSON, and DATA below: @FILE reads a file, @- reads standard input.\n"
	"\n"
	"  -X, --method METHOD   HTTP method; GET, or POST when there is a body\n"
	"  -H, --header 'N: V'   adds a header to the request or handshake; repeatable\n"
	"  -d, --data DATA       body, or params; the content type is application/json when DATA\n"
	"                        is JSON, else application/octet-stream, unless -H sets it;\n"
	"                        several are joined by &, as curl does\n"
	"  -i, --include         HTTP: status line and headers first; WebSocket: the whole answer\n"
	"  -t, --timeout TIME    how long to wait for the whole answer: 500ms, 30s (default), 2m\n"
	"  -s, --quiet           no status line on stderr\n"
	"      --text            WebSocket: a string result without quotes and escapes, or its\n"
	"                        bytes where the answer says that it is base64\n"
	"      --notify          WebSocket: a notification; send it, wait for nothing\n"
	"      --raw             WebSocket: no envelope; send DATA, print the next message\n"
	"      --binary          with --raw: send a binary frame\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 answered with 2xx or a result; 3, 4, 5 answered with 3xx, 4xx, 5xx or an\n"
	"error of that kind; 6 no connection, or lost before the answer; 7 no answer in time;\n"
	"1 a file could not be read or written; 2 wrong usage. https:// and wss:// are not\n"
	"available yet.\n";

enum { FLAG_RAW = 256, FLAG_BINARY, FLAG_NOTIFY, FLAG_TEXT };

static const struct option long_flags[] = {
	{ "method", required_argument, NULL, 'X' },
	{ "header", required_argument, NULL, 'H' },
	{ "data", required_argument, NULL, 'd' },
	{ "include", no_argument, NULL, 'i' },
	{ "timeout", required_argument, NULL, 't' },
	{ "quiet", no_argument, NULL, 's' },
	{ "text", no_argument, NULL, FLAG_TEXT },
	{ "notify", no_argument, NULL, FLAG_NOTIFY },
	{ "raw", no_argument, NULL, FLAG_RAW },
	{ "binary", no_argument, NULL, FLAG_BINARY },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* What getopt collects before it is made sense of. */
struct words {
	const char **data; /* room for all words */
	unsigned data_count;
	bool is_json; /* data was given as JSON, not by -d */
	struct buffer host;
	const char *positional[3];
	int positionals;
};

static enum client_options_verdict usage(void)
{
	fputs("Try: bridgehead call --help\n", stderr);
	return CLIENT_OPTIONS_USAGE;
}

static bool read_flag(struct client_options *options, struct words *words, int flag)
{
	struct client_request *request = &options->request;

	switch (flag) {
	case 'X': request->method = optarg; return client_argument_method(optarg);
	case 'H': return client_argument_header(optarg, &request->headers, &words->host);
	case 't': return client_argument_timeout(optarg, &request->timeout_ms);
	case 'd': words->data[words->data_count++] = optarg; return true;
	case 'i': options->include = true; return true;
	case 's': options->quiet = true; return true;
	case FLAG_TEXT: options->text = true; return true;
	case FLAG_NOTIFY: options->notify = true; return true;
	case FLAG_RAW: options->raw = true; return true;
	case FLAG_BINARY: options->binary = true; return true;
	default: return false; /* getopt has printed why */
	}
}

static bool read_positionals(struct words *words, int argc, char **argv)
{
	for (; optind < argc; optind++) {
		if (words->positionals == 3) {
			return client_argument_complain("too many arguments: %s", argv[optind]);
		}
		words->positional[words->positionals++] = argv[optind];
	}
	return words->positionals > 0 || client_argument_complain("a URL is missing");
}

static bool check_http(struct client_options *options)
{
	if (span_present(options->op)) {
		return client_argument_complain("an operation needs a ws:// URL");
	}
	if (options->raw || options->binary || options->notify || options->text) {
		return client_argument_complain(
			"--raw, --binary, --notify and --text need a ws:// URL");
	}
	return true;
}

static bool check_websocket(struct client_options *options)
{
	const struct client_target *target = &options->request.target;

	if (options->request.method != NULL) {
		return client_argument_complain("-X needs an http:// URL");
	}
	if (strlen(target->path) > WEBSOCKET_PATH_MAX ||
		strlen(target->authority) > WEBSOCKET_HOST_MAX) {
		return client_argument_complain("the URL is too long for a WebSocket handshake");
	}
	if (options->raw) {
		return (!span_present(options->op) && !options->text && !options->notify) ||
		       client_argument_complain("--raw sends DATA alone: no OP, --text, --notify");
	}
	if (options->binary) {
		return client_argument_complain("--binary needs --raw");
	}
	if (!span_present(options->op)) {
		return client_argument_complain("a ws:// URL needs an operation, or --raw");
	}
	return utf8_check(options->op) || client_argument_complain("OP is not UTF-8");
}

/* Which positional is what: OP comes first over a WebSocket, except where there is no envelope. */
static bool assign_positionals(struct client_options *options, struct words *words)
{
	bool op_first = options->request.target.websocket && !options->raw;
	int next = 1;

	if (words->positionals == 3 || (op_first && words->positionals == 2)) {
		options->op = span_from_text(words->positional[next++]);
	}
	if (next < words->positionals) {
		if (words->data_count > 0) {
			return client_argument_complain("give -d or JSON, not both");
		}
		words->data[words->data_count++] = words->positional[next];
		words->is_json = !options->raw;
	}
	return true;
}

static bool check_data(struct client_options *options, const struct words *words)
{
	bool is_params = options->request.target.websocket && !options->raw;
	struct client_request *request = &options->request;
	struct span data = buffer_span(&options->data);

	if (words->data_count == 0) {
		return !options->raw || client_argument_complain("--raw needs -d DATA");
	}
	if ((words->is_json || is_params) && !client_argument_json("JSON", data)) {
		return false;
	}
	request->body = data;
	request->content_type =
		json_check(data, NULL) ? "application/json" : "application/octet-stream";
	return true;
}

static bool settle(struct client_options *options, struct words *words)
{
	struct client_target *target = &options->request.target;
	const char *fault;

	if (!client_target_init(target, words->positional[0], &fault)) {
		return client_argument_complain("%s", fault);
	}
	if (words->host.len > 0) {
		free(target->authority);
		target->authority = memory_text(buffer_span(&words->host));
	}
	return assign_positionals(options, words) &&
	       (target->websocket ? check_websocket(options) : check_http(options));
}

static bool read_data(struct client_options *options, const struct words *words)
{
	for (unsigned i = 0; i < words->data_count; i++) {
		if (!client_argument_data(words->data[i], i > 0, &options->data)) {
			return false;
		}
	}
	return true;
}

static enum client_options_verdict read_words(
	struct client_options *options, struct words *words, int argc, char **argv)
{
	int flag;
	while ((flag = getopt_long(argc, argv, "X:H:d:it:sh", long_flags, NULL)) >= 0) {
		if (flag == 'h') {
			fputs(help, stdout);
			return CLIENT_OPTIONS_HELP;
		}
		if (!read_flag(options, words, flag)) {
			return usage();
		}
	}
	if (!read_positionals(words, argc, argv) || !settle(options, words)) {
		return usage();
	}
	if (!read_data(options, words)) {
		return CLIENT_OPTIONS_FAILED;
	}
	if (!check_data(options, words)) {
		return usage();
	}
	if (options->request.method == NULL) {
		options->request.method = words->data_count > 0 ? "POST" : "GET";
	}
	return CLIENT_OPTIONS_RUN;
}

enum client_options_verdict client_options_init(
	struct client_options *options, int argc, char **argv)
{
	struct words words = { .data = memory_new((size_t)argc + 1, sizeof(*words.data)) };
	*options = (struct client_options){ .request = { .timeout_ms = 30000 } };
	optind = 0;
	enum client_options_verdict verdict = read_words(options, &words, argc, argv);
	buffer_finish(&words.host);
	free(words.data);
	return verdict;
}

void client_options_finish(struct client_options *options)
{
	client_target_finish(&options->request.target);
	buffer_finish(&options->request.headers);
	buffer_finish(&options->data);
}
