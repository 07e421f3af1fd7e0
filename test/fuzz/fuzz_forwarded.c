/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Whatever a client writes into the two headers: behind it the proxy appends the address that it
 * saw, and that is the client.
 */
#include "gateway/forwarded.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void take_function(struct forwarded *walk, struct span value);

/* The input and what is appended to it, in a block of its own. */
static struct forwarded walk(take_function *take, struct span input, struct span appended)
{
	struct address_range range;
	struct address_ranges ranges = { &range, 1, false };
	struct address peer;
	address_range_parse(SPAN("10.0.0.0/8"), &range);
	address_parse(SPAN("10.0.0.1"), &peer);
	struct forwarded forwarded = forwarded_from(&ranges, &peer);
	char *copy = malloc(input.len + appended.len + 1);
	memcpy(copy, input.ptr, input.len);
	memcpy(copy + input.len, appended.ptr, appended.len);
	take(&forwarded, span_of(copy, input.len + appended.len));
	free(copy);
	if (address_is_none(&forwarded.client)) {
		abort();
	}
	return forwarded;
}

static void expect_client(const struct forwarded *forwarded)
{
	struct address client;
	address_parse(SPAN("203.0.113.9"), &client);
	if (!forwarded->ended || !address_equal(&forwarded->client, &client)) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of((const char *)data, size);
	struct forwarded forwarded;
	walk(forwarded_take_list, input, SPAN(""));
	walk(forwarded_take_elements, input, SPAN(""));
	forwarded = walk(forwarded_take_list, input, SPAN(", 203.0.113.9, 10.0.0.2"));
	expect_client(&forwarded);
	forwarded = walk(forwarded_take_elements, input,
		SPAN(", for=\"203.0.113.9:1\";by=\"_\\\"a\\\\,\";proto=https, for=10.0.0.2"));
	expect_client(&forwarded);
	if (forwarded.scheme != FORWARDED_SECURE) {
		abort();
	}
	return 0;
}
