/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * What came goes to stdout byte for byte, so that a script can compare it; what is for people goes
 * to stderr, and to a terminal a line break is added. The exit status tells the kind of answer.
 *
 *     client_options -> client_http (client_response)  -> stdout, exit status
 *                    -> client_websocket (client_rpc)  ->
 */
#include "gateway/command_call.h"

#include "base/json.h"
#include "gateway/client_http.h"
#include "gateway/client_options.h"
#include "gateway/client_rpc.h"
#include "gateway/client_websocket.h"

#include <stdio.h>
#include <unistd.h>

enum exit_status {
	EXIT_ANSWERED = 0,
	EXIT_FILE = 1,
	EXIT_USAGE = 2,
	EXIT_REDIRECT = 3,
	EXIT_CLIENT_ERROR = 4,
	EXIT_SERVER_ERROR = 5,
	EXIT_NO_ANSWER = 6,
	EXIT_TIMEOUT = 7,
};

struct call_output {
	const struct client_options *options;
	int status;           /* of the answer, as over HTTP; 0: none yet */
	char last;            /* last byte written; 0: none */
	struct buffer decode; /* for --text */
};

static enum exit_status exit_of_status(int status)
{
	if (status >= 500) {
		return EXIT_SERVER_ERROR;
	}
	if (status >= 400) {
		return EXIT_CLIENT_ERROR;
	}
	return status >= 300 ? EXIT_REDIRECT : EXIT_ANSWERED;
}

static enum exit_status exit_of_end(enum client_end end, int status)
{
	switch (end) {
	case CLIENT_ANSWERED: return exit_of_status(status);
	case CLIENT_EXPIRED: return EXIT_TIMEOUT;
	default: return EXIT_NO_ANSWER;
	}
}

static void write_output(struct call_output *output, struct span bytes)
{
	if (bytes.len > 0) {
		fwrite(bytes.ptr, 1, bytes.len, stdout);
		fflush(stdout);
		output->last = bytes.ptr[bytes.len - 1];
	}
}

static void say(const struct call_output *output, const char *what, struct span detail)
{
	if (!output->options->quiet) {
		fprintf(stderr, "%s%.*s\n", what, (int)detail.len, detail.ptr);
	}
}

static void read_head(void *context, int status, struct span head)
{
	struct call_output *output = context;
	const char *end = memchr(head.ptr, '\r', head.len);

	output->status = status;
	say(output, "", span_of(head.ptr, (size_t)(end - head.ptr)));
	if (output->options->include) {
		write_output(output, head);
	}
}

static void read_body(void *context, struct span bytes)
{
	write_output(context, bytes);
}

static enum exit_status call_http(struct call_output *output)
{
	const struct client_http_reader reader = {
		.context = output,
		.read_head = read_head,
		.read_body = read_body,
	};
	const char *fault;
	enum client_end end = client_http_run(&output->options->request, &reader, &fault);

	if (end != CLIENT_ANSWERED) {
		fprintf(stderr, "bridgehead call: %s\n", fault);
	}
	return exit_of_end(end, output->status);
}

/* The text that a string result stands for; other results as they are. */
static struct span decode(struct call_output *output, const struct client_rpc_answer *answer)
{
	struct buffer *text = &output->decode;

	if (json_type_of(answer->value) != JSON_STRING) {
		return answer->value;
	}
	json_string_decode(answer->value, text);
	if (answer->base64 && text->len > 0 && !text->failed) {
		size_t room = text->len;
		struct buffer bytes = { 0 };
		if (buffer_reserve(&bytes, room)) {
			int len = lws_b64_decode_string_len(
				text->data, (int)text->len, bytes.data, (int)bytes.cap);
			bytes.len = len > 0 ? (size_t)len : 0;
		}
		buffer_finish(text);
		*text = bytes;
	}
	return buffer_span(text);
}

static bool read_rpc_message(void *context, struct span message)
{
	struct call_output *output = context;
	const struct client_options *options = output->options;
	struct client_rpc_answer answer = client_rpc_read(message);

	if (answer.kind == CLIENT_RPC_OTHER) {
		return false;
	}
	output->status = answer.kind == CLIENT_RPC_BROKEN ? 502 : answer.status;
	if (answer.kind == CLIENT_RPC_BROKEN) {
		say(output, "a message that is not JSON-RPC", SPAN(""));
	} else if (answer.kind == CLIENT_RPC_ERROR) {
		struct span code = SPAN("");
		json_pointer(answer.value, SPAN("/code"), &code);
		say(output, "error ", code);
	} else {
		say(output, "result", SPAN(""));
	}
	if (answer.kind == CLIENT_RPC_BROKEN || options->include) {
		write_output(output, message);
	} else if (options->text && answer.kind == CLIENT_RPC_RESULT) {
		write_output(output, decode(output, &answer));
	} else {
		write_output(output, answer.value);
	}
	return true;
}

static bool read_raw_message(void *context, struct span message)
{
	struct call_output *output = context;

	output->status = 200;
	write_output(output, message);
	return true;
}

/*
 * Close codes that blame the client or the server; the rest blames nobody. libwebsockets 4.1 does
 * not know 1012 to 1015 and turns them into 1002, which a server has no other reason to send us.
 */
static enum exit_status exit_of_close(unsigned code)
{
	switch (code) {
	case 1003:
	case 1007:
	case 1008:
	case 1009:
	case 1010: return EXIT_CLIENT_ERROR;
	case 1002:
	case 1011: return EXIT_SERVER_ERROR;
	default: return EXIT_NO_ANSWER;
	}
}

static enum exit_status exit_of_result(
	const struct call_output *output, const struct client_websocket_result *result)
{
	if (result->end == CLIENT_ANSWERED) {
		return exit_of_end(result->end, output->status);
	}
	fprintf(stderr, "bridgehead call: %s", result->fault);
	if (result->handshake != 0) {
		fprintf(stderr, " with status %d", result->handshake);
	} else if (result->close_code != 0) {
		fprintf(stderr, ", with close code %u%s", result->close_code,
			result->close_code == 1002 ? " or 1012 to 1015" : "");
	}
	fputs("\n", stderr);
	if (result->end == CLIENT_EXPIRED) {
		return EXIT_TIMEOUT;
	}
	if (result->handshake >= 300) {
		return exit_of_status(result->handshake);
	}
	return exit_of_close(result->close_code);
}

static enum exit_status call_websocket(struct call_output *output)
{
	const struct client_options *options = output->options;
	struct buffer message = { 0 };

	if (options->raw) {
		buffer_append_span(&message, options->request.body);
	} else {
		client_rpc_write(options->op, options->request.body, options->notify, &message);
	}
	const struct client_websocket_exchange exchange = {
		.message = buffer_span(&message),
		.binary = options->binary,
		.one_way = options->notify,
		.read_message = options->raw ? read_raw_message : read_rpc_message,
		.context = output,
	};
	struct client_websocket_result result = client_websocket_run(&options->request, &exchange);
	buffer_finish(&message);
	return exit_of_result(output, &result);
}

/* True when everything written has left us. */
static bool finish_output(struct call_output *output)
{
	if (output->last != 0 && output->last != '\n' && isatty(STDOUT_FILENO)) {
		putchar('\n');
	}
	buffer_finish(&output->decode);
	if (fflush(stdout) == 0 && !ferror(stdout)) {
		return true;
	}
	fputs("bridgehead call: the answer could not be written\n", stderr);
	return false;
}

int command_call(int argc, char **argv)
{
	struct client_options options;
	struct call_output output = { .options = &options };
	enum exit_status status = EXIT_USAGE;

	switch (client_options_init(&options, argc, argv)) {
	case CLIENT_OPTIONS_HELP: status = EXIT_ANSWERED; break;
	case CLIENT_OPTIONS_USAGE: break;
	case CLIENT_OPTIONS_FAILED: status = EXIT_FILE; break;
	case CLIENT_OPTIONS_RUN:
		status = options.request.target.websocket ? call_websocket(&output)
							  : call_http(&output);
		break;
	}
	if (!finish_output(&output) && status == EXIT_ANSWERED) {
		status = EXIT_FILE;
	}
	client_options_finish(&options);
	return status;
}
