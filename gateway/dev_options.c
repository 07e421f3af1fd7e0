/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/dev_options.h"

#include "gateway/dev_argument.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
	"Usage: bridgehead dev [OPTION]...\n"
	"\n"
	"Serves without a file and without a broker: a Kafka for development runs inside the\n"
	"process, and workers with any Kafka client find it. Everybody on this machine may use\n"
	"it, and nothing is kept when it ends.\n"
	"\n"
	"Every request, whatever its path or op, becomes a record of the topic of calls, and\n"
	"the client gets the worker's reply. Requests below /NAME, and ops NAME and NAME.*, go to\n"
	"the topic NAME if it is one of the others below.\n"
	"\n"
	"  -t, --topic NAME      a topic of calls; repeatable; \"requests\" without it. The first\n"
	"                        one takes what belongs to no other topic\n"
	"  -e, --events NAME     a topic of events: the client gets 202 when the record is in;\n"
	"                        repeatable; \"events\" without it\n"
	"  -l, --listen ADDRESS  where clients connect, 127.0.0.1:8080; WebSockets at /ws\n"
	"  -a, --admin ADDRESS   health and metrics, 127.0.0.1:9080\n"
	"  -k, --kafka ADDRESS   where workers find Kafka, 127.0.0.1:9092\n"
	"      --print           print the configuration instead, as a start for your own\n"
	"  -h, --help            this\n";

enum { FLAG_PRINT = 256 };

static const struct option long_flags[] = {
	{ "topic", required_argument, NULL, 't' },
	{ "events", required_argument, NULL, 'e' },
	{ "listen", required_argument, NULL, 'l' },
	{ "admin", required_argument, NULL, 'a' },
	{ "kafka", required_argument, NULL, 'k' },
	{ "print", no_argument, NULL, FLAG_PRINT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool add_topic(struct dev_topics *topics, const char *name)
{
	if (!dev_argument_topic(name)) {
		return false;
	}
	if (topics->count == DEV_TOPICS_MAX) {
		return dev_argument_complain("at most %d topics of a kind", DEV_TOPICS_MAX);
	}
	topics->names[topics->count++] = name;
	return true;
}

static bool read_flag(struct dev_options *options, int flag)
{
	switch (flag) {
	case 't': return add_topic(&options->calls, optarg);
	case 'e': return add_topic(&options->events, optarg);
	case 'l': options->listen = optarg; return true;
	case 'a': options->admin = optarg; return true;
	case 'k': options->kafka = optarg; return true;
	case FLAG_PRINT: options->print = true; return true;
	default: return false; /* getopt has printed why */
	}
}

static bool has_twice(const struct dev_topics *one, const struct dev_topics *other)
{
	for (size_t i = 0; i < one->count; i++) {
		for (size_t k = one == other ? i + 1 : 0; k < other->count; k++) {
			if (strcmp(one->names[i], other->names[k]) == 0) {
				dev_argument_complain("the topic %s is given twice", one->names[i]);
				return true;
			}
		}
	}
	return false;
}

static void fill_in(struct dev_options *options)
{
	if (options->calls.count == 0) {
		options->calls.names[options->calls.count++] = "requests";
	}
	if (options->events.count == 0) {
		options->events.names[options->events.count++] = "events";
	}
}

static bool are_apart(const char *one, const char *other)
{
	return strcmp(one, other) != 0 ||
	       dev_argument_complain("the address %s is given twice", one);
}

static bool check(struct dev_options *options)
{
	bool local;
	return are_apart(options->listen, options->admin) &&
	       are_apart(options->listen, options->kafka) &&
	       are_apart(options->admin, options->kafka) &&
	       !has_twice(&options->calls, &options->calls) &&
	       !has_twice(&options->events, &options->events) &&
	       !has_twice(&options->calls, &options->events) &&
	       dev_argument_address("--listen", options->listen, &options->local) &&
	       dev_argument_address("--admin", options->admin, &local) &&
	       dev_argument_address("--kafka", options->kafka, &local) &&
	       (local || dev_argument_complain("--kafka %s: expected 127.0.0.1:PORT or [::1]:PORT, "
					       "it lets everybody in",
				 options->kafka));
}

enum dev_options_verdict dev_options_read(struct dev_options *options, int argc, char **argv)
{
	int flag;
	*options = (struct dev_options){
		.listen = "127.0.0.1:8080",
		.admin = "127.0.0.1:9080",
		.kafka = "127.0.0.1:9092",
	};
	bool good = true;
	optind = 0;
	while (good && (flag = getopt_long(argc, argv, "t:e:l:a:k:h", long_flags, NULL)) >= 0) {
		if (flag == 'h') {
			fputs(help, stdout);
			return DEV_OPTIONS_HELP;
		}
		good = read_flag(options, flag);
	}
	if (good && optind < argc) {
		good = dev_argument_complain("too many arguments: %s", argv[optind]);
	}
	fill_in(options);
	if (!good || !check(options)) {
		fputs("Try: bridgehead dev --help\n", stderr);
		return DEV_OPTIONS_USAGE;
	}
	return DEV_OPTIONS_RUN;
}
