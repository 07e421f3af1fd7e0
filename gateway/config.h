/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The configuration as the program uses it: immutable after load, read by every shard. Everything
 * in it belongs to it.
 */
#pragma once

#include "base/address_range.h"
#include "base/log.h"
#include "base/option.h"
#include "base/problem_list.h"
#include "bridges/bridge.h"
#include "gateway/envelope.h"
#include "gateway/limits.h"
#include "mappings/accept_types.h"
#include "mappings/cors_rule.h"
#include "mappings/layers.h"
#include "mappings/mapping.h"
#include "mappings/origin.h"
#include "mappings/store.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum forwarded_header { HEADER_EITHER, HEADER_X_FORWARDED_FOR, HEADER_FORWARDED };
enum websocket_frames { FRAMES_ANY, FRAMES_TEXT, FRAMES_BINARY };
enum websocket_errors { ERRORS_FRAME, ERRORS_CLOSE };

/* Its `compress`. */
struct websocket_compress {
	bool on;
	bool takeover;
	int64_t window; /* bits */
	int64_t threshold;
	const struct json_node *node;
};

/* One element of a listener's `websockets`. */
struct websocket_options {
	char *path;
	struct envelope *envelope;
	struct option_texts
		origin_texts;       /* as written; none: no Origin, or one equal to the Host */
	struct origin_list origins; /* the same */
	struct option_texts subprotocols;
	bool paths; /* may an op be a path */
	int frames;
	int64_t ping_ms;
	int64_t pong_timeout_ms;
	int64_t max_age_ms;
	struct websocket_compress compress;
	int errors;
	const struct json_node *node, *envelope_node, *paths_node;
	struct store store; /* of what the keys are compiled to */
};

struct listener_options {
	char *name;
	struct option_address address;
	struct websocket_options *websockets;
	size_t websocket_count;
	struct limits limits;
	struct option_texts trusted_proxies; /* as written */
	struct address_ranges trusted;       /* the same */
	bool proxy_protocol;                 /* then from them alone */
	int forwarded_header;                /* enum forwarded_header */
	const struct json_node *websockets_node;
};

/* A configured instance of a bridge kind. */
struct bridge_instance {
	char *name;
	const struct bridge_kind *kind;
	void *shared; /* of kind->shared_size */
	bool required;
	bool opened;
	const char *const *exchanges;    /* constant ones of its mappings; see bridge_host */
	struct bridge_binding *bindings; /* of its mappings; see bridge_host */
	const char **reply_queues;
	struct bridge_topic *topics; /* likewise; see bridge_process */
	size_t topic_count;
	int64_t timeout_ms; /* the longest of its mappings */
};

struct config {
	char *schema; /* not looked at */
	int64_t shards;
	char *instance;
	struct listener_options *listeners;
	size_t listener_count;
	struct {
		struct option_address address;
	} admin;
	struct log_options log;
	int64_t drain_timeout_ms;
	struct {
		char *bridge;
		int64_t timeout_ms;
		char *convention;
		struct {
			int64_t body;
			int64_t reply;
		} limits;
	} defaults;
	struct option_texts include;
	struct bridge_instance *bridges;
	size_t bridge_count;
	struct option_texts convention_globs;
	struct convention_table *conventions;
	struct cors_rule *cors; /* of the top level; NULL: none */
	struct layers *layers;
	struct accept_types *accept_types; /* NULL: none */
	struct mapping_table *mappings;
	struct json_tree **trees; /* of every file that was read */
	size_t tree_count;
	const struct json_node *shards_node, *listeners_node, *bridges_node, *mappings_node;
	const struct json_node *cors_node, *layers_node, *accept_types_node;
};

/*
 * Reads FILE and what it includes. NULL when there are errors. Problems, warnings too, are in the
 * list. Main thread; opens the bridges' process halves.
 */
struct config *config_load(const char *file, struct problem_list *problems);
/* The same of a text, not kept, that stands in no file; problems call it `name`. */
struct config *config_load_text(const char *name, struct span text, struct problem_list *problems);
/* Closes the bridges' process halves. NULL is accepted. */
void config_destroy(struct config *config);
/* docs/configuration.md, made from the rows. */
void config_document(FILE *out);
/* Appends the JSON Schema of the top level; see config_schema.h. */
void config_schema(struct buffer *out);
