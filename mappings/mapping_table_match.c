/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A layer is exhausted before the next one is tried, and in a layer what the client wants most goes
 * before what stands first (design.md section 4). A mapping without `accept` is in every group of
 * equal weight, hence in the first, so the mappings of a layer are looked at once: the first of
 * those that fits ends the search, and takes the request unless one before it is for the first
 * group too. One that would be chosen but asks for a query parameter that came twice is chosen, and
 * the request is 400.
 *
 * Who was chosen may turn out to have nothing (a file that is missing). Then the search is made
 * again without all that are chosen before it in this order, and with it: they have had their turn.
 */

#include "mappings/mapping.h"
#include "mappings/mapping_index.h"
#include "mappings/mapping_parts.h"
#include "mappings/path.h"
#include "message/accept.h"

/* Of equals the first. */
struct choice {
	const struct mapping *best; /* that fits, or would if the query were not broken */
	enum match_fit best_fit;
	unsigned weight;
	const struct mapping *nearest; /* that does not */
	enum match_fit nearest_fit;
	const struct mapping *passed; /* it and who goes before it have nothing; NULL: nobody */
};

static int refuse(struct refusal *refusal, int status, const char *type, const char *detail)
{
	*refusal = (struct refusal){ .status = status, .type = type, .detail = detail };
	return status;
}

static int refuse_type(struct refusal *refusal, enum refusal_offer offer, const char *detail)
{
	refuse(refusal, 415, "unsupported-media-type", detail);
	refusal->offer = offer;
	return 415;
}

static int refuse_fit(enum match_fit fit, bool by_path, struct refusal *refusal)
{
	switch (fit) {
	case MATCH_FIT_BROKEN:
		return refuse(refusal, 400, "bad-request",
			"The query has a parameter twice that may come once.");
	case MATCH_FIT_BROKEN_ACCEPT:
		return refuse(refusal, 400, "bad-request", "The header Accept is broken.");
	case MATCH_FIT_NOT_ENCODING:
		return refuse_type(refusal, OFFER_ACCEPT_ENCODING,
			"A body with this content encoding is not taken here.");
	case MATCH_FIT_NOT_TYPE:
		return refuse_type(
			refusal, OFFER_ACCEPT, "A body of this content type is not taken here.");
	case MATCH_FIT_NOT_ACCEPT:
		return refuse(refusal, 406, "not-acceptable",
			"Nothing that Accept asks for is offered here.");
	case MATCH_FIT_NOT_METHOD:
		refuse(refusal, 405, "method-not-allowed", "This path has no such method.");
		refusal->offer = OFFER_ALLOW;
		return 405;
	default:
		return refuse(refusal, 404, "not-found",
			by_path ? "No mapping has this path." : "No mapping has this operation.");
	}
}

static void choose(
	struct choice *choice, const struct mapping *mapping, enum match_fit fit, unsigned weight)
{
	choice->best = mapping;
	choice->best_fit = fit;
	choice->weight = weight;
}

/* In its layer; who is wanted most is in the first group, as is who fits every group. */
static unsigned group_of(const struct match_rule *rule, struct match_probe *probe)
{
	unsigned weight = rule->accept == 0 ? ACCEPT_WEIGHT_MAX : match_probe_weight(probe, rule);
	bool first = rule->accept != 0 && weight == probe->weights.most;
	return first ? ACCEPT_WEIGHT_MAX : weight;
}

/* `mapping` fits. */
static bool is_passed(
	const struct choice *choice, const struct mapping *mapping, struct match_probe *probe)
{
	const struct mapping *passed = choice->passed;
	if (mapping->match.layer != passed->match.layer) {
		return mapping->match.layer < passed->match.layer;
	}
	unsigned own = group_of(&mapping->match, probe);
	unsigned last = group_of(&passed->match, probe);
	return own > last || (own == last && mapping->rank <= passed->rank);
}

/* True: the search is over. */
static bool consider(
	struct choice *choice, const struct mapping *mapping, struct match_probe *probe)
{
	const struct match_rule *rule = &mapping->match;
	if (choice->best != NULL && choice->best->match.layer != rule->layer) {
		return true;
	}
	enum match_fit fit = match_rule_fit(rule, probe);
	if (fit < MATCH_FIT_BROKEN) {
		if (fit >= MATCH_FIT_NOT_METHOD && fit > choice->nearest_fit) {
			choice->nearest = mapping;
			choice->nearest_fit = fit;
		}
		return fit == MATCH_FIT_BROKEN_ACCEPT;
	}
	if (choice->passed != NULL && is_passed(choice, mapping, probe)) {
		return false;
	}
	if (rule->accept == 0) {
		/* whoever is as good as this one has ended the search already */
		choose(choice, mapping, fit, ACCEPT_WEIGHT_MAX);
		return true;
	}
	unsigned weight = match_probe_weight(probe, rule);
	if (weight > choice->weight) {
		choose(choice, mapping, fit, weight);
	}
	return weight == probe->weights.most;
}

static void search(const struct mapping_index *index, struct mapping_candidates *candidates,
	struct match_probe *probe, struct choice *choice)
{
	const struct mapping *mapping;
	while ((mapping = mapping_index_next(index, candidates)) != NULL) {
		if (consider(choice, mapping, probe)) {
			return;
		}
	}
}

/* Fills `match` from what was found. 0, or the status of the refusal. */
static int conclude(const struct choice *choice, struct match_probe *probe, struct match *match,
	struct refusal *refusal)
{
	bool by_path = span_present(probe->request->path);
	match->vary = probe->vary;
	if (choice->best == NULL) {
		match->mapping = choice->nearest;
		return refuse_fit(choice->nearest_fit, by_path, refusal);
	}
	const struct match_rule *rule = &choice->best->match;
	match->mapping = choice->best;
	if (choice->best_fit != MATCH_FIT) {
		return refuse_fit(choice->best_fit, by_path, refusal);
	}
	if (rule->accept != 0) {
		match->accept = match_probe_accepted(probe, rule);
	}
	if (!by_path && rule->op_tail) {
		match->op_rest = span_skip(probe->request->op, rule->op.len);
	}
	return 0;
}

/* Goes on behind match->mapping. `ranks` of a literal path; NULL: it is none. Kept out of its
 * caller, which most often need not make room for all this. */
__attribute__((noinline)) static int match_path(const struct mapping_table *table,
	const struct request *request, const uint32_t *ranks, struct match *match,
	struct refusal *refusal)
{
	struct path path;
	struct match_probe probe;
	struct choice choice = { .passed = match->mapping };
	struct mapping_candidates candidates;
	match_probe_init(&probe, request, table->accept_types);
	if (ranks != NULL) {
		candidates.lists[0] = ranks;
		candidates.count = 1;
		candidates.all = false;
	} else {
		const char *why = path_split(request->path, match->scratch, &path);
		if (why != NULL) {
			return refuse(refusal, 400, "bad-request", why);
		}
		mapping_index_find_path(table->index, &path, request->host, &candidates);
	}
	search(table->index, &candidates, &probe, &choice);
	int status = conclude(&choice, &probe, match, refusal);
	if (status != 0) {
		return status;
	}
	const struct path_pattern *pattern = &match->mapping->match.path;
	match->path = ranks != NULL ? request->path : path.text;
	if (pattern->capture_count > 0) {
		if (ranks != NULL) {
			path_split(request->path, match->scratch, &path);
		}
		match->capture_count = pattern->capture_count;
		path_pattern_capture(pattern, &path, match->captures);
	}
	return 0;
}

__attribute__((noinline)) static int match_op(const struct mapping_table *table,
	const struct request *request, struct match *match, struct refusal *refusal)
{
	struct match_probe probe;
	struct choice choice = { 0 };
	struct mapping_candidates candidates;
	match_probe_init(&probe, request, table->accept_types);
	mapping_index_find_op(table->index, request->op, request->host, &candidates);
	search(table->index, &candidates, &probe, &choice);
	return conclude(&choice, &probe, match, refusal);
}

/* The usual case, without what only others need: who is to be looked at first takes it. */
static bool is_taken_plainly(const struct mapping *first, const struct request *request)
{
	const struct match_rule *rule = &first->match;
	return !rule->is_choosy && rule->path.capture_count == 0 &&
	       request->content_encoding.len == 0 &&
	       (rule->methods & match_method(request->method)) != 0;
}

static void forget(struct match *match)
{
	match->capture_count = 0;
	match->path = SPAN_ABSENT;
	match->op_rest = SPAN_ABSENT;
	match->accept = SPAN_ABSENT;
	match->vary = 0;
}

int mapping_table_match(const struct mapping_table *table, const struct request *request,
	struct match *match, struct refusal *refusal)
{
	match->mapping = NULL;
	forget(match);
	if (!span_present(request->path)) {
		return match_op(table, request, match, refusal);
	}
	const uint32_t *ranks = mapping_index_literal(table->index, request->path);
	if (ranks == NULL || !is_taken_plainly(table->ranked[*ranks], request)) {
		return match_path(table, request, ranks, match, refusal);
	}
	match->mapping = table->ranked[*ranks];
	match->path = request->path;
	return 0;
}

int mapping_table_match_behind(const struct mapping_table *table, const struct request *request,
	struct match *match, struct refusal *refusal)
{
	forget(match);
	return match_path(
		table, request, mapping_index_literal(table->index, request->path), match, refusal);
}

/* ---- all that came near ---- */

void mapping_table_visit(const struct mapping_table *table, const struct request *request,
	mapping_visit *visit, void *context)
{
	struct path path;
	struct buffer scratch = { 0 };
	struct match_probe probe;
	struct mapping_candidates candidates;
	const struct mapping *mapping;
	match_probe_init(&probe, request, table->accept_types);
	if (path_split(request->path, &scratch, &path) == NULL) {
		mapping_index_find_path(table->index, &path, request->host, &candidates);
		while ((mapping = mapping_index_next(table->index, &candidates)) != NULL) {
			enum match_fit fit = match_rule_fit(&mapping->match, &probe);
			if (fit >= MATCH_FIT_NOT_METHOD) {
				visit(mapping, fit, context);
			}
		}
	}
	buffer_finish(&scratch);
}

struct offers {
	enum refusal_offer offer;
	uint32_t methods;
	struct buffer *out;
};

static void gather_offer(const struct mapping *mapping, enum match_fit fit, void *context)
{
	struct offers *offers = context;
	bool passed = fit == MATCH_FIT && mapping->action == MAPPING_FILES; /* without a file */
	offers->methods |= passed ? 0 : mapping->match.methods;
	if (fit == MATCH_FIT_NOT_TYPE && offers->offer == OFFER_ACCEPT) {
		match_content_append_types(&mapping->match.content, offers->out);
	} else if (fit == MATCH_FIT_NOT_ENCODING && offers->offer == OFFER_ACCEPT_ENCODING) {
		match_content_append_encodings(&mapping->match.content, offers->out);
	}
}

void mapping_table_offer(const struct mapping_table *table, const struct request *request,
	enum refusal_offer offer, struct buffer *out)
{
	struct offers offers = { .offer = offer, .out = out };
	mapping_table_visit(table, request, gather_offer, &offers);
	if (offer == OFFER_ALLOW) {
		match_append_methods(offers.methods, out);
	}
}
