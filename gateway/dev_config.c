/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A topic that a client chooses must be one that some mapping names, so there is a mapping for each
 * topic; the last one, for the first topic of calls, takes whatever is left. An op with a tail and
 * one without need a mapping each. All of them ask for a host, because a page under any name that
 * resolves to 127.0.0.1 could reach them otherwise.
 */
#include "gateway/dev_config.h"

#include <string.h>

enum reach { BY_NAME, BY_TAIL, BY_ANYTHING };

static void write_match(
	struct buffer *out, const struct dev_options *options, const char *topic, enum reach reach)
{
	if (options->local) {
		size_t len = (size_t)(strrchr(options->listen, ':') - options->listen);
		buffer_append_format(out, "\"host\": [\"localhost\", \"*.localhost\", \"%.*s\"], ",
			(int)len, options->listen);
	}
	switch (reach) {
	case BY_NAME:
		buffer_append_format(out, "\"path\": \"/%s/*rest\", \"op\": \"%s\"", topic, topic);
		break;
	case BY_TAIL: buffer_append_format(out, "\"op\": \"%s.*\"", topic); break;
	case BY_ANYTHING: buffer_append_literal(out, "\"path\": \"/*rest\", \"op\": \"*\""); break;
	}
}

static void write_mapping(struct buffer *out, const struct dev_options *options, const char *topic,
	enum reach reach, bool event)
{
	static const char *const tails[] = { [BY_NAME] = "", [BY_TAIL] = ".*", [BY_ANYTHING] = "" };
	buffer_append_format(
		out, "    { \"name\": \"%s%s\",\n      \"match\": { ", topic, tails[reach]);
	write_match(out, options, topic, reach);
	buffer_append_format(out,
		" },\n"
		"      \"send\": { \"topic\": \"%s\", \"key\": \"${query.key?}\",\n"
		"                \"headers\": { \"method\": \"${method?}\", \"path\": "
		"\"${path?}\", "
		"\"query\": \"${query?}\", \"op\": \"${op}\" } }%s }%s\n",
		topic, event ? ",\n      \"answer\": { \"when\": \"confirmed\" }" : "",
		reach == BY_ANYTHING ? "" : ",");
}

void dev_config_write(struct buffer *out, const struct dev_options *options)
{
	buffer_append_format(out,
		"// For development: \"dev\" is a Kafka inside the process that keeps nothing. For "
		"service\n"
		"// give it \"bootstrap\": \"HOST:PORT,...\" instead of \"embedded\" and "
		"\"address\".\n"
		"{\n"
		"  \"listeners\": [ { \"name\": \"public\", \"address\": \"%s\",\n"
		"                   \"websockets\": [ { \"path\": \"/" DEV_CONFIG_WEBSOCKET
		"\", \"envelope\": \"jsonrpc\" } ] } ],\n"
		"  \"admin\": { \"address\": \"%s\" },\n"
		"  \"bridges\": { \"dev\": { \"type\": \"kafka\", \"embedded\": true, \"address\": "
		"\"%s\",\n"
		"                        \"reply\": { \"topic\": \"" DEV_CONFIG_REPLIES
		"\" } } },\n"
		"  \"defaults\": { \"bridge\": \"dev\", \"timeout\": \"10s\" },\n"
		"  \"mappings\": [\n",
		options->listen, options->admin, options->kafka);
	for (size_t i = 0; i < options->events.count; i++) {
		write_mapping(out, options, options->events.names[i], BY_NAME, true);
		write_mapping(out, options, options->events.names[i], BY_TAIL, true);
	}
	for (size_t i = 1; i < options->calls.count; i++) {
		write_mapping(out, options, options->calls.names[i], BY_NAME, false);
		write_mapping(out, options, options->calls.names[i], BY_TAIL, false);
	}
	write_mapping(out, options, options->calls.names[0], BY_ANYTHING, false);
	buffer_append_literal(out, "  ]\n}\n");
}

void dev_config_greet(struct buffer *out, const struct dev_options *options)
{
	const char *topic = options->calls.names[0], *event = options->events.names[0];
	buffer_append_format(out,
		"\nBridgehead for development: http://%s and ws://%s/" DEV_CONFIG_WEBSOCKET
		", Kafka at %s. Nothing is kept.\n\n"
		"A worker, in another terminal (apt install kcat):\n\n"
		"    kcat -b %s -C -u -q -o end -t %s -f '%%h\\t%%s\\n' |\n"
		"    while IFS=$'\\t' read -r headers body; do id=${headers#*correlation_id=}\n"
		"      echo -n \"Hello, $body\" |\n"
		"      kcat -b %s -P -t " DEV_CONFIG_REPLIES
		" -H \"correlation_id=${id%%%%,*}\"; done\n\n",
		options->listen, options->listen, options->kafka, options->kafka, topic,
		options->kafka);
	buffer_append_format(out,
		"It answers these, and every other path and op:\n\n"
		"    curl -d world http://%s/any/path\n"
		"    bridgehead call ws://%s/" DEV_CONFIG_WEBSOCKET
		" any.op '{\"name\":\"world\"}'\n\n"
		"An event, which is answered as soon as it is in its topic:\n\n"
		"    curl -d news http://%s/%s\n\n"
		"Workers in Python, Node and Go: examples/kafka. The configuration: bridgehead dev "
		"--print. The end: Ctrl-C.\n\n",
		options->listen, options->listen, options->listen, event);
}
