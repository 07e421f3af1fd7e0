/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/config_listener.h"

#include "base/memory.h"
#include "gateway/websocket_extension.h"

#include <stddef.h>
#include <stdlib.h>

static const char *const frames_names[] = { "any", "text", "binary", NULL };
static const char *const errors_names[] = { "frame", "close", NULL };

#define FIELD(member) offsetof(struct websocket_compress, member)
static const struct option compress_rows[] = {
	{ .name = "takeover",
		.type = OPTION_BOOL,
		.offset = FIELD(takeover),
		.fallback = "false",
		.help = "messages may refer to earlier ones of their socket: smaller, for memory "
			"that each socket then keeps" },
	{ .name = "window",
		.type = OPTION_INTEGER,
		.offset = FIELD(window),
		.fallback = "12",
		.min = WEBSOCKET_WINDOW_MIN,
		.max = WEBSOCKET_WINDOW_MAX,
		.help = "how far back a message may refer, as a power of two; with `takeover` a "
			"socket costs about 50 KiB at 12, 300 KiB at 15" },
	{ .name = "threshold",
		.type = OPTION_SIZE,
		.offset = FIELD(threshold),
		.fallback = "1KiB",
		.max = 1 << 20,
		.help = "smaller messages are sent as they are; so are those above 1 MiB" },
	{ 0 },
};
#undef FIELD

#define FIELD(member) offsetof(struct websocket_options, member)
static const struct option websocket_rows[] = {
	{ .name = "path",
		.type = OPTION_TEXT,
		.offset = FIELD(path),
		.required = true,
		.help = "where clients open the WebSocket" },
	{ .name = "envelope",
		.type = OPTION_NODE,
		.schema = "{\"anyOf\":[{\"enum\":[\"jsonrpc\",\"pathfinder\",\"raw\"]},%]}",
		.offset = FIELD(envelope_node),
		.rows = envelope_rows,
		.fallback = "jsonrpc",
		.help = "`jsonrpc`, `pathfinder`, `raw`, or an object (mappings.md)" },
	{ .name = "origins",
		.type = OPTION_TEXTS,
		.offset = FIELD(origin_texts),
		.help = "origins that may connect, `https://app.example` or "
			"`https://*.app.example`; "
			"`\"*\"`: all; without it no Origin, or one equal to Host" },
	{ .name = "subprotocols",
		.type = OPTION_TEXTS,
		.offset = FIELD(subprotocols),
		.help = "offered in this order of preference" },
	{ .name = "paths",
		.type = OPTION_NODE,
		.schema = "{\"type\":\"boolean\"}",
		.offset = FIELD(paths_node),
		.help = "true or false: may an op be a path; default true only for `pathfinder`" },
	{ .name = "frames",
		.type = OPTION_ENUM,
		.offset = FIELD(frames),
		.names = frames_names,
		.fallback = "any",
		.help = "frame types that are taken; another: close code 1003" },
	{ .name = "ping",
		.type = OPTION_DURATION,
		.offset = FIELD(ping_ms),
		.fallback = "30s",
		.max = 86400000,
		.help = "silence after which a ping is sent; 0: never" },
	{ .name = "pong_timeout",
		.type = OPTION_DURATION,
		.offset = FIELD(pong_timeout_ms),
		.fallback = "10s",
		.max = 86400000,
		.help = "silence after a ping that ends the socket; 0: never" },
	{ .name = "max_age",
		.type = OPTION_DURATION,
		.offset = FIELD(max_age_ms),
		.fallback = "0s",
		.max = INT64_C(31536000000),
		.help = "age at which a socket is closed with 1001, with jitter; 0: never" },
	{ .name = "compress",
		.type = OPTION_NODE,
		.schema = "{\"anyOf\":[{\"type\":\"boolean\"},%]}",
		.offset = FIELD(compress.node),
		.rows = compress_rows,
		.fallback = "false",
		.help = "permessage-deflate (RFC 7692): true, false, or an object with these "
			"keys" },
	{ .name = "errors",
		.type = OPTION_ENUM,
		.offset = FIELD(errors),
		.names = errors_names,
		.fallback = "frame",
		.help = "`raw` only: an error is a text frame, or closes the socket" },
	{ 0 },
};
#undef FIELD

static const char *const forwarded_header_names[] = { "either", "x-forwarded-for", "forwarded",
	NULL };

#define FIELD(member) offsetof(struct listener_options, member)
static const struct option listener_rows[] = {
	{ .name = "name",
		.type = OPTION_TEXT,
		.offset = FIELD(name),
		.required = true,
		.help = "unique; appears in logs and metrics" },
	{ .name = "address",
		.type = OPTION_ADDRESS,
		.offset = FIELD(address),
		.required = true,
		.help = "`127.0.0.1:8080`, `[::]:8080` or `unix:/run/x.sock`" },
	{ .name = "websockets",
		.type = OPTION_NODE,
		.schema = OPTION_LIST_OF("%"),
		.offset = FIELD(websockets_node),
		.rows = websocket_rows,
		.help = "WebSocket entrances, an array" },
	{ .name = "limits",
		.type = OPTION_OBJECT,
		.offset = FIELD(limits),
		.rows = limits_rows,
		.help = "what its clients may use; limits.md says what happens beyond" },
	{ .name = "trusted_proxies",
		.type = OPTION_TEXTS,
		.offset = FIELD(trusted_proxies),
		.help = "proxies in front, whose word about their clients counts: ranges such as "
			"`10.0.0.0/8`, `::1`; `unix`: whoever opens the Unix socket" },
	{ .name = "forwarded_header",
		.type = OPTION_ENUM,
		.offset = FIELD(forwarded_header),
		.names = forwarded_header_names,
		.fallback = "either",
		.help = "what these proxies set; `either`: whichever comes, and where both do they "
			"must agree, else 400" },
	{ .name = "proxy_protocol",
		.type = OPTION_BOOL,
		.offset = FIELD(proxy_protocol),
		.fallback = "false",
		.help = "each connection begins with a PROXY header (version 1 or 2) of a trusted "
			"proxy; others are closed" },
	{ .name = "tls", .type = OPTION_LATER, .help = "certificates" },
	{ 0 },
};
#undef FIELD

static void read_paths(struct websocket_options *options, struct problem_list *problems)
{
	const struct json_node *node = options->paths_node;
	if (node == NULL) {
		options->paths =
			options->envelope != NULL && envelope_paths_default(options->envelope);
	} else if (node->type == JSON_TRUE || node->type == JSON_FALSE) {
		options->paths = node->type == JSON_TRUE;
	} else {
		problem_list_error(problems, node, "expected true or false");
	}
}

static void read_compress(struct websocket_compress *compress, struct problem_list *problems)
{
	const struct json_node *node = compress->node;
	const struct json_node *keys = node != NULL && node->type == JSON_OBJECT ? node : NULL;
	if (node != NULL && keys == NULL && node->type != JSON_TRUE && node->type != JSON_FALSE) {
		problem_list_error(problems, node,
			"expected true, false or an object such as {\"window\": 15}");
	}
	option_read(compress_rows, keys, compress, problems);
	compress->on = keys != NULL || (node != NULL && node->type == JSON_TRUE);
}

static void read_origins(struct websocket_options *options, const struct json_node *node,
	struct problem_list *problems)
{
	origin_list_compile(
		node, &options->origin_texts, &options->store, &options->origins, problems);
	if (options->origins.any) {
		problem_list_warning(problems, json_node_member(node, SPAN("origins")),
			"\"*\" lets every web page that a user visits open this WebSocket");
	}
}

static void read_websocket(struct websocket_options *options, const struct json_node *node,
	struct problem_list *problems)
{
	if (node->type != JSON_OBJECT) {
		problem_list_error(
			problems, node, "expected an object such as {\"path\": \"/ws\"}");
		return;
	}
	options->node = node;
	option_read(websocket_rows, node, options, problems);
	options->envelope = envelope_create(options->envelope_node, problems);
	read_paths(options, problems);
	read_compress(&options->compress, problems);
	if (options->path != NULL && options->path[0] != '/') {
		problem_list_error(problems, json_node_member(node, SPAN("path")),
			"expected a path that starts with \"/\"");
	}
	if (options->errors == ERRORS_CLOSE && options->envelope != NULL &&
		!envelope_is_raw(options->envelope)) {
		problem_list_error(problems, json_node_member(node, SPAN("errors")),
			"only the envelope \"raw\" can answer an error by closing");
	}
	read_origins(options, node, problems);
}

static void check_paths_differ(
	const struct listener_options *listener, size_t at, struct problem_list *problems)
{
	const char *path = listener->websockets[at].path;
	for (size_t i = 0; path != NULL && i < at; i++) {
		const char *other = listener->websockets[i].path;
		if (other != NULL && strcmp(other, path) == 0) {
			problem_list_error(problems, listener->websockets_node,
				"path \"%s\" stands twice", path);
		}
	}
}

static void read_websockets(struct listener_options *listener, struct problem_list *problems)
{
	const struct json_node *list = listener->websockets_node;
	if (list == NULL) {
		return;
	}
	if (list->type != JSON_ARRAY) {
		problem_list_error(problems, list, "expected an array of objects");
		return;
	}
	for (const struct json_node *node = list->first; node != NULL; node = node->next) {
		size_t at = listener->websocket_count++;
		listener->websockets = memory_resize(listener->websockets,
			listener->websocket_count, sizeof(*listener->websockets));
		listener->websockets[at] = (struct websocket_options){ 0 };
		read_websocket(&listener->websockets[at], node, problems);
		check_paths_differ(listener, at, problems);
	}
}

/* ---- who is in front ---- */

static void read_range(struct listener_options *listener, const char *text,
	const struct json_node *node, struct problem_list *problems)
{
	struct address_ranges *trusted = &listener->trusted;
	struct address_range range;
	struct buffer right = { 0 };
	if (strcmp(text, "unix") == 0) {
		trusted->unix_sockets = true;
		return;
	}
	switch (address_range_parse(span_from_text(text), &range)) {
	case ADDRESS_RANGE_OK:
		trusted->items =
			memory_resize(trusted->items, trusted->count + 1, sizeof(*trusted->items));
		trusted->items[trusted->count++] = range;
		if (address_range_is_all(&range)) {
			problem_list_warning(problems, node,
				"\"%s\" trusts everybody, so every client can claim any address",
				text);
		}
		break;
	case ADDRESS_RANGE_MALFORMED:
		problem_list_error(problems, node,
			"expected a range such as \"10.0.0.0/8\" or \"2001:db8::/32\", an address, "
			"or \"unix\"");
		break;
	case ADDRESS_RANGE_HOST_BITS:
		address_range_append(&range, &right);
		problem_list_error(problems, node,
			"has bits behind its prefix; write \"%.*s\", or the address alone",
			(int)right.len, right.data);
		buffer_finish(&right);
		break;
	}
}

static bool is_unix(const struct listener_options *listener)
{
	return listener->address.len > 0 && listener->address.socket.ss_family == AF_UNIX;
}

/* Keys that mean nothing beside each other would be believed to protect. */
static void check_trusted(const struct listener_options *listener, const struct json_node *node,
	struct problem_list *problems)
{
	const struct json_node *trusted = json_node_member(node, SPAN("trusted_proxies"));
	const struct json_node *header = json_node_member(node, SPAN("forwarded_header"));
	bool none = listener->trusted_proxies.count == 0;
	if (listener->proxy_protocol && none) {
		problem_list_error(problems, json_node_member(node, SPAN("proxy_protocol")),
			"needs \"trusted_proxies\": the header counts only from them");
	}
	if (header != NULL && none) {
		problem_list_error(problems, header,
			"needs \"trusted_proxies\": the header counts only from them");
	}
	if (!none && listener->address.len > 0 &&
		is_unix(listener) != listener->trusted.unix_sockets) {
		problem_list_error(problems, trusted,
			is_unix(listener) ? "trusts nobody: whoever opens a Unix socket is "
					    "\"unix\", beside ranges for proxies before it"
					  : "\"unix\" is for a listener on a Unix socket");
	}
}

static void read_trusted(struct listener_options *listener, const struct json_node *node,
	struct problem_list *problems)
{
	size_t errors = problem_list_errors(problems);
	for (size_t i = 0; i < listener->trusted_proxies.count; i++) {
		read_range(listener, listener->trusted_proxies.items[i],
			option_text_node(node, "trusted_proxies", i), problems);
	}
	if (problem_list_errors(problems) == errors) {
		check_trusted(listener, node, problems);
	}
}

void config_listener_read(struct listener_options *listener, const struct json_node *node,
	struct problem_list *problems)
{
	if (node->type != JSON_OBJECT) {
		problem_list_error(problems, node,
			"expected an object such as {\"name\": \"public\", \"address\": "
			"\"127.0.0.1:8080\"}");
		return;
	}
	option_read(listener_rows, node, listener, problems);
	read_trusted(listener, node, problems);
	read_websockets(listener, problems);
}

/* A page under any name that resolves to our address has that name as its Origin and as its Host.
 */
static bool is_open_to_any_name(
	const struct websocket_options *options, const struct mapping_table *mappings)
{
	if (options->origin_texts.count > 0 || options->envelope == NULL) {
		return false;
	}
	return mapping_table_takes_any_host(mappings, !envelope_is_raw(options->envelope),
		options->paths || envelope_names_paths(options->envelope));
}

void config_listener_check(const struct listener_options *listener,
	const struct mapping_table *mappings, struct problem_list *problems)
{
	for (size_t i = 0; i < listener->websocket_count; i++) {
		if (is_open_to_any_name(&listener->websockets[i], mappings)) {
			problem_list_warning(problems, listener->websockets[i].node,
				"without \"origins\" any name that resolves here is let in (DNS "
				"rebinding); list the origins of your pages, or give every mapping "
				"it reaches a \"host\"");
		}
	}
}

void config_listener_finish(struct listener_options *listener)
{
	for (size_t i = 0; i < listener->websocket_count; i++) {
		envelope_destroy(listener->websockets[i].envelope);
		store_finish(&listener->websockets[i].store);
		option_finish(websocket_rows, &listener->websockets[i]);
	}
	free(listener->websockets);
	free(listener->trusted.items);
	option_finish(listener_rows, listener);
}

void config_listener_document(FILE *out)
{
	option_document(listener_rows, "listeners[]", out);
}

void config_listener_schema(struct buffer *out)
{
	option_schema(listener_rows, out);
}
