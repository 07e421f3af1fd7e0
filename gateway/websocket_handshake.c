/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* The opening handshake, RFC 6455 section 4.2. */
#include "base/memory.h"
#include "base/text.h"
#include "gateway/connection.h"
#include "gateway/http1_answer.h"
#include "gateway/listener.h"
#include "gateway/problem.h"
#include "gateway/shard.h"
#include "gateway/websocket.h"
#include "mappings/header_name.h"

#include <stdlib.h>

static struct span field(const struct http1_head *head, enum http1_field which, const char *bytes)
{
	return http1_span_in(head->fields[which], bytes);
}

static const struct websocket_options *find_entrance(
	const struct connection *connection, struct span path)
{
	const struct listener_options *options = connection->listener->options;
	for (size_t i = 0; i < options->websocket_count; i++) {
		if (span_equal(path, span_from_text(options->websockets[i].path))) {
			return &options->websockets[i];
		}
	}
	return NULL;
}

/* ---- who may connect ---- */

/* "https://app.example" without its scheme; absent when it is no such thing ("null"). */
static struct span origin_authority(struct span origin)
{
	for (size_t i = 0; i + 2 < origin.len; i++) {
		if (memcmp(origin.ptr + i, "://", 3) == 0) {
			return span_skip(origin, i + 3);
		}
	}
	return SPAN_ABSENT;
}

/* The Host as the client wrote it, default port or not, against the origin's authority. */
static bool origin_is_host(struct span origin, const struct http1_head *head, const char *bytes)
{
	struct span authority = origin_authority(origin);
	struct span host = http1_span_in(head->host, bytes);
	struct span port = http1_span_in(head->port, bytes);
	if (!span_present(authority) || authority.len < host.len ||
		!span_equal_nocase(span_of(authority.ptr, host.len), host)) {
		return false;
	}
	struct span rest = span_skip(authority, host.len);
	if (rest.len == 0) {
		bool secure = span_starts_with(origin, SPAN("https"));
		return !span_present(port) || span_equal(port, secure ? SPAN("443") : SPAN("80"));
	}
	return rest.ptr[0] == ':' && span_equal(span_skip(rest, 1), port);
}

static bool origin_is_allowed(
	const struct websocket_options *options, const struct http1_head *head, const char *bytes)
{
	struct span origin = field(head, HTTP1_FIELD_ORIGIN, bytes);
	bool one = head->field_counts[HTTP1_FIELD_ORIGIN] == 1;
	if (options->origin_texts.count == 0) {
		return !span_present(origin) || (one && origin_is_host(origin, head, bytes));
	}
	return options->origins.any || (one && origin_list_find(&options->origins, origin) != NULL);
}

/* ---- subprotocol ---- */

static bool is_offered(const struct http1_head *head, const char *bytes, struct span protocol)
{
	for (uint32_t i = 0; i < head->header_count; i++) {
		const struct http1_header *header = &head->headers[i];
		struct span name = span_of(bytes + header->name.off, header->name.len);
		struct span list = span_of(bytes + header->value.off, header->value.len);
		struct span token;
		if (!span_equal_nocase(name, SPAN("sec-websocket-protocol"))) {
			continue;
		}
		while (text_next_element(&list, &token)) {
			if (span_equal(token, protocol)) {
				return true;
			}
		}
	}
	return false;
}

/* Ours in our order of preference; absent: none in common, and the client decides. */
static struct span choose_subprotocol(
	const struct websocket_options *options, const struct http1_head *head, const char *bytes)
{
	for (size_t i = 0; i < options->subprotocols.count; i++) {
		struct span protocol = span_from_text(options->subprotocols.items[i]);
		if (is_offered(head, bytes, protocol)) {
			return protocol;
		}
	}
	return SPAN_ABSENT;
}

/* ---- extensions ---- */

/* False when what the client says of extensions is malformed. */
static bool choose_extension(const struct websocket_options *options, const struct http1_head *head,
	const char *bytes, struct websocket_extension *extension)
{
	const struct websocket_terms terms = { .compress = options->compress.on,
		.takeover = options->compress.takeover,
		.window_bits = (uint8_t)options->compress.window };
	bool good = true;
	*extension = (struct websocket_extension){ 0 };
	if (head->field_counts[HTTP1_FIELD_WEBSOCKET_EXTENSIONS] == 0) {
		return true;
	}
	for (uint32_t i = 0; i < head->header_count && good; i++) {
		const struct http1_header *header = &head->headers[i];
		struct span name = span_of(bytes + header->name.off, header->name.len);
		struct span line = span_of(bytes + header->value.off, header->value.len);
		good = !span_equal_nocase(name, SPAN("sec-websocket-extensions")) ||
		       websocket_extension_read(extension, &terms, line);
	}
	return good;
}

/* ---- refusing ---- */

static bool refuse(struct connection *connection, int status, const char *detail)
{
	const struct problem problem = {
		.status = status, .type = problem_type_of_status(status), .detail = detail
	};
	shard_reject(
		connection->shard, status == 403 ? REJECT_ORIGIN : REJECT_HANDSHAKE, connection);
	http1_answer_problem(connection, &problem, true);
	return true;
}

static bool refuse_for_now(struct connection *connection, const char *type, const char *detail)
{
	const struct problem problem = { .status = 503, .type = type, .detail = detail };
	http1_answer_problem(connection, &problem, true);
	return true;
}

/* 426 names what would be right (RFC 9110 section 15.5.22, RFC 6455 section 4.4). */
static bool refuse_version(struct connection *connection, const char *detail)
{
	struct buffer *text = &connection->shard->scratch.problem;
	const struct problem problem = {
		.status = 426, .type = "upgrade-required", .detail = detail
	};
	const struct http1_line lines[] = {
		{ "Upgrade", SPAN("websocket") },
		{ "Sec-WebSocket-Version", SPAN("13") },
	};
	buffer_clear(text);
	problem_write(&problem, text);
	const struct http1_page page = { .status = 426,
		.content_type = "application/problem+json",
		.body = buffer_span(text),
		.lines = lines,
		.line_count = sizeof(lines) / sizeof(lines[0]),
		.upgrade = true };
	shard_reject(connection->shard, REJECT_HANDSHAKE, connection);
	http1_answer_page(connection, &page);
	return true;
}

/* ---- accepting ---- */

/* What is of the socket and not of its requests is left out. */
static bool is_kept(struct span name)
{
	return !header_name_is_hop_by_hop(name) &&
	       (name.len < 14 || !span_equal_nocase(span_of(name.ptr, 14), SPAN("sec-websocket-")));
}

static unsigned choose_headers(
	const struct http1_head *head, const char *bytes, struct request_header *kept)
{
	unsigned count = 0;
	for (uint32_t i = 0; i < head->header_count; i++) {
		const struct http1_header *header = &head->headers[i];
		struct span name = span_of(bytes + header->name.off, header->name.len);
		if (is_kept(name)) {
			kept[count++] = (struct request_header){ name,
				span_of(bytes + header->value.off, header->value.len) };
		}
	}
	return count;
}

static char *append(char *at, struct span text)
{
	if (text.len > 0) {
		memcpy(at, text.ptr, text.len);
	}
	return at + text.len;
}

static void remember(
	struct connection *connection, const struct http1_head *head, const char *bytes)
{
	struct shard *shard = connection->shard;
	struct request_header *kept = shard->scratch.headers;
	struct span uri = http1_span_in(head->uri, bytes);
	struct span host = http1_span_in(head->host, bytes);
	struct span port = http1_span_in(head->port, bytes);
	bool reads = mapping_table_reads_headers(shard->config->mappings);
	unsigned count = reads ? choose_headers(head, bytes, kept) : 0;
	size_t texts = uri.len + host.len + port.len;
	for (unsigned i = 0; i < count; i++) {
		texts += kept[i].name.len + kept[i].value.len;
	}
	struct websocket_handshake *handshake =
		memory_new(1, sizeof(*handshake) + count * sizeof(*handshake->headers) + texts);
	char *at = (char *)(handshake->headers + count);
	at = append(append(append(at, uri), host), port);
	for (unsigned i = 0; i < count; i++) {
		handshake->headers[i] = (struct websocket_header){ (uint32_t)kept[i].name.len,
			(uint32_t)kept[i].value.len };
		at = append(append(at, kept[i].name), kept[i].value);
	}
	handshake->uri_len = (uint32_t)uri.len;
	handshake->host_len = (uint32_t)host.len;
	handshake->port_len = (uint8_t)port.len;
	handshake->header_count = (uint8_t)count;
	connection->websocket.handshake = handshake;
}

static void open_websocket(struct connection *connection, const struct websocket_options *options,
	const struct http1_head *head, const char *bytes,
	const struct websocket_extension *extension)
{
	char key[WEBSOCKET_ACCEPT_LEN];
	struct buffer *out = connection_write(connection);
	struct span protocol = choose_subprotocol(options, head, bytes);
	websocket_accept_key(field(head, HTTP1_FIELD_WEBSOCKET_KEY, bytes).ptr, key);
	buffer_append_literal(out, "HTTP/1.1 101 Switching Protocols\r\n");
	buffer_append(out, connection->shard->date, HTTP_DATE_LEN);
	buffer_append_literal(
		out, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
	buffer_append(out, key, sizeof(key));
	if (span_present(protocol)) {
		buffer_append_literal(out, "\r\nSec-WebSocket-Protocol: ");
		buffer_append_span(out, protocol);
	}
	if (extension->compress) {
		buffer_append_literal(out, "\r\nSec-WebSocket-Extensions: ");
		websocket_extension_write(extension, out);
	}
	buffer_append_literal(out, "\r\n\r\n");
	connection_written(connection);
	if (!connection->dead) {
		connection->websocket = (struct websocket){ 0 };
		remember(connection, head, bytes);
		connection->websocket.handshake->extension = *extension;
		websocket_begin(connection, options);
	}
}

/* Behind a proxy the handshake is the first to say whose the connection is. */
static bool has_too_many(struct connection *connection)
{
	bool known = !address_equal(&connection->client, &connection->http1.peer);
	return connection->trusted && known && !connection_claim(connection);
}

bool websocket_handshake(
	struct connection *connection, const struct http1_head *head, const char *bytes)
{
	const struct websocket_options *options =
		find_entrance(connection, http1_span_in(head->path, bytes));
	if (options == NULL) {
		return false;
	}
	struct span version = field(head, HTTP1_FIELD_WEBSOCKET_VERSION, bytes);
	struct websocket_extension extension;
	if (!head->websocket) {
		return refuse_version(connection, "This is the address of a WebSocket.");
	}
	if (head->method_id != HTTP1_GET || head->minor == 0 || head->chunked ||
		head->content_length > 0) {
		return refuse(connection, 400, "A WebSocket is opened by GET over HTTP/1.1.");
	}
	if (head->field_counts[HTTP1_FIELD_WEBSOCKET_VERSION] != 1 ||
		!span_equal(version, SPAN("13"))) {
		return refuse_version(
			connection, "Only version 13 of the protocol is spoken here.");
	}
	if (head->field_counts[HTTP1_FIELD_WEBSOCKET_KEY] != 1 ||
		!websocket_key_check(field(head, HTTP1_FIELD_WEBSOCKET_KEY, bytes))) {
		return refuse(connection, 400, "Sec-WebSocket-Key is not 16 bytes in base64.");
	}
	if (!choose_extension(options, head, bytes, &extension)) {
		return refuse(connection, 400, "Sec-WebSocket-Extensions is malformed.");
	}
	if (!origin_is_allowed(options, head, bytes)) {
		return refuse(connection, 403, "This origin may not connect.");
	}
	if (connection->shard->draining) {
		return refuse_for_now(connection, "shutting-down", "The gateway is shutting down.");
	}
	if (has_too_many(connection)) {
		shard_reject(connection->shard, REJECT_CONNECTIONS_PER_ADDRESS, connection);
		return refuse_for_now(connection, "overloaded",
			"There are too many connections from this address.");
	}
	open_websocket(connection, options, head, bytes, &extension);
	return true;
}
