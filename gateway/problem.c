/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

#include "gateway/problem.h"

#include "base/json.h"

#include <stddef.h>

static const struct {
	const char *type;
	const char *title;
} titles[] = {
	{ "bad-request", "The request is not acceptable" },
	{ "forbidden", "Not allowed" },
	{ "not-found", "Nothing is here" },
	{ "method-not-allowed", "The method is not allowed here" },
	{ "not-acceptable", "Nothing acceptable is here" },
	{ "request-timeout", "The request took too long to arrive" },
	{ "length-required", "A body is required" },
	{ "precondition-failed", "A condition of the request does not hold" },
	{ "too-large", "The request is too large" },
	{ "unsupported-media-type", "The content type or encoding is not supported" },
	{ "range-not-satisfiable", "There is no such range" },
	{ "expectation-failed", "The expectation cannot be met" },
	{ "upgrade-required", "An upgrade is required" },
	{ "too-many-requests", "Too many requests" },
	{ "not-implemented", "Not implemented" },
	{ "version-not-supported", "The HTTP version is not supported" },
	{ "unroutable", "Nobody is there to take it" },
	{ "refused", "It was refused" },
	{ "bridge-down", "The service cannot be reached" },
	{ "overloaded", "Too much is under way" },
	{ "shutting-down", "The gateway is shutting down" },
	{ "timeout", "No answer came in time" },
	{ "bad-reply", "The service gave an unusable reply" },
	{ "dead-letter", "The service could not handle it" },
	{ "worker-error", "The service reported an error" },
	{ "internal", "Something went wrong" },
};

static const char *const published_names[] = {
	[PUBLISHED_NO] = "no",
	[PUBLISHED_YES] = "yes",
	[PUBLISHED_UNKNOWN] = "unknown",
};

const char *published_name(enum published published)
{
	return published_names[published];
}

const char *problem_title(const char *type)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		if (strcmp(titles[i].type, type) == 0) {
			return titles[i].title;
		}
	}
	return "Error";
}

const char *problem_type_of_status(int status)
{
	switch (status) {
	case 403: return "forbidden";
	case 404: return "not-found";
	case 405: return "method-not-allowed";
	case 406: return "not-acceptable";
	case 408: return "request-timeout";
	case 411: return "length-required";
	case 412: return "precondition-failed";
	case 413:
	case 414:
	case 431: return "too-large";
	case 415: return "unsupported-media-type";
	case 416: return "range-not-satisfiable";
	case 417: return "expectation-failed";
	case 426: return "upgrade-required";
	case 429: return "too-many-requests";
	case 500: return "internal";
	case 501: return "not-implemented";
	case 502: return "bad-reply";
	case 503: return "overloaded";
	case 504: return "timeout";
	case 505: return "version-not-supported";
	default: return "bad-request";
	}
}

static void append_text(struct buffer *out, const char *text)
{
	json_append_string(out, span_from_text(text));
}

void problem_write(const struct problem *problem, struct buffer *out)
{
	buffer_append_literal(out, "{\"type\":");
	append_text(out, problem->type);
	buffer_append_literal(out, ",\"title\":");
	append_text(out, problem_title(problem->type));
	buffer_append_literal(out, ",\"status\":");
	buffer_append_number(out, (uint64_t)problem->status);
	buffer_append_literal(out, ",\"detail\":");
	append_text(out, problem->detail);
	if (span_present(problem->call)) {
		buffer_append_literal(out, ",\"call\":\"");
		buffer_append_span(out, problem->call);
		buffer_append_literal(out, "\"");
	}
	buffer_append_literal(out, ",\"published\":");
	append_text(out, published_name(problem->published));
	buffer_append_literal(out, "}");
}
