/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A step, how many bytes are requests, those, and responses. Bytes in pieces come out as they do in
 * one, requests keep their length, and responses grow by no more than an address each.
 */
#include "bridges/kafka_guide.h"
#include "test/fuzz/fuzz.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct kafka_guide guide;
	struct buffer requests, responses;
	bool good;
};

static void run(struct run *run, struct span requests, struct span responses, size_t step)
{
	*run = (struct run){ .good = true };
	require(kafka_guide_init(&run->guide, SPAN("127.0.0.1"), 9092, 5));
	buffer_append_span(&run->requests, requests);
	for (size_t at = 0; at < requests.len && run->good; at += step) {
		size_t len = requests.len - at < step ? requests.len - at : step;
		run->good = kafka_guide_requests(&run->guide, run->requests.data + at, len);
	}
	for (size_t at = 0; at < responses.len && run->good; at += step) {
		size_t len = responses.len - at < step ? responses.len - at : step;
		run->good = kafka_guide_responses(
			&run->guide, span_of(responses.ptr + at, len), &run->responses);
	}
}

static void finish(struct run *run)
{
	buffer_finish(&run->requests);
	buffer_finish(&run->responses);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run whole, pieces;
	if (size < 2) {
		return 0;
	}
	struct span all = span_of((const char *)data + 2, size - 2);
	size_t asked = data[1] < all.len ? data[1] : all.len;
	struct span requests = span_of(all.ptr, asked), responses = span_skip(all, asked);
	run(&whole, requests, responses, SIZE_MAX / 2);
	run(&pieces, requests, responses, 1 + data[0] % 16);
	require(whole.good == pieces.good);
	if (whole.good) {
		require(buffer_span(&whole.requests).len == requests.len);
		require(span_equal(buffer_span(&whole.requests), buffer_span(&pieces.requests)));
		require(span_equal(buffer_span(&whole.responses), buffer_span(&pieces.responses)));
		require(whole.responses.len <= responses.len + KAFKA_GUIDE_AWAITED_MAX * 16);
	}
	finish(&whole);
	finish(&pieces);
	return 0;
}
