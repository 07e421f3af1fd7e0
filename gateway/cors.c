/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A request whose origin is not let in is served like any other, without the line that would let a
 * page read the answer: requests of one's own pages have an Origin too, unless they are GET, and
 * whoever is no browser writes what he likes there. Only a preflight is refused for it.
 *
 * A preflight asks for a request that is to come. Its method and path choose the mapping whose
 * block holds; what only the headers of that request can tell is taken as given.
 */
#include "gateway/cors.h"

#include "base/memory.h"
#include "gateway/connection.h"
#include "gateway/file_search.h"
#include "gateway/http1_answer.h"
#include "gateway/http1_parser.h"
#include "gateway/http1_request.h"
#include "gateway/listener.h"
#include "gateway/shard.h"
#include "mappings/cors_rule.h"
#include "mappings/match.h"

#include <stdlib.h>

#define REQUEST_METHOD SPAN("access-control-request-method")
#define REQUEST_HEADERS SPAN("access-control-request-headers")

/* One preflight, from its head to its answer. */
struct preflight {
	struct connection *connection;
	const struct cors_rule *rule;
	struct span allowed;   /* absent: not for this origin */
	struct buffer methods; /* that may be used here */
	struct buffer names;   /* headers that may be sent, where they were asked for */
	bool takes_names;
	bool takes_method;
	struct request request; /* the one that is to come, as far as it is known */
	struct match match;
	struct refusal refusal; /* status 0: it may come */
};

/* ---- what the request says ---- */

/* Two of them are none: no browser sends them, and which one counts is anybody's guess. */
static struct span origin_of(const struct http1_head *head, const char *bytes)
{
	return head->field_counts[HTTP1_FIELD_ORIGIN] == 1
		       ? http1_span_in(head->fields[HTTP1_FIELD_ORIGIN], bytes)
		       : SPAN_ABSENT;
}

static unsigned count_headers(
	const struct http1_head *head, const char *bytes, struct span name, struct span *last)
{
	unsigned count = 0;
	for (uint32_t i = 0; i < head->header_count; i++) {
		const struct http1_header *header = &head->headers[i];
		if (span_equal_nocase(span_of(bytes + header->name.off, header->name.len), name)) {
			*last = span_of(bytes + header->value.off, header->value.len);
			count++;
		}
	}
	return count;
}

static const struct cors_rule *rule_of(
	const struct connection *connection, const struct mapping *mapping)
{
	return mapping != NULL ? mapping_cors(mapping) : connection->shard->config->cors;
}

/* ---- preflights ---- */

static void find_mapping(struct preflight *preflight, const struct http1_head *head,
	const char *bytes, struct span method)
{
	struct shard *shard = preflight->connection->shard;
	http1_request_make(preflight->connection, head, bytes, &preflight->request);
	preflight->request.method = method;
	/* Of the request that is to come neither headers nor body are known. */
	preflight->request.preflight = true;
	preflight->request.has_content = false;
	buffer_clear(&shard->scratch.match);
	preflight->match.scratch = &shard->scratch.match;
	file_search_match(&shard->scratch.search, shard->config->mappings, &preflight->request,
		&preflight->match, &preflight->refusal);
	file_search_close(&shard->scratch.search);
	preflight->rule = rule_of(preflight->connection, preflight->match.mapping);
}

static void find_methods(struct preflight *preflight)
{
	uint32_t methods = cors_rule_methods(preflight->rule,
		preflight->connection->shard->config->mappings, &preflight->request);
	match_append_methods(methods, &preflight->methods);
	preflight->takes_method = (methods & match_method(preflight->request.method)) != 0;
}

static void find_names(struct preflight *preflight)
{
	const struct request *request = &preflight->request;
	preflight->takes_names = true;
	for (unsigned i = 0; i < request->header_count; i++) {
		if (span_equal_nocase(request->headers[i].name, REQUEST_HEADERS) &&
			!cors_rule_takes_headers(
				preflight->rule, request->headers[i].value, &preflight->names)) {
			preflight->takes_names = false;
		}
	}
}

/* Counts why not; the origin goes first, because whoever is not let in is told nothing else. */
static void judge(struct preflight *preflight)
{
	enum reject reason = REJECT_PREFLIGHT;
	const char *detail = NULL;
	if (!span_present(preflight->allowed)) {
		detail = "Pages of this origin may not use this.";
		reason = REJECT_ORIGIN;
	} else if (preflight->refusal.status != 0) {
		reason = metrics_reject_of_status(preflight->refusal.status);
	} else if (!preflight->takes_method) {
		detail = "Pages of other origins may not use this method.";
	} else if (!preflight->takes_names) {
		detail = "Pages of other origins may not send these headers.";
	}
	if (detail != NULL) {
		preflight->refusal =
			(struct refusal){ .status = 403, .type = "forbidden", .detail = detail };
	}
	if (preflight->refusal.status != 0) {
		shard_reject(preflight->connection->shard, reason, preflight->connection);
	}
}

static void answer(struct preflight *preflight, const struct http1_line *lines, unsigned count)
{
	const struct refusal *refusal = &preflight->refusal;
	if (refusal->status == 0) {
		const struct http1_page page = {
			.status = 204, .lines = lines, .line_count = count
		};
		http1_answer_page(preflight->connection, &page);
		return;
	}
	const struct problem problem = {
		.status = refusal->status, .type = refusal->type, .detail = refusal->detail
	};
	http1_answer_problem_with(preflight->connection, &problem, lines, count);
}

static void add_line(struct http1_line *lines, unsigned *count, const char *name, struct span value)
{
	if (value.len > 0) {
		lines[(*count)++] = (struct http1_line){ name, value };
	}
}

/* What may be used is said with a refusal too, to whoever reads it in a browser's tools. */
static void answer_with_lines(struct preflight *preflight)
{
	const struct cors_rule *rule = preflight->rule;
	struct shard *shard = preflight->connection->shard;
	struct buffer *offered = &shard->scratch.offer;
	struct http1_line lines[7];
	unsigned count = 0;
	buffer_clear(offered);
	if (preflight->refusal.offer == OFFER_ALLOW) {
		mapping_table_offer(
			shard->config->mappings, &preflight->request, OFFER_ALLOW, offered);
	}
	add_line(lines, &count, "Allow", buffer_span(offered));
	if (span_present(preflight->allowed)) {
		add_line(lines, &count, "Access-Control-Allow-Origin", preflight->allowed);
		add_line(lines, &count, "Access-Control-Allow-Credentials",
			rule->credentials ? SPAN("true") : SPAN(""));
		add_line(lines, &count, "Access-Control-Allow-Methods",
			buffer_span(&preflight->methods));
		add_line(lines, &count, "Access-Control-Allow-Headers",
			rule->any_header ? buffer_span(&preflight->names) : rule->allow_headers);
		add_line(lines, &count, "Access-Control-Max-Age", rule->max_age);
	}
	add_line(lines, &count, "Vary",
		SPAN("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"));
	answer(preflight, lines, count);
}

bool cors_preflight(struct connection *connection, const struct http1_head *head, const char *bytes)
{
	struct span method = SPAN_ABSENT;
	unsigned count = count_headers(head, bytes, REQUEST_METHOD, &method);
	if (count == 0 || head->field_counts[HTTP1_FIELD_ORIGIN] == 0) {
		return false;
	}
	struct preflight preflight = { .connection = connection };
	find_mapping(&preflight, head, bytes, count == 1 ? method : SPAN(""));
	if (preflight.rule == NULL) {
		return false;
	}
	if (head->chunked || head->content_length > 0) {
		connection->http1.keep_alive = false; /* nobody will read its body */
	}
	connection->shard->metrics.preflights++;
	preflight.allowed = cors_rule_allow(preflight.rule, origin_of(head, bytes));
	find_methods(&preflight);
	find_names(&preflight);
	judge(&preflight);
	answer_with_lines(&preflight);
	buffer_finish(&preflight.methods);
	buffer_finish(&preflight.names);
	return true;
}

/* ---- every other answer ---- */

void cors_note_take(struct connection *connection, const struct http1_head *head, const char *bytes,
	const struct mapping *mapping)
{
	struct cors_note *note = &connection->http1.cors;
	const struct cors_rule *rule = rule_of(connection, mapping);
	cors_note_forget(note);
	if (rule == NULL || (head == NULL && connection->listener->admin != NULL)) {
		return;
	}
	struct span origin = head != NULL ? origin_of(head, bytes) : SPAN_ABSENT;
	note->rule = rule;
	note->allowed = cors_rule_allow(rule, origin);
	if (span_present(origin) && note->allowed.ptr == origin.ptr) {
		note->allowed.ptr = memory_text(origin);
		note->is_copy = true;
	}
}

void cors_note_append(const struct cors_note *note, struct buffer *out)
{
	const struct cors_rule *rule = note->rule;
	if (!span_present(note->allowed)) {
		buffer_append_span(out, rule->lines_other);
		return;
	}
	buffer_append_literal(out, "Access-Control-Allow-Origin: ");
	buffer_append_span(out, note->allowed);
	buffer_append_literal(out, "\r\n");
	buffer_append_span(out, rule->lines_allowed);
}

void cors_note_free(struct cors_note *note)
{
	if (note->is_copy) {
		free((char *)note->allowed.ptr);
	}
	*note = (struct cors_note){ 0 };
}
