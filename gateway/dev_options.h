/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The command line of `bridgehead dev`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { DEV_TOPICS_MAX = 32 };

/* Names of topics, as given. */
struct dev_topics {
	const char *names[DEV_TOPICS_MAX];
	size_t count;
};

/* Texts of argv, all of them checked: addresses are IP:PORT, topics are names of topics. */
struct dev_options {
	const char *listen, *admin, *kafka;
	bool local;               /* `listen` is a loopback address */
	struct dev_topics calls;  /* at least one; the first takes what no other does */
	struct dev_topics events; /* at least one */
	bool print;               /* the configuration, instead of serving by it */
};

enum dev_options_verdict {
	DEV_OPTIONS_RUN,
	DEV_OPTIONS_HELP,  /* was asked for and printed */
	DEV_OPTIONS_USAGE, /* wrong, and a sentence is on stderr */
};

enum dev_options_verdict dev_options_read(struct dev_options *options, int argc, char **argv);
