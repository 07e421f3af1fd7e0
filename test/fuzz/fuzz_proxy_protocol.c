/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/* A PROXY header must be judged the same however it is cut, and never by what is behind it. */
#include "gateway/proxy_protocol.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum proxy_protocol_result read_copy(
	const uint8_t *data, size_t len, struct proxy_protocol *header)
{
	char *copy = malloc(len + (len == 0));
	memcpy(copy, data, len);
	enum proxy_protocol_result result = proxy_protocol_read(span_of(copy, len), header);
	free(copy);
	return result;
}

static void check_cut(const uint8_t *data, size_t len, const struct proxy_protocol *whole,
	enum proxy_protocol_result result)
{
	struct proxy_protocol cut;
	switch (read_copy(data, len, &cut)) {
	case PROXY_PROTOCOL_MORE:
		if (result == PROXY_PROTOCOL_DONE && len >= whole->size) {
			abort();
		}
		break;
	case PROXY_PROTOCOL_DONE:
		if (result != PROXY_PROTOCOL_DONE || cut.size != whole->size || len < cut.size ||
			cut.tells != whole->tells || !address_equal(&cut.source, &whole->source)) {
			abort();
		}
		break;
	case PROXY_PROTOCOL_ERROR:
		if (result != PROXY_PROTOCOL_ERROR || cut.reason == NULL) {
			abort();
		}
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_protocol whole;
	enum proxy_protocol_result result = read_copy(data, size, &whole);
	size_t step = size > 256 ? size / 64 : 1;
	for (size_t len = 0; len < size; len += step) {
		check_cut(data, len, &whole, result);
	}
	if (result == PROXY_PROTOCOL_DONE) {
		check_cut(data, whole.size, &whole, result);
		if (whole.size > PROXY_PROTOCOL_V2_MAX ||
			(whole.tells && address_is_none(&whole.source))) {
			abort();
		}
	} else if (result == PROXY_PROTOCOL_MORE && size >= PROXY_PROTOCOL_V2_MAX) {
		abort();
	}
	return 0;
}
