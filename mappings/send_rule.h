/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The `send` of one mapping, compiled. Immutable after load, read by any thread. Evaluated by
 * send.c.
 */
#pragma once

#include "base/json_tree.h"
#include "base/option.h"
#include "mappings/convention.h"
#include "mappings/mapping.h"
#include "mappings/match.h"
#include "mappings/store.h"
#include "mappings/template.h"
#include "message/message.h"

#include <stdbool.h>

struct send_property {
	enum message_property property;
	struct template *template; /* NULL: left out */
};

struct send_header {
	struct span name;
	enum message_value_type type;
	struct template *template;
};

enum send_body {
	SEND_BODY_UNTOUCHED, /* the request's own bytes */
	SEND_BODY_TEXT,
	SEND_BODY_JSON,
};

/* Kafka: how the number of the partition for replies is written. */
enum send_partition { SEND_PARTITION_BE32, SEND_PARTITION_ASCII };

struct send_rule {
	size_t bridge; /* index into mapping_context.bridges */
	const char *bridge_name;
	bool to_queue;
	bool mandatory;
	enum message_behave behave;
	uint32_t delay_ms;
	struct template *exchange;    /* NULL: the default one */
	struct template *routing_key; /* NULL: empty */
	bool to_kafka;
	struct template *topic;      /* Kafka; NULL elsewhere */
	struct template *key;        /* NULL: none */
	struct template *partition;  /* NULL: the key or the bridge decides */
	bool tombstone;              /* Kafka: no value at all */
	struct span reply_partition; /* name of the header; absent: none */
	enum send_partition reply_partition_format;
	struct template *op;
	bool op_is_used;
	bool reads_headers; /* of the request, in any way */
	struct send_property *properties;
	unsigned property_count;
	struct send_header *headers;
	unsigned header_count;
	bool own_traceparent; /* `headers` sets it */
	bool own_tracestate;
	bool forward_x;       /* "x-*" */
	unsigned hidden;      /* enum header_secret: what `forward` does not list */
	struct span *forward; /* lower-case names */
	unsigned forward_count;
	enum send_body body_form;
	struct template *body; /* NULL where untouched */
};

extern const struct option send_rows[];

/* What a `send` is compiled against. */
struct send_rule_context {
	const struct mapping_context *mapping;
	const struct match_rule *match;
	const struct convention *convention;
	struct span name; /* of the mapping */
	enum answer_when when;
	struct store *store;
	struct problem_list *problems;
};

/* Type of the bridge that `node` (may be NULL) or the defaults name; NULL: not known. */
const char *send_rule_bridge_type(
	const struct json_node *node, const struct mapping_context *context);
/* Compiles `node`; problems are added. Finish it in any case. */
void send_rule_compile(const struct json_node *node, const struct send_rule_context *context,
	struct send_rule *rule);
void send_rule_finish(struct send_rule *rule);
/* Checks the knobs of a convention for bridges of this type, whatever mappings may use it. */
void send_rule_check_preset(
	const struct json_node *node, const char *type, struct problem_list *problems);
