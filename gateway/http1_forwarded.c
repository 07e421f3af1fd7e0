/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A proxy sets one of the two kinds of header and lets the other pass, so where both come, one of
 * them may be the client's own. Unless the configuration says which one the proxies set, both have
 * to say the same (docs/decisions/0007).
 */
#include "gateway/http1_forwarded.h"

#include "gateway/connection.h"
#include "gateway/forwarded.h"
#include "gateway/listener.h"

/* What each kind of header says. */
struct walks {
	struct forwarded list;     /* X-Forwarded-For, X-Forwarded-Proto */
	struct forwarded elements; /* Forwarded */
	unsigned protos;           /* lines of X-Forwarded-Proto */
};

void http1_forwarded_forget(struct connection *connection)
{
	connection->client = connection->http1.peer;
	connection->secure = false;
}

static void take_header(struct walks *walks, struct span name, struct span value)
{
	if (span_equal_nocase(name, SPAN("x-forwarded-for"))) {
		forwarded_take_list(&walks->list, value);
	} else if (span_equal_nocase(name, SPAN("x-forwarded-proto"))) {
		bool first = walks->protos++ == 0;
		walks->list.scheme =
			first ? (uint8_t)forwarded_scheme_of(value) : FORWARDED_NOTHING;
	} else if (span_equal_nocase(name, SPAN("forwarded"))) {
		forwarded_take_elements(&walks->elements, value);
	}
}

static bool is_contradicted(const struct walks *walks)
{
	const struct forwarded *list = &walks->list, *elements = &walks->elements;
	bool schemes = list->scheme != FORWARDED_NOTHING && elements->scheme != FORWARDED_NOTHING &&
		       list->scheme != elements->scheme;
	return schemes ||
	       (list->told && elements->told && !address_equal(&list->client, &elements->client));
}

bool http1_forwarded_read(
	struct connection *connection, const struct http1_head *head, const char *bytes)
{
	const struct listener_options *options = connection->listener->options;
	const struct forwarded start = forwarded_from(&options->trusted, &connection->http1.peer);
	struct walks walks = { .list = start, .elements = start };
	for (uint32_t i = head->header_count; i-- > 0;) {
		const struct http1_header *header = &head->headers[i];
		take_header(&walks, span_of(bytes + header->name.off, header->name.len),
			span_of(bytes + header->value.off, header->value.len));
	}
	if (options->forwarded_header == HEADER_X_FORWARDED_FOR) {
		walks.elements = start;
	} else if (options->forwarded_header == HEADER_FORWARDED) {
		walks.list = start;
	}
	if (is_contradicted(&walks)) {
		return false;
	}
	connection->client = walks.list.told ? walks.list.client : walks.elements.client;
	connection->secure =
		walks.list.scheme == FORWARDED_SECURE || walks.elements.scheme == FORWARDED_SECURE;
	return true;
}
